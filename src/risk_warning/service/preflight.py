"""The preflight: checks before the start that the service can answer, with one-sentence error messages."""

from __future__ import annotations

import socket
from pathlib import Path

from risk_warning.audit.events import check_seal
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
    """Check that the service can answer.

    Raises
    ------
    RiskWarningError
        The settings, the model, the policy, the database or the book cannot be used.
    """
    settings = load_settings()
    folder = _folder(settings)
    if folder is not None:
        model = load(folder, settings.signing.trusted_keys)
        policy_of(model, settings)
        check_book(model, settings)
    open_engine(settings.database_url).dispose()
    check_seal(settings.database_url)


def check_port(host: str, port: int) -> None:
    """Raise `SettingsError` if the service cannot listen on this host and port."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(addresses[0][0], socket.SOCK_STREAM) as tried:
            # As the server does: a port that was in use a moment ago counts as free.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"The service cannot listen on {host} port {port} ({error.strerror}); stop the program that does, or give "
            "another --host or --port."
        ) from None


def _folder(settings: Settings) -> Path | None:
    """Return the model's folder, or the one last fetched from the registry; None if it is yet to be fetched."""
    reference = Reference.of(settings.model) if settings.model.startswith(REGISTERED) else None
    if reference is None:
        return Path(settings.model)
    # With a model kept from before, the service can answer even if the registry cannot be reached now.
    folder = last_served(settings.model, settings)
    if folder is None:
        must_hold(reference, settings)
    return folder
