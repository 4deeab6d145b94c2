"""The policy in force: the configured policy, or the one that the model proposes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from risk_warning.core.policy import Policy
from risk_warning.errors import SettingsError
from risk_warning.fault import first_fault
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel


class PolicyContent(BaseModel):
    """A policy as a file, a model's folder or the audit trail holds it; `Policy` says what the values mean.

    Numbers are finite and not given as text. Other names are refused, because a misspelled one would be ignored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    threshold: float
    red_below: float
    yellow_below: float
    margin: float = Policy.margin
    close_after_days: int = Policy.close_after_days

    @model_validator(mode="after")
    def _is_a_policy(self) -> Self:
        self.policy()
        return self

    def policy(self) -> Policy:
        """Return the policy with these values."""
        return Policy(**self.model_dump())


def policy_in(content: object) -> Policy:
    """Return the policy that the content of a file holds.

    Raises
    ------
    pydantic.ValidationError
        A `ValueError`: a value is missing, unknown or not a finite number, or the values make no policy.
    """
    return PolicyContent.model_validate(content).policy()


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
        If the file cannot be read or is not a policy; the message names the value.
    """
    try:
        return policy_in(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise SettingsError(f"The policy {path} cannot be read; correct the setting policy.") from None
    except ValidationError as error:
        raise SettingsError(f"The policy {path} cannot be used: {_in_words(error)}. Correct it in that file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The policy {path} is not valid TOML: {error}.") from None


def _in_words(error: ValidationError) -> str:
    fault = first_fault(error)
    if fault.is_unknown:
        return f"there is no value {fault.place}; a policy has {', '.join(PolicyContent.model_fields)}"
    return f"{fault.place}: {fault.message}" if fault.path else fault.message
