"""How rows lie in a text file: its encoding, its separator, and the line of its header."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow
from charset_normalizer import from_bytes

from risk_warning.book.sources.files import Layout
from risk_warning.errors import BookError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_BYTES = 1 << 18
_SAMPLE_LINES = 200
_CHAOS = 0.02
"""Two encodings that differ by less than this in charset-normalizer's measure of disorder fit alike."""
_LEGACY = ("gb18030", "big5", "cp1252")
_NAMES = {
    "gb18030": "GB18030 (GBK)",
    "utf-16": "UTF-16",
    "utf-8": "UTF-8",
    "cp1252": "Latin-1 (Windows-1252)",
    "big5": "Big5",
}


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
    BookError
        The file is empty, or no encoding fits, or several do.
    """
    with pyarrow.input_stream(str(path), compression="detect") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    if not sample.strip():
        raise BookError(f"{path.name} is empty; bring the table or remove the file.")
    encoding = _encoding(sample, path, encoding)
    text = sample.decode(encoding, errors="replace").lstrip("\ufeff")
    lines = text.splitlines()[:_SAMPLE_LINES]
    if len(sample) == _SAMPLE_BYTES and len(lines) > 1:
        lines = lines[:-1]
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


def _encoding(sample: bytes, path: Path, given: str | None) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # The sample may end inside a character.
        sample.decode("utf-8") if len(sample) < _SAMPLE_BYTES else sample[: sample.rfind(b"\n")].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        if given is not None:
            return given
    matches = list(from_bytes(sample, cp_isolation=list(_LEGACY)))
    if not matches:
        raise BookError(f"{path.name} is text in no known encoding; save it as UTF-8.")
    alike = [one.encoding for one in matches if one.chaos <= matches[0].chaos + _CHAOS]
    if len(alike) > 1:
        names = " or ".join(encoding_name(one) for one in sorted(alike))
        raise BookError(
            f"{path.name} is text in {names}, and cannot tell which; say so with risk-warning map --encoding."
        )
    return alike[0]


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
