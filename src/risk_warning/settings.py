"""Settings: read from one TOML file and the environment, validated once and frozen.

The file is `risk_warning.toml` in the working directory, or the one that `RISK_WARNING_SETTINGS` names. The variable
`RISK_WARNING_BOOK__TIME_ZONE` overrides `time_zone` under `[book]`, and so on.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableError

from risk_warning.core.protected_names import PROTECTED, NeverModelled
from risk_warning.errors import SettingsError
from risk_warning.fault import first_fault

_PREFIX = "RISK_WARNING_"
_NO_SETTINGS = frozenset({"RISK_WARNING_SETTINGS", "RISK_WARNING_KEY_FILE"})
"""Variables of the program that are no settings."""
FLOWING = ("instalments", "statements", "events")
"""Tables that grow day by day."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KnownQuestion(_Section):
    """What the lender says about a question of a book: it is known, up to a share of the rows."""

    share: float = Field(default=1.0, ge=0, le=1, description="largest share of rows for which the answer holds")
    by: str = Field(min_length=1, description="who knows it")
    why: str = Field(min_length=1, description="the reason")
    until: date | None = Field(default=None, description="last day on which the answer holds; left out: always")


class BookSettings(_Section):
    """Settings for reading a lender's tables."""

    location: str | None = Field(
        default=None,
        description="the BOOK of verbs that name none: a folder, a DuckDB file, a postgresql:// URL or a mapping",
    )
    time_zone: str = Field(
        default="Asia/Shanghai", description="IANA time zone in which a moment such as occurred_at becomes a day"
    )
    minor_unit_decimals: int = Field(default=2, ge=0, le=4, description="decimals of the currency's minor unit")
    max_bad_share: float = Field(default=0.01, ge=0, le=1, description="share of a table's rows that may be bad")
    protected: tuple[str, ...] = Field(default=(), description="further columns that must never enter a model")
    allowed: Mapping[str, str] = Field(
        default_factory=dict,
        description="columns that look protected but are used, each with the reason that the model card repeats",
    )
    features: Path | None = Field(default=None, description="features.toml, with features that the lender declares")
    postgres_schema: str = Field(default="public", description="schema of a postgresql:// book that holds the tables")
    memory_limit_mb: int = Field(default=2048, ge=256, le=16_000_000, description="memory DuckDB may use, MB")
    answers: Mapping[str, KnownQuestion] = Field(
        default={}, description="question that a book raises → what is known about it; check names the questions"
    )
    data_through: Mapping[str, date] = Field(
        default={}, description="table → last day it is complete for, where its rows do not show it"
    )
    freshness_days: int = Field(
        default=3, ge=0, description="days beyond the reach of payments or statements on which a book may be scored"
    )
    freshness: Mapping[str, int] = Field(default={}, description="table → the same for this table alone")
    status_rises_with_risk: bool = Field(
        default=False, description="whether a higher status of statements (a number) is never safer"
    )

    @field_validator("data_through", "freshness")
    @classmethod
    def _names_a_table_that_flows(cls, value: Mapping[str, object]) -> Mapping[str, object]:
        for table in value:
            if table not in FLOWING:
                raise ValueError(f"{table!r} is none of {', '.join(FLOWING)}")
        return value

    def freshness_of(self, table: str) -> int:
        """Return the days beyond the table's reach on which a book may still be scored."""
        return self.freshness.get(table, self.freshness_days)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone such as 'Asia/Shanghai'")
        return value

    @field_validator("allowed")
    @classmethod
    def _has_reasons(cls, value: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        protected = info.data.get("protected", ())
        never = {*PROTECTED, *protected, *(f"x_{name}" for name in protected)}
        for column, reason in value.items():
            if column in never:
                raise ValueError(f"{column} is one of the columns that are never in a model; remove it from one list")
            if not reason.strip():
                raise ValueError(f"{column} has an empty reason; the model card repeats it, so say why it may be used")
        return {column: reason.strip() for column, reason in value.items()}

    @property
    def never_modelled(self) -> NeverModelled:
        """Columns that must not become a feature, by their names; their values are checked while staging."""
        return NeverModelled(frozenset(self.protected), frozenset(self.allowed))


class ScoreSettings(_Section):
    """Settings for the score's scale and the nightly run."""

    base_score: float = Field(default=600.0, description="score at base_odds_good_bad")
    base_odds_good_bad: float = Field(default=50.0, gt=0, description="odds good:bad at the base score")
    pdo: float = Field(default=20.0, gt=0, description="points that double the odds")
    borrowers_per_chunk: int = Field(default=10_000, ge=1, description="borrowers a worker has in memory at a time")
    workers: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 8),
        ge=1,
        description="chunks scored at a time; default one a core, at most 8",
    )
    on_question: Literal["stop", "publish"] = Field(
        default="stop",
        description="what a night does with an open question: stop, or publish without the columns that it is about "
        "if none of them is a key, required, or makes arrears",
    )


class ServiceSettings(_Section):
    """Settings for real-time scoring over HTTP."""

    book: str | None = Field(
        default=None, description="DuckDB file or postgresql:// URL that /score_by_id reads histories from"
    )
    rate_limit: str = Field(
        default="200/second", description="requests that a key may make, unless the key has its own limit"
    )
    max_body_mb: float = Field(default=1.0, gt=0, le=64, description="largest body of a request, MB")
    max_batch_body_mb: float = Field(default=32.0, gt=0, le=256, description="largest body of a batch, MB")
    max_connections: int = Field(
        default=1_000, ge=10, le=100_000, description="connections open at a time; beyond, idle ones are closed"
    )
    body_timeout_seconds: float = Field(default=10.0, gt=0, description="time a client has to send its body, seconds")
    drain_seconds: float = Field(default=2.0, ge=0, description="time a stopping service goes on answering, seconds")
    audit_inputs: Literal["included", "digest"] = Field(
        default="included", description="whether the audit keeps inputs or only their sha256"
    )
    open_warnings: bool = Field(default=True, description="whether /score_by_id may open a warning")
    registry_poll_seconds: float = Field(
        default=5.0,
        gt=0,
        description="how often to check the registry's champion and the policy file, seconds",
    )

    @field_validator("rate_limit")
    @classmethod
    def _is_a_rate(cls, value: str) -> str:
        from limits import parse_many

        if len(value) > 100:
            raise ValueError("is longer than 100 characters")
        parse_many(value)
        return value


class AuditSettings(_Section):
    """Settings of the audit trail."""

    key_file: Path | None = Field(
        default=None,
        description="file with the keys that seal its rows; default audit.key under home",
    )
    anchor_file: Path | None = Field(
        default=None,
        description="file to which each night adds its newest event; default anchors.jsonl under home",
    )


class SigningSettings(_Section):
    """Who signs models, and whose models are loaded."""

    key_file: Path | None = Field(
        default=None, description="private key with which train signs each model; left out: models are not signed"
    )
    trusted_keys: tuple[Path, ...] = Field(
        default=(),
        description="public keys, one of which must have signed every model that is loaded; none: unsigned ones load",
    )


class EconomicsSettings(_Section):
    """Costs and benefits of a call: the inputs of `threshold` and `compare`, until a lender has measured its own."""

    contact_cost_amount: float = Field(
        default=10.0, ge=0, allow_inf_nan=False, description="cost of one call, currency of the book"
    )
    loss_given_default_ratio: float = Field(
        default=0.45,
        ge=0,
        le=1,
        description="share of the exposure lost in default (90+ days past due or written off), after recoveries; 0.45 "
        "is Basel II's figure (§ 287) for senior unsecured claims on companies",
    )
    loss_given_default_by_product: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="the same for single products, by the book's names; a borrower has that of the loan opened last",
    )
    credit_conversion_ratio: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="share of an undrawn limit still drawn before default; 0.1 is Basel III's figure (CRE20) for "
        "limits that can be cancelled at any time",
    )
    treatment_effect: tuple[float, float, float] = Field(
        default=(0.0, 0.1, 0.2),
        description="low, mid, high: share of would-be bads whom a call keeps from turning bad, with its 95 % "
        "interval; zero effect is possible until a hold-out has measured it",
    )
    call_again_days: int = Field(
        default=14, ge=1, le=365, description="days after which a borrower whose warning is still open is called again"
    )
    roll_to_loss_ratio: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="share of bads who default, for books with fewer than 30 to measure it; if not set, 1",
    )
    loss_window_months: int = Field(
        default=12, ge=1, le=60, description="months after turning bad within which a default is looked for"
    )

    @field_validator("treatment_effect")
    @classmethod
    def _rises(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        low, mid, high = value
        if not 0 <= low <= mid <= high <= 1:
            raise ValueError("low, mid and high must be rising shares from 0 to 1, such as [0.05, 0.1, 0.2]")
        return value


class GateSettings(_Section):
    """Limits that a model has to meet before it becomes champion."""

    max_auc_loss: float = Field(
        default=0.005, ge=0, le=1, description="how much AUC may be lost at the interval's low end"
    )
    min_auc_gain: float | None = Field(default=None, ge=0, le=1, description="AUC that must be gained at the low end")
    min_oe: float = Field(default=0.8, ge=0, le=1, description="observed over expected; interval wholly below: refused")
    max_oe: float = Field(default=1.25, ge=1, description="the same; interval wholly above: refused")
    min_slope: float = Field(default=0.8, ge=0, le=1, description="calibration slope, likewise")
    max_slope: float = Field(default=1.25, ge=1, description="calibration slope, likewise")
    max_ece: float | None = Field(default=0.02, ge=0, le=1, description="expected calibration error")
    max_score_psi: float | None = Field(default=0.25, ge=0, description="PSI of its scores since its training")
    min_selection_ratio: float | None = Field(
        default=None, ge=0, le=1, description="of groups warned about; default a warning below 0.8"
    )
    max_true_positive_gap: float | None = Field(
        default=None, ge=0, le=1, description="of groups' bads warned about; default a warning above 0.1"
    )
    parity_borrowers: int = Field(default=200, ge=1, le=100_000, description="borrowers scored alone and in the book")
    archived_borrowers: int = Field(default=1_000, ge=0, description="borrowers whose archived features must be equal")
    nights: Path | None = Field(default=None, description="folder of the nights' output, with the archived features")
    second_person: bool = Field(
        default=False, description="whether another person or key must have proposed a version before its promotion"
    )


class Settings(BaseSettings):
    """All settings. Paths are relative to the working directory."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid")

    home: Path = Field(default=Path(".risk_warning"), description="where runs, models and the database live")
    db: str | None = Field(default=None, description="watch list database URL; default SQLite under home")
    policy: Path | None = Field(default=None, description="policy.toml; default the model's own proposal")
    model: str = Field(
        default="models/demo", description="what the service serves: a model folder or models:/NAME@champion"
    )
    no_auth: bool = Field(default=False, description="answer loopback clients without a key; for a demo only")
    data_through: date | None = Field(default=None, description="last day the book is complete for, YYYY-MM-DD")
    book: BookSettings = BookSettings()
    score: ScoreSettings = ScoreSettings()
    service: ServiceSettings = ServiceSettings()
    audit: AuditSettings = AuditSettings()
    signing: SigningSettings = SigningSettings()
    economics: EconomicsSettings = EconomicsSettings()
    gate: GateSettings = GateSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = Path(os.environ.get("RISK_WARNING_SETTINGS", "risk_warning.toml"))
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path))

    @property
    def database_url(self) -> str:
        """The watch list's database URL."""
        return self.db or f"sqlite:///{self.home / 'watchlist.db'}"

    @property
    def audit_key_file(self) -> Path:
        """The file with the keys of the audit trail."""
        return self.audit.key_file or self.home / "audit.key"

    @property
    def audit_anchor_file(self) -> Path:
        """The file to which each night adds the newest event of the audit trail."""
        return self.audit.anchor_file or self.home / "anchors.jsonl"

    @property
    def own_tracking_uri(self) -> str:
        """MLflow's tracking URI under home."""
        return f"sqlite:///{self.home / 'mlflow.db'}"

    @property
    def tracking_uri(self) -> str:
        """MLflow's tracking URI: `MLFLOW_TRACKING_URI` if set, else SQLite under home."""
        return os.environ.get("MLFLOW_TRACKING_URI") or self.own_tracking_uri


def load_settings() -> Settings:
    """Return the settings of this process.

    Raises
    ------
    SettingsError
        A field cannot be used; the message names it.
    """
    named = os.environ.get("RISK_WARNING_SETTINGS")
    if named and not Path(named).is_file():
        raise SettingsError(f"RISK_WARNING_SETTINGS names {named}, which is not a file; correct it or unset it.")
    _check_variables()
    try:
        return Settings()
    except ValidationError as error:
        fault = first_fault(error)
        if fault.is_unknown:
            raise SettingsError(f"There is no setting {fault.place}; {_known(fault.path[:-1])}.") from None
        raise SettingsError(
            f"Setting {fault.place}: {fault.message}. Correct it in risk_warning.toml or in "
            f"RISK_WARNING_{'__'.join(fault.path).upper()}."
        ) from None
    except UnreadableError:
        sections = [f"RISK_WARNING_{name.upper()}" for name in Settings.model_fields]
        matches = [name for name in sections if name in os.environ]
        raise SettingsError(
            f"{' or '.join(matches)} cannot be read; a section is set value by value, such as "
            "RISK_WARNING_BOOK__TIME_ZONE=Asia/Shanghai."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{named or 'risk_warning.toml'} is not valid TOML: {error}.") from None


def _check_variables() -> None:
    """Raise `SettingsError` for a variable of the environment that looks like a setting and is none."""
    for variable in os.environ:
        if not variable.startswith(_PREFIX) or variable in _NO_SETTINGS:
            continue
        path = tuple(variable.removeprefix(_PREFIX).lower().split("__"))
        kind: object = Settings
        for depth, name in enumerate(path):
            if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
                break  # a name inside of a setting that maps names
            if name not in kind.model_fields:
                raise SettingsError(
                    f"{variable} names no setting: there is no {'.'.join(path[: depth + 1])}; {_known(path[:depth])}."
                )
            kind = kind.model_fields[name].annotation


def _known(section: tuple[str, ...]) -> str:
    """Return a phrase that lists the settings of a section, for the message about one that does not exist."""
    kind: type[BaseModel] = Settings
    for name in section:
        matches = kind.model_fields[name].annotation if name in kind.model_fields else None
        if not isinstance(matches, type) or not issubclass(matches, BaseModel):
            return f"{'.'.join(section)} is no section"
        kind = matches
    where = f"under [{'.'.join(section)}]" if section else "at the top"
    return f"{where} there are {', '.join(kind.model_fields)}"
