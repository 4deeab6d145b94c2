"""The proposal of a mapping, with the evidence for each part of it and what remains a question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from risk_warning.book.mapping.document import Mapping
from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.parts import Part


@dataclass(frozen=True)
class Finding:
    """Something that the export shows about a table or a column."""

    table: str
    column: str | None
    text: str
    is_plain: bool = True
    """Whether a plain book of these files reads it the same way without a mapping."""


@dataclass(frozen=True)
class Choice:
    """A possible answer to a question: in words, and what it sets in the mapping of the column."""

    text: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Question:
    """Something that only the lender knows."""

    table: str
    column: str | None
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass
class Proposal:
    """A proposed mapping while it grows."""

    source: str
    matches: list[Match]
    unused: list[Part]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Table → the content of its mapping, as in the file."""
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def column(self, table: str, name: str) -> dict[str, Any]:
        """Return the settings of a column's mapping, to be changed."""
        settings: dict[str, Any] = self.tables[table]["columns"][name]
        return settings

    def note(self, table: str, column: str | None, text: str, *, is_plain: bool = False) -> None:
        """Add a finding."""
        self.findings.append(Finding(table, column, text, is_plain))

    def ask(self, table: str, column: str | None, text: str, *choices: Choice) -> None:
        """Add a question."""
        self.questions.append(Question(table, column, text, choices))

    def answer(self, question: Question, choice: Choice) -> None:
        """Take an answer into the mapping."""
        assert question.column is not None
        self.column(question.table, question.column).update(choice.settings)
        self.questions.remove(question)

    def mapping(self) -> Mapping:
        """Return the mapping as it stands."""
        return Mapping.model_validate({"version": 1, "source": self.source, "tables": self.tables})

    def match(self, table: str) -> Match | None:
        """Return the part that is this table; None if there is none."""
        return next((match for match in self.matches if match.table == table), None)
