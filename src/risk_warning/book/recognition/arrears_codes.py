"""Codes of statements that say how late an account is: whole months, or texts such as Late (31-120 days)."""

from __future__ import annotations

import re

import duckdb

from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.proposal import ColumnChange, MappingChoice, MappingQuestion, Proposal
from risk_warning.book.sql import quoted, statement

_MOST_LEVELS = 40
_MOST_MONTHS = 24
_DAYS_OF_A_MONTH = 30
_WHOLE = re.compile(r"-?\d+")
_STATED = re.compile(r"(\d{1,3})\s*(?:\+|(?:-|–|to)\s*(\d{1,3}))?\s*(?:days|dpd|天)", re.IGNORECASE)
_NOT_LATE = re.compile(r"current|paid|issued|closed|settled|performing|正常|结清", re.IGNORECASE)
_GRACE = re.compile(r"grace", re.IGNORECASE)
_LOST = re.compile(r"default|charged?.?off|written.?off|loss|核销|损失", re.IGNORECASE)


def ask_for_arrears(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    """Ask whether the codes of statements say days past due, if no other column does."""
    match = proposal.match("statements")
    if match is None or "status" not in match.columns or "days_past_due" in match.columns:
        return
    levels = _levels(con, match)
    name = match.columns["status"].name
    named = name if match.wide is None else f"{name} ({', '.join(match.wide.groups['status'])})"
    whole = [int(level) for level in levels if _WHOLE.fullmatch(level)]
    if whole and 1 <= max(whole) <= _MOST_MONTHS and 2 * len(whole) >= len(levels):
        others = [level for level in levels if not _WHOLE.fullmatch(level) or int(level) < 0]
        otherwise = f"; {', '.join(others)}: 0 days" if others else ""
        meaning = f"the numbers are months past due, {_DAYS_OF_A_MONTH} days each{otherwise}"
        settings = {"column": name, "codes": dict.fromkeys(others, "0"), "multiply": _DAYS_OF_A_MONTH}
    elif any(_STATED.search(level) for level in levels):
        days = _days(levels)
        meaning = "they are days past due: " + ", ".join(f"{level} = {day or 'unknown'}" for level, day in days.items())
        settings = {"column": name, "codes": days}
    else:
        return
    proposal.questions.append(
        MappingQuestion(
            "statements",
            "days_past_due",
            f"{named} holds the codes {', '.join(levels)}. Do they say how late an account is?",
            (
                MappingChoice(meaning, (ColumnChange("statements", "days_past_due", settings),)),
                MappingChoice("they are codes alone, and days past due stay unknown"),
            ),
        )
    )


def _levels(con: duckdb.DuckDBPyConnection, match: Match) -> list[str]:
    """Return the codes in order, numbers first; none if there are too many to be codes."""
    look = match.columns["status"]
    con.execute(
        statement(
            "SELECT DISTINCT trim(CAST({column} AS VARCHAR)) AS v FROM {raw} WHERE {column} IS NOT NULL "
            "ORDER BY TRY_CAST(v AS INTEGER) NULLS LAST, v LIMIT {most}",
            column=quoted(look.name, (look.name,)),
            raw=match.part.raw,
            most=str(_MOST_LEVELS + 1),
        )
    )
    levels = [str(level) for (level,) in con.fetchall() if level and level not in look.markers]
    return levels if len(levels) <= _MOST_LEVELS else []


def _days(levels: list[str]) -> dict[str, str]:
    """Return code → days past due as a text, empty if the code does not say.

    >>> _days(["Current", "Late (16-30 days)", "Charged Off"])
    {'Current': '0', 'Late (16-30 days)': '16', 'Charged Off': '31'}
    """
    stated = {level: number for level in levels if (number := _STATED.search(level)) is not None}
    beyond = 1 + max(int(number[2] or number[1]) for number in stated.values())
    days = {}
    for level in levels:
        if level in stated:
            days[level] = str(int(stated[level][1]))
        elif _LOST.search(level):
            days[level] = str(beyond)
        elif _GRACE.search(level):
            days[level] = "1"
        else:
            days[level] = "0" if _NOT_LATE.search(level) else ""
    return days
