"""Values of a text table that can be read and yet have two meanings."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from risk_warning.book.questions.question import BookQuestion, Grade
from risk_warning.book.schema import Column
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement

_PATTERNS = {
    "id": "^[ \t]|[ \t]$",
    "date": "[T ][0-9:.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$",
    "money": "^ *[-+]?[0-9]{1,3}[.][0-9]{3} *$",
}
"""Kind of a column → what makes a value unclear."""
_AMONG = {"money": "[.]"}
"""Kind → the values among which the unclear ones are counted; every value that is not blank, if it is not here."""
_TEXTS = {
    "zone": "{column} holds moments with a time zone such as UTC, and a moment late in the evening is another day in "
    "book.time_zone",
    "thousands": "every {column} with a point has three digits after it, so the point may separate thousands",
}
_NEARLY_ALL = 0.9
_LEAST_ROWS = 30
"""Fewer values show too little of a column as a whole."""


def unclear_values(
    con: duckdb.DuckDBPyConnection,
    table: str,
    label: str,
    relation: Relation,
    columns: Sequence[Column],
    max_bad_share: float,
) -> list[BookQuestion]:
    """Return the questions about days written as moments with a zone, amounts such as 1.544, and ids with blanks."""
    looked_at = [column for column in columns if column.kind in _PATTERNS]
    if not looked_at:
        return []
    counts = []
    for column in looked_at:
        name = quoted(column.name, relation.types)
        among = _AMONG.get(column.kind, "[^ ]")
        counts.append(f"count_if(regexp_matches({name}, '{_PATTERNS[column.kind]}'))")
        counts.append(f"count_if(regexp_matches({name}, '{among}'))")
    con.execute(
        statement("SELECT {counts} FROM {source}", counts=", ".join(counts), source=relation.sql),
        dict(relation.parameters),
    )
    row = con.fetchall()[0]
    questions = []
    for column, matching, filled in zip(looked_at, row[::2], row[1::2], strict=True):
        share = (matching or 0) / filled if filled else 0.0
        place = f"{table}.{column.name}"
        if column.kind == "id":
            if share:
                text = f"{label}: {matching:,} of {filled:,} values of {column.name} have a blank before or after them"
                grade: Grade = "question" if share > max_bad_share else "notice"
                questions.append(BookQuestion(f"{place}.blanks", grade, text, share, columns=(place,)))
        elif filled and filled >= _LEAST_ROWS and share >= (1 if column.kind == "money" else _NEARLY_ALL):
            kind = "zone" if column.kind == "date" else "thousands"
            text = f"{label}: {_TEXTS[kind].replace('{column}', column.name)}"
            questions.append(BookQuestion(f"{place}.{kind}", "question", text, share, columns=(place,)))
    return questions
