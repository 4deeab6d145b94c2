"""Borrowers of a simulated book, as request bodies for the three endpoints."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from pydantic_core import to_json

from risk_warning.book.schema import TABLES
from risk_warning.datasets.simulation.lender import FIRST_MONTH, simulate
from risk_warning.model.risk_model import RiskModel
from risk_warning.review.one_borrower import examine
from risk_warning.service.wire.questions import question_of
from risk_warning.service.wire.requests import SCORE
from risk_warning.settings import BookSettings

MONTHS = 24
AS_OF = date(FIRST_MONTH.year + MONTHS // 12, FIRST_MONTH.month, 1)
"""The day after the last day of the book, so that every month of it is history."""
_ENOUGH = 5
"""Simulated borrowers per requested borrower: not all of them are open, up to date and 24 months old."""


@dataclass(frozen=True)
class BorrowerBodies:
    """The request bodies of one borrower, one per endpoint."""

    rows: bytes
    """Body for our `/score`: all rows of the borrower."""
    ready: bytes
    """Body for the bare endpoint: the ready features."""
    split: bytes
    """Body for `mlflow models serve`: the same features as `dataframe_split`."""


def borrower_bodies(count: int, model: RiskModel, folder: Path) -> list[BorrowerBodies]:
    """Return `count` scored borrowers, all with 24 months of records, instalments, statements and events."""
    simulate(_ENOUGH * count, MONTHS, 3, folder)
    settings, borrowers = BookSettings(), []
    for borrower_id, tables in sorted(_rows_by_borrower(folder, settings).items()):
        if not all(tables[name] for name in ("instalments", "statements", "events")):
            continue
        profile = tables.pop("borrowers")[0]
        body = to_json({"borrower_id": borrower_id, "as_of_date": AS_OF, "profile": profile, **tables})
        question = question_of(SCORE.validate_json(body), settings)
        examined = examine(question, model, model.policy, settings)
        if examined.is_scored and examined.scored.record_periods[0] == MONTHS:
            borrowers.append(_bodies(body, model, examined.scored.x[0].astype(np.float64).tolist()))
            if len(borrowers) == count:
                return borrowers
    raise SystemExit(f"The simulated book has {len(borrowers)} borrowers with {MONTHS} months; {count} are needed.")


def _bodies(body: bytes, model: RiskModel, x: list[float]) -> BorrowerBodies:
    ready = {"features": x}
    split = {"dataframe_split": {"columns": list(model.feature_names), "data": [x]}}
    return BorrowerBodies(body, to_json(ready, inf_nan_mode="null"), to_json(split, inf_nan_mode="null"))


def _rows_by_borrower(folder: Path, settings: BookSettings) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """Return borrower → table → rows, without columns that a request may not contain and without nulls."""
    with duckdb.connect() as con:
        loans = {row["loan_id"]: row["borrower_id"] for row in _rows(con, folder, "loans", settings)}
        by_borrower: dict[int, dict[str, list[dict[str, Any]]]] = defaultdict(
            lambda: {name: [] for name in ("borrowers", "loans", "instalments", "statements", "events")}
        )
        for name in ("borrowers", "loans", "instalments", "statements", "events"):
            for row in _rows(con, folder, name, settings):
                borrower_id = row.pop("borrower_id") if "borrower_id" in row else loans[row["loan_id"]]
                by_borrower[borrower_id][name].append(row)
    return by_borrower


def _rows(con: duckdb.DuckDBPyConnection, folder: Path, name: str, settings: BookSettings) -> list[dict[str, Any]]:
    table = con.read_parquet(str(folder / f"{name}.parquet"))
    sendable = [column.name for column in TABLES[name].read(table.columns, settings.never_modelled)]
    rows = table.select(*sendable).fetchall()
    return [{key: value for key, value in zip(sendable, row, strict=True) if value is not None} for row in rows]
