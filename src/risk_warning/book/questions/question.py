"""A question about a book, and its answer.

A question is about a whole column, file or key, or about more rows than `book.max_bad_share` allows. It stops a run
until it is answered: in the mapping or under `[book.answers]`, with who knows it, why, and the share of rows up to
which the answer holds. A notice is counted and shown, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from risk_warning.errors import QuestionError
from risk_warning.settings import KnownQuestion

Grade = Literal["question", "notice"]


@dataclass(frozen=True)
class BookQuestion:
    """Something in a book that is hardly true."""

    code: str
    """Table, column and kind, such as loans.annual_rate.above_one; an answer names it."""
    grade: Grade
    text: str
    """What was seen, what it would do, and what to set."""
    share: float
    """Share of the rows concerned, 0 to 1."""
    row: int | None = None
    """Number of one such row in its file, counted from 1; None if it concerns no single row."""
    columns: tuple[str, ...] = ()
    """`table.column` of each column that may be at fault; empty if a whole table or file may be."""

    def sentence(self) -> str:
        """Return the question with the number of an example's row."""
        return f"{self.text} (row {self.row:,})" if self.row is not None else self.text


def unanswered(
    questions: Sequence[BookQuestion], answers: Mapping[str, KnownQuestion], today: date
) -> list[BookQuestion]:
    """Return the questions that stop a run: those without an answer that holds for their share, and today."""
    return [one for one in questions if one.grade == "question" and not _holds(answers.get(one.code), one, today)]


def _holds(answer: KnownQuestion | None, question: BookQuestion, today: date) -> bool:
    return answer is not None and question.share <= answer.share and (answer.until is None or today <= answer.until)


def check_answered(
    questions: Sequence[BookQuestion], answers: Mapping[str, KnownQuestion], today: date, book: str
) -> None:
    """Refuse a book with an open question.

    Raises
    ------
    QuestionError
        A question has no answer that holds.
    """
    if open_ones := unanswered(questions, answers, today):
        first = open_ones[0]
        more = f" ({len(open_ones) - 1} more: {', '.join(one.code for one in open_ones[1:])})" if open_ones[1:] else ""
        raise QuestionError(
            f"{book} raises a question, {first.code}: {first.sentence()}. Correct it in the export or with "
            f'risk-warning map, or, if it is as it should be, say so under [book.answers."{first.code}"]{more}.',
            {one.code: one.sentence() for one in open_ones},
        )
