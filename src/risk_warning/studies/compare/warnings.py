"""Two models' warnings night by night: how long before arrears they are active, and how much work they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.active_warnings import at_capacity, by_policy
from risk_warning.core.outcomes.arrivals import Arrivals
from risk_warning.errors import AsOfDateError
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.side_by_side import untrained_from
from risk_warning.settings import ScoreSettings
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE
from risk_warning.studies.compare.alert_burden import AlertBurden
from risk_warning.studies.compare.lead_time import (
    EARLIEST_DAYS,
    IN_TIME_DAYS,
    Chance,
    LeadTime,
    chance,
    lead_days,
    paired_shares,
)
from risk_warning.studies.compare.nights import Watch, WatchedNights, nights_between, watch_both
from risk_warning.studies.compare.options import Options

_LONGEST_DAYS = 273
"""Nine months of nights, with six months of arrivals: enough for an interval, at bounded cost."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Warned:
    """The results of one model's warnings, opened by one rule."""

    lead: LeadTime
    """Time before the target's days past due were reached."""
    lead_to_missed: LeadTime
    """Time before the first missed payment of the same arrears, when the lender would have noticed anyway."""
    chance: Chance | None
    burden: AlertBurden


@dataclass(frozen=True)
class FlaggingWay:
    """Both models' warnings, opened by the same rule, and their differences on the same people."""

    a: Warned
    b: Warned
    in_time: Difference
    """Share warned about at least `IN_TIME_DAYS` before the target's days past due."""
    before_missed: Difference | None
    """Share warned about in time for an agent to act before the first missed payment; None if there is none."""
    to_act: Difference
    """Share warned about in time for an agent to act before the target's days past due."""


@dataclass(frozen=True)
class Unscored:
    """Arrivals that each model did not score on any night in time; they count as not warned about."""

    a: int
    b: int


@dataclass(frozen=True)
class WatchComparison:
    """The comparison of two models' warnings over a series of nights."""

    first_night: date
    last_night: date
    every_days: int
    bad_dpd: int
    agent_days: int
    arrivals: int
    """Borrowers who reached `bad_dpd` days past due after at least `EARLIEST_DAYS` of nights."""
    arrivals_missed: int
    """Arrivals whose first missed payment also comes after at least `EARLIEST_DAYS` of nights."""
    unscored: Unscored
    at_capacity: FlaggingWay
    at_thresholds: FlaggingWay


def watch_nights(book: StagedBook, a: RiskModel, b: RiskModel, options: Options) -> tuple[date, ...]:
    """Return the nights to follow, from the first from which neither model learnt to the end of the data.

    The result is empty if there are too few nights.

    Raises
    ------
    AsOfDateError
        If the requested first night is outside the data.
    """
    last = book.data_through + timedelta(days=1)
    first = options.nights_from or max(
        untrained_from(a), untrained_from(b), last - timedelta(days=_LONGEST_DAYS), book.first_date
    )
    if options.nights_from and not book.first_date < options.nights_from <= last:
        raise AsOfDateError(
            f"The night {options.nights_from} is outside the data, which goes from {book.first_date} through "
            f"{book.data_through}; choose another with --from."
        )
    nights = nights_between(first, last, options.nights_every_days)
    return nights if len(nights) > 1 and (nights[-1] - nights[0]).days >= EARLIEST_DAYS else ()


def watch_comparison(
    book: StagedBook,
    a: RiskModel,
    b: RiskModel,
    nights: tuple[date, ...],
    options: Options,
    settings: ScoreSettings,
    advance: Callable[[int], None],
) -> WatchComparison | None:
    """Return the comparison over these nights; None if nobody reached the target's days past due in them."""
    seen = watch_both(book, a, b, nights, settings, advance)
    if not len(seen.arrived.borrower):
        return None
    missed = seen.arrived.chosen(seen.arrived.missed_on >= seen.nights[0] + EARLIEST_DAYS)
    bad_dpd = a.target.bad_dpd
    capacity = [at_capacity(watch.score, CAPACITY_SHARE) for watch in (seen.a, seen.b)]
    own = [
        by_policy(watch.score, watch.days_past_due, seen.nights, model.policy, bad_dpd)
        for watch, model in ((seen.a, a), (seen.b, b))
    ]
    return WatchComparison(
        first_night=nights[0],
        last_night=nights[-1],
        every_days=options.nights_every_days,
        bad_dpd=bad_dpd,
        agent_days=options.agent_days,
        arrivals=len(seen.arrived.borrower),
        arrivals_missed=len(missed.borrower),
        unscored=Unscored(_unscored(seen, seen.a), _unscored(seen, seen.b)),
        at_capacity=_way(seen, missed, capacity, options.agent_days),
        at_thresholds=_way(seen, missed, own, options.agent_days),
    )


def _unscored(seen: WatchedNights, watch: Watch) -> int:
    """Count the arrivals without a score early enough for a warning in time."""
    leads = lead_days(watch.is_scored, seen.nights, seen.arrived.borrower, seen.arrived.reached_on)
    return int((leads < IN_TIME_DAYS).sum())


def _way(seen: WatchedNights, missed: Arrivals, active: list[Flags], agent_days: int) -> FlaggingWay:
    leads = [lead_days(one, seen.nights, seen.arrived.borrower, seen.arrived.reached_on) for one in active]
    to_missed = [lead_days(one, seen.nights, missed.borrower, missed.missed_on) for one in active]
    warned = [
        Warned(
            LeadTime.of(lead, agent_days),
            LeadTime.of(lead_missed, agent_days),
            chance(one, watch.is_scored, seen.nights, seen.arrived),
            AlertBurden.of(one, watch.is_scored, seen.bad, seen.is_mature, seen.nights),
        )
        for one, watch, lead, lead_missed in zip(active, (seen.a, seen.b), leads, to_missed, strict=True)
    ]
    return FlaggingWay(
        a=warned[0],
        b=warned[1],
        in_time=paired_shares(leads[0] >= IN_TIME_DAYS, leads[1] >= IN_TIME_DAYS),
        before_missed=paired_shares(to_missed[0] >= agent_days, to_missed[1] >= agent_days)
        if len(missed.borrower)
        else None,
        to_act=paired_shares(leads[0] >= agent_days, leads[1] >= agent_days),
    )
