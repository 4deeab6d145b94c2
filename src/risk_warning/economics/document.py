"""The JSON of a valuation: the inputs of the amounts, and the share of bads who default."""

from __future__ import annotations

from typing import Any

from pydantic import AliasPath, Field

from risk_warning.core.economics.loss_rates import Source
from risk_warning.document import Document


def _economics(name: str, description: str) -> Any:
    """Return a field that is read from the economics of the assumptions; `Any` as of pydantic's `Field`."""
    return Field(validation_alias=AliasPath("assumptions", "economics", name), description=description)


class ValuationDocument(Document):
    """The inputs of the amounts of a threshold or a comparison, as their JSON has them.

    Reads a `Valuation`, or any other object with `assumptions`. Amounts are in the book's currency, ratios from 0 to 1.
    """

    contact_cost_amount: float = _economics("contact_cost_amount", "cost of one call")
    loss_given_default_ratio: float = _economics(
        "loss_given_default_ratio", "share of the exposure lost in default, after recoveries"
    )
    loss_given_default_by_product: dict[str, float] = _economics(
        "loss_given_default_by_product", "the same ratio for single products"
    )
    credit_conversion_ratio: float = _economics(
        "credit_conversion_ratio", "share of an undrawn limit that is drawn before default"
    )
    treatment_effects: tuple[float, float, float] = _economics(
        "treatment_effects", "low, middle, high: the share of bads that a call prevents, and its 95 % interval"
    )
    call_again_days: int = _economics("call_again_days", "days after which an open warning is called again")
    roll_to_loss_ratio: float | None = _economics(
        "roll_to_loss_ratio", "share of bads who default if the book has too few bads to measure it; null means 1"
    )
    loss_window_months: int = _economics("loss_window_months", "months after turning bad in which a default counts")
    sources: dict[str, str] = Field(
        validation_alias=AliasPath("assumptions", "sources"),
        description="source of each figure that an option can set: the option, a setting, or a setting's default",
    )


class RollToLossDocument(Document):
    """P(90+ days past due or written off | bad), with its 95 % interval and its source; reads a `Valuation`."""

    low: float = Field(validation_alias=AliasPath("loss_rate", "ratio", "low"))
    mid: float = Field(validation_alias=AliasPath("loss_rate", "ratio", "mid"))
    high: float = Field(validation_alias=AliasPath("loss_rate", "ratio", "high"))
    source: Source = Field(
        validation_alias=AliasPath("loss_rate", "source"),
        description="`too few`: the rate is 1, because the book has too few bads and there is no setting",
    )
    bad_dpd: int = Field(description="days past due that make a borrower bad")
    within_months: int = Field(
        validation_alias=AliasPath("assumptions", "economics", "loss_window_months"),
        description="months after turning bad in which a default counts",
    )
    bad_events: int = Field(
        validation_alias=AliasPath("loss_rate", "counts", "events"), description="events old enough to be judged"
    )
    defaulted: int = Field(
        validation_alias=AliasPath("loss_rate", "counts", "lost"),
        description="number of them that reached 90 days past due or a write-off in those months",
    )
    borrowers: int = Field(
        validation_alias=AliasPath("loss_rate", "counts", "borrowers"), description="number with such an event"
    )
