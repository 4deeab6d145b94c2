"""Values of a text table that can be read and yet have two meanings."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.schema import Column
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement

_PATTERNS = {
    "date": "[T ][0-9:.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$",
    "money": "^ *[-+]?[0-9]{1,3}[.][0-9]{3} *$",
}
"""Kind of a column → what makes a value unclear."""
_NEARLY_ALL = 0.9
_LEAST_ROWS = 30
"""Fewer values show too little of a column as a whole."""


def unclear_values(
    con: duckdb.DuckDBPyConnection, table: str, label: str, relation: Relation, columns: Sequence[Column]
) -> list[BookQuestion]:
    """Return the questions about days that are written as moments with a zone, and about amounts such as 1.544."""
    looked_at = [column for column in columns if column.kind in _PATTERNS]
    if not looked_at:
        return []
    counts = []
    for column in looked_at:
        name = quoted(column.name, relation.types)
        counts += [f"count_if(regexp_matches({name}, '{_PATTERNS[column.kind]}'))", f"count_if({name} <> '')"]
    con.execute(
        statement("SELECT {counts} FROM {source}", counts=", ".join(counts), source=relation.sql),
        dict(relation.parameters),
    )
    row = con.fetchall()[0]
    questions = []
    for column, matching, filled in zip(looked_at, row[::2], row[1::2], strict=True):
        if not filled or filled < _LEAST_ROWS or matching < _NEARLY_ALL * filled:
            continue
        if column.kind == "date":
            text = (
                f"{label}: {column.name} holds moments with a time zone such as UTC, and a moment late in the evening "
                "is another day in book.time_zone"
            )
            questions.append(BookQuestion(f"{table}.{column.name}.zone", "question", text, matching / filled))
        elif matching == filled:
            text = f"{label}: every {column.name} has three digits after a point, which may separate thousands"
            questions.append(BookQuestion(f"{table}.{column.name}.thousands", "question", text, 1.0))
    return questions
