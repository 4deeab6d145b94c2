"""Variants: several versions of one borrower, scored in one call as if they were several borrowers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.rows import Rows, Table


def stacked(variants: Sequence[Rows]) -> Rows:
    """Return rows with variant k as borrower k; each variant has one borrower, and all have the same categories.

    Scoring many borrowers at once equals scoring them one by one, to the bit, so a variant scores as it would alone.
    """
    first = variants[0]
    loans = np.cumsum([0, *(rows.n_loans for rows in variants)])
    first_loan = loans[:-1]
    return replace(
        first,
        borrower_id=np.concatenate([rows.borrower_id for rows in variants]),
        n_loans=int(loans[-1]),
        borrowers=_joined([rows.borrowers for rows in variants], first_loan),
        loans=_joined_if_given([rows.loans for rows in variants], first_loan),
        instalments=_joined_if_given([rows.instalments for rows in variants], first_loan),
        statements=_joined_if_given([rows.statements for rows in variants], first_loan),
        events=_joined_if_given([rows.events for rows in variants], first_loan),
        contacts=_joined_if_given([rows.contacts for rows in variants], first_loan),
        outcomes=_joined_if_given([rows.outcomes for rows in variants], first_loan),
        set_aside=None if first.set_aside is None else np.concatenate([first.set_aside] * len(variants)),
    )


def _joined_if_given(parts: Sequence[Table | None], first_loan: NDArray[np.int64]) -> Table | None:
    """Return one table of a table of each variant; either all variants have it or none."""
    tables = [part for part in parts if part is not None]
    assert len(tables) in (0, len(parts))
    return _joined(tables, first_loan) if tables else None


def _joined(parts: Sequence[Table], first_loan: NDArray[np.int64]) -> Table:
    count = np.array([len(part["borrower"]) for part in parts])
    table = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    table["borrower"] = np.repeat(np.arange(len(parts), dtype=np.int32), count)
    if "loan" in table:
        table["loan"] = (table["loan"] + np.repeat(first_loan, count)).astype(np.int32)
    return table
