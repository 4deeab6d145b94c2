"""Headline figures with their intervals, in sentences that say "cannot tell" if the interval is inconclusive."""

from __future__ import annotations

from collections.abc import Iterator

from risk_warning.core.outcomes.labels import ELIGIBLE, ELIGIBLE_BAD, NEVER_KNOWN, OUTCOME_UNKNOWN
from risk_warning.model.evaluation import Bounds, Gain, Performance
from risk_warning.model.provenance import Provenance
from risk_warning.reports.numbers import signed

WITH_INTERVAL = ("auc", "observed_over_expected", "calibration_slope")
"""The headline figures that have an interval."""
MAX_UNKNOWN_SHARE = 0.02
"""Share of unknown outcomes above which it is reported, with both bounds."""
FAIR_OE = (0.9, 1.1)
"""Range of observed over expected in which the PDs count as calibrated overall."""


def with_interval(performance: Performance, name: str, digits: int = 3) -> str:
    """Return a measure with its 95 % interval, such as "0.812 (0.795 to 0.828)"; a dash if it was not measured."""
    return figure(performance.value(name), performance.interval(name), digits)


def figure(value: float | None, ends: Bounds | None, digits: int = 3) -> str:
    """Return a value with the ends of its 95 % interval, if it has one; a dash if the value is None."""
    if value is None:
        return "–"
    if ends is None:
        return f"{value:.{digits}f}"
    low, high = ("?" if end is None else f"{end:.{digits}f}" for end in ends)
    return f"{value:.{digits}f} ({low} to {high})"


def calibration_in_words(performance: Performance) -> str:
    """Return a clause on whether the PDs are calibrated overall, from the interval of observed over expected."""
    ends = performance.interval("observed_over_expected")
    if performance.observed_over_expected is None or ends is None:
        return "the data cannot tell whether the PDs are calibrated: all rows are of one class"
    low, high = (0.0 if ends[0] is None else ends[0]), (float("inf") if ends[1] is None else ends[1])
    ratio = f"{with_interval(performance, 'observed_over_expected', 2)} bads for each expected bad"
    if high < FAIR_OE[0]:
        return f"the PDs are too high: {ratio}"
    if low > FAIR_OE[1]:
        return f"the PDs are too low: {ratio}"
    if low >= FAIR_OE[0] and high <= FAIR_OE[1]:
        return f"the PDs are calibrated overall: {ratio}"
    if low > 1 or high < 1:
        return f"the PDs are a little too {'low' if low > 1 else 'high'}: {ratio}"
    return (
        f"{performance.bad_borrowers:,} bad borrowers are too few to tell whether the PDs are within 10 % of the "
        f"truth: {ratio}"
    )


def against_scorecard(gain: Gain | None) -> str:
    """Return a sentence on whether the trees are better than the plain scorecard; empty if there is no scorecard."""
    if gain is None:
        return ""
    low, high = gain.low, gain.high
    ends = " to ".join("?" if end is None else signed(end, 3) for end in (low, high))
    difference = f"{signed(gain.difference, 3)} ({ends})"
    if low is not None and low > 0:
        return f"It ranks better than a plain scorecard (AUC {difference})."
    if high is not None and high < 0:
        return f"A plain scorecard ranks better (AUC {difference}): train with --scorecard to make it the model."
    return (
        f"No difference in ranking from a plain scorecard can be shown (AUC {difference}), and the scorecard is "
        "simpler: --scorecard makes it the model."
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
        f"The outcome of {unknown / rows:.1%} of the {rows:,} rows is unknown, and they are left out: {rate}it would "
        f"be {bads / rows:.1%} if all of them were good, and {(bads + unknown) / rows:.1%} if all were bad.",
    )


def cautions(provenance: Provenance) -> Iterator[str]:
    """Yield sentences on the limits of a model's figures: unknown outcomes, suspected leaks, undated columns."""
    left_out = provenance.left_out
    yield from unknown_outcomes(*(left_out.get(name, 0) for name in (ELIGIBLE, ELIGIBLE_BAD, OUTCOME_UNKNOWN)))
    if never := left_out.get(NEVER_KNOWN, 0):
        yield (
            f"{never:,} rows are left out because a loan of the borrower never has known days past due: such a row "
            "could become bad, but never good."
        )
    for suspect in provenance.leak_suspects:
        yield f"Leak suspected: {suspect.text}"
    if provenance.undated_columns:
        yield (
            f"Undated columns, assumed never to have changed: {', '.join(provenance.undated_columns)}. Values "
            "overwritten after trouble began would flatter the model."
        )


def who_was_judged(provenance: Provenance) -> str:
    """Return a sentence on which model the figures belong to."""
    twin, dates = provenance.judged_twin, provenance.train_dates
    if twin is None:
        return "The figures come from models that did not see the borrowers; the model itself learnt from all rows."
    tested, learnt = twin.test_dates, twin.train_dates
    return (
        f"The figures belong to its judged twin {twin.version}, which learnt from {learnt[0]} to {learnt[-1]} "
        f"({twin.rows:,} rows, {twin.bad_borrowers:,} bad borrowers) and was judged on other borrowers from "
        f"{tested[0]} to {tested[-1]}. The model in service was refitted with the same recipe and number of trees to "
        f"all mature data, {dates[0]} to {dates[-1]}."
    )
