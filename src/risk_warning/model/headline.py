"""Headline figures with their intervals, in sentences that say "cannot tell" if the interval is inconclusive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from risk_warning.core.outcomes.labels import ELIGIBLE, ELIGIBLE_BAD, NEVER_TOLD, OUTCOME_UNKNOWN
from risk_warning.reports.numbers import signed

WITH_INTERVAL = ("auc", "observed_over_expected", "calibration_slope")
"""The headline figures that have an interval."""
MAX_UNKNOWN_SHARE = 0.02
"""Share of unknown outcomes above which it is reported, with both bounds."""
FAIR_OE = (0.9, 1.1)
"""Range of observed over expected in which the PDs hold on the whole."""


def with_interval(judged: Mapping[str, Any], name: str, digits: int = 3) -> str:
    """Return a figure with its 95 % interval, such as "0.812 (0.795 to 0.828)"; a dash if it was not measured."""
    value, intervals = judged.get(name), judged.get("intervals")
    if value is None:
        return "–"
    if intervals is None or name not in intervals:
        return f"{value:.{digits}f}"
    low, high = ("?" if end is None else f"{end:.{digits}f}" for end in intervals[name])
    return f"{value:.{digits}f} ({low} to {high})"


def calibration_in_words(judged: Mapping[str, Any]) -> str:
    """Return a clause on whether the PDs hold on the whole, from the interval of observed over expected."""
    ratio, intervals = judged["observed_over_expected"], judged["intervals"]
    if ratio is None or intervals is None:
        return "one cannot tell whether the PDs hold: all rows are of one class"
    low, high = intervals["observed_over_expected"]
    low, high = (0.0 if low is None else low), (float("inf") if high is None else high)
    figure = f"{with_interval(judged, 'observed_over_expected', 2)} bads for each one expected"
    if high < FAIR_OE[0]:
        return f"the PDs are too high: {figure}"
    if low > FAIR_OE[1]:
        return f"the PDs are too low: {figure}"
    if low >= FAIR_OE[0] and high <= FAIR_OE[1]:
        return f"the PDs hold on the whole: {figure}"
    if low > 1 or high < 1:
        return f"the PDs are a little too {'low' if low > 1 else 'high'}: {figure}"
    return (
        f"one cannot tell from {judged['bad_borrowers']:,} bad borrowers whether the PDs hold within a tenth: {figure}"
    )


def against_scorecard(gain: Mapping[str, Any] | None) -> str:
    """Return a sentence on whether the trees are better than the plain scorecard; empty if there is no scorecard."""
    if gain is None:
        return ""
    low, high = gain["low"], gain["high"]
    ends = " to ".join("?" if end is None else signed(end, 3) for end in (low, high))
    figure = f"{signed(gain['difference'], 3)} ({ends})"
    if low is not None and low > 0:
        return f"It ranks better than a plain scorecard (AUC {figure})."
    if high is not None and high < 0:
        return f"A plain scorecard ranks better (AUC {figure}): train with --scorecard to make it the model."
    return (
        f"A plain scorecard ranks as well as far as can be told (AUC {figure}) and is simpler: --scorecard makes it "
        "the model."
    )


def unknown_outcomes(known: int, bads: int, unknown: int) -> tuple[str, ...]:
    """Return the share of rows left out for an unknown outcome, with bounds of the bad rate; empty up to 2 %.

    `known` rows have an outcome, `bads` of them are bad; `unknown` rows have none.
    """
    rows = known + unknown
    if unknown <= MAX_UNKNOWN_SHARE * rows:
        return ()
    rate = f"the bad rate is {bads / known:.1%}, " if known else ""
    return (
        f"The outcome of {unknown / rows:.1%} of the {rows:,} rows is unknown, and they are left out: {rate}with all "
        f"of them good it would be {bads / rows:.1%}, with all of them bad {(bads + unknown) / rows:.1%}.",
    )


def cautions(about: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences on the limits of a model's figures: unknown outcomes, suspected leaks, undated columns."""
    left_out = about["left_out"]
    yield from unknown_outcomes(*(left_out.get(name, 0) for name in (ELIGIBLE, ELIGIBLE_BAD, OUTCOME_UNKNOWN)))
    if never := left_out.get(NEVER_TOLD, 0):
        yield (
            f"{never:,} rows are left out whose borrower has a loan that never tells its days past due: they could be "
            "seen to be bad, but never good."
        )
    for suspect in about["leak_suspects"]:
        yield f"Leak suspected: {suspect['text']}"
    if about["undated_columns"]:
        yield (
            f"Undated, taken to have been so from the start: {', '.join(about['undated_columns'])}; what was "
            "overwritten after trouble began would flatter the model."
        )


def who_was_judged(about: Mapping[str, Any]) -> str:
    """Return a sentence on which model the figures belong to."""
    twin, dates = about["judged_twin"], about["train_dates"]
    if twin is None:
        return "The figures are of models that did not see the borrowers; the model itself has learnt from all rows."
    tested, learnt = twin["test_dates"], twin["train_dates"]
    return (
        f"The figures belong to its judged twin {twin['version']}, which learnt from {learnt[0]} to {learnt[-1]} "
        f"({twin['rows']:,} rows, {twin['bad_borrowers']:,} bad borrowers) and was judged on other borrowers from "
        f"{tested[0]} to {tested[-1]}. The model in service was fitted anew, by the same recipe and number of trees, "
        f"to everything mature: {dates[0]} to {dates[-1]}."
    )
