"""Variants: several versions of one borrower, scored in one call as if they were several borrowers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from risk_warning.core.rows import TABLES, Rows, Table


def stacked(variants: Sequence[Rows]) -> Rows:
    """Return rows with variant k as borrower k; each variant has one borrower, and all have the same categories.

    Scoring many borrowers at once equals scoring them one by one, to the bit, so a variant scores as it would alone.
    """
    first = variants[0]
    loans = np.cumsum([0, *(rows.n_loans for rows in variants)])
    tables: dict[str, Any] = {}
    for name in TABLES:
        parts = [part for rows in variants if (part := _table(rows, name)) is not None]
        if parts:
            assert len(parts) == len(variants)
            count = np.array([len(part["borrower"]) for part in parts])
            table = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
            table["borrower"] = np.repeat(np.arange(len(parts), dtype=np.int32), count)
            if "loan" in table:
                table["loan"] = (table["loan"] + np.repeat(loans[:-1], count)).astype(np.int32)
            tables[name] = table
    return replace(
        first,
        borrower_id=np.concatenate([rows.borrower_id for rows in variants]),
        n_loans=int(loans[-1]),
        set_aside=None if first.set_aside is None else np.concatenate([first.set_aside] * len(variants)),
        **tables,
    )


def _table(rows: Rows, name: str) -> Table | None:
    table: Table | None = getattr(rows, name)
    return table
