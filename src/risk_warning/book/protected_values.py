"""Protected values in a book: columns whose values, not names, show that they must not enter a model.

The check reads a sample of a few thousand rows per table, the same in every run, so a large table costs one scan.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from risk_warning.book.schema import TABLES, Column
from risk_warning.book.sources.source import Relation, Source
from risk_warning.book.sql import quoted, statement
from risk_warning.core import protected_values as looks
from risk_warning.core.protected_names import may_say_age

_ROWS = 4_000
"""Number of rows in the sample; it estimates a share of 95 % to within half a percentage point."""
_FEW = 24
"""Largest number of distinct values to fetch: there are fewer words for sexes and "unknown"."""
_LATEST_SHARE = 0.99
"""Quantile of the sampled days that counts as the latest day; later days may be typing errors."""
_DATED = (("statements", "statement_on"), ("instalments", "paid_on"), ("instalments", "due_on"))
"""(Table, column) that shows how far a book reaches; the first one present is used."""


def protected_by_value(
    con: duckdb.DuckDBPyConnection, source: Source, table: str, relation: Relation, columns: Sequence[Column]
) -> dict[str, str]:
    """Return column → reason why it is kept out, for the attributes among `columns` whose values look protected.

    Ids, amounts, dates of the contract and columns required to read the table are not checked.
    """
    chosen = [c.name for c in columns if TABLES[table].takes_extra and not c.required and _is_attribute(c)]
    if not chosen:
        return {}
    latest_day: float | None = None
    reasons: dict[str, str] = {}
    for name, values in _sample(con, relation, chosen).items():
        if looks.may_be_sexes(values) and (pair := looks.sexes(_few_values(con, relation, name))):
            reasons[name] = f"values: {pair}"
        elif looks.hold_identity_numbers(values):
            reasons[name] = looks.IDENTITY_NUMBER
        elif may_say_age(name) and looks.are_ages(values):
            reasons[name] = looks.AGES
        elif (dated := looks.days_of(values)) is not None:
            days, are_years = dated
            if latest_day is None:
                latest_day = _latest_day(con, source, table, relation)
            if looks.are_births(days, latest_day):
                reasons[name] = looks.YEARS_OF_BIRTH if are_years else looks.DATES_OF_BIRTH
    return reasons


def _is_attribute(column: Column) -> bool:
    return column.kind == "category" or column.name.startswith("x_")


def _sample(con: duckdb.DuckDBPyConnection, relation: Relation, names: Sequence[str]) -> dict[str, list[str]]:
    """Return column → its non-empty values as text, from rows spread over the table; empty columns are left out."""
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
    """Return the distinct values of a column whose sample has few, at most `_FEW` of them."""
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
    """Return the day through which the book has payments, in days from 1970-01-01; infinite if it has none.

    `relation` is the table being staged, which is not read a second time.
    """
    dated, column = next((t, c) for t, c in _DATED if c in source.columns.get(t, ()))
    lent = relation if dated == table else source.relation(con, dated, [column])
    sampled_days = looks.days_of(_sample(con, lent, [column]).get(column, []))
    if lent is not relation and lent.is_copy:
        con.execute(statement("DROP TABLE {raw}", raw=lent.sql))
    return float("inf") if sampled_days is None else float(np.quantile(sampled_days[0], _LATEST_SHARE, method="lower"))
