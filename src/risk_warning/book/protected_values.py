"""Protected values in a book: columns whose values, not their names, say that they must not enter a model.

A few thousand rows of a table are looked at, the same ones in every run, so that a large table costs one scan.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from risk_warning.book.schema import TABLES, Column
from risk_warning.book.source import Relation, Source
from risk_warning.book.sql import quoted, statement
from risk_warning.core import protected_values as looks
from risk_warning.core.protected_names import may_say_age

_ROWS = 4_000
"""Rows looked at: a share of 95 % is known to half a percentage point."""
_FEW = 24
"""More different words than there are for sexes and "unknown" need not be fetched."""
_LATEST_SHARE = 0.99
"""Of the sampled days; the latest ones may be typing errors."""
_DATED = (("statements", "statement_on"), ("instalments", "paid_on"), ("instalments", "due_on"))
"""What says how far a book goes, the first that is there."""


def protected_by_value(
    con: duckdb.DuckDBPyConnection, source: Source, table: str, relation: Relation, columns: Sequence[Column]
) -> dict[str, str]:
    """Column → why it is kept out, for the attributes among `columns` whose values look protected.

    Ids, amounts, dates of the contract and columns without which the table cannot be read are not looked at.
    """
    chosen = [c.name for c in columns if TABLES[table].takes_extra and not c.required and _is_attribute(c)]
    if not chosen:
        return {}
    latest_day: float | None = None
    found: dict[str, str] = {}
    for name, values in _sample(con, relation, chosen).items():
        if looks.may_be_sexes(values) and (pair := looks.sexes(_few_values(con, relation, name))):
            found[name] = f"values: {pair}"
        elif looks.hold_identity_numbers(values):
            found[name] = looks.IDENTITY_NUMBER
        elif may_say_age(name) and looks.are_ages(values):
            found[name] = looks.AGES
        elif (dated := looks.days_of(values)) is not None:
            days, are_years = dated
            if latest_day is None:
                latest_day = _latest_day(con, source, table, relation)
            if looks.are_births(days, latest_day):
                found[name] = looks.YEARS_OF_BIRTH if are_years else looks.DATES_OF_BIRTH
    return found


def _is_attribute(column: Column) -> bool:
    return column.kind == "category" or column.name.startswith("x_")


def _sample(con: duckdb.DuckDBPyConnection, relation: Relation, names: Sequence[str]) -> dict[str, list[str]]:
    """Column → its values that are not empty, as text, in rows spread over the table; no column without a value."""
    con.execute(statement("SELECT count(*) FROM {source}", source=relation.sql), dict(relation.parameters))
    every = max(1, int(con.fetchall()[0][0]) // _ROWS)
    quoted_names = [quoted(name, relation.types) for name in names]
    con.execute(
        statement(
            "SELECT {texts} FROM (SELECT {names}, {row} AS row_no FROM {source}) AS r WHERE hash(row_no) % {every} = 0",
            texts=", ".join(f"CAST({name} AS VARCHAR)" for name in quoted_names),
            names=", ".join(quoted_names),
            row=relation.row,
            source=relation.sql,
            every=str(every),
        ),
        dict(relation.parameters),
    )
    columns = zip(*con.fetchall(), strict=True)
    values = {name: [value for value in column if value] for name, column in zip(names, columns, strict=False)}
    return {name: column for name, column in values.items() if column}


def _few_values(con: duckdb.DuckDBPyConnection, relation: Relation, name: str) -> list[str]:
    """The different values of a column of which a sample held few; those beyond a few are left out."""
    con.execute(
        statement(
            "SELECT DISTINCT CAST({name} AS VARCHAR) AS v FROM {source} WHERE {name} IS NOT NULL LIMIT {few}",
            name=quoted(name, relation.types),
            source=relation.sql,
            few=str(_FEW),
        ),
        dict(relation.parameters),
    )
    return [row[0] for row in con.fetchall()]


def _latest_day(con: duckdb.DuckDBPyConnection, source: Source, table: str, relation: Relation) -> float:
    """Days from 1970-01-01 to the day through which the book tells of payments; infinite where it has none.

    `relation` is the table being staged, which is not read a second time.
    """
    dated, column = next((t, c) for t, c in _DATED if c in source.columns.get(t, ()))
    lent = relation if dated == table else source.relation(con, dated, [column])
    found = looks.days_of(_sample(con, lent, [column]).get(column, []))
    if lent is not relation and lent.is_copy:
        con.execute(statement("DROP TABLE {raw}", raw=lent.sql))
    return float("inf") if found is None else float(np.quantile(found[0], _LATEST_SHARE, method="lower"))
