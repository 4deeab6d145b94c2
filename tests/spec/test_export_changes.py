"""What an export lost since the last night is a question; what time or a correction does to it is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas
import pytest

from risk_warning.book import open_book
from risk_warning.book.check import check_book
from risk_warning.book.questions.changes import KINDS, Expected
from risk_warning.core.export_profile import ExportProfile, TableCounts
from risk_warning.settings import BookSettings

NIGHT, TODAY = date(2024, 5, 1), date(2024, 5, 2)
Tables = dict[str, pandas.DataFrame]


def tables() -> Tables:
    """Return the tables of 40 borrowers with a loan of three instalments each; half of the loans are closed."""
    ids = range(1, 41)
    return {
        "borrowers": pandas.DataFrame(
            {"borrower_id": ids, "monthly_income": [100.0] * 30 + [None] * 10, "region": ["north", "south"] * 20}
        ),
        "loans": pandas.DataFrame(
            {
                "loan_id": ids,
                "borrower_id": ids,
                "opened_on": "2024-01-01",
                "closed_on": ["2024-04-20"] * 20 + [None] * 20,
            }
        ),
        "instalments": pandas.DataFrame(
            [(loan, k, f"2024-0{k + 1}-01", 50, f"2024-0{k + 1}-01") for loan in ids for k in (1, 2, 3)],
            columns=["loan_id", "instalment_no", "due_on", "due_amount", "paid_on"],
        ),
        "events": pandas.DataFrame(
            [(one, "2024-03-05", "login") for one in ids] + [(one, "2024-03-06", "salary_in") for one in ids],
            columns=["borrower_id", "occurred_at", "kind"],
        ),
    }


def written(folder: Path, export: Tables) -> Path:
    folder.mkdir()
    for name, table in export.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def profile_of(folder: Path, export: Tables) -> ExportProfile:
    with open_book(written(folder, export), BookSettings(), today=TODAY) as book:
        return book.profile


def raised_codes(folder: Path, expected: Expected) -> dict[str, float]:
    """Return code → share of the questions about changes."""
    report = check_book(folder, BookSettings(), TODAY, expected)
    raised = [one for one in report.questions if one.code.rpartition(".")[2] in (*KINDS, "unknown_to_model")]
    return {one.code: round(one.share, 3) for one in raised if one.grade == "question"}


def emptied(export: Tables, rows: int) -> None:
    export["loans"].loc[: rows - 1, "closed_on"] = None


def without_column(export: Tables) -> None:
    export["borrowers"] = export["borrowers"].drop(columns="region")


def without_table(export: Tables) -> None:
    del export["events"]


def without_instalments(export: Tables, rows: int) -> None:
    export["instalments"] = export["instalments"].iloc[:-rows]


def of_another_loan(export: Tables) -> None:
    """Ten loans' instalments stand at ten other loans, as numbers 4 to 6."""
    moved = export["instalments"]["loan_id"] <= 10
    export["instalments"].loc[moved, "loan_id"] += 10
    export["instalments"].loc[moved, "instalment_no"] += 3
    export["instalments"].loc[moved, "due_on"] = "2024-05-01"


def kind_renamed(export: Tables) -> None:
    export["events"]["kind"] = export["events"]["kind"].replace("login", "log_in")


def default_income(export: Tables) -> None:
    export["borrowers"]["monthly_income"] = export["borrowers"]["monthly_income"].fillna(0)


def opened_earlier(export: Tables, loans: int) -> None:
    """Some loans were opened a year earlier than the export said before."""
    export["loans"].loc[: loans - 1, "opened_on"] = "2023-01-01"


def closed_later(export: Tables) -> None:
    """Half of the closings lie in another month, and three are gone."""
    export["loans"].loc[:9, "closed_on"] = "2024-03-20"
    export["loans"].loc[17:19, "closed_on"] = None


def more_closed(export: Tables) -> None:
    export["loans"]["closed_on"] = "2024-04-20"


def more_borrowers(export: Tables) -> None:
    """Twenty more borrowers of whom the lender knows neither income nor region."""
    more = pandas.DataFrame({"borrower_id": range(41, 61)})
    export["borrowers"] = pandas.concat([export["borrowers"], more])


CASES: dict[str, tuple[Callable[[Tables], None], dict[str, float]]] = {
    "the same export": (lambda _: None, {}),
    "closings gone": (lambda export: emptied(export, 20), {"loans.closed_on.emptied": 1.0}),
    "five closings of 20 gone": (lambda export: emptied(export, 5), {"loans.closed_on.emptied": 0.25}),
    "one closing corrected": (lambda export: emptied(export, 1), {}),
    "more loans closed": (more_closed, {}),
    "openings moved": (lambda export: opened_earlier(export, 10), {"loans.opened_on.moved": 0.25}),
    "one opening corrected": (lambda export: opened_earlier(export, 1), {}),
    "closings moved and gone": (closed_later, {"loans.closed_on.moved": 0.5}),
    "column gone": (without_column, {"borrowers.region.gone": 1.0}),
    "table gone": (without_table, {"events.rows.gone": 1.0}),
    "a quarter of the rows gone": (lambda export: without_instalments(export, 30), {"instalments.rows.fewer": 0.25}),
    "three rows of 120 gone": (lambda export: without_instalments(export, 3), {}),
    "rows of other loans": (of_another_loan, {"instalments.loan_id.fewer": 0.25}),
    "a kind of event renamed": (kind_renamed, {"events.kind.stopped": 0.5}),
    "empty incomes became 0": (default_income, {"borrowers.monthly_income.filled": 0.25}),
    "new borrowers": (more_borrowers, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_loss_is_a_question_and_a_correction_or_time_is_none(tmp_path: Path, case: str) -> None:
    expected = Expected(NIGHT, profile_of(tmp_path / "before", tables()))
    change, codes = CASES[case]
    export = tables()
    change(export)
    assert raised_codes(written(tmp_path / "today", export), expected) == codes


def test_a_question_says_what_the_loss_would_do_and_its_answer_holds_for_a_night(tmp_path: Path) -> None:
    expected = Expected(NIGHT, profile_of(tmp_path / "before", tables()))
    export = tables()
    emptied(export, 20)
    folder = written(tmp_path / "today", export)
    report = check_book(folder, BookSettings(), TODAY, expected)
    assert report.exit_code == 19 and report.problem is not None
    assert (
        "closed_on of loans had 20 values in 40 rows on 2024-05-01 and has 0 in 40: these loans count as open again"
        in report.problem
    )
    assert '[book.answers."loans.closed_on.emptied"]' in report.problem
    answer = {"by": "risk team", "why": "closings come with the next load", "until": TODAY}
    answered = BookSettings.model_validate({"answers": {"loans.closed_on.emptied": answer}})
    assert check_book(folder, answered, TODAY, expected).exit_code == 0
    assert check_book(folder, answered, date(2024, 5, 3), expected).exit_code == 19


@pytest.mark.parametrize(
    ("unknown", "codes"),
    [(1, {}), (2, {"borrowers.region.unknown_to_model": 0.1}), (20, {"borrowers.region.unknown_to_model": 1})],
)
def test_values_that_the_model_does_not_know_are_a_question_if_they_are_surely_too_many(
    tmp_path: Path, unknown: int, codes: dict[str, float]
) -> None:
    """1 % may be unknown (`max_bad_share`). Of the 20 borrowers whose region is known, one is no proof of more."""
    export = tables()
    export["borrowers"]["region"] = ["North"] * unknown + ["north"] * (20 - unknown) + [None] * 20
    expected = Expected(levels={"borrowers.region": {"north", "south"}})
    report = check_book(written(tmp_path / "today", export), BookSettings(), TODAY, expected)
    seen = {one.code: one for one in report.questions if one.code.endswith("unknown_to_model")}
    assert set(seen) == {"borrowers.region.unknown_to_model"}
    assert {code: one.share for code, one in seen.items() if one.grade == "question"} == codes


def test_a_column_that_a_night_left_out_is_asked_about_again() -> None:
    before = ExportProfile({"loans": TableCounts(40, 40, {"closed_on": 20, "product": 40})})
    today = ExportProfile({"loans": TableCounts(42, 42, {"closed_on": 21, "product": 0, "annual_rate": 42})})
    kept = today.keeping({"loans.product", "loans.annual_rate"}, before)
    assert kept == ExportProfile({"loans": TableCounts(42, 42, {"closed_on": 21, "product": 40})})
    months = {"onboarded_on": {"2024-01": 2}}
    borrowers = ExportProfile({"borrowers": TableCounts(2, 2, {"onboarded_on": 2}, months=months)})
    none = ExportProfile({"borrowers": TableCounts(2, 2, {"onboarded_on": 0})})
    assert none.keeping({"borrowers.onboarded_on"}, borrowers) == borrowers
    assert today.keeping({"loans.product"}, None).tables["loans"].filled == {"closed_on": 21, "annual_rate": 42}
