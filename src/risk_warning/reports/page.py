"""The page: a plain verdict on top, sections of blocks below it.

>>> table = Table(head=("band", "rows"), rows=(("green", "1,204"), ("red", "38")))
>>> text = page("Example", "Few are red.", [Section("Bands", (table,))])
>>> "<td>red</td>" in text and "<script" not in text
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from risk_warning.errors import OutputError


@dataclass(frozen=True)
class Cards:
    """Key figures, largest print: (what it is, its value)."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "cards"


@dataclass(frozen=True)
class Table:
    """Rows of text; the first column names the row, the others are figures, to the right; `head` may be empty."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class HeatCell:
    """A cell with its text, a smaller line below, and its share of full shade, 0 to 1."""

    text: str
    shade: float = 0.0
    small: str = ""


@dataclass(frozen=True)
class Heat:
    """A table shaded by its figures; `corner` says what stands down and what across."""

    corner: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]
    """(name of the row, its cells)."""
    kind: ClassVar[str] = "heat"


@dataclass(frozen=True)
class Note:
    """A paragraph; a warning is set off, and stands out in print too."""

    text: str
    is_warning: bool = False
    kind: ClassVar[str] = "note"


@dataclass(frozen=True)
class Figure:
    """A chart and what to see in it. `svg` goes into the page as it is: only what the chart functions gave."""

    svg: str
    caption: str = ""
    kind: ClassVar[str] = "figure"


Block = Cards | Table | Heat | Note | Figure


@dataclass(frozen=True)
class Section:
    """A heading, what the section answers, and its blocks."""

    heading: str
    blocks: tuple[Block, ...]
    lead: str = ""


def page(title: str, verdict: str, sections: Sequence[Section], *, basis: str = "", top: Sequence[Block] = ()) -> str:
    """One HTML file as text: title, verdict, `basis` (what the figures rest on), the blocks of `top`, the sections.

    No script, nothing fetched; every text is escaped, figures aside.
    """
    environment = Environment(
        loader=PackageLoader("risk_warning.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.j2")
    return template.render(title=title, verdict=verdict, basis=basis, top=top, sections=sections)


def check_writable(path: Path) -> None:
    """Nothing comes back; before long work, `OutputError` where its page could not be written."""
    is_new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
        if is_new:
            path.unlink()
    except OSError:
        raise _unwritable(path) from None


def write_page(path: Path, text: str) -> None:
    """Nothing comes back; writes the page, its folder too where that is missing.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        raise _unwritable(path) from None


def _unwritable(path: Path) -> OutputError:
    return OutputError(f"{path} cannot be written; free it or name another file.")
