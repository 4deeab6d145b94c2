"""The options of what calls cost and bring, the same for every verb; those left out come from the settings."""

from __future__ import annotations

import math
from typing import Annotated

import typer

ContactCost = Annotated[
    float | None,
    typer.Option(
        "--contact-cost",
        min=0,
        metavar="AMOUNT",
        help="Cost of a call, currency of the book. Default: the setting economics.contact_cost_amount.",
    ),
]
LossGivenDefault = Annotated[
    float | None,
    typer.Option(
        "--loss-given-default",
        min=0,
        max=1,
        metavar="SHARE",
        help="Share of the exposure lost in default, of every product. Default: economics.loss_given_default_ratio.",
    ),
]
CreditConversion = Annotated[
    float | None,
    typer.Option(
        "--credit-conversion",
        min=0,
        max=1,
        metavar="SHARE",
        help="Share of an undrawn limit drawn before default. Default: economics.credit_conversion_ratio.",
    ),
]
TreatmentEffect = Annotated[
    str | None,
    typer.Option(
        "--treatment-effect",
        metavar="LOW,MID,HIGH",
        help="Share of bads a call prevents, 0 to 1, and its 95 % interval. Default: economics.treatment_effect.",
    ),
]
CallAgainDays = Annotated[
    int | None,
    typer.Option(
        "--call-again-days",
        min=1,
        max=365,
        metavar="DAYS",
        help="Days after which an open warning is called again. Default: economics.call_again_days.",
    ),
]


def check_finite(**options: float | None) -> None:
    """Refuse a number that is none; the names are those of the options, with `_` for `-`.

    Raises
    ------
    typer.BadParameter
        One of them is infinite or not a number.
    """
    for name, value in options.items():
        if value is not None and not math.isfinite(value):
            raise typer.BadParameter(f"--{name.replace('_', '-')} must be a finite number")


def effects_of(text: str | None) -> tuple[float, float, float] | None:
    """(low, mid, high) as given; None where left out.

    Raises
    ------
    typer.BadParameter
        The text is not three rising shares.
    """
    if text is None:
        return None
    try:
        low, mid, high = (float(part) for part in text.split(","))
    except ValueError:
        low = mid = high = -1.0
    if not 0 <= low <= mid <= high <= 1:
        raise typer.BadParameter(
            f"--treatment-effect {text!r} is not three rising shares from 0 to 1 such as 0.05,0.1,0.2"
        )
    return low, mid, high
