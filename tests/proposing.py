"""What recognition proposes for an export."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.tables import propose
from risk_warning.book.sources.export import export_at
from risk_warning.book.staged import staging_connection
from risk_warning.settings import BookSettings


def proposal_at(folder: Path, source: str = "export") -> Proposal:
    """Return the proposal for the export `source`, which is in the folder or has an address of its own."""
    with staging_connection(BookSettings()) as con, closing(export_at(con, source, folder, "public")) as export:
        return propose(con, export, source)
