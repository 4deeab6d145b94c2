"""Training rows with a known PD: the log-odds are 1.5 × the first feature − 2.5."""

from __future__ import annotations

from datetime import date

import numpy as np

from risk_warning.core.calendar import NEVER
from risk_warning.core.features import registry
from risk_warning.core.outcomes.contacts import Contacts
from risk_warning.core.scorecard import probability
from risk_warning.learning.training_set import TrainingSet

FEATURES = tuple(f for f in registry() if f.monotone == 0 and not f.is_category)[:3]
DATES = (date(2024, 1, 1), date(2024, 7, 1))


def rows(n: int, seed: int = 0) -> TrainingSet:
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 3)).astype(np.float32)
    bad = random.random(n) < probability(1.5 * x[:, 0].astype(np.float64) - 2.5)
    zeros = np.zeros(n, np.int32)
    on = np.arange(n) % 2
    return TrainingSet(
        FEATURES,
        x,
        bad,
        np.full(n, NEVER, np.int32),
        np.full(n, NEVER, np.int32),
        np.arange(n),
        on.astype(np.int16),
        DATES,
        zeros.astype(np.float32),
        zeros,
        zeros.astype(np.bool_),
        Contacts.none(n),
        left_out={},
    )
