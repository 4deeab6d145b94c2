"""The JSON of two models' warnings night by night."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from risk_warning.document import Document
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE
from risk_warning.studies.compare.lead_time import EARLIEST_DAYS, IN_TIME_DAYS, Chance, LeadShare
from risk_warning.studies.compare.warnings import Unscored


class LeadTimeDocument(Document):
    """The arrivals warned about before an event."""

    n: int
    """Arrivals."""
    median_days: float | None
    """Median lead of the arrivals warned about; null if there are none."""
    at_least: tuple[LeadShare, ...] = Field(validation_alias="curve")
    """In ascending order of days."""


class BurdenDocument(Document):
    """The work that one model's warnings make; counts are those of `AlertBurden`."""

    nights: int
    active_per_1000: float
    """Mean over the nights."""
    most_active_per_1000: float
    opened_per_1000_a_week: float | None
    """Null for a single night."""
    calls: int
    bads_called: int
    warned: int
    warned_again: int
    openings: int
    calls_per_bad: float | None
    """Null if no bad was reached."""
    warned_again_share: float | None
    """Null if nobody was warned about."""


class WarnedDocument(Document):
    """The results of one model's warnings, opened by one rule."""

    lead_before_bad_dpd: LeadTimeDocument = Field(validation_alias="lead")
    """Before the target's days past due were reached."""
    lead_before_missed_payment: LeadTimeDocument = Field(validation_alias="lead_to_missed")
    """Before the first missed payment of the same arrears."""
    chance: Chance | None
    """Null if nobody arrived."""
    burden: BurdenDocument


class FlaggingWayDocument(Document):
    """Both models' warnings, opened by the same rule, and the differences in the shares warned about."""

    a: WarnedDocument
    b: WarnedDocument
    in_time: Difference
    in_time_to_act_before_missed_payment: Difference | None = Field(validation_alias="before_missed")
    """Null if no arrival had a missed payment."""
    in_time_to_act_before_bad_dpd: Difference = Field(validation_alias="to_act")


class WatchDocument(Document):
    """The comparison of two models' warnings over a series of nights."""

    first_night: date
    last_night: date
    every_days: int
    bad_dpd: int
    agent_days: int
    in_time_days: int = IN_TIME_DAYS
    """A warning at least this many days before an event is in time."""
    earliest_days: int = EARLIEST_DAYS
    """A warning more than this many days before an event does not count for it."""
    capacity_share: float = CAPACITY_SHARE
    """Share of the borrowers scored on a night who are warned about at equal capacity."""
    arrivals: int
    """Borrowers who reached `bad_dpd` days past due."""
    arrivals_with_missed_payment: int = Field(validation_alias="arrivals_missed")
    arrivals_not_scored_in_time: Unscored = Field(validation_alias="unscored")
    at_capacity: FlaggingWayDocument
    at_thresholds: FlaggingWayDocument
