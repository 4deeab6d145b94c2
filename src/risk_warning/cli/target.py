"""`risk-warning target`: the evidence for choosing a bad definition and a horizon."""

from __future__ import annotations

from risk_warning.cli.options import BookArgument, First, Json, Last, Report, book_of, check_range
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.document import json_text
from risk_warning.settings import load_settings


def target(
    book: BookArgument = None,
    *,
    first: First = None,
    last: Last = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Show how loans roll, cure and age, to choose bad definition and horizon with evidence."""
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.target.document import TargetDocument
    from risk_warning.studies.target.page import target_page
    from risk_warning.studies.target.run import target_evidence
    from risk_warning.studies.target.table import table

    check_range(first, last)
    settings = load_settings()
    location = book_of(book, settings)
    if report is not None:
        check_writable(report)
    with progress() as bar:
        evidence = target_evidence(location, settings, first, last, bar)
    if report is not None:
        write_page(report, target_page(evidence))
    print(json_text(TargetDocument.of(evidence))) if as_json else Terminal().print(table(evidence))
