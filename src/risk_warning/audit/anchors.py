"""Anchors: the newest event of a trail, kept outside its database.

Whoever owns the database and the key can write a whole new trail. Only what was noted elsewhere before shows it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from risk_warning.audit.events import newest_event, stamp
from risk_warning.core.digest import canonical_json
from risk_warning.database.connection import display_url, snapshot
from risk_warning.errors import AuditError


@dataclass(frozen=True)
class Anchor:
    """The newest event at a moment."""

    database: str
    """Its URL without a password."""
    at: str
    """ISO text, UTC."""
    seq: int
    hash: str

    def line(self) -> str:
        """Return the anchor as a line of JSON."""
        return canonical_json({"database": self.database, "at": self.at, "seq": self.seq, "hash": self.hash})


def anchor(url: str) -> Anchor:
    """Return the newest event of the trail, as of now.

    Raises
    ------
    DatabaseError
        The database cannot be read.
    AuditError
        There is no event yet.
    """
    with snapshot(url) as connection:
        last = newest_event(connection)
    if last is None:
        raise AuditError(f"The audit trail of {display_url(url)} has no event yet, so there is nothing to note.")
    return Anchor(display_url(url), stamp(), last.seq, last.hash)


def keep(noted: Anchor, file: Path) -> None:
    """Add an anchor to the end of a file, durably.

    Raises
    ------
    AuditError
        The file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(noted.line() + "\n")
            lines.flush()
            os.fsync(lines.fileno())
    except OSError as error:
        raise AuditError(
            f"The anchor cannot be added to {file}: {error.strerror}. Correct audit.anchor_file, then run risk-warning "
            "audit anchor."
        ) from None


def kept(url: str, file: Path) -> list[tuple[int, str]]:
    """Return (number, hash) of the events of this database that the file holds; none if there is no file.

    Raises
    ------
    AuditError
        A line of the file is no anchor.
    """
    if not file.is_file():
        return []
    reader, database, anchors = TypeAdapter(Anchor), display_url(url), []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            one = reader.validate_python(json.loads(line))
        except (ValueError, ValidationError):
            raise AuditError(f"Line {number} of {file} is no anchor; restore the file, or compare by hand.") from None
        if one.database == database:
            anchors.append((one.seq, one.hash))
    return anchors
