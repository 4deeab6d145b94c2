"""The proposal as `book.toml`: the mapping, with the evidence and the open questions as comments."""

from __future__ import annotations

from collections.abc import Mapping

import tomlkit
from tomlkit.items import InlineTable, Item, Table

from risk_warning.book.mapping.counted import OPEN
from risk_warning.book.recognition.proposal import MappingChoice, MappingQuestion, Proposal

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
    text = f"QUESTION ({where}): {question.text}"
    if not question.choices:
        return text
    if question.asks_for_date:
        places = ", ".join(f"{one.table}.{one.column}" for one in question.until_answered)
        ways = " or ".join(choice.text.partition(":")[0] for choice in question.choices)
        order = f"{ways}, and " if len(question.choices) > 1 else ""
        return f"{text} Write {order}the date in place of {OPEN} in {places}."
    ways = "; ".join(f"{choice.text}: {_changed(question, choice) or 'nothing'}" for choice in question.choices)
    return f"{text} Add one of: {ways}."


def _changed(question: MappingQuestion, choice: MappingChoice) -> str:
    """Return what a choice writes into the file."""
    changes = [(one, _inline(one.settings).as_string()) for one in choice.changes]
    return ", ".join(
        settings
        if (one.table, one.column) == (question.table, question.column)
        else f"{one.table}.{one.column} = {settings}"
        for one, settings in changes
    )


def _inline(settings: Mapping[str, object]) -> InlineTable:
    table = tomlkit.inline_table()
    for name, value in settings.items():
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        table.add(name, _inline(value) if isinstance(value, Mapping) else whole)
    return table


def _lines(text: str) -> Item:
    """Return a text of several lines, the first of which begins in a line of its own."""
    if '"""' in text:
        return tomlkit.string(text, multiline=True)
    escaped = text.replace("\\", "\\\\")
    return tomlkit.value(f'"""\n{escaped}\n"""')


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
        table.add(key, _lines(value) if key == "query" else value)
    waiting = {
        one.column: one.settings
        for question in proposal.questions
        for one in question.until_answered
        if one.table == name
    }
    columns = tomlkit.table()
    for column in (*mapped.columns, *(one for one in waiting if one not in mapped.columns)):
        given = mapped.columns.get(column)
        settings = {} if given is None else given.model_dump(mode="json", exclude_defaults=True)
        settings |= waiting.get(column, {})
        value = settings["column"] if set(settings) == {"column"} else _inline(settings)
        columns.add(column, value)
        evidence = [one.text for one in proposal.evidence if one.table == name and one.column == column]
        if evidence:
            columns[column].comment("; ".join(evidence))
    table.add("columns", columns)
    return table
