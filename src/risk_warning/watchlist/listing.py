"""The watch list as a table for a terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from risk_warning.core.left_out import in_words
from risk_warning.watchlist.open_warnings import WatchList

_STYLES = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow", "green": "green"}


def table(watch_list: WatchList, limit: int) -> Table:
    """Return the warnings with the `limit` lowest scores as a table for a terminal."""
    as_of_date, warnings = watch_list.as_of_date, watch_list.warnings
    of = "before the first nightly run" if as_of_date is None else f"as of {as_of_date}"
    notes = [f"the {limit:,} lowest scores; --limit shows more, --json all"] if len(warnings) > limit else []
    if watch_list.left_out:
        notes.append(f"scored without {in_words(watch_list.left_out)}")
    terminal_table = Table(
        "borrower",
        "band",
        "score",
        "change",
        "why",
        title=f"Watch list {of}: {len(warnings):,} warnings open",
        caption="\n".join(notes) or None,
    )
    for column in terminal_table.columns[2:4]:
        column.justify = "right"
    for warning in warnings[:limit]:
        why = [f"{reason.text['en']} ({reason.points:+.0f})" for reason in warning.reasons]
        if warning.not_scored:
            why.append(f"not scored: {warning.not_scored.replace('_', ' ')}")
        elif not why:
            why.append("above the threshold again")
        terminal_table.add_row(
            str(warning.borrower_id),
            Text(warning.band or "–", style=_STYLES.get(warning.band or "", "")),
            "–" if warning.score is None else f"{warning.score:.0f}",
            "new" if warning.event == "opened" else ("–" if warning.change is None else f"{warning.change:+.0f}"),
            "\n".join(why),
        )
    return terminal_table
