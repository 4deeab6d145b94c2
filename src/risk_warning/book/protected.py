"""Protected attributes, read only to measure fairness; no model ever sees them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas
from numpy.typing import NDArray

from risk_warning.book.location import source_at
from risk_warning.book.sql import quoted, statement
from risk_warning.book.staged import staging_connection
from risk_warning.settings import BookSettings

_AGES = (25, 35, 45, 55, 65)
_AGE_BANDS = ("24 or less", "25 to 34", "35 to 44", "45 to 54", "55 to 64", "65 or more")
_READ = ("sex", "marital_status", "birth_date", "age")


@dataclass(frozen=True)
class Protected:
    """The protected attributes of some borrowers, as text and days, from the latest row of each borrower."""

    rows: pandas.DataFrame
    """The columns `sex`, `marital_status`, `birth_date`, `age` that the book has, indexed by borrower id as text."""

    def labels(self, borrower_id: NDArray[Any], as_of_date: date) -> dict[str, NDArray[Any]]:
        """Return attribute → group of each borrower, None if unknown: sex, marital status, and age in bands."""
        rows = self.rows.reindex([str(one) for one in borrower_id.tolist()])
        groups = {name: _texts(rows[name]) for name in ("sex", "marital_status") if name in rows}
        age = None
        if "birth_date" in rows:
            age = _years(pandas.to_datetime(rows["birth_date"], errors="coerce"), as_of_date)
        elif "age" in rows:
            age = pandas.to_numeric(rows["age"], errors="coerce").to_numpy(np.float64)
        if age is not None:
            band = np.searchsorted(_AGES, age, side="right")
            groups["age"] = np.array([*_AGE_BANDS, None], object)[np.where(np.isnan(age), len(_AGE_BANDS), band)]
        return groups


def read_protected(location: str | Path, settings: BookSettings) -> Protected:
    """Return the protected attributes of the book; none if it has no such column.

    Raises
    ------
    BookError
        The location or the table cannot be read.
    """
    with staging_connection(settings) as con, closing(source_at(con, location, settings)) as source:
        present = source.columns["borrowers"]
        names = [name for name in _READ if name in present]
        if not names:
            return Protected(pandas.DataFrame())
        dated = [name for name in ("valid_from",) if name in present]
        try:
            relation = source.relation(con, "borrowers", ["borrower_id", *names, *dated])
            columns = ", ".join(f"CAST({quoted(name, relation.types)} AS VARCHAR) AS {name}" for name in names)
            table = con.sql(
                statement(
                    "SELECT CAST({id} AS VARCHAR) AS borrower_id, {columns} FROM {source} "
                    "WHERE borrower_id IS NOT NULL ORDER BY {order}",
                    id=_id(relation.types["borrower_id"]),
                    columns=columns,
                    source=relation.sql,
                    order="TRY_CAST(valid_from AS DATE) NULLS FIRST" if dated else "1",
                ),
                params=dict(relation.parameters),
            ).to_arrow_table()
        except (duckdb.InvalidInputException, duckdb.IOException) as error:
            raise source.unreadable("borrowers", error) from None
    return Protected(table.to_pandas().drop_duplicates("borrower_id", keep="last").set_index("borrower_id"))


def _id(duckdb_type: str) -> str:
    """Return SQL of the borrower id as the staged book has it: 7.0 in a column of real numbers is borrower 7."""
    is_real = duckdb_type in ("FLOAT", "DOUBLE") or duckdb_type.startswith("DECIMAL")
    return "TRY_CAST(borrower_id AS BIGINT)" if is_real else "borrower_id"


def _texts(column: pandas.Series[Any]) -> NDArray[Any]:
    return np.array([None if pandas.isna(value) or value == "" else str(value) for value in column], object)


def _years(born: pandas.Series[Any], as_of_date: date) -> NDArray[np.float64]:
    """Return the age on the day in whole years, NaN if unknown."""
    has_had_birthday = (born.dt.month < as_of_date.month) | (
        (born.dt.month == as_of_date.month) & (born.dt.day <= as_of_date.day)
    )
    years = as_of_date.year - born.dt.year - (~has_had_birthday).astype(int)
    age: NDArray[np.float64] = years.where(born.notna()).to_numpy(np.float64)
    return age
