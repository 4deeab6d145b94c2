"""The policy in force: the configured policy, or the one that the model proposes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from risk_warning.core.policy import Policy
from risk_warning.errors import SettingsError
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel


def policy_of(model: RiskModel, settings: Settings) -> Policy:
    """Return the configured policy, or the model's own proposal.

    Raises
    ------
    SettingsError
        If the file cannot be used.
    """
    return model.policy if settings.policy is None else read_policy(settings.policy)


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises
    ------
    SettingsError
        If the file cannot be read or is not a policy.
    """
    try:
        return Policy.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise SettingsError(f"The policy {path} cannot be read; correct the setting policy.") from None
    except ValueError as error:
        raise SettingsError(f"The policy {path} cannot be used: {error}.") from None
