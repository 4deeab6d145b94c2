"""Leaving out: with `score.on_question = "publish"`, a night may go on without the columns of an open question.

Only a column whose unreadable cells may count as empty can be left out: one that makes no arrears, is no key and is not
required. The book is then that of a lender who does not send it.
"""

from __future__ import annotations

from collections.abc import Sequence

from risk_warning.book.cells import may_be_emptied
from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.schema import TABLES
from risk_warning.book.staging import Staged
from risk_warning.core.left_out import LeftOut


def may_be_left_out(questions: Sequence[BookQuestion]) -> bool:
    """Whether all of the questions are about columns that a night can do without."""
    return all(question.columns and all(map(_is_optional, question.columns)) for question in questions)


def leave_out(staged: Staged, questions: Sequence[BookQuestion]) -> None:
    """Remove the questions' columns from a staged book, as if the lender did not send them."""
    for question in questions:
        for place in question.columns:
            table, _, name = place.partition(".")
            staged.given[table] -= {name}
            if table in staged.columns:
                staged.columns[table] -= {name}
            staged.outputs[table].pop(name, None)
            staged.categories.pop(place, None)
            staged.numeric -= {place}
    staged.open_questions = tuple(questions)


def left_out_by(questions: Sequence[BookQuestion]) -> tuple[LeftOut, ...]:
    """Return the columns that the questions leave out, sorted."""
    return tuple(
        sorted(
            (LeftOut(column, one.code, one.share) for one in questions for column in one.columns),
            key=lambda one: (one.column, one.question),
        )
    )


def _is_optional(place: str) -> bool:
    table, _, name = place.partition(".")
    column = TABLES[table].column(name)
    return column is not None and may_be_emptied(table, column)
