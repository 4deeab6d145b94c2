"""The preflight: what would keep the service from answering, found before it starts and said in a sentence."""

from __future__ import annotations

import socket
from pathlib import Path

from risk_warning.database.connection import open_engine
from risk_warning.errors import SettingsError
from risk_warning.model.folder import load
from risk_warning.model.policy_in_force import policy_of
from risk_warning.registry.reference import REGISTERED, Reference
from risk_warning.registry.registry import must_hold
from risk_warning.service.borrowers import check_book
from risk_warning.service.champions.champion import last_served
from risk_warning.settings import Settings, load_settings


def check() -> None:
    """Nothing comes back.

    Raises
    ------
    RiskWarningError
        The settings, the model, the policy, the database or the book cannot be used.
    """
    settings = load_settings()
    folder = _folder(settings)
    if folder is not None:
        model = load(folder)
        policy_of(model, settings)
        check_book(model, settings)
    open_engine(settings.database_url).dispose()


def check_port(host: str, port: int) -> None:
    """Nothing comes back; `SettingsError` where nobody can listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0], socket.SOCK_STREAM) as tried:
            # As the server will: a port that was in use a moment ago is free.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"The service cannot listen on {host} port {port} ({error.strerror}); stop what does, or give another "
            "--host or --port."
        ) from None


def _folder(settings: Settings) -> Path | None:
    """Where the model lies: in its folder, or as it last came from the registry; None where it is yet to be fetched."""
    reference = Reference.of(settings.model) if settings.model.startswith(REGISTERED) else None
    if reference is None:
        return Path(settings.model)
    # With a model of before the service can answer, whether or not the registry can be asked now.
    folder = last_served(settings.model, settings)
    if folder is None:
        must_hold(reference, settings)
    return folder
