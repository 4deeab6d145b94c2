"""Odd exports of one lender are read alike, give a counted notice, stop with a question, or are refused.

None is read silently wrong, neither as it is nor through the mapping that recognition proposes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pytest
from export_writing import EXPORT_DAY, Case, Step, lender, write_files
from exports import CASES
from numpy.typing import NDArray
from proposing import proposal_at

from risk_warning.book import open_book, staged
from risk_warning.book.check import check_book
from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.recognition import parts
from risk_warning.book.recognition.formats import ColumnLook
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.writing import mapping_text
from risk_warning.book.sql import quoted, statement
from risk_warning.book.staged import StagedBook
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import Rows
from risk_warning.errors import BookError, BookQualityError, QuestionError
from risk_warning.settings import BookSettings

SETTINGS = BookSettings()


@dataclass(frozen=True)
class Content:
    """What a book holds for each borrower, and how many of its rows it set aside."""

    borrower_id: list[str]
    values: dict[str, NDArray[np.generic]]
    """Signal of the panel or attribute → values, the borrowers last."""
    notices: list[str]
    """What is counted and shown: rows and cells set aside, and what is hardly true."""

    def differs(self, other: Content, aside: frozenset[str]) -> list[str]:
        """Return what is not the same to the bit as in the other, the borrowers of `aside` left out."""
        if self.borrower_id != other.borrower_id or self.values.keys() != other.values.keys():
            return [*sorted({*self.borrower_id} ^ {*other.borrower_id}), *sorted(self.values.keys() ^ other.values)]
        kept = np.array([one not in aside for one in self.borrower_id])
        pairs = {name: (mine[..., kept], other.values[name][..., kept]) for name, mine in self.values.items()}
        return [name for name, (mine, its) in pairs.items() if not _equal(mine, its)]


@pytest.fixture(scope="module", autouse=True)
def _alike_is_looked_at_once() -> Iterator[None]:
    """Keep what a column holds: most cases share their columns, and looking at them takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "look_at", _looks(parts.look_at))
        patch.setattr(staged, "questions_of", _noting(staged.questions_of))
        yield


NOTED: list[BookQuestion] = []
"""Questions and notices of the book that was opened last, which an open book does not keep."""


def _noting(questions_of: Callable[..., list[BookQuestion]]) -> Callable[..., list[BookQuestion]]:
    """Return `questions_of`, which leaves its result in `NOTED`, so that a book need not be read a second time."""

    def note(*given: object) -> list[BookQuestion]:
        NOTED[:] = questions_of(*given)
        return list(NOTED)

    return note


def _looks(look_at: Callable[..., ColumnLook]) -> Callable[..., ColumnLook]:
    """Return `look_at`, called once for columns of one name, type and content."""
    seen: dict[tuple[object, ...], ColumnLook] = {}

    def look(con: duckdb.DuckDBPyConnection, raw: str, name: str, kind: str, names: Sequence[str]) -> ColumnLook:
        column = quoted(name, names)
        con.execute(statement("SELECT CAST({column} AS VARCHAR) FROM {raw}", column=column, raw=raw))
        key = name, kind, *sorted(value or "" for (value,) in con.fetchall())
        if key not in seen:
            seen[key] = look_at(con, raw, name, kind, names)
        return seen[key]

    return look


def _equal(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def content(location: Path) -> Content:
    """Return the content of the book, or of the export that a mapping reads."""
    with open_book(location, SETTINGS, today=EXPORT_DAY) as book:
        rows = book.rows(0, book.n_borrowers)
        signals = panel_of(book.history(rows, 0.01), EXPORT_DAY).signals
        values = {name: np.array(signal) for name, signal in signals.items()}
        ids, values = [str(one) for one in rows.borrower_id], values | _attributes(book, rows)
        aside = [f"{name} {reason}" for reasons in book.quarantine.counts.values() for name, reason in reasons]
        return Content(ids, values, [*(one.text for one in NOTED), *aside])


def _attributes(book: StagedBook, rows: Rows) -> dict[str, NDArray[np.generic]]:
    """Return the borrowers' attributes; those without any value count as missing."""
    order = np.argsort(rows.borrowers["borrower"], kind="stable")
    actual: dict[str, NDArray[np.generic]] = {}
    for name in sorted(book.columns["borrowers"] & rows.borrowers.keys()):
        levels = rows.categories.get(f"borrowers.{name}")
        given = rows.borrowers[name][order]
        actual[f"borrowers.{name}"] = given if levels is None else np.array([*levels, ""], object)[given].astype(str)
    return actual


@cache
def reference(steps: tuple[Step, ...]) -> Content:
    """Return the content of the plain book of the lender after the steps."""
    with TemporaryDirectory() as folder:
        write_files(Path(folder), lender(*steps))
        return content(Path(folder))


def outcome(location: Path, case: Case) -> tuple[str, str]:
    """Return the outcome of reading a location, and its message."""
    try:
        actual = content(location)
    except QuestionError as error:
        return "question", str(error)
    except (BookError, BookQualityError) as error:
        return "refused", str(error)
    if differing := actual.differs(reference(case.like), case.aside):
        return "silently wrong", f"not as the reference: {', '.join(differing[:6])}; notices: {actual.notices}"
    return ("notice" if actual.notices else "read"), "; ".join(actual.notices)


def proposed(folder: Path, answer: str = "") -> tuple[Path, Proposal]:
    """Write the proposed mapping of the export in `folder`/export beside it, its questions answered so."""
    path = folder / "book.toml"
    proposal = proposal_at(folder)
    for question in [one for one in proposal.questions if answer]:
        proposal.answer(question, next(choice for choice in question.choices if choice.text == answer))
    path.write_text(mapping_text(proposal), encoding="utf-8")
    return path, proposal


def mapped_outcome(folder: Path, case: Case) -> tuple[str, str]:
    """Return the outcome of reading an export through its proposed mapping, and its message."""
    try:
        mapping, proposal = proposed(folder)
    except (BookError, BookQualityError) as error:
        return "refused", str(error)
    if proposal.questions:
        return "question", "; ".join(f"{one.table}.{one.column}: {one.text}" for one in proposal.questions)
    return outcome(mapping, case)


def written(case: Case, tmp_path: Path) -> Path:
    """Write the export of a case into a folder of its own, and return it."""
    folder = tmp_path / "export"
    folder.mkdir()
    case.write(folder)
    return folder


def cases(fault: Callable[[Case], str], chosen: Callable[[Case], bool] = lambda case: True) -> list[object]:
    """Return the chosen cases as parameters; those with a known fault of the product are expected to fail."""
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.xfail(reason=fault(case))] if fault(case) else [])
        for case in CASES
        if chosen(case)
    ]


def fits(actual: tuple[str, str], allowed: str, words: tuple[str, ...]) -> bool:
    """Whether an outcome is allowed and its message, if there is one, has one of the words."""
    kind, message = actual
    return kind in allowed.split(" or ") and (
        kind == "read" or not words or any(word.casefold() in message.casefold() for word in words)
    )


@pytest.mark.parametrize("case", cases(lambda case: case.fault))
def test_a_plain_folder_is_read_alike_or_says_what_is_odd(case: Case, tmp_path: Path) -> None:
    actual = outcome(written(case, tmp_path), case)
    assert fits(actual, case.plain, case.words), f"{case.plain} {case.words}, but {actual}"


@pytest.mark.parametrize("case", cases(lambda case: case.mapped_fault))
def test_the_proposed_mapping_reads_it_or_asks_what_only_the_lender_knows(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path)
    actual = mapped_outcome(tmp_path, case)
    assert fits(actual, case.mapped, case.asks), f"{case.mapped} {case.asks}, but {actual}"


@pytest.mark.parametrize("case", cases(lambda case: "", lambda case: bool(case.answer)))
def test_an_answered_question_lets_the_export_be_read(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path)
    mapping, _ = proposed(tmp_path, case.answer)
    assert outcome(mapping, case) == ("read", "")


@pytest.mark.parametrize("case", cases(lambda case: case.fault, lambda case: case.plain == "notice"))
def test_a_check_shows_what_is_counted(case: Case, tmp_path: Path) -> None:
    report = check_book(written(case, tmp_path), SETTINGS, EXPORT_DAY)
    sentence = [one.text for one in report.questions]
    sentence += [f"{one.column} {one.reason}" for table in report.tables.values() for one in table.set_aside]
    assert fits(("notice" if sentence else "read", "; ".join(sentence)), "notice", case.words)
    assert report.exit_code == 0


def test_the_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
