"""How PDs and expected times of one model's windows hold out of time, on a simulated lender with a downturn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counts import FULL, count

from risk_warning.book import StagedBook, open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.scorecard import probability
from risk_warning.core.splits import borrower_fold
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.horizons import judge_horizons
from risk_warning.learning.request import Request
from risk_warning.learning.sides import HELD_OUT_TENTHS
from risk_warning.learning.training import train
from risk_warning.learning.training_set import training_set
from risk_warning.model.encoding import encode
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings

BORROWERS = 50_000
MONTHS, DOWNTURN_MONTH = 42, 36
LAST_CALM = date(2024, 7, 1)
"""Six months from this date end where the downturn begins, in January 2025."""
DOWNTURN = (date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1))
# A tenth of the borrowers has 30 to 60 bads per test date, so the ratio varies by a quarter by chance alone.
NEAR = (0.9, 1.1) if FULL else (0.75, 1.3)


@contextmanager
def lender(folder: Path) -> Iterator[StagedBook]:
    simulate(count(BORROWERS), MONTHS, 5, folder, downturn_month=DOWNTURN_MONTH)
    with open_book(folder, Settings().book) as book:
        yield book


def in_downturn(book: StagedBook, model: RiskModel) -> dict[str, Any]:
    """Evaluate the windows on borrowers the model did not learn from, as of dates in the downturn."""
    rows = training_set(
        book,
        DOWNTURN,
        model.target,
        model.features,
        borrowers_per_chunk=10_000,
        keep=lambda ids, day: borrower_fold(ids, 10, seed=1) < HELD_OUT_TENTHS,
    )
    odds = model.fitted.log_odds(encode(rows.x, rows.features, model.fitted.codes, book.categories))
    return judge_horizons(model.horizons, rows, odds, probability(odds), book.data_through + timedelta(days=1))


@pytest.mark.slow
def test_windows_hold_in_calm_months_and_order_who_turns_bad(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with lender(tmp_path / "book") as book:
        model = train(book, Settings(), Request(target=TargetSpec(), last=LAST_CALM)).model.as_judged
        scored = [model.score(rows, book.observed, LAST_CALM) for rows in book.chunks(10_000)]
        stressed = in_downturn(book, model)
    assert model.horizons.months == (2, 3, 6)
    pds = np.concatenate([part.pd_by_horizon for part in scored])
    times = np.concatenate([part.expected_months_to_overdue for part in scored])
    has_score = ~np.isnan(pds[:, 0])
    assert len(pds) == count(BORROWERS) and has_score.mean() > 0.5
    assert (np.diff(pds[has_score], axis=1) >= 0).all()
    assert ((times[has_score] > 0) & (times[has_score] <= 6)).all()
    record_property("PDs of 2, 3 and 6 months", f"cross for none of {len(pds):,} borrowers")

    calm = model.provenance.evaluation.horizons
    for when, evaluation in (("calm", calm), ("downturn", stressed)):
        for months, measures in evaluation.windows.items():
            record_property(
                f"{months} months, {when}",
                f"slope {measures.calibration_slope:.2f}, observed/expected {measures.observed_over_expected:.2f}, "
                f"AUC {measures.auc:.3f}, {measures.n:,} rows",
            )
    order = calm.order
    record_property(
        "expected time to overdue",
        f"rank correlation {order.correlation:.2f} ({order.low:.2f} to {order.high:.2f})",
    )
    for measures in calm.windows.values():
        assert NEAR[0] < measures.calibration_slope < NEAR[1]
        assert NEAR[0] < measures.observed_over_expected < NEAR[1]
    assert order.low > 0.3
    # A model does not know of a future downturn: the longer the window, the more of the downturn it contains.
    off = [measures.observed_over_expected for measures in stressed.windows.values()]
    assert off == sorted(off) and off[-1] > 1.1
