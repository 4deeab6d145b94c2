"""How the ids of two tables match: as they are, or after blanks, case, leading zeros or a decimal part are gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from risk_warning.book.sql import quoted, statement

_NUMBER = "'^(-?[0-9]+)[.]0+$'"


@dataclass(frozen=True)
class KeyForm:
    """A way to write ids alike."""

    name: str
    """In words, for evidence."""
    sql: str
    """SQL of the id; `{v}` is the value as text."""
    settings: Mapping[str, object]
    """Settings of a mapped column that write the id so."""


_FORMS = (
    KeyForm("as they are", "{v}", {}),
    KeyForm("without blanks around them", "trim({v})", {}),
    KeyForm("in upper case", "upper(trim({v}))", {"case": "upper"}),
    KeyForm("without a decimal part", "regexp_replace(trim({v}), " + _NUMBER + ", '\\1')", {"whole": True}),
    KeyForm(
        "without leading zeros",
        "regexp_replace(regexp_replace(trim({v}), " + _NUMBER + ", '\\1'), '^0+(.)', '\\1')",
        {"whole": True, "without_zeros": True},
    ),
)


@dataclass(frozen=True)
class KeyMatch:
    """How many ids of one table are found in another."""

    ids: int
    matching: int
    form: KeyForm
    digits: int | None
    """Number of digits to which the shorter ids have to be filled up; None if they need not."""
    plainly: int
    """Ids that match as they are."""

    @property
    def share(self) -> float:
        """Share of the ids that match."""
        return self.matching / self.ids if self.ids else 1.0


def key_match(con: duckdb.DuckDBPyConnection, raw: str, column: str, of_raw: str, of_column: str) -> KeyMatch:
    """Return how the ids `raw.column` match those of `of_raw.of_column`: by the plainest form that matches most."""
    best: KeyMatch | None = None
    plainly = 0
    for form in _FORMS:
        con.execute(
            statement(
                "SELECT count(*), count(o.v) FROM {ids} AS r LEFT JOIN {others} AS o USING (v)",
                ids=_ids(raw, column, form),
                others=_ids(of_raw, of_column, form),
            )
        )
        ids, matching = con.fetchall()[0]
        if best is None:
            plainly = matching
        if best is None or matching > best.matching:
            best = KeyMatch(ids, matching, form, None, plainly)
    assert best is not None
    if best.form.settings.get("without_zeros"):
        return KeyMatch(best.ids, best.matching, best.form, _digits(con, of_raw, of_column), plainly)
    return best


def _ids(raw: str, column: str, form: KeyForm) -> str:
    """Return SQL of the different ids of a column, written in the form."""
    return statement(
        "(SELECT DISTINCT {form} AS v FROM (SELECT CAST({column} AS VARCHAR) AS v FROM {raw}) WHERE trim(v) <> '')",
        form=form.sql.replace("{v}", "v"),
        column=quoted(column, (column,)),
        raw=raw,
    )


def _digits(con: duckdb.DuckDBPyConnection, raw: str, column: str) -> int | None:
    """Return the one length that all ids of a column have; None if they have several."""
    con.execute(
        statement(
            "SELECT min(length(v)), max(length(v)) FROM (SELECT trim(CAST({column} AS VARCHAR)) AS v FROM {raw})",
            column=quoted(column, (column,)),
            raw=raw,
        )
    )
    shortest, longest = con.fetchall()[0]
    return int(longest) if shortest == longest else None
