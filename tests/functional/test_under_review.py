"""A loan under review gives the same score as it would have given on the day after its opening."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from lender import Lender
from random_rows import AS_OF, OBSERVED, TABLES, only, random_rows
from reviewed import CARD, PERSONAL, review

from risk_warning.core.calendar import to_date, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import REASONS, TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import Rows
from risk_warning.errors import RequestError
from risk_warning.review.under_review import LoanUnderReview, with_loan


def one_borrower(seed: int = 1) -> Rows:
    return only(random_rows(seed), 0, 1)


@pytest.mark.slow
def test_a_loan_asked_for_scores_to_the_bit_as_it_did_the_day_after_it_was_opened(lender: Lender) -> None:
    with review(lender) as at:
        products: set[str] = set()
        compared = 0
        for borrower in range(400):
            rows = at.rows(borrower)
            assert rows.loans is not None and rows.instalments is not None
            for row in np.flatnonzero(rows.loans["opened_on"] >= to_day(date(2022, 6, 1))):
                opened = rows.loans["opened_on"][row]
                paid_on = rows.instalments["paid_on"][rows.instalments["loan"] == rows.loans["loan"][row]]
                if (rows.loans["opened_on"] == opened).sum() > 1 or (paid_on <= opened).any():
                    # Skip loans opened on the same day (neither is the one under review) and loans paid before opening.
                    continue
                as_of = to_date(opened) + timedelta(days=1)
                loan, others = _taken_out(rows, int(row))
                application = at.model.score(with_loan(others, loan, as_of, at.observed), at.observed, as_of)
                had = at.model.score(rows, at.observed, as_of)
                assert application.x.tobytes() == had.x.tobytes()
                assert application.score.tobytes() == had.score.tobytes()
                products.add(str(loan.product))
                compared += 1
    assert products == {"personal", "auto", "card", "store_card"}
    assert compared > 200


@pytest.mark.slow
def test_the_level_schedule_is_the_one_the_lender_makes(lender: Lender) -> None:
    with review(lender) as at:
        compared = 0
        for borrower in range(200):
            rows = at.rows(borrower)
            assert rows.loans is not None and rows.instalments is not None
            for row in np.flatnonzero(rows.loans["opened_on"] >= to_day(date(2022, 1, 1))):
                loan, _ = _taken_out(rows, int(row))
                if loan.product in ("card", "store_card"):
                    continue
                opened_on = to_date(rows.loans["opened_on"][row])
                theirs = loan.schedule or ()
                ours = replace(loan, schedule=None, first_due_on=theirs[0][0]).instalments(opened_on)
                assert [due for due, _ in ours] == [due for due, _ in theirs]
                assert [amount for _, amount in ours[:-1]] == [amount for _, amount in theirs[:-1]]
                # The lender rounds every instalment alike; our schedule adds the remainder to the last one.
                assert ours[-1][1] == pytest.approx(theirs[-1][1], abs=50)
                first = replace(loan, schedule=None).instalments(opened_on)[0][0]
                assert (first.year, first.month) == (theirs[0][0].year, theirs[0][0].month)
                compared += 1
    assert compared > 50


def _taken_out(rows: Rows, row: int) -> tuple[LoanUnderReview, Rows]:
    """Return a loan of the book as an application, and the borrower's rows without the loan."""
    assert rows.loans is not None and rows.instalments is not None
    terms = {name: values[row] for name, values in rows.loans.items()}

    def stated(name: str) -> float | None:
        return None if np.isnan(terms[name]) else float(terms[name])

    of_loan = rows.instalments["loan"] == terms["loan"]
    numbers, first = np.unique(rows.instalments["instalment_no"][of_loan], return_index=True)
    due = {name: rows.instalments[name][of_loan][first] for name in ("due_on", "due_amount")}
    months = stated("term_months")
    loan = LoanUnderReview(
        product=rows.categories["loans.product"][terms["product"]],
        principal_amount=stated("principal"),
        credit_limit=stated("credit_limit"),
        annual_rate=stated("annual_rate"),
        term_months=None if months is None else int(months),
        schedule=tuple((to_date(d), float(a)) for d, a in zip(due["due_on"], due["due_amount"], strict=True))
        if len(numbers)
        else None,
    )
    others = replace(
        rows,
        loans={name: np.delete(values, row) for name, values in rows.loans.items()},
        instalments={name: values[~of_loan] for name, values in rows.instalments.items()},
    )
    return loan, others


def test_nobodys_rows_are_changed() -> None:
    rows = one_borrower()
    before = {name: {c: v.tobytes() for c, v in getattr(rows, name).items()} for name in TABLES}
    changed = with_loan(rows, replace(PERSONAL, product="boat"), AS_OF, OBSERVED)
    after = {name: {c: v.tobytes() for c, v in getattr(rows, name).items()} for name in TABLES}
    assert before == after
    assert rows.categories["loans.product"] == ("card", "loan")
    assert changed.n_loans == rows.n_loans + 1


def test_a_product_not_seen_before_gets_a_name_and_the_others_keep_theirs() -> None:
    rows = one_borrower()
    changed = with_loan(rows, replace(PERSONAL, product="boat"), AS_OF, OBSERVED)
    assert changed.categories["loans.product"] == ("boat", "card", "loan")
    assert rows.loans is not None and changed.loans is not None
    before = [("card", "loan", "")[code] for code in rows.loans["product"]]
    after = [("boat", "card", "loan", "")[code] for code in changed.loans["product"]]
    assert after == [*before, "boat"]


def test_the_loan_and_its_schedule_are_known_and_unpaid_the_day_after() -> None:
    rows, loan = one_borrower(), replace(PERSONAL, first_due_on=AS_OF)
    before = panel_of(History.of(rows, OBSERVED), AS_OF)
    after = panel_of(History.of(with_loan(rows, loan, AS_OF, OBSERVED), OBSERVED), AS_OF)
    amounts = [amount for _, amount in loan.instalments(AS_OF - timedelta(days=1))]
    assert after["open_loan_count"][0] == before["open_loan_count"][0] + 1
    assert after["new_loan_count"][0, 0] == np.nan_to_num(before["new_loan_count"][0, 0]) + 1
    assert after["remaining_count"][0] == before["remaining_count"][0] + 24
    assert after["outstanding_amount"][0] == np.float32(float(before["outstanding_amount"][0]) + sum(amounts))
    assert after["due_next_30d_amount"][0] == np.float32(float(before["due_next_30d_amount"][0]) + amounts[0])
    assert after["overdue_amount"][0] == before["overdue_amount"][0]


def test_a_borrower_without_a_loan_is_eligible_with_one_under_review() -> None:
    # A model without `loans` cannot see the loan, so the rule is waived instead.
    columns = {name: names for name, names in OBSERVED.columns.items() if name in ("borrowers", "statements")}
    observed = Observed(columns, {}, OBSERVED.numeric)
    rows = replace(one_borrower(3), loans=None, instalments=None)
    assert rows.statements is not None
    old = rows.statements["statement_on"] < to_day(AS_OF) - 40
    rows = replace(rows, statements={name: values[old] for name, values in rows.statements.items()})
    panel = panel_of(History.of(with_loan(rows, CARD, AS_OF, observed), observed), AS_OF)
    spec = TargetSpec(eligible_max_dpd=None)
    assert REASONS[not_scored(panel, spec, None)[0]] == "no_open_loan"
    assert not_scored(panel, spec, None, waive_open_loan=True)[0] == -1


@pytest.mark.parametrize(
    ("loan", "field"),
    [
        (replace(PERSONAL, annual_rate=None), "loan_under_review.annual_rate"),
        (replace(PERSONAL, principal_amount=None), "loan_under_review.principal"),
        (replace(PERSONAL, first_due_on=AS_OF - timedelta(days=1)), "loan_under_review.first_due_on"),
        (replace(PERSONAL, schedule=((AS_OF - timedelta(days=1), 5.0),)), "loan_under_review.schedule"),
        (replace(PERSONAL, attributes={"x_level": "high"}), "loan_under_review.x_level"),
        (replace(PERSONAL, attributes={"x_kind": 7.0}), "loan_under_review.x_kind"),
    ],
)
def test_a_loan_that_cannot_be_read_is_refused_by_the_name_of_its_field(loan: LoanUnderReview, field: str) -> None:
    columns = {**OBSERVED.columns, "loans": OBSERVED.columns["loans"] | {"x_level", "x_kind"}}
    observed = Observed(columns, OBSERVED.event_kinds, OBSERVED.numeric | {"loans.x_level"})
    rows = one_borrower()
    assert rows.loans is not None
    size = len(rows.loans["loan"])
    rows = replace(rows, loans={**rows.loans, "x_level": np.zeros(size), "x_kind": np.full(size, -1, np.int32)})
    with pytest.raises(RequestError) as raised:
        with_loan(rows, loan, AS_OF, observed)
    assert raised.value.field == field


def test_another_amount_changes_a_given_schedule_in_proportion_to_the_minor_unit() -> None:
    days = (date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1))
    loan = LoanUnderReview(principal_amount=1000.0, schedule=tuple(zip(days, (333.0, 333.0, 335.0), strict=True)))
    half = loan.changed(principal_amount=500.0).schedule
    assert half == tuple(zip(days, (167.0, 166.0, 168.0), strict=True))
    assert sum(amount for _, amount in half) == 501  # 1001 halved, rounded half-up


def test_another_term_keeps_the_first_due_date() -> None:
    first = date(2024, 5, 17)
    given = PERSONAL.changed(term_months=2)
    assert given.first_due_on is None and len(given.instalments(AS_OF)) == 2
    scheduled = replace(PERSONAL, schedule=((first, 100.0),)).changed(term_months=36)
    assert scheduled.schedule is None and scheduled.instalments(AS_OF)[0][0] == first
    assert len(scheduled.instalments(AS_OF)) == 36
    assert CARD.changed(credit_limit=5.0).credit_limit == 5.0
