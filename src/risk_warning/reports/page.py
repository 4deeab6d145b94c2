"""The report page: a plain verdict on top, sections of blocks below it.

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
    """Key figures in the largest print: (name, value) pairs."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "cards"


@dataclass(frozen=True)
class Table:
    """Rows of text: the first column names the row, the others are figures, right-aligned; `head` may be empty."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat table: its text, a smaller line below it, and its shade, from 0 (none) to 1 (full)."""

    text: str
    shade: float = 0.0
    small: str = ""


@dataclass(frozen=True)
class Heat:
    """A table whose cells are shaded by their figures; `corner` says what the rows and the columns are."""

    corner: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]
    """(row name, cells) pairs."""
    kind: ClassVar[str] = "heat"


@dataclass(frozen=True)
class Chip:
    """A short text on a coloured ground."""

    text: str
    fill: str


@dataclass(frozen=True)
class Lines:
    """A cell of several lines, each a figure, a text, and the same text in a second language (may be empty)."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Listing:
    """Rows to read one by one; the columns whose indexes are in `figures` are aligned to the right.

    Cells of the columns in `unbroken` stay on one line.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str | Chip | Lines, ...], ...]
    figures: frozenset[int] = frozenset()
    unbroken: frozenset[int] = frozenset()
    kind: ClassVar[str] = "listing"


@dataclass(frozen=True)
class Note:
    """A paragraph; a warning is highlighted, in print too."""

    text: str
    is_warning: bool = False
    kind: ClassVar[str] = "note"


@dataclass(frozen=True)
class Figure:
    """A chart and a caption that explains it. `svg` is not escaped: pass only the output of the chart functions."""

    svg: str
    caption: str = ""
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Gallery:
    """Small charts side by side, as many in a row as fit."""

    figures: tuple[Figure, ...]
    kind: ClassVar[str] = "gallery"


@dataclass(frozen=True)
class Folded:
    """A long table that a reader opens by its title."""

    title: str
    table: Table
    kind: ClassVar[str] = "folded"


Block = Cards | Table | Heat | Listing | Note | Figure | Gallery | Folded


@dataclass(frozen=True)
class Section:
    """A heading, its blocks, and a lead that says which question the section answers."""

    heading: str
    blocks: tuple[Block, ...]
    lead: str = ""


def page(title: str, verdict: str, sections: Sequence[Section], *, basis: str = "", top: Sequence[Block] = ()) -> str:
    """Return one HTML file as text: title, verdict, `basis`, the blocks of `top`, the sections.

    `basis` says what the figures are based on. The file has no script and loads no external resource. All text is
    escaped, except the SVG of figures.
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
    """Check, before long work, that its page can be written.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
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
    """Write the page; create its folder if it is missing.

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
    return OutputError(f"{path} cannot be written; check the folder and its permissions, or name another file.")
