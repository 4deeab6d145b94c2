"""`risk-warning status`: where everything is, and what is in force."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from rich.table import Table

from risk_warning.cli.options import Db, Json, with_db
from risk_warning.cli.terminal import Terminal
from risk_warning.document import Document, json_text
from risk_warning.errors import RiskWarningError
from risk_warning.settings import Settings, load_settings
from risk_warning.shown import shown_url


class Status(Document):
    """Where everything is and what is in force, each in words."""

    settings: str
    home: str
    book: str
    database: str
    last_night: str = Field(serialization_alias="last night")
    registry: str
    champion: str
    policy: str
    service: str
    warnings: tuple[str, ...] = Field(description="what would surprise an operator")


def status(db: Db = None, as_json: Json = False) -> None:
    """Show where home, database and registry are, and which champion, policy and night are in force.

    Nothing is created; what is missing or cannot be reached is said in its line.
    """
    settings = with_db(load_settings(), db)
    state = Status(
        settings=_settings_file(),
        home=str(settings.home.absolute()) + ("" if settings.home.is_dir() else " (not there yet)"),
        book=_book(settings),
        database=_database(settings),
        last_night=_last_night(settings),
        registry=shown_url(settings.tracking_uri),
        champion=_champion(settings),
        policy=_policy(settings),
        service=settings.model,
        warnings=_warnings(settings),
    )
    if as_json:
        print(json_text(state))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, text in state.model_dump(by_alias=True, exclude={"warnings"}).items():
        table.add_row(name, text)
    console = Terminal()
    console.print(table, soft_wrap=True)
    for text in state.warnings:
        console.print(f"Warning: {text}", style="yellow", soft_wrap=True)


def _settings_file() -> str:
    path = Path(os.environ.get("RISK_WARNING_SETTINGS", "risk_warning.toml")).absolute()
    return str(path) if path.is_file() else f"defaults and environment; no {path}"


def _book(settings: Settings) -> str:
    location = settings.book.location
    if location is None:
        return "not set (book.location)"
    is_path = "://" not in location and not location.startswith("adbc:")
    return str(Path(location).absolute()) if is_path else shown_url(location)


def _database(settings: Settings) -> str:
    from risk_warning.database.connection import display_url, exists

    name = display_url(settings.database_url)
    try:
        return name if exists(settings.database_url) else f"{name} (not there yet)"
    except RiskWarningError as error:
        return f"{name}: {error}"


def _last_night(settings: Settings) -> str:
    from risk_warning.watchlist.history import nights

    try:
        past = nights(settings.database_url)
    except RiskWarningError:
        return "unknown"
    if not past:
        return "none"
    night = past[-1]
    return (
        f"{night.as_of_date}: {night.scored:,} scored, {night.opened + night.kept:,} warnings open, "
        f"model {night.model_version}, policy {night.policy_version}"
    )


def _champion(settings: Settings) -> str:
    from risk_warning.registry.listing import registered_models
    from risk_warning.registry.reference import CHAMPION

    try:
        entries = registered_models(settings)
    except RiskWarningError as error:
        return str(error)
    for entry in entries:
        if CHAMPION in entry.aliases:
            return f"version {entry.version}, {entry.model_version}, trained {entry.trained_on}"
    return f"none of {len(entries):,} versions" if entries else "none; train one with risk-warning train BOOK"


def _policy(settings: Settings) -> str:
    from risk_warning.model.policy_in_force import read_policy

    if settings.policy is None:
        return "the proposal of the model in use (no policy is set)"
    try:
        policy = read_policy(settings.policy)
    except RiskWarningError as error:
        return str(error)
    return f"{settings.policy.absolute()}, version {policy.version}, safety threshold {policy.threshold:g}"


def _warnings(settings: Settings) -> tuple[str, ...]:
    warnings = []
    if not settings.home.is_absolute():
        warnings.append(
            f"home is {settings.home}, relative to the working directory: a run from another folder starts a second "
            f"home. Set RISK_WARNING_HOME={settings.home.absolute()}."
        )
    if settings.home.is_dir() and settings.home.stat().st_mode & 0o077:
        warnings.append(f"other users of this machine can read {settings.home}; run chmod -R go= {settings.home}.")
    return tuple(warnings)
