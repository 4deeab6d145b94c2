"""Assumptions: the economics used to value a threshold or a comparison, and the source of each figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from risk_warning.core.economics.economics import Economics
from risk_warning.errors import SettingsError
from risk_warning.settings import EconomicsSettings

OPTIONS = (
    "contact_cost_amount",
    "loss_given_default_ratio",
    "credit_conversion_ratio",
    "treatment_effects",
    "call_again_days",
)
"""Fields of `Economics` that an option can set."""
_SETTING = {"treatment_effects": "treatment_effect"}
"""Field of `Economics` → setting, for fields whose two names differ."""
_Figure = TypeVar("_Figure")


@dataclass(frozen=True)
class Assumptions:
    """The economics, and which of its fields were given by an option or a setting."""

    economics: Economics
    from_options: frozenset[str] = frozenset()
    from_settings: frozenset[str] = frozenset()

    def source(self, name: str) -> str:
        """Return the source of the field of that name: an option, a setting, or the setting's default."""
        if name in self.from_options:
            return "option"
        setting = f"setting economics.{_SETTING.get(name, name)}"
        return setting if name in self.from_settings else f"default of the {setting}"

    @property
    def sources(self) -> dict[str, str]:
        """The source of each field in `OPTIONS`."""
        return {name: self.source(name) for name in OPTIONS}


def assumptions_of(
    settings: EconomicsSettings,
    *,
    contact_cost_amount: float | None = None,
    loss_given_default_ratio: float | None = None,
    credit_conversion_ratio: float | None = None,
    treatment_effects: tuple[float, float, float] | None = None,
    call_again_days: int | None = None,
) -> Assumptions:
    """Return the assumptions of the settings, overridden by the arguments that are not None.

    `loss_given_default_ratio` also overrides the settings' ratios by product.

    Raises
    ------
    SettingsError
        A figure is outside its range.
    """
    options = (
        contact_cost_amount,
        loss_given_default_ratio,
        credit_conversion_ratio,
        treatment_effects,
        call_again_days,
    )
    try:
        economics = Economics(
            contact_cost_amount=_figure(contact_cost_amount, settings.contact_cost_amount),
            loss_given_default_ratio=_figure(loss_given_default_ratio, settings.loss_given_default_ratio),
            loss_given_default_by_product=(
                settings.loss_given_default_by_product if loss_given_default_ratio is None else {}
            ),
            credit_conversion_ratio=_figure(credit_conversion_ratio, settings.credit_conversion_ratio),
            treatment_effects=_figure(treatment_effects, settings.treatment_effect),
            call_again_days=_figure(call_again_days, settings.call_again_days),
            roll_to_loss_ratio=settings.roll_to_loss_ratio,
            loss_window_months=settings.loss_window_months,
        )
    except ValueError as error:
        raise SettingsError(f"These economics cannot be used: {error}; correct the options.") from None
    fields = {setting: field for field, setting in _SETTING.items()}
    return Assumptions(
        economics,
        frozenset(name for name, value in zip(OPTIONS, options, strict=True) if value is not None),
        frozenset(fields.get(name, name) for name in settings.model_fields_set),
    )


def _figure(option: _Figure | None, setting: _Figure) -> _Figure:
    """Return the option, or the setting if the option is None."""
    return setting if option is None else option
