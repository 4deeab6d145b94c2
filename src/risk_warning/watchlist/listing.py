"""The watch list as rows for JSON and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.table import Table
from rich.text import Text

_STYLES = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow", "green": "green"}


def as_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return borrower_id, band, score, change and the reasons in words of each warning."""
    return [
        {name: row[name] for name in ("borrower_id", "band", "score", "change")}
        | {"reasons": [reason["text"]["en"] for reason in row["reasons"]]}
        for row in rows
    ]


def table(as_of_date: date | None, rows: Sequence[dict[str, Any]], limit: int) -> Table:
    """Return the warnings with the `limit` lowest scores as a table for a terminal.

    Without a date, the warnings were opened by requests before the first nightly run.
    """
    of = "before the first nightly run" if as_of_date is None else f"as of {as_of_date}"
    terminal_table = Table(
        "borrower",
        "band",
        "score",
        "change",
        "why",
        title=f"Watch list {of}: {len(rows):,} warnings open",
        caption=f"the {limit:,} lowest scores; --limit shows more, --json all" if len(rows) > limit else None,
    )
    for column in terminal_table.columns[2:4]:
        column.justify = "right"
    for row in rows[:limit]:
        why = [f"{reason['text']['en']} ({reason['points']:+.0f})" for reason in row["reasons"]]
        if row["not_scored"]:
            why.append(f"not scored: {row['not_scored'].replace('_', ' ')}")
        elif not why:
            why.append("above the threshold again")
        terminal_table.add_row(
            str(row["borrower_id"]),
            Text(row["band"] or "–", style=_STYLES.get(row["band"] or "", "")),
            "–" if row["score"] is None else f"{row['score']:.0f}",
            "new" if row["event"] == "opened" else ("–" if row["change"] is None else f"{row['change']:+.0f}"),
            "\n".join(why),
        )
    return terminal_table
