"""Fixed traits of the simulated lender's borrowers: some are in the book, most are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHANNELS = ("branch", "app", "agent", "partner")
_CHANNEL_SHARES = (0.30, 0.40, 0.18, 0.12)
_CHANNEL_FRAILTY = np.array([-0.15, 0.0, 0.30, 0.10])
"""Shift of the log frailty by acquiring channel: intermediaries bring somewhat weaker borrowers; sizes chosen."""

FRAILTY_SD = 0.80
"""Spread of the log frailty. Frailty is the factor on the rate at which a borrower becomes strained. Chosen: 0.80 puts
about half of all strain on a fifth of the borrowers. No column of the book holds the frailty."""
_FORGETFUL_SHARE = 0.12
_PERSUADABLE_SHARE = 0.6
"""Share of persuadable borrowers among those whom a contact could help."""
_BUREAU_MEAN, _BUREAU_SLOPE, _BUREAU_NOISE = 650.0, -22.0, 55.0
"""`x_bureau_score` at onboarding: points, points per unit of log frailty, noise. The correlation is about -0.31: the
external score carries some information."""
_LOG_INCOME, _LOG_INCOME_SLOPE, _LOG_INCOME_SD = 9.0, -0.12, 0.45
"""Log monthly income: the median income is about 8,100, and somewhat less for frail borrowers."""
_PUNCTUALITY_MEAN_DAYS, _PUNCTUALITY_SD_DAYS, _FORGETFUL_DAYS = -2.0, 2.5, 1.5
"""A borrower's usual payment day relative to the due day; the last figure is added for forgetful borrowers."""


@dataclass(frozen=True)
class Traits:
    """The fixed traits of n borrowers; every array has shape (n,)."""

    log_frailty: NDArray[np.float64]
    is_forgetful: NDArray[np.bool_]
    is_persuadable: NDArray[np.bool_]
    channel: NDArray[np.int64]
    bureau_score: NDArray[np.float64]
    monthly_income: NDArray[np.float64]
    punctuality_days: NDArray[np.float64]

    @classmethod
    def draw(cls, n: int, random: np.random.Generator) -> Traits:
        """Draw the traits of n borrowers."""
        channel = random.choice(len(CHANNELS), n, p=_CHANNEL_SHARES)
        frailty = random.normal(0, FRAILTY_SD, n) + _CHANNEL_FRAILTY[channel]
        is_forgetful = random.random(n) < _FORGETFUL_SHARE
        bureau = _BUREAU_MEAN + _BUREAU_SLOPE * frailty + random.normal(0, _BUREAU_NOISE, n)
        income = np.exp(random.normal(_LOG_INCOME, _LOG_INCOME_SD, n) + _LOG_INCOME_SLOPE * frailty)
        punctuality = random.normal(_PUNCTUALITY_MEAN_DAYS, _PUNCTUALITY_SD_DAYS, n)
        return cls(
            log_frailty=frailty,
            is_forgetful=is_forgetful,
            is_persuadable=random.random(n) < _PERSUADABLE_SHARE,
            channel=channel,
            bureau_score=np.rint(np.clip(bureau, 300, 850)),
            monthly_income=np.round(income),
            punctuality_days=punctuality + np.where(is_forgetful, _FORGETFUL_DAYS, 0.0),
        )
