"""Questions about borrowers and loans: rates, endings, incomes."""

from __future__ import annotations

from collections.abc import Iterator

from risk_warning.book.questions.looker import LEAST_ROWS, Looker
from risk_warning.book.questions.question import BookQuestion

_LARGEST_RATE = 1.0
_OTHER_UNIT = 50
"""An income so many times the middle one is probably in another unit."""
_MONTHLY_DUE = (1 / 300, 3.0)
"""The middle borrower's instalment lies between these shares of the monthly income, unless they differ in unit."""


def of_accounts(look: Looker) -> Iterator[BookQuestion]:
    """Yield the questions about borrowers and loans."""
    yield from _rates(look)
    yield from _endings(look)
    yield from _amounts(look)
    yield from _incomes(look)


def _rates(look: Looker) -> Iterator[BookQuestion]:
    if look.has("loans", "annual_rate"):
        yield from look.share(
            "loans.annual_rate.above_one",
            "{n} of {of} loans have an annual_rate above 1, which is more than 100 %: is it per cent",
            f"annual_rate > {_LARGEST_RATE}",
            "staged_loans WHERE NOT isnan(annual_rate)",
        )


def _endings(look: Looker) -> Iterator[BookQuestion]:
    for column in ("opened_on", "closed_on", "written_off_on"):
        if look.has("loans", column):
            yield from look.share(
                f"loans.{column}.after_today",
                f"{{n}} of {{of}} loans have {column} after today, which reads as if it had not happened",
                f"{column} > {look.today}",
                f"staged_loans WHERE {column} <> $never",
            )
        if look.has("loans", column) and column != "opened_on":
            yield from look.share(
                f"loans.{column}.before_opening",
                f"{{n}} of {{of}} loans have {column} before opened_on, and would never have been open",
                f"{column} < opened_on",
                f"staged_loans WHERE {column} <> $never",
            )


def _amounts(look: Looker) -> Iterator[BookQuestion]:
    for table, column in (
        ("loans", "principal"),
        ("loans", "credit_limit"),
        ("statements", "credit_limit"),
        ("borrowers", "monthly_income"),
    ):
        if look.has(table, column):
            yield from look.share(
                f"{table}.{column}.negative",
                f"{{n}} of {{of}} values of {column} of {table} are below 0",
                f"{column} < 0",
                f"staged_{table} WHERE NOT isnan({column})",
            )


def _incomes(look: Looker) -> Iterator[BookQuestion]:
    if not look.has("borrowers", "monthly_income"):
        return
    known, values = look.row(
        "SELECT count(*), count(DISTINCT monthly_income) FROM staged_borrowers WHERE NOT isnan(monthly_income)"
    )
    if known is None or known < LEAST_ROWS:
        return
    if values == 1:
        text = f"all {known:,} incomes are the same, so ratios to income say nothing"
        column = "borrowers.monthly_income"
        yield BookQuestion(f"{column}.constant", "notice", text, 1.0, columns=(column,))
    yield from look.share(
        "borrowers.monthly_income.unit",
        f"{{n}} of {{of}} incomes are more than {_OTHER_UNIT} times the middle one, or less than a {_OTHER_UNIT}th: "
        "are all in the same unit and of a month",
        f"monthly_income > {_OTHER_UNIT} * middle OR (monthly_income < middle / {_OTHER_UNIT} AND monthly_income > 0)",
        "(SELECT monthly_income, row_no, median(monthly_income) FILTER (WHERE monthly_income > 0) OVER () AS middle "
        "FROM staged_borrowers WHERE NOT isnan(monthly_income))",
    )
    yield from _income_against_due(look)


def _income_against_due(look: Looker) -> Iterator[BookQuestion]:
    if not look.has("instalments", "due_amount"):
        return
    (ratio,) = look.row(
        "SELECT median(due_amount / monthly_income) FROM (SELECT borrower, median(due_amount) AS due_amount FROM "
        "staged_instalments GROUP BY borrower) JOIN (SELECT borrower, max(monthly_income) FILTER (WHERE NOT "
        "isnan(monthly_income)) AS monthly_income FROM staged_borrowers GROUP BY borrower) USING (borrower) "
        "WHERE monthly_income > 0"
    )
    least, most = _MONTHLY_DUE
    if ratio is not None and not least < ratio < most:
        yield BookQuestion(
            "borrowers.monthly_income.against_due",
            "question",
            f"the middle borrower's instalment is {ratio:,.3g} times the monthly_income: are both in the currency's "
            "unit, and is the income that of a month",
            1.0,
            columns=("borrowers.monthly_income", "instalments.due_amount"),
        )
