"""The policy in force: the configured one, or the proposal a model carries."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from risk_warning.core.policy import Policy
from risk_warning.errors import SettingsError
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel


def policy_of(model: RiskModel, settings: Settings) -> Policy:
    """The configured policy, or the model's own proposal; `SettingsError` where the file cannot be used."""
    if settings.policy is None:
        return model.policy
    try:
        return Policy.from_dict(tomllib.loads(settings.policy.read_text(encoding="utf-8")))
    except OSError:
        raise SettingsError(f"The policy {settings.policy} cannot be read; correct the setting policy.") from None
    except ValueError as error:
        raise SettingsError(f"The policy {settings.policy} cannot be used: {error}.") from None
