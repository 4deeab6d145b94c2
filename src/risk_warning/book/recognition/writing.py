"""The proposal as `book.toml`: the mapping, with the evidence and the open questions as comments."""

from __future__ import annotations

from collections.abc import Mapping

import tomlkit
from tomlkit.items import InlineTable, Table

from risk_warning.book.recognition.proposal import MappingQuestion, Proposal

_HEAD = (
    "How an export becomes a book, proposed by `risk-warning map`. Correct what is wrong, then use this file as BOOK:",
    "risk-warning check book.toml. Each part has its evidence beside it; paths are relative to this file.",
)


def mapping_text(proposal: Proposal) -> str:
    """Return the content of `book.toml`."""
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    for question in proposal.questions:
        if question.table not in proposal.tables:
            document.add(tomlkit.comment(_asked(question)))
    document.add("version", tomlkit.item(1))
    document.add("source", tomlkit.item(proposal.source))
    for part in proposal.unused:
        document.add(tomlkit.comment(f"Not used: {part.name} ({part.rows:,} rows)."))
    tables = tomlkit.table(is_super_table=True)
    for name in proposal.tables:
        tables.append(name, _table(proposal, name))
    document.add("tables", tables)
    return tomlkit.dumps(document)


def _asked(question: MappingQuestion) -> str:
    where = f"{question.table}.{question.column}" if question.column else question.table
    choices = "; ".join(f"{choice.text}: {_inline(choice.settings).as_string()}" for choice in question.choices)
    return f"QUESTION ({where}): {question.text}" + (f" Add one of: {choices}." if choices else "")


def _inline(settings: Mapping[str, object]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(settings)
    return table


def _table(proposal: Proposal, name: str) -> Table:
    mapped = proposal.tables[name]
    table = tomlkit.table()
    for question in proposal.questions:
        if question.table == name:
            table.add(tomlkit.comment(_asked(question)))
    for one in proposal.evidence:
        if one.table == name and one.column is None:
            table.add(tomlkit.comment(f"{one.text}."))
    for key, value in mapped.model_dump(mode="json", exclude_defaults=True, exclude={"columns"}).items():
        table.add(key, value)
    columns = tomlkit.table()
    for column, given in mapped.columns.items():
        settings = given.model_dump(mode="json", exclude_defaults=True)
        value = settings["column"] if set(settings) == {"column"} else _inline(settings)
        columns.add(column, value)
        evidence = [one.text for one in proposal.evidence if one.table == name and one.column == column]
        if evidence:
            columns[column].comment("; ".join(evidence))
    table.add("columns", columns)
    return table
