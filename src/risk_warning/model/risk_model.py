"""The risk model: a fitted booster, with what turns its margin into a PD, a score and reasons, and what it needs."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core import features
from risk_warning.core.features import Feature, Plan
from risk_warning.core.history.history import History
from risk_warning.core.horizons import Horizons, expected_months_to_overdue
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.panel.panel import Panel
from risk_warning.core.policy import Policy
from risk_warning.core.reasons import ReasonGroups, Reasons
from risk_warning.core.rows import Rows
from risk_warning.core.scorecard import Scorecard, probability
from risk_warning.errors import ContractError
from risk_warning.model.encoding import encode
from risk_warning.model.explain.contributions import Contributions
from risk_warning.model.fitted import Fitted
from risk_warning.model.provenance import Provenance
from risk_warning.model.typical import TypicalNumber


@dataclass(frozen=True)
class Scored:
    """The scores of some borrowers on one date; arrays of shape (n,)."""

    borrower_id: NDArray[Any]
    not_scored: NDArray[np.int8]
    """Index into `target.REASONS`, -1 if scored."""
    log_odds_bad: NDArray[np.float64]
    """Calibrated and clipped; NaN if not scored, as are `pd` and `score`."""
    pd: NDArray[np.float64]
    score: NDArray[np.float64]
    pd_by_horizon: NDArray[np.float64]
    """Shape (n, windows of `RiskModel.horizons`), never decreasing along a row; NaN if not scored."""
    expected_months_to_overdue: NDArray[np.float64]
    """As `core.horizons` defines it; NaN if not scored."""
    days_past_due: NDArray[np.float32]
    """By the latest known schedule, which operations use; NaN if unknown."""
    record_periods: NDArray[np.int32]
    """Months of history with a record, the basis of the score."""
    x: NDArray[np.float32]
    """The input of the trees, shape (n, features), category features encoded."""
    codes: NDArray[np.float32]
    """Only of category features: positions in the rows' categories, shape (n, category features)."""


_TYPICAL_PRECISION = 1e-5


@dataclass(frozen=True)
class RiskModel:
    """A model ready to score; `observed` describes what its training book could show."""

    version: str
    features: tuple[Feature, ...]
    observed: Observed
    fitted: Fitted
    horizons: Horizons
    scorecard: Scorecard
    policy: Policy
    target: TargetSpec
    provenance: Provenance
    twin: RiskModel | None = None
    """The model of the same recipe that was evaluated, on held-out borrowers and months; None if this model was."""
    digest: str = ""
    """The sha256 (hex) of its `model.json`, which has those of its other files; empty before it is saved."""

    @property
    def as_judged(self) -> RiskModel:
        """The model that comparisons, gate and backtests use: the twin if there is one."""
        return self.twin or self

    def observed_in(self, book: StagedBook) -> Observed:
        """Return what the model may read of the book; what is made of a column that is left out is not observed.

        Raises
        ------
        ContractError
            If the book lacks something that a feature needs.
        """
        kept_out = {f"{table}.{name}": why for table, columns in book.kept_out.items() for name, why in columns.items()}
        if read := sorted(self.attribute_columns & kept_out.keys()):
            raise ContractError(
                f"Model {self.version} reads {read[0]}, which this book keeps out of models as protected "
                f"({kept_out[read[0]]}); allow it under [book.allowed] with a reason, or train a model without it."
            )
        left_out = frozenset(one.column for one in book.left_out)
        observed = replace(self.observed_among(book.given, left_out), reach=book.observed.reach)
        text = sorted(name for name in self.observed.numeric if name in book.categories)
        if text:
            raise ContractError(
                f"Model {self.version} was trained on numbers in {', '.join(text)}, but this book has text there; "
                "bring numbers, or train a model on this book."
            )
        return observed

    def observed_among(self, given: Mapping[str, frozenset[str]], left_out: frozenset[str] = frozenset()) -> Observed:
        """Return what the model may read of a book with these columns, by table, that leaves out some (`table.column`).

        Raises
        ------
        ContractError
            If the book lacks something that a feature needs.
        """
        known = {
            t: names | {c for c in self.observed.columns.get(t, ()) if f"{t}.{c}" in left_out}
            for t, names in given.items()
        }
        lacks = [
            f"{t}.{c}" for t, names in sorted(self.observed.columns.items()) for c in sorted(names - _of(known, t))
        ]
        there = {feature.name for feature in features.supported(self._reading(known), frozenset())}
        missing = [feature.name for feature in self.features if feature.name not in there]
        if missing:
            raise ContractError(
                f"Model {self.version} cannot score this book: {len(missing)} of its {len(self.features)} features "
                f"(such as {missing[0]}) need {', '.join(lacks)}, which the book does not have. Bring them, or train "
                "a model on this book."
            )
        observed = self._reading(given)
        return replace(observed, left_out=self.needs - features.provided(observed)) if left_out else observed

    def _reading(self, given: Mapping[str, frozenset[str]]) -> Observed:
        """Return what the model reads of the columns, by table."""
        columns = {t: names & given[t] for t, names in self.observed.columns.items() if t in given}
        return Observed(
            columns,
            self.observed.event_kinds if "events" in columns else {},
            self.observed.numeric,
            {c: names for c, names in self.observed.codes.items() if c.partition(".")[2] in _of(columns, "statements")},
            self.observed.status_rises_with_risk,
            declared=self.observed.declared,
        )

    def score(self, rows: Rows, observed: Observed, as_of_date: date, *, waive_open_loan: bool = False) -> Scored:
        """Score every borrower of `rows` on the as-of date, whether one borrower or the whole book.

        `waive_open_loan` also scores borrowers without an open loan, because they have one under review.
        """
        panel = panel_of(self.history(rows, observed), as_of_date, needs=self.needs)
        return self.score_panel(rows, panel, waive_open_loan=waive_open_loan)

    def history(self, rows: Rows, observed: Observed) -> History:
        """Sort the rows once, to score them on several dates with `score_history`."""
        return History.of(rows, observed, dpd_tolerance_ratio=self.target.dpd_tolerance_ratio)

    def score_history(self, history: History, as_of_date: date) -> Scored:
        """Score every borrower of a history on a date; the result equals that of `score` to the bit."""
        return self.score_panel(history.rows, panel_of(history, as_of_date, needs=self.needs))

    @property
    def needs(self) -> frozenset[str]:
        """The panel signals that the model reads."""
        return self._plan.needs

    def score_panel(self, rows: Rows, panel: Panel, *, waive_open_loan: bool = False) -> Scored:
        """Score the rows from their panel, which holds what the model needs; several models may share the panel."""
        why = not_scored(panel, self.target, rows.set_aside, waive_open_loan=waive_open_loan)
        values = np.ascontiguousarray(self._plan.values(panel).T)
        x = encode(values, self.features, self.fitted.codes, rows.categories)
        log_odds = np.full(rows.n, np.nan)
        wanted = np.flatnonzero(why < 0)
        if len(wanted):
            log_odds[wanted] = self.fitted.log_odds(x[wanted])
        pd = probability(log_odds)
        by_horizon = self.horizons.pd(log_odds, pd)
        return Scored(
            borrower_id=rows.borrower_id,
            not_scored=why,
            log_odds_bad=log_odds,
            pd=pd,
            score=self.scorecard.score(log_odds),
            pd_by_horizon=by_horizon,
            expected_months_to_overdue=expected_months_to_overdue(self.horizons.months, by_horizon),
            days_past_due=panel.dpd_current,
            record_periods=panel.record_periods,
            x=x,
            codes=values[:, self._category_columns],
        )

    def points(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the points each feature adds to the score: exact SHAP, shape (n, features + 1), the base last.

        A row sums to the borrower's score, before clipping at the ends of the scale.
        """
        points = -self.scorecard.points_per_log_odds * self.fitted.slope * self._contributions.of(x)
        points[:, -1] += self.scorecard.score(np.array([self.fitted.intercept]))[0]
        return points

    def reasons(self, x: NDArray[np.float32]) -> Reasons:
        """Return the reasons that cost most, for encoded rows; the same for one borrower and for many."""
        return self.reason_groups.reasons(self.points(x)[:, :-1], np.isnan(x))

    def outside_training_range(self, x: NDArray[np.float32]) -> list[str]:
        """Return the names of the features whose values lie outside those of all training rows.

        `x` is one borrower's encoded features, shape (features,).
        """
        low, high = self._training_range
        return [self.features[i].name for i in np.flatnonzero((x < low) | (x > high))]

    @cached_property
    def attribute_columns(self) -> frozenset[str]:
        """The columns `table.column` that are used as features unchanged, such as `borrowers.region`."""
        return frozenset(column for feature in self.features for column in features.attributes_of(feature))

    def kept_out_by(self, never_modelled: Container[str]) -> tuple[str, ...]:
        """Return the columns `table.column` that the model reads although they must never be modelled, sorted."""
        return tuple(sorted(c for c in self.attribute_columns if c.partition(".")[2] in never_modelled))

    @cached_property
    def _training_range(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest value of each feature, inclusive; unbounded for a category or if no range is kept."""
        typical = self.provenance.typical or {}
        low, high = np.full((2, len(self.features)), np.inf)
        low, high = -low, high
        for i, name in enumerate(self.feature_names):
            levels = typical.get(name)
            if isinstance(levels, TypicalNumber):
                # If training saw no value, every value lies outside. Typical values have six digits.
                least, most = levels.min, levels.max
                low[i] = np.inf if least is None else least - abs(least) * _TYPICAL_PRECISION
                high[i] = -np.inf if most is None else most + abs(most) * _TYPICAL_PRECISION
        return low, high

    @cached_property
    def category_features(self) -> tuple[Feature, ...]:
        """The features that hold categories, in the order of `Scored.codes`."""
        return tuple(feature for feature in self.features if feature.is_category)

    @cached_property
    def category_places(self) -> Mapping[int, int]:
        """Column of `Scored.x` → column of `Scored.codes`, for category features."""
        return {column: place for place, column in enumerate(self._category_columns.tolist())}

    @cached_property
    def _category_columns(self) -> NDArray[np.intp]:
        return np.flatnonzero([feature.is_category for feature in self.features])

    @cached_property
    def _plan(self) -> Plan:
        return Plan.of(self.features)

    @cached_property
    def reason_groups(self) -> ReasonGroups:
        """The reason each feature adds to."""
        return ReasonGroups.of(self.features)

    @cached_property
    def _contributions(self) -> Contributions:
        return Contributions(self.fitted.forest)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Feature names in the order of the columns."""
        return tuple(feature.name for feature in self.features)


def features_named(names: Sequence[str], observed: Observed) -> tuple[Feature, ...] | None:
    """Return the features with these names, None if one is not known."""
    known = {feature.name: feature for feature in features.supported(observed, frozenset())}
    return tuple(known[name] for name in names) if set(names) <= set(known) else None


def _of(given: Mapping[str, frozenset[str]], table: str) -> frozenset[str]:
    return given.get(table, frozenset())
