"""Arguments and options that mean the same for every verb."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from risk_warning.errors import SettingsError
from risk_warning.settings import EconomicsSettings, Settings

if TYPE_CHECKING:
    from risk_warning.economics.assumptions import Assumptions

_BOOK = "A folder of tables, a DuckDB file, a postgresql:// URL or a mapping. Default: the setting book.location."
_MODEL = "A model folder, @alias, version number or models:/NAME@alias"


def day(text: str) -> date:
    """Parse a date of the command line; raise `typer.BadParameter` for anything but YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date such as 2024-01-31") from None


BookArgument = Annotated[str | None, typer.Argument(metavar="[BOOK]", help=_BOOK, show_default=False)]
BookOption = Annotated[str | None, typer.Option("--book", metavar="BOOK", help=_BOOK)]
ModelOption = Annotated[str, typer.Option("--model", metavar="MODEL", help=f"{_MODEL}.")]
MODEL_HELP = _MODEL
"""How a model is named, for the help of positional arguments."""
AsOf = Annotated[
    date, typer.Option("--as-of", metavar="DATE", parser=day, help="As-of date, YYYY-MM-DD: the start of that day.")
]
MatureDates = Annotated[
    list[date] | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        parser=day,
        help="A mature as-of date, YYYY-MM-DD; may be repeated. Default: the last that no model here learnt from.",
    ),
]
First = Annotated[
    date | None,
    typer.Option("--from", metavar="DATE", parser=day, help="First as-of date, YYYY-MM-DD. Default: the first usable."),
]
Last = Annotated[
    date | None,
    typer.Option("--to", metavar="DATE", parser=day, help="Last as-of date, YYYY-MM-DD. Default: the last usable."),
]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write a page of HTML here, one file.")]
Db = Annotated[
    str | None, typer.Option("--db", metavar="URL", help="The watch list's database. Default: SQLite under home.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
By = Annotated[
    str,
    typer.Option("--by", metavar="NAME", help="Who is responsible; recorded in the audit trail beside your user name."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason; recorded in the audit trail.")]
HorizonMonths = Annotated[
    int | None,
    typer.Option("--horizon-months", min=1, max=24, help="Length of the outcome window, months. Default: 3."),
]
BadDpd = Annotated[
    int, typer.Option("--bad-dpd", min=1, max=365, help="Days past due that make a borrower bad.", show_default=True)
]
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
Effect = Annotated[
    str | None,
    typer.Option(
        "--effect",
        metavar="LOW,MID,HIGH",
        help="Share of bads that a call prevents, 0 to 1, and its 95 % interval. Default: economics.treatment_effect.",
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


def book_of(given: str | None, settings: Settings) -> str:
    """Return the book named on the command line, or the one of the settings.

    Raises
    ------
    SettingsError
        Neither is given.
    """
    location = given or settings.book.location
    if location is None:
        raise SettingsError("Name the BOOK, or set book.location in risk_warning.toml.")
    return location


def with_db(settings: Settings, db: str | None) -> Settings:
    """Return the settings with the database of the command line, where one is given."""
    return settings.model_copy(update={"db": db}) if db else settings


def check_range(first: date | None, last: date | None) -> None:
    """Refuse a range that ends before it begins.

    Raises
    ------
    typer.BadParameter
        `--to` lies before `--from`.
    """
    if first is not None and last is not None and last < first:
        raise typer.BadParameter(f"--from {first} is after --to {last}; swap them")


def every(text: str, unit: Literal["d", "m"]) -> int:
    """Parse `--every`: a number of days (7d) or months (1m), the unit optional.

    Raises
    ------
    typer.BadParameter
        The text is no such number, or has the other unit.
    """
    match = re.fullmatch(rf"([1-9][0-9]{{0,2}}){unit}?", text)
    if match is None:
        name, example = ("days", "7d") if unit == "d" else ("months", "1m")
        raise typer.BadParameter(f"--every {text!r} is not a number of {name} such as {example}")
    return int(match[1])


def check_finite(**options: float | None) -> None:
    """Refuse infinite numbers and NaN; the names are those of the options, with `_` for `-`.

    Raises
    ------
    typer.BadParameter
        One of them is infinite or not a number.
    """
    for name, value in options.items():
        if value is not None and not math.isfinite(value):
            raise typer.BadParameter(f"--{name.replace('_', '-')} must be a finite number")


def effects_of(text: str | None) -> tuple[float, float, float] | None:
    """Parse `--effect` into (low, mid, high); None if it is left out.

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
        raise typer.BadParameter(f"--effect {text!r} is not three rising shares from 0 to 1 such as 0.05,0.1,0.2")
    return low, mid, high


def assumptions_of_options(
    settings: EconomicsSettings,
    *,
    contact_cost: float | None,
    loss_given_default: float | None,
    credit_conversion: float | None,
    effect: str | None,
    call_again_days: int | None,
) -> Assumptions:
    """Return the economics of the command line; those of the settings for options that are left out.

    Raises
    ------
    typer.BadParameter
        A number is infinite or not a number, or `--effect` is not three rising shares.
    """
    from risk_warning.economics.assumptions import assumptions_of

    check_finite(contact_cost=contact_cost, loss_given_default=loss_given_default, credit_conversion=credit_conversion)
    return assumptions_of(
        settings,
        contact_cost_amount=contact_cost,
        loss_given_default_ratio=loss_given_default,
        credit_conversion_ratio=credit_conversion,
        treatment_effects=effects_of(effect),
        call_again_days=call_again_days,
    )
