"""Questions about statements: months without one, dates, days past due, balances."""

from __future__ import annotations

from collections.abc import Iterator

from risk_warning.book.questions.looker import YEAR_DAYS, Looker
from risk_warning.book.questions.question import BookQuestion

_OVER_LIMIT = 10
_LEAST_MONTHS = 0.7
"""Features are of months; lenders who skip some still have a statement in most of them."""
_MONTH_DAYS = 30.44
_OVER_BALANCE = 2
"""A card's amount due is a share of its balance; some bills of hardly anything are due in full with fees."""
_USUAL_SHARE = 0.005
"""Of good books' statements, fewer than these look so by chance."""


def of_statements(look: Looker) -> Iterator[BookQuestion]:
    """Yield the questions about statements."""
    if look.has("statements", "statement_on"):
        yield from look.share(
            "statements.statement_on.sparse",
            f"{{n}} of {{of}} accounts have statements for less than {_LEAST_MONTHS:.0%} of the months between their "
            "first and their last: are rows lost, or years mistyped",
            f"statements < {_LEAST_MONTHS} * days / {_MONTH_DAYS}",
            "(SELECT count(*) AS statements, max(statement_on) - min(statement_on) AS days FROM staged_statements "
            "GROUP BY loan HAVING days > 90)",
            row="",
            usual_share=_USUAL_SHARE,
            worst="notice",
        )
        yield from look.share(
            "statements.statement_on.long_before_recorded",
            f"{{n}} of {{of}} statements were recorded more than {YEAR_DAYS} days after statement_on: is a year "
            "mistyped",
            f"recorded_on > statement_on + {YEAR_DAYS}",
            "staged_statements",
            also=("statements.recorded_on",),
        )
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
            f"due_amount > {_OVER_BALANCE} * greatest(balance, 0)",
            "staged_statements WHERE balance <> 0 AND NOT isnan(balance) AND NOT isnan(due_amount)",
            also=("statements.balance",),
            usual_share=_USUAL_SHARE,
        )
