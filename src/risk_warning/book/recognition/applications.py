"""Applications among loans: a table whose rows are decisions, of which only the granted ones are loans."""

from __future__ import annotations

import duckdb

from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.vocabulary import same_level
from risk_warning.book.sql import quoted, statement

_MOST_LEVELS = 20
_GRANTED = {"approved", "accepted", "granted", "批准", "通过", "已放款"}
_NOT_GRANTED = {"refused", "rejected", "declined", "denied", "canceled", "cancelled", "withdrawn", "拒绝", "取消"}


def read_granted_alone(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    """Leave out the rows of loans that an application's decision shows to be none."""
    match = proposal.match("loans")
    if match is None or match.is_derived:
        return
    for look in match.part.columns.values():
        if look.kind != "VARCHAR" or look.distinct > _MOST_LEVELS:
            continue
        levels = _levels(con, match, look.name)
        granted = tuple(level for level in levels if same_level(level) in _GRANTED)
        others = [level for level in levels if level not in granted]
        if granted and any(same_level(level) in _NOT_GRANTED for level in others):
            left_out = sum(levels[level] for level in others)
            table = proposal.tables["loans"]
            ignored = tuple(name for name in table.ignored if name != look.name)
            proposal.set_table("loans", where={look.name: granted}, ignored=ignored)
            proposal.note(
                "loans",
                None,
                f"{look.name} is a decision: {left_out:,} of {match.part.rows:,} rows are {', '.join(others)} and no "
                "loans, so they are not read",
            )
            return


def _levels(con: duckdb.DuckDBPyConnection, match: Match, name: str) -> dict[str, int]:
    """Return the values of a column → number of rows."""
    con.execute(
        statement(
            "SELECT trim({column}) AS v, count(*) FROM {raw} WHERE trim({column}) <> '' GROUP BY v ORDER BY v",
            column=quoted(name, (name,)),
            raw=match.part.raw,
        )
    )
    return dict(con.fetchall())
