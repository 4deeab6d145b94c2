"""`features.toml`: the features that a lender declares.

[features.failed_debits_per_salary_6m]
en = "Failed direct debits for each salary payment, last 6 months"
zh = "近6个月每次工资入账对应的扣款失败"
unit = "ratio"
riskier = "higher"
value = { total = "events.payment_failed", months = 6 }
over = { total = "events.salary_in", months = 6 }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import to_json

from risk_warning.core.declared import Aggregate, Aggregation, DeclaredFeature, Relation
from risk_warning.core.features import Feature, registry, supported
from risk_warning.core.features.own import column_of, is_amount, is_source
from risk_warning.core.observed import Observed
from risk_warning.core.panel.panel import PERIODS
from risk_warning.core.wording import MINOR_UNITS, UNITS
from risk_warning.errors import SettingsError
from risk_warning.fault import Fault, first_fault
from risk_warning.settings import BookSettings

_RISKIER: Mapping[str, Literal[-1, 0, 1]] = {"higher": 1, "lower": -1, "either": 0}
_RELATIONS: Mapping[str, Relation] = {"above": ">", "at_least": ">=", "equal": "==", "at_most": "<="}
_AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
_COUNTED = {"count": "months", "share": "ratio", "streak": "months", "months_since": "months"}
"""Aggregates that count months → their unit."""
_SHORTEST = {"slope": 3, "spread": 2}
_NUMBER = "number"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,59}")
_COLUMNS = re.compile(r"(borrower_|loan_|statement_)?x_")
"""Names of features that are a lender's own column."""


def _checked_source(source: str) -> str:
    if not is_source(source):
        raise ValueError(
            "name events.KIND, events.KIND.amount, statements.COLUMN with one of balance, credit_limit, due_amount, "
            "paid_amount, status or a column x_… of your own, or statements.COLUMN=CODE"
        )
    return source


_Source = Annotated[str, Field(max_length=200), AfterValidator(_checked_source)]
_Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^{}\n]*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AggregationEntry(_Entry):
    """An aggregate of the months of one source, such as `{ total = "events.login", months = 6 }`."""

    total: _Source | None = None
    mean: _Source | None = None
    largest: _Source | None = None
    smallest: _Source | None = None
    latest: _Source | None = None
    spread: _Source | None = None
    slope: _Source | None = None
    count: _Source | None = None
    share: _Source | None = None
    streak: _Source | None = None
    months_since: _Source | None = None
    months: int | None = Field(default=None, ge=1, le=PERIODS)
    start: int = Field(default=0, ge=0, lt=PERIODS)
    above: float | None = Field(default=None, allow_inf_nan=False)
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    equal: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _is_one_aggregate(self) -> Self:
        given = self._given
        if len(given) != 1:
            names = ", ".join(_AGGREGATES)
            raise ValueError(f"give one of {names} with its source, not {' and '.join(given) or 'none'}")
        name = given[0]
        bounds = [relation for relation in _RELATIONS if getattr(self, relation) is not None]
        if len(bounds) != (name in _COUNTED):
            needs = f"one of {', '.join(_RELATIONS)}" if name in _COUNTED else "no bound"
            raise ValueError(f"{name} needs {needs}, not {' and '.join(bounds) or 'none'}")
        if name in ("streak", "months_since"):
            if self.months is not None or self.start:
                raise ValueError(f"{name} looks at all {PERIODS} months; remove months and start")
        elif self.months is None:
            raise ValueError(f"{name} needs months, from 1 to {PERIODS}")
        elif self.start and name in _COUNTED:
            raise ValueError(f"{name} has no start; its months are the last ones")
        elif self.start + self.months > PERIODS:
            raise ValueError(f"start and months reach {self.start + self.months} months back; there are {PERIODS}")
        elif self.months < _SHORTEST.get(name, 1):
            raise ValueError(f"{name} needs at least {_SHORTEST[name]} months")
        return self

    @property
    def _given(self) -> list[Aggregate]:
        return [name for name in _AGGREGATES if getattr(self, name) is not None]

    def aggregation(self, minor_unit_decimals: int) -> Aggregation:
        """Return the aggregation; a bound of an amount is given in the currency's unit."""
        name = self._given[0]
        source = str(getattr(self, name))
        for relation, sign in _RELATIONS.items():
            bound = getattr(self, relation)
            if bound is not None:
                scale = 10**minor_unit_decimals if is_amount(source) else 1
                return Aggregation(name, source, self.months or PERIODS, relation=sign, bound=bound * scale)
        return Aggregation(name, source, self.months or PERIODS, self.start)


class FeatureEntry(_Entry):
    """A feature: its words, and what it is computed from."""

    en: _Text
    zh: _Text
    unit: str
    riskier: Literal["higher", "lower", "either"]
    reason: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{1,59}$")
    value: AggregationEntry
    over: AggregationEntry | None = None
    minus: AggregationEntry | None = None

    @model_validator(mode="after")
    def _has_one_second_part(self) -> Self:
        if self.over is not None and self.minus is not None:
            raise ValueError("give either over or minus")
        return self

    def declared(self, name: str, minor_unit_decimals: int) -> DeclaredFeature:
        """Return the feature under its name."""
        value, over, minus = (
            None if part is None else part.aggregation(minor_unit_decimals)
            for part in (self.value, self.over, self.minus)
        )
        assert value is not None
        unit = "" if self.unit == _NUMBER else self.unit
        return DeclaredFeature(
            name, unit, _RISKIER[self.riskier], self.reason or name, self.en, self.zh, value, over, minus
        )


class _File(_Entry):
    features: Mapping[str, FeatureEntry]


def declared_features(settings: BookSettings) -> tuple[DeclaredFeature, ...]:
    """Return the features that the lender declares, sorted by name; none if the setting `book.features` is not set.

    Raises
    ------
    SettingsError
        The file cannot be read, or declares something that no feature is; the message has the line.
    """
    path = settings.features
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8")
        content = _File.model_validate_json(to_json(tomllib.loads(text)))
    except OSError:
        raise SettingsError(f"The features in {path} cannot be read; correct the setting book.features.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None
    except ValidationError as error:
        fault = first_fault(error)
        raise SettingsError(f"{_place(path, text, fault.path)}: {_problem(fault)}.") from None
    declared = [entry.declared(name, settings.minor_unit_decimals) for name, entry in sorted(content.features.items())]
    built_in = {feature.name for feature in registry()}
    for feature in declared:
        for part, problem in _faults(feature, built_in, settings):
            raise SettingsError(f"{_place(path, text, ('features', feature.name, part))}: {problem}.")
    return tuple(declared)


def _problem(fault: Fault) -> str:
    if fault.is_unknown:
        return f"there is no entry {fault.path[-1]}"
    return fault.message


def _faults(feature: DeclaredFeature, built_in: set[str], settings: BookSettings) -> list[tuple[str, str]]:
    """Return what is wrong with a feature: the entry, and the problem in words."""
    faults = []
    if not _NAME.fullmatch(feature.name):
        faults.append(("", "a name has 2 to 60 small letters, digits and _, and begins with a letter"))
    if feature.name in built_in or _COLUMNS.match(feature.name):
        faults.append(("", "there is a feature of this name already; see `risk-warning features`"))
    for part, aggregation in (("value", feature.value), ("over", feature.over), ("minus", feature.minus)):
        column = column_of(aggregation.source) if aggregation is not None else None
        if column is not None and column in settings.never_modelled:
            faults.append((part, f"statements.{column} is protected; allow it under [book.allowed] with a reason"))
    if _is_amount(feature):
        units: Sequence[str] = (MINOR_UNITS,)
    elif feature.over is None and feature.minus is None and feature.value.aggregate in _COUNTED:
        units = (_COUNTED[feature.value.aggregate],)
    else:
        units = (*(unit for unit in UNITS if unit != MINOR_UNITS), _NUMBER)
    if (feature.unit or _NUMBER) not in units:
        faults.append(("unit", f"the unit of this value is {'one of ' if len(units) > 1 else ''}{', '.join(units)}"))
    return faults


def _is_amount(feature: DeclaredFeature) -> bool:
    """Whether the feature's value is an amount of money."""
    if feature.value.aggregate in _COUNTED or not is_amount(feature.value.source):
        return False
    return feature.over is None or feature.over.aggregate in _COUNTED or not is_amount(feature.over.source)


def _place(path: Path, text: str, names: Sequence[str]) -> str:
    """Return the file and the line at which an entry begins, and the entry's name."""
    line, wanted = None, [name for name in names if name]
    lines = text.splitlines()
    for number, row in enumerate(lines, 1):
        header = re.match(r"\s*\[\s*features\s*\.\s*[\"']?([^\"'\]\s]+)", row)
        if len(wanted) > 1 and header and header[1] == wanted[1]:
            line = number
        elif line and header:
            break
        elif line and len(wanted) > 2 and re.match(rf"\s*{re.escape(wanted[2])}\s*=", row):
            line = number
            break
    return f"{path}{f' line {line}' if line else ''}: {'.'.join(wanted) or 'the file'}"


def features_of(observed: Observed, settings: BookSettings) -> tuple[Feature, ...]:
    """Return the features to learn from: those that a book supports, with all that the lender declares.

    Raises
    ------
    SettingsError
        A declared feature is made of something that the book does not have.
    """
    chosen = supported(observed, settings.never_modelled)
    for problem in unsupported(observed, settings):
        raise SettingsError(f"{problem}; bring it, or remove the feature.")
    return chosen


def unsupported(observed: Observed, settings: BookSettings) -> list[str]:
    """Return a sentence for every declared feature that the book cannot have, without its full stop."""
    names = {feature.name for feature in supported(observed, settings.never_modelled)}
    problems = []
    for feature in observed.declared:
        if feature.name not in names:
            sources = " and ".join(dict.fromkeys(part.source for part in feature.aggregations))
            problems.append(f"{settings.features}: features.{feature.name}: the book lacks {sources}")
    return problems
