"""Dates that an export counts from a day or month that it does not tell: one question for all of them."""

from __future__ import annotations

from collections.abc import Iterator

from risk_warning.book.mapping.counted import OPEN, Unit
from risk_warning.book.recognition.formats import NO_DAY, ColumnLook
from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.proposal import ColumnChange, MappingChoice, MappingQuestion, Proposal
from risk_warning.book.schema import TABLES

_MOST_NAMED = 8
_OF_OUTCOME = ColumnChange("outcomes", "as_of_date", {"constant": OPEN})


def ask_for_zeros(proposal: Proposal) -> None:
    """Ask for the date from which dates are counted, and for the months that stand side by side."""
    for match in proposal.matches:
        if match.wide is not None and match.wide.is_open:
            _ask_for_months(proposal, match)
    _ask_for_day_zero(proposal)
    _ask_for_outcome(proposal)


def counted_columns(match: Match) -> Iterator[tuple[str, ColumnLook, Unit]]:
    """Yield (column, what it holds, its unit) of the dates of a table that are counted; months side by side are not."""
    for name, look in match.columns.items():
        column = TABLES[match.table].column(name)
        is_date = column is not None and (column.kind in ("date", "timestamp") or name == "birth_date")
        is_excel = look.numbers is not None and look.numbers.are_days
        if is_date and match.wide is None and look.counts is not None and look.dates is None and not is_excel:
            yield name, look, look.counts.unit


def _ask_for_months(proposal: Proposal, match: Match) -> None:
    wide = match.wide
    assert wide is not None
    orders = ("before", "after") if wide.order is None else (wide.order,)
    given = [MappingChoice(_words_of(order), _months(match, f"months {order} {OPEN}")) for order in orders]
    proposal.questions.append(
        MappingQuestion(
            match.table,
            "statement_on",
            f"{_listed(wide.first)} are month 0, {_listed(wide.second)} month 1. On which date did month 0 end"
            + ("?" if len(orders) == 1 else ", and is month 1 the month before or after it?"),
            tuple(given),
            _months(match, f"months {' or '.join(orders)} {OPEN}"),
        )
    )


def _words_of(order: str) -> str:
    return f"{order}: month 1 is the month {order} month 0"


def _months(match: Match, form: str) -> tuple[ColumnChange, ...]:
    return (ColumnChange(match.table, "statement_on", {"format": form}),)


def _ask_for_day_zero(proposal: Proposal) -> None:
    counted = [(match, name, look, unit) for match in proposal.matches for name, look, unit in counted_columns(match)]
    if not counted:
        return
    for match, name, look, unit in counted:
        proposal.note(match.table, name, f"the values are numbers of {unit} from a date that the export does not tell")
        markers = tuple(marker for marker in look.markers if marker in NO_DAY)
        if markers:
            proposal.set_column(match.table, name, empty=markers)
    negative = any(look.counts is not None and look.counts.are_negative for _, _, look, _ in counted)
    orders = ("after",) if negative else ("after", "before")
    outcome = [_OF_OUTCOME] if _lacks_date(proposal.match("outcomes")) else []
    choices = []
    for order in orders:
        changes = [
            ColumnChange(match.table, name, {"format": f"{unit} {order} {OPEN}"}) for match, name, _, unit in counted
        ]
        choices.append(
            MappingChoice(
                f"{order}: larger numbers are {'later' if order == 'after' else 'earlier'}", (*changes, *outcome)
            )
        )
    names = [f"{look.name} ({match.table}.{name})" for match, name, look, _ in counted]
    units = " and ".join(sorted({unit for *_, unit in counted}))
    text = (
        f"{_listed(names)} are numbers of {units}. Which date is the number 0? If each borrower has one of their own "
        "that the export does not tell, such as the day of application, give one date for all"
        + (", and say whether larger numbers are later or earlier." if len(orders) > 1 else ".")
    )
    first = counted[0]
    open_form = [
        ColumnChange(match.table, name, {"format": f"{unit} {' or '.join(orders)} {OPEN}"})
        for match, name, _, unit in counted
    ]
    proposal.questions.append(MappingQuestion(first[0].table, first[1], text, tuple(choices), (*open_form, *outcome)))
    if outcome:
        bad = proposal.column("outcomes", "bad").column
        proposal.note("outcomes", "bad", f"{bad} holds 0 and 1, an outcome as of the number 0")


def _ask_for_outcome(proposal: Proposal) -> None:
    match = proposal.match("outcomes")
    is_asked_already = any(
        one.table == "outcomes" for question in proposal.questions for one in question.until_answered
    )
    if match is None or is_asked_already or not _lacks_date(match):
        return
    text = (
        f"{match.columns['bad'].name} holds 0 and 1, an outcome. As of which date was it open? Usually that is the day "
        "after the last month."
    )
    choice = MappingChoice("the day after the last month", (_OF_OUTCOME,))
    proposal.questions.append(MappingQuestion("outcomes", "as_of_date", text, (choice,), (_OF_OUTCOME,)))


def _lacks_date(match: Match | None) -> bool:
    """Whether outcomes were found in a column of the borrowers, which says no date."""
    return match is not None and match.is_derived and "as_of_date" not in match.columns


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
