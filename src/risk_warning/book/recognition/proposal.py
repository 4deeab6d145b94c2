"""The proposal of a mapping, with the evidence for each part of it and what remains a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from risk_warning.book.mapping.counted import OPEN
from risk_warning.book.mapping.document import BookMapping, ColumnMapping, TableMapping
from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.parts import Part


@dataclass(frozen=True)
class Evidence:
    """Something that the export shows about a table or a column."""

    table: str
    column: str | None
    text: str
    is_plain: bool = True
    """Whether a plain book of these files reads it the same way without a mapping."""


@dataclass(frozen=True)
class ColumnChange:
    """Fields of a column's mapping that an answer sets."""

    table: str
    column: str
    settings: Mapping[str, object]
    """Field → value; `OPEN` in a text stands for the date that is asked for."""


@dataclass(frozen=True)
class MappingChoice:
    """A possible answer to a question: in words, and the fields of mapped columns that it sets."""

    text: str
    changes: tuple[ColumnChange, ...] = ()


@dataclass(frozen=True)
class MappingQuestion:
    """Something that only the lender knows."""

    table: str
    column: str | None
    text: str
    choices: tuple[MappingChoice, ...] = ()
    until_answered: tuple[ColumnChange, ...] = ()
    """What stands in the file until the question is answered; a mapping with it is refused, which says so."""

    @property
    def asks_for_date(self) -> bool:
        """Whether an answer is a date, beside the choice if there are several."""
        settings = [value for choice in self.choices for one in choice.changes for value in one.settings.values()]
        return any(isinstance(value, str) and OPEN in value.split(" ") for value in settings)


@dataclass
class Proposal:
    """A proposed mapping while it grows."""

    source: str
    matches: list[Match]
    unused: list[Part]
    tables: dict[str, TableMapping] = field(default_factory=dict)
    """Table → its mapping so far."""
    evidence: list[Evidence] = field(default_factory=list)
    questions: list[MappingQuestion] = field(default_factory=list)

    def column(self, table: str, name: str) -> ColumnMapping:
        """Return the mapping of a column so far."""
        return self.tables[table].columns[name]

    def set_table(self, table: str, /, **changes: object) -> None:
        """Change fields of a table's mapping."""
        self.tables[table] = self.tables[table].model_copy(update=changes)

    def set_column(self, table: str, name: str, /, **changes: object) -> None:
        """Change fields of a column's mapping; a column that is not mapped yet is from then on."""
        before = self.tables[table].columns.get(name)
        column = ColumnMapping.model_validate(changes) if before is None else before.model_copy(update=changes)
        self.set_table(table, columns={**self.tables[table].columns, name: column})

    def note(self, table: str, column: str | None, text: str, *, is_plain: bool = False) -> None:
        """Add evidence."""
        self.evidence.append(Evidence(table, column, text, is_plain))

    def ask(self, table: str, column: str, text: str, *ways: tuple[str, Mapping[str, object]]) -> None:
        """Ask how a column is read; a way is (its name, the fields of the column's mapping that it sets)."""
        choices = [MappingChoice(name, (ColumnChange(table, column, settings),)) for name, settings in ways]
        self.questions.append(MappingQuestion(table, column, text, tuple(choices)))

    def ask_about(self, table: str, text: str) -> None:
        """Ask about a table what no choice answers."""
        self.questions.append(MappingQuestion(table, None, text))

    def answer(self, question: MappingQuestion, choice: MappingChoice, day: date | None = None) -> None:
        """Take an answer into the mapping; `day` is the date that the question asks for, if it does."""
        for change in choice.changes:
            settings = {name: _with_day(value, day) for name, value in change.settings.items()}
            self.set_column(change.table, change.column, **settings)
        self.questions.remove(question)

    def mapping(self) -> BookMapping:
        """Return the mapping as it stands."""
        tables = {name: table.model_dump() for name, table in self.tables.items()}
        return BookMapping.model_validate({"version": 1, "source": self.source, "tables": tables})

    def match(self, table: str) -> Match | None:
        """Return the part that is this table; None if there is none."""
        return next((match for match in self.matches if match.table == table), None)


def _with_day(value: object, day: date | None) -> object:
    if not isinstance(value, str) or OPEN not in value.split(" "):
        return value
    if day is None:
        raise ValueError("the question asks for a date")
    return " ".join(day.isoformat() if word == OPEN else word for word in value.split(" "))
