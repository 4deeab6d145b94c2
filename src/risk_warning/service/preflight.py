"""The preflight: what would keep the service from answering, found before it starts and said in a sentence."""

from __future__ import annotations

from pathlib import Path

from risk_warning.errors import SettingsError
from risk_warning.model.folder import load
from risk_warning.model.registry import REGISTERED, Reference
from risk_warning.scoring.policy_in_force import policy_of
from risk_warning.settings import load_settings
from risk_warning.watchlist.database import open_engine


def check() -> None:
    """Nothing comes back.

    Raises
    ------
    RiskWarningError
        The settings, the model folder, the policy, the database or the book's place cannot be used.
    """
    settings = load_settings()
    if settings.model.startswith(REGISTERED):
        Reference.of(settings.model)
    else:
        policy_of(load(Path(settings.model)), settings)
    book = settings.service.book
    if book is not None and not book.startswith(("postgresql://", "postgres://")) and not Path(book).is_file():
        raise SettingsError(f"The setting service.book names {book}, which is no DuckDB file and no postgresql:// URL.")
    open_engine(settings.database_url).dispose()
