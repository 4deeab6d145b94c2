"""Provenance: what a model was made of and how, and its evaluation, as stored in its `model.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator, with_config

from risk_warning.book.attributes import AttributeUse
from risk_warning.core.leaks import Suspect
from risk_warning.model.evaluation import DayBand, Evaluation
from risk_warning.model.typical import Typical


def _as_given(value: float, check: ValidatorFunctionWrapHandler) -> float:
    check(value)
    return value


Number = Annotated[float, WrapValidator(_as_given), PlainSerializer(lambda value: value)]
"""A number that stays as it was given: with 6.0 in the place of 6, a recipe would have another digest."""
_OMITTED_IF_NONE = Field(exclude_if=lambda value: value is None)


@dataclass(frozen=True, kw_only=True)
class RecordedRecipe:
    """The recipe that a model was made by, with the parameters that tuning chose; fields as in `learning.recipe`.

    It is not checked against the limits of a recipe, so that a model stays readable when these change.
    """

    parameters: Mapping[str, Number]
    without_families: tuple[str, ...]
    without_features: tuple[str, ...]
    horizon_months: int | None
    history_months: int | None
    half_life_months: Number | None
    good_share: Number
    max_feature_psi: Number | None
    contacted: str
    learner: str
    threads: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class ContactCounts:
    """The number of rows whose borrower was contacted in the outcome window, and what represents them."""

    helped: int
    """Contacted before turning bad."""
    helped_by_lot: int
    withheld: int
    """Not contacted, by lot."""
    each_withheld_counts: float | None
    """Mean weight of a withheld row; None if there is none."""


@dataclass(frozen=True, kw_only=True)
class DirectionCheck:
    """The extent and the result of the check that the trees keep the features' directions."""

    features: int
    """Features with a direction that some tree splits on."""
    rows: int
    steps: int
    """Moves of one row from one interval to the next."""
    violations: Mapping[str, float]
    """Feature → its largest move against its direction, log-odds."""


@dataclass(frozen=True, kw_only=True)
class Making:
    """How a model was made."""

    recipe: RecordedRecipe
    tuned_by_trials: int | None
    """None if it was not tuned."""
    unstable_features: Mapping[str, float]
    """Feature that was left out → its PSI between the dates."""
    contacts: ContactCounts | None
    """None if the book has no contacts."""
    directions: DirectionCheck


@dataclass(frozen=True, kw_only=True)
class JudgedTwin:
    """The model that was evaluated in place of the model in service."""

    version: str
    train_dates: tuple[date, ...]
    test_dates: tuple[date, ...]
    rows: int
    bads: int
    bad_borrowers: int


@dataclass(frozen=True)
class LeakSuspect(Suspect):
    """A feature that may contain more than was known on the as-of date."""

    text: str
    """The suspicion as a sentence."""


@dataclass(frozen=True, kw_only=True)
class OpeningRows:
    """The rows at loan openings that a model learnt from."""

    rows: int
    bads: int


@with_config(ConfigDict(strict=True, extra="forbid", ser_json_inf_nan="constants"))
@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a model was made of and how, and its evaluation."""

    as_of_dates: tuple[date, ...]
    """The dates learnt from and those tested on."""
    train_dates: tuple[date, ...]
    """Ascending."""
    test_dates: tuple[date, ...]
    """Ascending; empty for the model in service."""
    data_digest: str
    data_through: date
    """Last day that the book is complete for."""
    rows: int
    """Rows learnt from."""
    bads: int
    borrowers: int
    bad_borrowers: int
    judged_twin: JudgedTwin | None
    """None if this very model was evaluated."""
    by_day_of_month: tuple[DayBand, ...]
    """On the model's own rows, by models that did not see their borrowers; empty for a judged twin."""
    leak_suspects: tuple[LeakSuspect, ...]
    openings: OpeningRows | None
    """None if the model did not learn from openings."""
    left_out: Mapping[str, int]
    """Reason → number of borrowers left out on the as-of dates; also how many were eligible."""
    horizons_left_out: Mapping[int, str]
    """Months of a window that the model does not predict → reason."""
    made: Making
    evaluation: Evaluation
    """That of the judged twin, if there is one."""
    code_version: str
    protected: tuple[str, ...]
    """Columns that never enter a model, by the package and by the lender's settings; sorted."""
    attributes: Annotated[AttributeUse | None, _OMITTED_IF_NONE] = None
    """None for a model without this record."""
    undated_columns: tuple[str, ...]
    """`table.column` of attributes with their current value only, sorted."""
    typical: Annotated[Mapping[str, Typical] | None, _OMITTED_IF_NONE] = None
    """Feature → its values in the training rows; None for a model without this record."""
    categories: Annotated[Mapping[str, tuple[str, ...]] | None, _OMITTED_IF_NONE] = None
    """Category `table.column` that a feature copies → its values in the book, learnt from or not; None if unrecorded.

    A value may be in the book and yet in no row that the model learnt from: the outcome of all its rows is unknown.
    """
