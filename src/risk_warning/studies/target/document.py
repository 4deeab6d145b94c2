"""The JSON of the evidence on bad definitions and horizons, as counts from which every share can be computed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field

from risk_warning.document import Document
from risk_warning.studies.target.counts import CureCount, HorizonCount, MaturityCount, VintageCount

Table = Annotated[tuple[tuple[int, ...], ...], BeforeValidator(np.ndarray.tolist)]
Tables = Annotated[tuple[tuple[tuple[int, ...], ...], ...], BeforeValidator(np.ndarray.tolist)]


class RollRatesDocument(Document):
    """Number of loans by bucket of days past due (rows) and by state a month later (columns)."""

    model_config = ConfigDict(serialize_by_alias=True)

    buckets: tuple[str, ...] = Field(serialization_alias="from")
    states: tuple[str, ...] = Field(serialization_alias="to")
    loans: Table = Field(description="all months together")
    loans_by_month: Tables


class TargetDocument(Document):
    """The evidence of one book on bad definitions and horizons."""

    model_config = ConfigDict(serialize_by_alias=True)

    verdict: str
    stays_late_from_dpd: int | None = Field(
        validation_alias="stays_late_from",
        description="lowest level from which fewer than half of the loans return to 0 within 3 months; null if none",
    )
    as_of_dates: tuple[date, ...] = Field(validation_alias="dates")
    data_through: date
    borrowers: int
    set_aside: int = Field(description="borrowers left out because rows of theirs are in quarantine")
    roll_rates: RollRatesDocument = Field(validation_alias="roll_counts")
    cures: tuple[CureCount, ...] = Field(validation_alias="cure_counts")
    vintages: tuple[VintageCount, ...] = Field(validation_alias="vintage_counts")
    bad_by_horizon: tuple[HorizonCount, ...] = Field(validation_alias="horizon_counts")
    maturity: tuple[MaturityCount, ...] = Field(validation_alias="maturity_counts")
    outcome_dates: tuple[date, ...] = Field(description="as-of dates with outcomes in the book's table `outcomes`")
