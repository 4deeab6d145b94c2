"""The section of the training report on attributes: those the model uses and those kept out of it."""

from __future__ import annotations

from risk_warning.book.attributes import AttributeUse
from risk_warning.reports import Block, Note, Section, Table


def attributes_section(use: AttributeUse) -> Section:
    """Return the section of the page; it never contains values of a column."""
    rows = [(one.column, "used", "" if one.allowed is None else f"allowed: {one.allowed}") for one in use.used]
    rows += [(one.column, "kept out", one.why) for one in use.kept_out]
    block: Block = Table(("attribute", "", "why"), tuple(rows)) if rows else Note("The book has no attributes.")
    return Section(
        "Attributes of borrowers and loans",
        (block,),
        "Columns that look protected, by name or by values, are kept out; the setting book.allowed lets one in, with a "
        "reason. Features that act as proxies for them are measured when the model is compared.",
    )
