"""The path to safe changes the score as it promises, and it contains only steps that are valid advice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest
from lender import Lender
from reviewed import AS_OF, CARD, PERSONAL, Review, review

from risk_warning.core.calendar import to_day
from risk_warning.core.outcomes.target import REASONS
from risk_warning.core.policy import Policy
from risk_warning.core.rows import Rows
from risk_warning.model.typical import Typical, TypicalNumber
from risk_warning.review.path_to_safe import PathToSafe, path_to_safe
from risk_warning.review.under_review import LoanUnderReview, with_loan

TODAY = to_day(AS_OF)
LOANS: tuple[LoanUnderReview | None, ...] = (None, PERSONAL, CARD)


def path(at: Review, rows: Rows, loan: LoanUnderReview | None, policy: Policy | None = None) -> PathToSafe:
    return path_to_safe(at.model, policy or at.model.policy, rows, at.observed, AS_OF, loan)


def score(at: Review, rows: Rows, loan: LoanUnderReview | None) -> float:
    """Compute the score directly, without the code of the search."""
    rows = rows if loan is None else with_loan(rows, loan, AS_OF, at.observed)
    return float(at.model.score(rows, at.observed, AS_OF, waive_open_loan=loan is not None).score[0])


def found_below(at: Review, loan: LoanUnderReview | None) -> Iterator[tuple[Rows, PathToSafe]]:
    for borrower in at.below[:60]:
        rows = at.rows(int(borrower))
        yield rows, path(at, rows, loan)


@pytest.mark.slow
def test_no_path_makes_a_known_sign_of_risk_worse_or_leaves_what_the_model_has_seen(lender: Lender) -> None:
    with review(lender) as at:
        typical = at.model.provenance.typical
        declared = {feature.name: feature for feature in at.model.features}
        ways: Counter[str] = Counter()
        for loan in LOANS:
            for _, route in found_below(at, loan):
                assert route.reached is None or route.reached.score is not None
                assert route.is_reachable == (
                    route.reached is not None and (route.reached.score or 0) >= route.threshold
                )
                assert route.is_reachable == (route.why is None)
                ways.update(step.action for step in route.steps if route.is_reachable)
                for change in route.changes:
                    feature, was, now = declared[change.feature], change.before, change.after
                    if isinstance(was, str) or isinstance(now, str) or was is None or now is None:
                        continue
                    assert (now - was) * feature.monotone <= 0, change.feature
                    levels = typical[change.feature]
                    assert min(levels.min, was) * 0.9999 - 1e-9 <= now <= max(levels.max, was) * 1.0001 + 1e-9
        assert {"pay_overdue", "pay_down_cards"} <= set(ways)


@pytest.mark.slow
def test_paying_what_the_path_says_is_overdue_gives_the_score_it_promises(lender: Lender) -> None:
    with review(lender) as at:
        checked = 0
        for rows, route in found_below(at, None):
            if [step.action for step in route.steps] != ["pay_overdue"]:
                continue
            assert rows.instalments is not None and rows.statements is not None
            if (rows.statements["days_past_due"] > 0).any():
                continue
            table = dict(rows.instalments)
            unpaid = (table["due_on"] < TODAY) & ((table["paid_on"] >= TODAY) | (table["recorded_on"] >= TODAY))
            assert rows.loans is not None
            if np.isin(table["loan"][unpaid], rows.loans["loan"][rows.loans["closed_on"] < TODAY]).any():
                continue  # An instalment due after the loan closed is not owed.
            parts = [(table["instalment_no"] == n) & (table["loan"] == k) for n, k in _keys(table, unpaid)]
            if any(part.sum() > 1 for part in parts):
                continue  # The rest of a partly paid instalment has its own row.
            assert route.steps[0].before == table["due_amount"][unpaid].sum() / 100
            if route.steps[0].after:
                continue
            for name in ("paid_on", "recorded_on"):
                table[name] = np.where(unpaid, TODAY - 1, table[name]).astype(np.int32)
            table["paid_amount"] = np.where(unpaid, table["due_amount"], table["paid_amount"])
            assert route.reached is not None
            assert score(at, replace(rows, instalments=table), None) == route.reached.score
            checked += 1
        assert checked > 0


def _keys(table: dict[str, np.ndarray], chosen: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(table["instalment_no"][chosen].tolist(), table["loan"][chosen].tolist(), strict=True))


@pytest.mark.slow
def test_paying_a_card_down_as_told_reaches_the_threshold_and_one_step_less_does_not(lender: Lender) -> None:
    with review(lender) as at:
        checked = 0
        for rows, route in found_below(at, None):
            if not route.is_reachable or [step.action for step in route.steps] != ["pay_down_cards"]:
                continue
            step = route.steps[0]
            total, paid = _minor(step.before), _minor(step.before) - _minor(step.after)
            owed = score(at, _paid_down(at, rows, paid), None)
            assert route.reached is not None and owed == route.reached.score
            assert owed >= route.threshold
            assert score(at, _paid_down(at, rows, paid - _round_step(total)), None) < route.threshold
            checked += 1
        assert checked > 5


def _minor(amount: float) -> float:
    """Convert an amount of the currency to minor units."""
    return float(round(amount * 100))


def _paid_down(at: Review, rows: Rows, amount: float) -> Rows:
    """Return the rows with the borrower's card balances reduced by the amount, the largest balance first."""
    assert rows.statements is not None and rows.loans is not None
    table = {name: values.copy() for name, values in rows.statements.items()}
    closed = (rows.loans["closed_on"] < TODAY) | (rows.loans["written_off_on"] < TODAY)
    known = (table["statement_on"] < TODAY) & (table["recorded_on"] < TODAY)
    latest = []
    for loan in set(table["loan"].tolist()) - set(rows.loans["loan"][closed].tolist()):
        own = np.flatnonzero((table["loan"] == loan) & known)
        if len(own):
            latest.append(int(own[np.argmax(table["statement_on"][own])]))
    for row in sorted(latest, key=lambda row: -table["balance"][row]):
        part = min(amount, table["balance"][row])
        table["balance"][row] -= part
        table["paid_amount"][row] += part
        amount -= part
    assert amount == 0
    return replace(rows, statements=table)


def _round_step(total: float) -> float:
    """Return about a hundredth of the total: 1, 2 or 5 times a power of ten."""
    return max(k * 10.0**e for k in (1, 2, 5) for e in range(2, 9) if k * 10.0**e <= max(total / 100, 100))


@pytest.mark.slow
def test_other_terms_alone_reach_a_threshold_just_above_the_score(lender: Lender) -> None:
    with review(lender) as at:
        checked: Counter[str] = Counter()
        for rows in _without_debts(at):
            for loan in (PERSONAL, CARD):
                now = score(at, rows, loan)
                policy = Policy(threshold=now + 0.5, red_below=0.0, yellow_below=now + 1)
                route = path(at, rows, loan, policy)
                if not route.is_reachable or len(route.steps) != 1:
                    continue
                step = route.steps[0]
                changed = {
                    "borrow_less": lambda loan, step: loan.changed(principal_amount=_minor(step.after)),
                    "longer_term": lambda loan, step: loan.changed(term_months=int(step.after)),
                    "lower_limit": lambda loan, step: loan.changed(credit_limit=_minor(step.after)),
                    "no_loan": lambda loan, step: None,
                }[step.action](loan, step)
                assert route.reached is not None
                assert score(at, rows, changed) == route.reached.score
                assert route.reached.score is not None and route.reached.score >= policy.threshold > now
                checked[step.action] += 1
        assert set(checked) >= {"borrow_less", "no_loan"}


def _without_debts(at: Review) -> Iterator[Rows]:
    """Yield the borrowers with no card and nothing overdue, who have nothing to pay today."""
    for borrower in at.safe[::15]:
        rows = at.rows(int(borrower))
        assert rows.instalments is not None and rows.statements is not None
        due = rows.instalments["due_on"] < TODAY
        paid = (rows.instalments["paid_on"] < TODAY) & (rows.instalments["recorded_on"] < TODAY)
        if not len(rows.statements["loan"]) and paid[due].all():
            yield rows


@pytest.mark.slow
def test_several_kinds_of_change_are_combined_only_where_one_does_not_do(lender: Lender) -> None:
    large = PERSONAL.changed(principal_amount=10_000_000.0, term_months=12)
    with review(lender) as at:
        combined = 0
        for borrower in at.below[-160:]:
            rows = at.rows(int(borrower))
            route = path(at, rows, large)
            kinds = {step.action for step in route.steps} - {"pay_overdue", "pay_down_cards"}
            if route.is_reachable and kinds and len(kinds) < len(route.steps) and "no_loan" not in kinds:
                combined += 1
                # Payments alone do not reach the threshold.
                assert not path(at, with_loan(rows, large, AS_OF, at.observed), None).is_reachable
        assert combined > 0


def with_typical(at: Review, typical: Mapping[str, Typical] | None) -> Review:
    """Return the review with a model that has these typical values."""
    return replace(at, model=replace(at.model, provenance=replace(at.model.provenance, typical=typical)))


@pytest.mark.slow
def test_who_is_safe_has_nothing_to_do_and_who_has_no_score_has_no_path(lender: Lender) -> None:
    with review(lender) as at:
        safe = path(at, at.rows(int(at.safe[0])), None)
        assert safe.is_reachable and safe.steps == () and safe.reached == safe.start
        past_due = int((at.scored.not_scored == REASONS.index("past_due")).argmax())
        unscored = path(at, at.rows(past_due), None)
        assert not unscored.is_reachable and unscored.why == "not_scored" and unscored.start.not_scored == "past_due"
        rows = at.rows(int(at.below[0]))
        untold = with_typical(at, None)
        assert path(untold, rows, None).why == "no_typical_values"


@pytest.mark.slow
def test_where_nothing_can_be_done_it_says_so_and_how_far_one_gets(lender: Lender) -> None:
    with review(lender) as at:
        far = Policy(threshold=2000, red_below=0, yellow_below=2000)
        nothing = path(at, next(_without_debts(at)), None, far)
        assert not nothing.is_reachable and nothing.why == "nothing_to_change" and nothing.reached is None
        route = path(at, at.rows(int(at.below[-1])), PERSONAL, far)
        assert not route.is_reachable and route.why == "out_of_reach"
        assert route.reached is not None and route.reached.score is not None and route.start.score is not None
        assert route.start.score < route.reached.score < far.threshold
        assert route.steps and route.why_text is not None and route.why_text["zh"]


@pytest.mark.slow
def test_a_path_out_of_the_training_range_is_no_path(lender: Lender) -> None:
    with review(lender) as at:
        # The training range of every number is empty, so any change leaves what the model has seen.
        typical = at.model.provenance.typical
        numbers = {name: levels for name, levels in typical.items() if isinstance(levels, TypicalNumber)}
        narrow = {name: replace(levels, min=1e30, max=-1e30) for name, levels in numbers.items()}
        narrowed = with_typical(at, {**typical, **narrow})
        rows = next(rows for rows, route in found_below(at, None) if route.is_reachable)
        route = path(narrowed, rows, None)
        assert (route.is_reachable, route.why, route.reached) == (False, "against_rules", None)


@pytest.mark.slow
def test_rows_are_never_changed(lender: Lender) -> None:
    with review(lender) as at:
        rows = at.rows(int(at.below[-1]))
        tables = [table for table in (rows.loans, rows.instalments, rows.statements) if table is not None]
        before = [{name: values.tobytes() for name, values in table.items()} for table in tables]
        path(at, rows, PERSONAL)
        assert [{name: values.tobytes() for name, values in table.items()} for table in tables] == before
