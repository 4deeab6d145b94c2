"""How rows lie in a text file: its encoding, its separator, and the line of its header."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow
from charset_normalizer import from_bytes

from risk_warning.book.sources.files import Layout
from risk_warning.errors import BookError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_BLOCK_BYTES = 1 << 18
_SEARCHED_BLOCKS = 1 << 12
"""So much of a file is searched for text that is not ASCII: a compressed one may unfold without an end."""
_SAMPLE_LINES = 200
_MOST_CHAOS = 0.2
"""From here on charset-normalizer takes a text for disorder."""
_ALIKE = 0.02
"""Two encodings whose disorder differs by no more than this fit alike."""
_CELL_ENDS = re.compile(r"[,;|\t\r\n\"]+")
_LEGACY = ("gb18030", "big5", "cp1252")
_NAMES = {
    "gb18030": "GB18030 (GBK)",
    "utf-16": "UTF-16",
    "utf-8": "UTF-8",
    "cp1252": "Latin-1 (Windows-1252)",
    "big5": "Big5",
}


class SeveralEncodingsError(BookError):
    """A file is text in several encodings alike."""

    def __init__(self, name: str, encodings: tuple[str, ...]) -> None:
        names = " or ".join(encoding_name(one) for one in sorted(encodings))
        super().__init__(f"{name} may be text in {names}; name the right one with risk-warning map --encoding.")
        self.encodings = encodings


@dataclass(frozen=True)
class Sniffed:
    """The layout of a text file, and what about it is not as in a plain book."""

    layout: Layout
    notes: tuple[str, ...]


def encoding_name(encoding: str) -> str:
    """Return the name of an encoding for a reader."""
    return _NAMES.get(encoding, encoding.upper())


def sniff(path: Path, encoding: str | None = None) -> Sniffed:
    """Return how rows lie in the text file; `encoding` is that of files that are not UTF-8, if it is known.

    Raises
    ------
    SeveralEncodingsError
        Several encodings fit alike.
    BookError
        The file is empty or has no lines, or no encoding fits.
    """
    with pyarrow.input_stream(str(path), compression="detect") as stream:
        blocks = _blocks(stream)
        start = next(blocks, b"")
        # The first text that is not ASCII tells the encoding, however far down it stands.
        searched = islice(blocks, _SEARCHED_BLOCKS)
        telling = next((block for block in chain([start], searched) if not block.isascii()), start)
    encoding = _encoding(telling, path, encoding)
    text = start.decode(encoding, errors="ignore").lstrip("\ufeff")
    lines = text.splitlines()[:_SAMPLE_LINES]
    if not any(line.strip() for line in lines):
        raise BookError(f"{path.name} is empty; bring the table or remove the file.")
    if max(len(line) for line in lines) > (most := csv.field_size_limit()):
        raise BookError(
            f"{path.name} has a line of more than {most:,} characters, and a table has a line for each row; bring the "
            "table, or remove the file."
        )
    separator = max(SEPARATORS, key=lambda character: _regularity(lines, character))
    skip = _header_line(lines, separator)
    notes = []
    if encoding != "utf-8":
        notes.append(f"the encoding is {encoding_name(encoding)}")
    if separator != ",":
        notes.append(f"the separator is {SEPARATORS[separator]} ({separator.strip() or 'tab'})")
    if skip:
        notes.append(f"the header is in line {skip + 1}, below {skip} other line{'s' if skip > 1 else ''}")
    return Sniffed(Layout(encoding, separator, skip), tuple(notes))


def _blocks(stream: pyarrow.NativeFile) -> Iterator[bytes]:
    """Yield the file in blocks that end with a line, so that none is cut inside a character."""
    rest = b""
    while read := stream.read(_BLOCK_BYTES):
        read = rest + read
        end = read.rfind(b"\n") + 1 or len(read)
        yield read[:end]
        rest = read[end:]
    if rest:
        yield rest


def _encoding(sample: bytes, path: Path, given: str | None) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        sample.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        if given is not None:
            return given
    chaos = {encoding: _chaos(sample, encoding) for encoding in _LEGACY}
    least = min(chaos.values())
    if least >= _MOST_CHAOS:
        raise BookError(
            f"{path.name} is text in no known encoding; save it as UTF-8, or name its encoding with risk-warning map "
            "--encoding."
        )
    alike = tuple(encoding for encoding in _LEGACY if chaos[encoding] <= least + _ALIKE)
    if len(alike) > 1:
        raise SeveralEncodingsError(path.name, alike)
    return alike[0]


def _chaos(sample: bytes, encoding: str) -> float:
    """Return charset-normalizer's measure of disorder of the text in this encoding; infinite if it is none.

    It is measured on the cells that are not ASCII: within whole lines of a table, a cell or two would not count.
    """
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return math.inf
    cells = [cell for cell in dict.fromkeys(_CELL_ENDS.split(text)) if any(c > "\x7f" and c.isalpha() for c in cell)]
    if not cells:
        return 0.0  # signs alone, such as £ or °, are no disorder
    match = from_bytes(" ".join(cells).encode(encoding), cp_isolation=[encoding], threshold=_MOST_CHAOS).best()
    return math.inf if match is None else match.chaos


def _fields(lines: list[str], separator: str) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=separator))


def _regularity(lines: list[str], separator: str) -> tuple[float, int]:
    """Return (share of lines with the most frequent number of fields, that number); one field is no table."""
    counts = Counter(len(fields) for fields in _fields(lines, separator) if fields)
    if not counts:
        return 0.0, 0
    number, lines_with = counts.most_common(1)[0]
    return (lines_with / counts.total(), number) if number > 1 else (0.0, 1)


def _header_line(lines: list[str], separator: str) -> int:
    """Return the number of lines above the header: the first with as many fields as most lines, none of them empty."""
    rows = _fields(lines, separator)
    width = Counter(len(fields) for fields in rows if fields).most_common(1)[0][0]
    for i, fields in enumerate(islice(rows, 20)):
        if len(fields) >= width and sum(bool(field.strip()) for field in fields) >= max(1, width - 1):
            return i
    return 0
