"""Request bodies, made from a book's files as a loan system makes them, without any code of the package."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas

Json = dict[str, Any]
"""A JSON object, as a client sends or reads it."""
ASIDE = {"sex", "age", "birth_date", "marital_status", "opted_out", "vulnerable", "refuses_automated_decisions"}
TABLES = ("loans", "instalments", "statements", "events")


def bodies(book: Path, as_of: date, borrowers: list[int]) -> list[Json]:
    """Return the body of a request to /score for each borrower."""
    by_borrower = {b: {"borrower_id": b, "as_of_date": as_of.isoformat(), **{t: [] for t in TABLES}} for b in borrowers}
    loans = pandas.read_parquet(book / "loans.parquet")
    owner = dict(zip(loans["loan_id"].tolist(), loans["borrower_id"].tolist(), strict=True))
    wanted = set(borrowers)
    profiles = pandas.read_parquet(book / "borrowers.parquet")
    for row in profiles[profiles["borrower_id"].isin(wanted)].to_dict("records"):
        by_borrower[row["borrower_id"]]["profile"] = _plain(
            {k: v for k, v in row.items() if k not in ASIDE | {"time_zone"}}
        )
    for table in TABLES:
        rows = pandas.read_parquet(book / f"{table}.parquet")
        rows["of"] = rows["borrower_id"] if "borrower_id" in rows else rows["loan_id"].map(owner)
        for row in rows[rows["of"].isin(wanted)].to_dict("records"):
            by_borrower[row.pop("of")][table].append(_plain(row))
    return list(by_borrower.values())


def as_duckdb(book: Path, file: Path) -> Path:
    """Write the book to a DuckDB file; return its path."""
    with duckdb.connect(str(file)) as con:
        for path in sorted(book.glob("*.parquet")):
            if path.stem != "truth":
                con.from_parquet(str(path)).create(path.stem)
    return file


def _plain(row: Json) -> Json:
    return {name: _json(name, value) for name, value in row.items() if not pandas.isna(value)}


def _json(name: str, value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat() if name.endswith("_at") else value.isoformat()[:10]
    return value.item() if hasattr(value, "item") else value
