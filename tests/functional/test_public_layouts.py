"""Public layouts of loan data become books through the proposed mapping and at most three answers each."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from proposing import proposal_at
from public_layouts import CLIENTS, LAYOUTS, UCI_MONTHS, UCI_STATUS, uci_rows
from published import UCI_DATA, needs_uci_data
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.book.check import check_book
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.writing import mapping_text
from risk_warning.core.rows import Rows
from risk_warning.datasets.uci import MONTH_ENDS, import_uci
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

ROOT = Path(__file__).parents[2]
SETTINGS = BookSettings()


@dataclass(frozen=True)
class Answered:
    """What is asked about a layout, how it is answered, and what becomes of it."""

    questions: Mapping[str, str]
    """Question, as TABLE.COLUMN → its text."""
    answers: tuple[tuple[int, str], ...]
    """(Number of the choice, date if one is asked for), in the order of the questions."""
    rows: Mapping[str, int | None]
    """Table of the book → rows; None if any number will do."""
    missing: tuple[str, ...]
    not_used: tuple[str, ...]
    """Files that are no table of a book, and columns that no table can use."""


EXPECTED = {
    "uci": Answered(
        {
            "statements.statement_on": "BILL_AMT1, PAY_AMT1, PAY_0 are month 0, BILL_AMT2, PAY_AMT2, PAY_2 month 1. On "
            "which date did month 0 end, and is month 1 the month before or after it?",
            "outcomes.as_of_date": "default.payment.next.month holds 0 and 1, an outcome. As of which date was it "
            "open? Usually that is the day after the last month.",
            "statements.days_past_due": "status (PAY_0, PAY_2, PAY_3, PAY_4, PAY_5, PAY_6) holds the codes -2, -1, 0, "
            "1, 2, 3, 4, 5, 6. Do they say how late an account is?",
        },
        ((0, "2005-09-30"), (0, "2005-10-01"), (0, "")),
        {"borrowers": CLIENTS, "statements": 6 * CLIENTS, "outcomes": CLIENTS},
        ("loans", "instalments", "events", "contacts"),
        (),
    ),
    "home_credit": Answered(
        {
            "borrowers.birth_date": "DAYS_BIRTH (borrowers.birth_date), DAYS_DECISION (loans.opened_on), "
            "DAYS_TERMINATION (loans.closed_on), DAYS_INSTALMENT (instalments.due_on), DAYS_ENTRY_PAYMENT "
            "(instalments.paid_on), MONTHS_BALANCE (statements.statement_on) are numbers of days and months. Which "
            "date is the number 0? If each borrower has one of their own that the export does not tell, such as the "
            "day of application, give one date for all."
        },
        ((0, "2018-01-01"),),
        {"borrowers": CLIENTS, "loans": None, "instalments": None, "statements": None, "outcomes": CLIENTS},
        ("events", "contacts"),
        ("POS_CASH_balance.csv", "bureau_balance.csv", "NUM_INSTALMENT_VERSION", "AMT_DRAWINGS_CURRENT"),
    ),
    "lending_club": Answered(
        {
            "borrowers.borrower_id": "No column of the export names the borrower. Is each LOAN_ID a borrower of its "
            "own?",
            "statements.days_past_due": "PERIOD_END_LSTAT holds the codes Charged Off, Current, Default, Fully Paid, "
            "In Grace Period, Late (16-30 days), Late (31-120 days). Do they say how late an account is?",
        },
        ((0, ""), (0, "")),
        {"borrowers": CLIENTS, "loans": CLIENTS, "statements": None},
        ("instalments", "events", "contacts", "outcomes"),
        ("PRNCP_PAID", "RECEIVED_D", "CO", "grade"),
    ),
    "card_approval": Answered(
        {
            "borrowers.birth_date": "DAYS_BIRTH (borrowers.birth_date), MONTHS_BALANCE (statements.statement_on) are "
            "numbers of days and months. Which date is the number 0? If each borrower has one of their own that the "
            "export does not tell, such as the day of application, give one date for all.",
            "statements.days_past_due": "STATUS holds the codes 0, 1, 2, 3, 4, 5, C, X. Do they say how late an "
            "account is?",
        },
        ((0, "2020-06-30"), (0, "")),
        {"borrowers": CLIENTS, "statements": None},
        ("loans", "instalments", "events", "contacts", "outcomes"),
        ("DAYS_EMPLOYED", "FLAG_MOBIL"),
    ),
}
LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


def proposed(folder: Path, answers: tuple[tuple[int, str], ...] = ()) -> tuple[Path, Proposal]:
    """Write the proposed mapping of `folder`/export beside it, its questions answered so."""
    proposal = proposal_at(folder)
    for question, (number, day) in zip(list(proposal.questions), answers, strict=bool(answers)):
        proposal.answer(question, question.choices[number], date.fromisoformat(day) if day else None)
    (folder / "book.toml").write_text(mapping_text(proposal), encoding="utf-8")
    return folder / "book.toml", proposal


@pytest.fixture
def export(layout: str, tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    LAYOUTS[layout](tmp_path / "export")
    return tmp_path


def content(location: Path) -> Rows:
    with open_book(location, SETTINGS) as book:
        return book.rows(0, book.n_borrowers)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "risk-warning"), *arguments]
    own = {**os.environ, "RISK_WARNING_HOME": str(folder / "home")}
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


@LAYOUT
def test_a_public_layout_asks_at_most_three_questions(layout: str, export: Path) -> None:
    _, proposal = proposed(export)
    raised = {f"{one.table}.{one.column}": one.text for one in proposal.questions}
    assert raised == EXPECTED[layout].questions
    assert len(raised) <= 3
    ignored = {name for table in proposal.tables.values() for name in table.ignored}
    assert set(EXPECTED[layout].not_used) <= {*ignored, *(part.name for part in proposal.unused)}


@LAYOUT
def test_with_its_answers_it_is_a_book_that_can_be_used(layout: str, export: Path) -> None:
    expected = EXPECTED[layout]
    mapping, proposal = proposed(export, expected.answers)
    assert proposal.questions == []
    report = check_book(mapping, SETTINGS, date(2026, 1, 1))
    assert (report.problem, report.exit_code) == (None, 0)
    assert set(report.tables) == set(expected.rows)
    assert all(report.tables[name].rows == rows for name, rows in expected.rows.items() if rows is not None)
    assert all(not table.set_aside for table in report.tables.values())
    assert set(expected.missing) == {"loans", "instalments", "statements", "events", "contacts", "outcomes"} - set(
        report.tables
    )


@LAYOUT
def test_without_its_answers_the_mapping_is_refused_with_what_to_write(layout: str, export: Path) -> None:
    mapping, _ = proposed(export)
    says = "has no column borrower_id" if layout == "lending_club" else "is not answered yet: write"
    with pytest.raises(BookError, match=says):
        check_book(mapping, SETTINGS, date(2026, 1, 1))


@LAYOUT
def test_the_answers_may_be_written_into_the_file(layout: str, export: Path, tmp_path: Path) -> None:
    by_hand, _ = proposed(export)
    text = by_hand.read_text(encoding="utf-8")
    dates = iter(day for _, day in EXPECTED[layout].answers if day)
    for line in [one for one in text.splitlines() if "DATE" in one and not one.startswith("#")]:
        day = next(dates) if layout == "uci" else EXPECTED[layout].answers[0][1]
        text = text.replace(line, line.replace("before or after DATE", "before DATE").replace("DATE", day))
    if layout == "lending_club":
        for table in ("borrowers", "loans"):
            text = text.replace(f"[tables.{table}.columns]\n", f'[tables.{table}.columns]\nborrower_id = "LOAN_ID"\n')
    by_hand.write_text(text, encoding="utf-8")
    assert check_book(by_hand, SETTINGS, date(2026, 1, 1)).exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["home_credit"])
def test_the_demo_model_says_what_even_the_richest_layout_lacks(layout: str, export: Path) -> None:
    proposed(export, EXPECTED[layout].answers)
    model = str(ROOT / "models" / "demo")
    scored = run(export, "score", "book.toml", "--model", model, "--as-of", "2018-01-01", "--out", "out")
    assert scored.returncode == 8
    assert "events.kind" in scored.stderr and "which the book does not have" in scored.stderr


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["lending_club"])
def test_a_model_trained_on_the_mapped_book_scores_it(layout: str, export: Path) -> None:
    proposed(export, EXPECTED[layout].answers)
    trained = run(export, "train", "book.toml", "--no-register", "--model-out", "model")
    assert trained.returncode == 0, trained.stderr
    scored = run(export, "score", "book.toml", "--model", "./model", "--as-of", "2016-08-01", "--out", "out")
    assert scored.returncode == 0, scored.stderr
    count = int(scored.stdout.split(" scored")[0].split()[-1])
    assert 0.8 * CLIENTS <= count <= CLIENTS


@pytest.mark.parametrize("layout", ["uci"])
def test_the_questions_can_be_answered_on_a_terminal(layout: str, export: Path) -> None:
    said = on_terminal(export, "map", "export", answers="1\n30.9.2005\n2005-09-30\n2005-10-01\n1\n")
    assert "This is not a date." in said
    assert "0 question(s)" not in said and "question(s) stand in it" not in said
    assert (export / "book.toml").read_text(encoding="utf-8") == mapping_text(
        proposed(export, EXPECTED[layout].answers)[1]
    )


@pytest.mark.parametrize("layout", ["uci"])
def test_an_empty_date_on_a_terminal_leaves_the_question_for_the_file(layout: str, export: Path) -> None:
    said = on_terminal(export, "map", "export", answers="1\n\n2005-10-01\n1\n")
    assert "1 question(s) stand in it as comments" in said
    assert 'format = "months before or after DATE"' in (export / "book.toml").read_text(encoding="utf-8")


def on_terminal(folder: Path, *arguments: str, answers: str) -> str:
    """Return what the command says on a terminal on which the answers are typed."""
    outer, inner = pty.openpty()
    command = [str(Path(sys.executable).parent / "risk-warning"), *arguments]
    own = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    with subprocess.Popen(command, cwd=folder, env=own, stdin=inner, stdout=inner, stderr=inner) as process:
        os.close(inner)
        os.write(outer, answers.encode())
        said = b""
        try:
            while part := os.read(outer, 1 << 16):
                said += part
        except OSError:
            # Linux ends a terminal that nobody holds open any more with an error.
            pass
    os.close(outer)
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.parametrize("layout", ["uci"])
def test_statements_of_the_wide_file_are_those_of_its_documentation(layout: str, export: Path) -> None:
    statements = content(proposed(export, EXPECTED[layout].answers)[0]).statements
    assert statements is not None
    read = sorted(zip(*(statements[name].tolist() for name in ("loan", "statement_on", "status")), strict=True))
    days = [(day - date(1970, 1, 1)).days for day in MONTH_ENDS]
    documented = [
        (row_no, days[k - 1], float(cast(int, row[UCI_STATUS[k - 1]])))
        for row_no, row in enumerate(uci_rows())
        for k in UCI_MONTHS
    ]
    assert read == sorted(documented)


@pytest.mark.slow
@needs_uci_data
def test_the_mapped_published_file_holds_what_the_import_of_the_data_set_holds(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / UCI_DATA.name).symlink_to(UCI_DATA)
    mapping, proposal = proposed(tmp_path, EXPECTED["uci"].answers)
    assert proposal.questions == []
    with Progress(disable=True) as progress:
        import_uci(UCI_DATA, tmp_path / "book", progress)
    mapped, imported = content(mapping), content(tmp_path / "book")
    assert mapped.borrower_id.tolist() == imported.borrower_id.tolist()
    for table in ("statements", "outcomes"):
        one, other = getattr(mapped, table), getattr(imported, table)
        assert one is not None and other is not None and set(one) == set(other)
        by_key = [
            np.lexsort([rows[name] for name in ("borrower", *(n for n in rows if n.endswith("_on")))])
            for rows in (one, other)
        ]
        for name in one:
            assert np.array_equal(one[name][by_key[0]], other[name][by_key[1]]), (table, name)
    assert mapped.statements is not None and len(mapped.statements["loan"]) == 6 * 30_000


@pytest.mark.parametrize("layout", ["uci"])
def test_a_column_that_leaves_the_export_stops_the_next_run(layout: str, export: Path) -> None:
    mapping, _ = proposed(export, EXPECTED[layout].answers)
    file = export / "export" / "UCI_Credit_Card.csv"
    file.write_text(file.read_text().replace("BILL_AMT6", "BILL_6", 1))
    with pytest.raises(BookError, match="a file or column that it names is not there"):
        content(mapping)
