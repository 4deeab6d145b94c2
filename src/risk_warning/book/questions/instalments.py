"""Questions about instalments: units, payments, and dates in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator

from risk_warning.book.doubles import SHARED_INSTALMENTS
from risk_warning.book.questions.looker import LEAST_ROWS, YEAR_DAYS, Looker
from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.sql import statement

_HUNDRED = 30.0
"""What falls due of a loan is about its principal; this many times that is another unit."""
_OUTLIER = 20
"""An amount due so many times the middle one of its loan is probably in another unit; a last, large one is less."""
_MUCH_MORE, _HARDLY_ANYTHING = 1.5, 0.02
_MORE_THAN_A_YEAR = 400


_SUMMARY = "instalment_summary"


def of_instalments(look: Looker) -> Iterator[BookQuestion]:
    """Yield the questions about instalments."""
    if not look.has("instalments", "due_on", "due_amount"):
        return
    # One row for each instalment, and one sort for all questions: they are what takes time. Few instalments have
    # several rows, so only these are grouped. Their due date is that of the first version, by one number of 64 bits,
    # which is faster than min_by.
    look.make(
        _SUMMARY,
        statement(
            "SELECT *, lag(instalment_no) OVER in_loan AS number_before, lag(due_on) OVER in_loan AS due_before FROM "
            "(SELECT loan, instalment_no, due_on, due_amount, paid_amount, paid_on <> $never AS is_paid, row_no "
            "FROM staged_instalments ANTI JOIN {shared} USING (loan, instalment_no) UNION ALL "
            "SELECT loan, instalment_no, min((CAST(scheduled_on AS BIGINT) << 32) + due_on) & 4294967295, "
            "min(due_amount), sum(paid_amount), bool_or(paid_on <> $never), min(row_no) "
            "FROM staged_instalments SEMI JOIN {shared} USING (loan, instalment_no) GROUP BY loan, instalment_no) "
            "WINDOW in_loan AS (PARTITION BY loan ORDER BY instalment_no)",
            shared=SHARED_INSTALMENTS,
        ),
    )
    yield from _units(look)
    yield from _before_opening(look)
    yield from _order(look)
    yield from _payments(look)
    look.drop(_SUMMARY)


def _units(look: Looker) -> Iterator[BookQuestion]:
    if look.has("loans", "principal"):
        (ratio,) = look.row(
            "SELECT median(owed / principal) FROM (SELECT loan, sum(due_amount) AS owed FROM instalment_summary "
            "GROUP BY loan) JOIN (SELECT loan, max(principal) AS principal FROM staged_loans GROUP BY loan) "
            "USING (loan) WHERE principal > 0"
        )
        if ratio is not None and not 1 / _HUNDRED < ratio < _HUNDRED:
            yield BookQuestion(
                "instalments.due_amount.unit",
                "question",
                f"what falls due of a loan is {ratio:,.3g} times its principal: are due_amount and principal both in "
                "the currency's unit, or one in its minor unit",
                1.0,
                columns=("instalments.due_amount", "loans.principal"),
            )
        else:
            yield from look.share(
                "loans.principal.below_due",
                f"what falls due of {{n}} of {{of}} loans is more than {_HUNDRED:.0f} times their principal: are all "
                "principals in the same unit",
                f"owed > {_HUNDRED} * principal",
                "(SELECT loan, sum(due_amount) AS owed FROM instalment_summary GROUP BY loan) JOIN (SELECT loan, "
                "max(principal) AS principal, min(row_no) AS row_no FROM staged_loans GROUP BY loan) USING (loan) "
                "WHERE principal > 0",
                also=("instalments.due_amount",),
            )
    yield from look.share(
        "instalments.due_amount.outlier",
        f"{{n}} of {{of}} instalments are more than {_OUTLIER} times the middle one of their loan: are all in the same "
        "unit",
        f"due_amount > {_OUTLIER} * middle",
        "(SELECT due_amount, row_no, middle FROM staged_instalments JOIN (SELECT loan, median(due_amount) AS middle "
        "FROM staged_instalments GROUP BY loan HAVING count(*) > 2) USING (loan) WHERE middle > 0)",
    )


def _order(look: Looker) -> Iterator[BookQuestion]:
    yield from look.share(
        "instalments.due_on.order",
        "{n} of {of} instalments have due_on before that of the number before them, or more than a year after it: is a "
        "date mistyped",
        f"due_on < due_before OR due_on > due_before + {_MORE_THAN_A_YEAR}",
        _SUMMARY,
    )
    yield from look.share(
        "instalments.instalment_no.gap",
        "{n} of {of} instalments follow a number that their loan lacks: are rows lost",
        "instalment_no > number_before + 1",
        _SUMMARY,
    )
    for side, test in (("before", f"paid_on < due_on - {YEAR_DAYS}"), ("after", f"paid_on > due_on + {YEAR_DAYS}")):
        if look.has("instalments", "paid_on"):
            yield from look.share(
                f"instalments.paid_on.long_{side}_due",
                f"{{n}} of {{of}} payments are more than {YEAR_DAYS} days {side} the due date: is a year mistyped",
                test,
                "staged_instalments WHERE paid_on <> $never",
            )


def _payments(look: Looker) -> Iterator[BookQuestion]:
    if not look.has("instalments", "paid_on"):
        return
    paid, due = look.row("SELECT count_if(paid_on <> $never), count(*) FROM staged_instalments")
    if due is not None and due >= LEAST_ROWS and not paid:
        yield BookQuestion(
            "instalments.paid_on.nobody_paid",
            "question",
            f"paid_on is empty in all {due:,} rows: nobody ever paid, and everybody would be past due",
            1.0,
            columns=("instalments.paid_on",),
        )
    elif look.has("instalments", "paid_amount"):
        paid_ones = f"{_SUMMARY} WHERE is_paid"
        yield from look.share(
            "instalments.paid_amount.far_below_due",
            "{n} of {of} instalments with a payment have hardly any paid_amount: is it in the same unit as due_amount",
            f"paid_amount > 0 AND paid_amount < {_HARDLY_ANYTHING} * due_amount",
            paid_ones,
            row="",
        )
        yield from look.share(
            "instalments.paid_amount.reversed",
            "of {n} of {of} instalments more was reversed than was paid: is paid_amount negative by mistake",
            "paid_amount < 0",
            paid_ones,
            row="",
        )
        yield from look.share(
            "instalments.paid_amount.above_due",
            "of {n} of {of} instalments far more was paid than was due: are rows repeated",
            f"paid_amount > {_MUCH_MORE} * due_amount AND due_amount > 0",
            paid_ones,
            row="",
        )


def _before_opening(look: Looker) -> Iterator[BookQuestion]:
    if not look.has("loans", "opened_on"):
        return
    for column in ("due_on", "paid_on"):
        if look.has("instalments", column):
            yield from look.share(
                f"instalments.{column}.before_opening",
                f"{{n}} of {{of}} instalments have {column} before their loan's opened_on",
                f"{column} < opened_on",
                statement(
                    "(SELECT i.{column}, i.row_no, l.opened_on FROM staged_instalments AS i JOIN (SELECT loan, "
                    "min(opened_on) AS opened_on FROM staged_loans GROUP BY loan) AS l USING (loan) "
                    "WHERE i.{column} <> $never)",
                    column=column,
                ),
            )
    yield from look.share(
        "instalments.due_on.long_after_opening",
        f"{{n}} of {{of}} first instalments fall due more than {YEAR_DAYS} days after their loan's opened_on: is a "
        "year mistyped",
        f"due_on > opened_on + {YEAR_DAYS}",
        "instalment_summary JOIN (SELECT loan, min(opened_on) AS opened_on FROM staged_loans GROUP BY loan) "
        "USING (loan) WHERE instalment_no = 1",
        also=("loans.opened_on",),
    )
