"""What recognition offers where an export counts dates, writes arrears as codes, or lists applications as loans."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from proposing import proposal_at

from risk_warning.book.recognition.proposal import Proposal

BORROWERS = "customer_no\nB1\nB2\n"
STATEMENTS = "card_no,customer_no,statement_date,status\n"


def proposal_of(folder: Path, **files: str) -> Proposal:
    (folder / "export").mkdir()
    for name, text in {"customers": BORROWERS, **files}.items():
        (folder / "export" / f"{name}.csv").write_text(text, encoding="utf-8")
    return proposal_at(folder)


def settings_of(proposal: Proposal, table: str, column: str) -> list[dict[str, object]]:
    """Return what each choice of a question sets for one column."""
    question = next(one for one in proposal.questions if (one.table, one.column) == (table, column))
    changes = [[one for one in choice.changes if one.column == column] for choice in question.choices]
    return [dict(one[0].settings) if one else {} for one in changes]


def statements(*codes: str) -> str:
    return STATEMENTS + "".join(f"C{k},B1,2024-01-{k:02d},{code}\n" for k, code in enumerate(codes, start=1))


@pytest.mark.parametrize(
    ("codes", "offered"),
    [
        (("0", "1", "2"), {"column": "status", "codes": {}, "multiply": 30}),
        (("-2", "0", "3"), {"column": "status", "codes": {"-2": "0"}, "multiply": 30}),
        (("0", "1", "C", "X"), {"column": "status", "codes": {"C": "0", "X": "0"}, "multiply": 30}),
        (
            ("current", "1-30 days", "31-60 days", "charged off", "frozen"),
            {
                "column": "status",
                "codes": {"1-30 days": "1", "31-60 days": "31", "charged off": "61", "current": "0", "frozen": ""},
            },
        ),
        (("正常", "逾期30天"), {"column": "status", "codes": {"正常": "0", "逾期30天": "30"}}),
    ],
)
def test_codes_of_arrears_are_offered_as_days_past_due(
    codes: tuple[str, ...], offered: dict[str, object], tmp_path: Path
) -> None:
    proposal = proposal_of(tmp_path, statements=statements(*codes))
    assert settings_of(proposal, "statements", "days_past_due") == [offered, {}]
    assert "days_past_due" not in proposal.tables["statements"].columns


@pytest.mark.parametrize("codes", [("A", "B", "C"), ("active", "closed"), ("0", "0"), ("100", "200", "350")])
def test_other_codes_are_codes_alone(codes: tuple[str, ...], tmp_path: Path) -> None:
    assert proposal_of(tmp_path, statements=statements(*codes)).questions == []


def loans(*days: str) -> str:
    return "loan_no,customer_no,days_decision,days_termination\n" + "".join(
        f"L{k},B1,{day},365243\n" for k, day in enumerate(days, start=1)
    )


def test_numbers_of_days_below_0_are_counted_after_the_date_that_is_asked_for(tmp_path: Path) -> None:
    proposal = proposal_of(tmp_path, loans=loans("-400", "-35"))
    assert settings_of(proposal, "loans", "opened_on") == [{"format": "days after DATE"}]
    question = next(one for one in proposal.questions if one.asks_for_date)
    proposal.answer(question, question.choices[0], date(2018, 1, 1))
    assert proposal.column("loans", "opened_on").format == "days after 2018-01-01"


def test_numbers_of_days_above_0_may_be_counted_either_way(tmp_path: Path) -> None:
    proposal = proposal_of(tmp_path, loans=loans("400", "35"))
    assert settings_of(proposal, "loans", "opened_on") == [
        {"format": "days after DATE"},
        {"format": "days before DATE"},
    ]


def test_outcomes_that_have_dates_keep_them_where_others_are_counted(tmp_path: Path) -> None:
    outcomes = "customer_no,as_of_date,bad\nB1,2018-01-01,0\nB2,2018-01-01,1\n"
    proposal = proposal_of(tmp_path, loans=loans("-400", "-35"), outcomes=outcomes)
    question = next(one for one in proposal.questions if one.asks_for_date)
    proposal.answer(question, question.choices[0], date(2018, 1, 1))
    assert proposal.mapping().tables["outcomes"].columns["as_of_date"].column == "as_of_date"


@pytest.mark.parametrize("days", [("43831", "43862"), ("1", "31")])
def test_day_numbers_of_a_spreadsheet_and_days_of_a_month_are_not_counted(
    days: tuple[str, ...], tmp_path: Path
) -> None:
    proposal = proposal_of(tmp_path, loans=loans(*days))
    assert not any(question.asks_for_date for question in proposal.questions)


def test_a_date_that_is_not_answered_is_refused_without_a_date(tmp_path: Path) -> None:
    proposal = proposal_of(tmp_path, loans=loans("-400", "-35"))
    question = next(one for one in proposal.questions if one.asks_for_date)
    with pytest.raises(ValueError, match="asks for a date"):
        proposal.answer(question, question.choices[0])


def test_counted_dates_of_a_database_are_whole_numbers(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "lender.duckdb")) as con:
        con.execute("CREATE TABLE customers AS SELECT 'B1' AS customer_no")
        con.execute("CREATE TABLE contracts AS SELECT 'L1' AS loan_no, 'B1' AS customer_no, -400 AS days_decision")
    proposal = proposal_at(tmp_path, "lender.duckdb")
    assert settings_of(proposal, "loans", "opened_on") == [{"format": "days after DATE"}]


def test_applications_that_were_not_granted_are_no_loans(tmp_path: Path) -> None:
    rows = "L1,B1,2024-01-01,Approved\nL2,B1,2024-01-01,Refused\nL3,B2,2024-01-01,Canceled\n"
    proposal = proposal_of(tmp_path, loans=f"loan_no,customer_no,open_date,decision\n{rows}")
    assert proposal.tables["loans"].where == {"decision": ("Approved",)}
    assert "decision is a decision: 2 of 3 rows are Canceled, Refused and no loans, so they are not read" in [
        one.text for one in proposal.evidence
    ]


def test_a_state_of_loans_is_no_decision(tmp_path: Path) -> None:
    rows = "L1,B1,2024-01-01,active\nL2,B1,2024-01-01,closed\n"
    assert proposal_of(tmp_path, loans=f"loan_no,customer_no,open_date,state\n{rows}").tables["loans"].where == {}


def test_a_column_that_is_only_called_id_is_the_loan_of_several_statements(tmp_path: Path) -> None:
    cards = "id,statement_date,balance\n" + "".join(f"B{k},2024-0{m}-28,5\n" for k in (1, 2) for m in (1, 2, 3))
    table = proposal_of(tmp_path, cards=cards).tables["statements"]
    assert (table.columns["loan_id"].column, table.columns["borrower_id"].column) == ("id", "id")


def test_the_population_of_a_region_is_no_region(tmp_path: Path) -> None:
    customers = "customer_no,region_population_share\nB1,0.02\nB2,0.03\nB3,0.01\n"
    proposal = proposal_of(tmp_path, customers=customers)
    assert "region" not in proposal.tables["borrowers"].columns
