"""The proposal of a mapping, with the evidence for each part of it and what remains a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
class MappingChoice:
    """A possible answer to a question: in words, and the fields of the column's mapping that it sets."""

    text: str
    settings: Mapping[str, object]


@dataclass(frozen=True)
class MappingQuestion:
    """Something that only the lender knows."""

    table: str
    column: str | None
    text: str
    choices: tuple[MappingChoice, ...] = ()


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
        """Change fields of a column's mapping."""
        column = self.column(table, name).model_copy(update=changes)
        self.set_table(table, columns={**self.tables[table].columns, name: column})

    def note(self, table: str, column: str | None, text: str, *, is_plain: bool = False) -> None:
        """Add evidence."""
        self.evidence.append(Evidence(table, column, text, is_plain))

    def ask(self, table: str, column: str | None, text: str, *choices: MappingChoice) -> None:
        """Add a question."""
        self.questions.append(MappingQuestion(table, column, text, choices))

    def answer(self, question: MappingQuestion, choice: MappingChoice) -> None:
        """Take an answer into the mapping."""
        assert question.column is not None
        self.set_column(question.table, question.column, **choice.settings)
        self.questions.remove(question)

    def mapping(self) -> BookMapping:
        """Return the mapping as it stands."""
        tables = {name: table.model_dump() for name, table in self.tables.items()}
        return BookMapping.model_validate({"version": 1, "source": self.source, "tables": tables})

    def match(self, table: str) -> Match | None:
        """Return the part that is this table; None if there is none."""
        return next((match for match in self.matches if match.table == table), None)
