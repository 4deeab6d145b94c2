"""The JSON of a night: what `score --json` prints, and `run.json` in the published folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from risk_warning.core.left_out import LeftOut
from risk_warning.core.policy import Policy
from risk_warning.document import Document
from risk_warning.nightly.report import StoppedTable


class NightDocument(Document):
    """The report of a night, without the policy and the evaluation, which the model's folder has."""

    as_of_date: date
    folder: str = Field(description="where the scores are published")
    borrowers: int = Field(description="borrowers in the book")
    scored: int
    not_scored: Mapping[str, int] = Field(description="reason → borrowers")
    set_aside: int = Field(description="rows of the book")
    below_threshold: int
    bands: Mapping[str, int] = Field(description="band → borrowers")
    warnings: Mapping[str, int] = Field(description="event → warnings")
    stopped_tables: Mapping[str, StoppedTable]
    newest_rows: Mapping[str, date] = Field(description="table → last day with a row before the as-of date")
    left_out: tuple[LeftOut, ...] = Field(description="columns that the scores are made without, and why")
    model_version: str
    policy_version: str
    seconds: float


class RunDocument(Document):
    """`run.json`: counts, digests, versions and the policy; the same inputs give the same content."""

    as_of_date: date
    borrowers: int = Field(description="borrowers in the book")
    scored: int
    not_scored: Mapping[str, int] = Field(description="reason → borrowers")
    unknown_days_past_due: int = Field(description="borrowers with a score of whom no row tells the days past due")
    below_threshold: int
    bands: Mapping[str, int] = Field(description="band → borrowers")
    set_aside: Mapping[str, int] = Field(description="table → rows")
    ignored_columns: Mapping[str, tuple[str, ...]] = Field(description="table → columns that were not used")
    book_digest: str = Field(description="sha256")
    data_through: date = Field(description="last day for which outcomes are known")
    stopped_tables: Mapping[str, StoppedTable]
    newest_rows: Mapping[str, date] = Field(description="table → last day with a row before the as-of date")
    left_out: tuple[LeftOut, ...] = Field(description="columns that the scores are made without, and why")
    model_version: str
    policy_version: str
    policy: Policy
