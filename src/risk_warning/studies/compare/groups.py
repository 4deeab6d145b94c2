"""A comparison by month and segment, the fairness of each model, and the value of its warnings in money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from risk_warning.book.protected import Protected
from risk_warning.core.calendar import to_day
from risk_warning.core.economics.attributes import EXPOSURE, INCOME, PRODUCT
from risk_warning.core.economics.stakes import Stakes
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.economics.valuation import Valuation
from risk_warning.scoring.side_by_side import SideBySide
from risk_warning.stats.paired_bootstrap import one_row_each
from risk_warning.studies.compare.balance import Balances, balances
from risk_warning.studies.compare.by_group import GroupSplit, history_bands, income_bands, split
from risk_warning.studies.compare.fairness import Fairness, fairness
from risk_warning.studies.compare.proxies import Guess, guesses

_MOST_VALUES = 12
"""Largest number of values of a category to show; the rarer values form one group."""
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]


def splits(rows: SideBySide, one: Positions, categories: Mapping[str, tuple[str, ...]]) -> tuple[GroupSplit, ...]:
    """Return the splits by date and by segment.

    AUCs by segment use the positions `one`, one row per borrower, so that their intervals are valid.
    """
    figures = rows.bad, rows.pd_a, rows.pd_b
    dates, everyone = [day.isoformat() for day in rows.dates], np.arange(len(rows.bad))
    all_splits = [split("as-of date", *figures, rows.date_index, dates, everyone)]
    all_splits.append(split("months of history", *figures, *history_bands(rows.record_periods), one))
    for name, values in rows.attributes.items():
        if name == INCOME:
            all_splits.append(split("monthly income", *figures, *income_bands(values), one))
        elif name != EXPOSURE:
            words = name.rpartition(".")[2].removeprefix("x_").replace("_", " ")
            all_splits.append(split(words, *figures, *_commonest(values, categories[name]), one))
    return tuple(one_split for one_split in all_splits if one_split.groups)


def _commonest(code: NDArray[np.float64], names: tuple[str, ...]) -> tuple[Positions, tuple[str, ...]]:
    """Return (position of each row in the returned names, -1 if not known; the commonest names, then the others)."""
    known = ~np.isnan(code)
    codes = np.where(known, code, 0).astype(np.int64)
    count = np.bincount(codes[known], minlength=len(names))
    order = np.argsort(-count, kind="stable")[:_MOST_VALUES]
    place = np.full(len(names), len(order))
    place[order] = np.arange(len(order))
    return np.where(known, place[codes], -1), (*(names[index] for index in order), "others")


def fairness_of_both(
    rows: SideBySide, below: tuple[Flags, Flags], protected: Protected
) -> tuple[tuple[Fairness, ...], tuple[Fairness, ...]]:
    """Return (A's, B's) fairness, each at its own threshold; empty if the book has no protected attribute."""
    labels = _labels(rows, protected)
    return (
        fairness(rows.bad, below[0], rows.pd_a, rows.borrower, labels),
        fairness(rows.bad, below[1], rows.pd_b, rows.borrower, labels),
    )


def guesses_from_b(rows: SideBySide, names: Sequence[str], protected: Protected) -> tuple[Guess, ...]:
    """Return how well protected attributes can be guessed from B's features `names`; one sampled row per borrower."""
    one = one_row_each(rows.borrower[rows.sampled])
    chosen = rows.sampled[one]
    labels = {attribute: label[chosen] for attribute, label in _labels(rows, protected).items()}
    return guesses(rows.read_by_b[one], names, rows.borrower_id[chosen], labels)


def _labels(rows: SideBySide, protected: Protected) -> dict[str, NDArray[np.object_]]:
    """Return protected attribute in words → group of each row on its date, None if not known."""
    labels: dict[str, NDArray[np.object_]] = {}
    for index, day in enumerate(rows.dates):
        here = rows.date_index == index
        for name, values in protected.labels(rows.borrower_id[here], day).items():
            labels.setdefault(name.replace("_", " "), np.full(len(here), None, object))[here] = values
    return labels


def balances_of_both(
    rows: SideBySide,
    target: TargetSpec,
    flagged: tuple[Flags, Flags],
    categories: Mapping[str, tuple[str, ...]],
    valuation: Valuation,
    minor_units: int,
    seed: int,
    advance: Callable[[int], None],
) -> Balances | None:
    """Return the balances if each model warns about its `flagged` rows; None if the book has no amounts owed."""
    owed, economics = rows.attributes.get(EXPOSURE), valuation.assumptions.economics
    if owed is None or np.isnan(owed).all():
        return None
    given = economics.loss_given_default(rows.attributes.get(PRODUCT), categories.get(PRODUCT, ()), len(owed))
    stakes = Stakes(
        borrower=rows.borrower,
        date_index=rows.date_index,
        days=np.array([to_day(day) for day in rows.dates], np.int32),
        window_ends=np.array([to_day(target.window_end(day)) for day in rows.dates], np.int32),
        event_on=rows.event_on,
        loss_amount=np.nan_to_num(owed) * given / minor_units,
    )
    return balances(stakes, *flagged, economics, valuation.loss_rate, seed=seed, advance=advance)
