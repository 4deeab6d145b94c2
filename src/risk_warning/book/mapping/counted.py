"""Dates that an export writes as numbers: days or months before or after a date that the mapping names.

`days after 2018-01-01` reads 0 as 2018-01-01 and -31 as 2017-12-01. `months before 2005-09-30` reads 1 as 2005-08-31:
if the date is the last day of its month, so is every date that is counted from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from risk_warning.book.sql import statement

Unit = Literal["days", "months"]
OPEN = "DATE"
"""Stands in a proposed mapping for a date that only the lender knows."""
_FORM = re.compile(r"(days|months) (after|before) (\d{4}-\d{2}-\d{2})")
_MOST = 100_000
"""Larger numbers are no dates: they mark a date that there is not."""


@dataclass(frozen=True)
class CountedDate:
    """How the dates of a column are counted."""

    unit: Unit
    sign: Literal[1, -1]
    """1 if they are counted after the date of 0, -1 if before it."""
    zero: date
    """The date that the number 0 stands for."""

    def sql(self, value: str, zero: str) -> str:
        """Return SQL of the date that a number in `value` stands for, NULL if it is no whole number.

        Both are SQL; `zero` is that of `self.zero`.
        """
        number = f"TRY_CAST({value} AS DOUBLE)"
        whole = statement(
            "CASE WHEN {number} = trunc({number}) AND abs({number}) < {most} "
            "THEN CAST({sign} * {number} AS INTEGER) END",
            number=number,
            most=str(_MOST),
            sign=str(self.sign),
        )
        if self.unit == "days":
            return f"({zero} + {whole})"
        month = f"CAST({zero} + to_months({whole}) AS DATE)"
        return f"CASE WHEN last_day({zero}) = {zero} THEN last_day({month}) ELSE {month} END"


def counted_date(form: str) -> CountedDate | None:
    """Return how a format counts; None if it is the format of dates that are written out.

    >>> counted_date("months before 2005-09-30").zero
    datetime.date(2005, 9, 30)
    >>> counted_date("%d/%m/%Y") is None
    True

    Raises
    ------
    ValueError
        The format counts and is not complete.
    """
    if form.split(" ")[0] not in ("days", "months"):
        return None
    match = _FORM.fullmatch(form)
    try:
        zero = date.fromisoformat(match[3]) if match else None
    except ValueError:
        zero = None
    if match is None or zero is None:
        unit = form.split(" ")[0]
        raise ValueError(
            f'{form!r} is not answered yet: write "{unit} after 2018-01-01" or "{unit} before 2018-01-01", with the '
            "date that the number 0 stands for"
        )
    return CountedDate("days" if match[1] == "days" else "months", 1 if match[2] == "after" else -1, zero)
