"""Questions about borrowers, loans and statements: rates, endings, incomes, balances."""

from __future__ import annotations

from collections.abc import Iterator

from risk_warning.book.questions.looker import LEAST_ROWS, Looker
from risk_warning.book.questions.question import BookQuestion

_LARGEST_RATE = 1.0
_OTHER_UNIT = 50
"""An income so many times the middle one is probably in another unit."""
_OVER_LIMIT = 10
_OVER_BALANCE = 2
"""A card's amount due is a share of its balance; some bills of hardly anything are due in full with fees."""
_USUAL_SHARE = 0.005
_MONTHLY_DUE = (1 / 300, 3.0)
"""The middle borrower's instalment lies between these shares of the monthly income, unless they differ in unit."""


def of_accounts(look: Looker) -> Iterator[BookQuestion]:
    """Yield the questions about borrowers, loans and statements."""
    yield from _rates(look)
    yield from _endings(look)
    yield from _statements(look)
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


def _statements(look: Looker) -> Iterator[BookQuestion]:
    if look.has("statements", "days_past_due"):
        yield from look.share(
            "statements.days_past_due.negative",
            "{n} of {of} statements have days_past_due below 0",
            "days_past_due < 0",
            "staged_statements WHERE NOT isnan(days_past_due)",
        )
    if look.has("statements", "balance", "credit_limit"):
        yield from look.share(
            "statements.balance.above_limit",
            f"{{n}} of {{of}} statements have a balance of more than {_OVER_LIMIT} times the credit_limit: are both in "
            "the same unit",
            f"balance > {_OVER_LIMIT} * credit_limit",
            "staged_statements WHERE credit_limit > 0 AND NOT isnan(balance)",
            also=("statements.credit_limit",),
        )
    if look.has("statements", "balance", "due_amount"):
        yield from look.share(
            "statements.due_amount.above_balance",
            f"{{n}} of {{of}} statements have a due_amount of more than {_OVER_BALANCE} times the balance: are both in "
            "the same unit",
            f"due_amount > {_OVER_BALANCE} * balance",
            "staged_statements WHERE balance > 0 AND NOT isnan(due_amount)",
            usual_share=_USUAL_SHARE,
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
        )
