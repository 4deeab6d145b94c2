"""The page of a book: whether it can be used, and what a person has to see before the first score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from risk_warning.book.check import BookReport, summary
from risk_warning.book.profile.missing_section import missing_section
from risk_warning.book.profile.months_section import months_section
from risk_warning.book.profile.result import FEWEST_BORROWERS, BookProfile
from risk_warning.book.profile.spread_section import spread_sections
from risk_warning.book.questions.question import BookQuestion
from risk_warning.reports import Block, Cards, Chip, Listing, Note, Section, Table, page
from risk_warning.reports.numbers import count_of

_IDS = {"borrowers": "borrower_id", "loans": "loan_id"}
_FILLS = {"question": "#b3261e", "notice": "#5d6b7a"}


@dataclass(frozen=True)
class Refused:
    """A book that `check` refused before it could report on it."""

    problem: str


def profile_page(profile: BookProfile, checked: BookReport | Refused, today: date) -> str:
    """Return the page as HTML; what `check` says about the book is `checked`, and nothing of it is computed here."""
    usable = isinstance(checked, BookReport) and checked.problem is None
    sections = [
        months_section(profile),
        _keys(profile),
        missing_section(profile, checked.families if isinstance(checked, BookReport) else ()),
        _questions(checked),
        *spread_sections(profile),
    ]
    if not profile.tables:
        sections = [Section("Tables", (Note("No table could be read."),))]
    return page(
        f"The book {profile.book}" if profile.book else "The book",
        "The book can be used." if usable else "The book cannot be used as it is.",
        sections,
        basis=f"Checked on {today}. The pictures and shares are of all rows as they were read, before any is set "
        f"aside. Values that fewer than {FEWEST_BORROWERS} borrowers share are only counted.",
        top=tuple(_headline(profile, checked)),
    )


def _headline(profile: BookProfile, checked: BookReport | Refused) -> Iterator[Block]:
    if checked.problem is not None:
        yield Note(checked.problem, is_warning=True)
    yield from (Note(f"Not read: {one.why}", is_warning=True) for one in profile.unread if one.why != checked.problem)
    if isinstance(checked, Refused):
        if profile.tables:
            yield Table(("table", "rows read"), tuple((one.name, f"{one.rows:,}") for one in profile.tables))
        return
    grades = [one.grade for one in checked.questions]
    yield Cards(
        (
            ("borrowers", f"{checked.borrowers:,}"),
            ("loans", f"{checked.loans:,}"),
            ("outcomes known through", str(checked.data_through or "–")),
            ("questions", f"{grades.count('question'):,}"),
            ("notices", f"{grades.count('notice'):,}"),
        )
    )
    yield Listing(
        ("table", "rows", "set aside", "first", "last", "why, and what is ignored"),
        tuple(
            (
                name,
                f"{table.rows:,}",
                f"{table.bad:,}",
                str(table.first or "–"),
                str(table.last or "–"),
                "; ".join(table.remarks()) or "–",
            )
            for name, table in checked.tables.items()
        ),
        figures=frozenset({1, 2}),
        unbroken=frozenset({3, 4}),
    )
    yield from (Note(line) for line in summary(checked))


def _keys(profile: BookProfile) -> Section:
    blocks: list[Block] = [
        Note(
            f"Rows of {one.table} with a {one.column} that is not in {one.of}: {count_of(one.none, one.rows)}.",
            is_warning=True,
        )
        for one in profile.matches
        if one.none
    ]
    if profile.matches:
        rows = tuple(
            (
                f"{one.table}.{one.column} in {one.of}",
                f"{one.rows:,}",
                *(count_of(n, one.rows) for n in (one.once, one.several, one.none, one.empty)),
            )
            for one in profile.matches
        )
        blocks.append(Table(("id", "rows", "matches once", "several times", "not at all", "has no id"), rows))
    if profile.rows_per_id:
        per_id = tuple(
            (
                f"{one.table} per {_IDS[one.of]}",
                f"{one.ids:,}",
                *(count_of(n, one.ids) for n in (one.none, one.once, one.several)),
            )
            for one in profile.rows_per_id
        )
        blocks.append(Table(("rows per id", "ids", "none", "one", "several"), per_id))
    return Section(
        "Do the ids match",
        tuple(blocks) or (Note("No two tables could be compared."),),
        "The first table is about rows: whether the id of a row is found in the table that it refers to. The second is "
        "about ids: to how many of them no row, one or several belong. Several rows of one borrower or loan are normal "
        "if the table has valid_from.",
    )


def _questions(checked: BookReport | Refused) -> Section:
    heading = "Questions and notices"
    if isinstance(checked, Refused):
        return Section(heading, (Note("They are raised once the book can be read to its end."),))
    if not checked.questions:
        return Section(heading, (Note("None."),))
    return Section(
        heading,
        (
            Listing(
                ("", "column", "what was seen", "share", "answered by"),
                tuple(map(_question, sorted(checked.questions, key=lambda one: one.grade != "question"))),
                frozenset({3}),
            ),
        ),
        "A question stops every run until the export is corrected or the question is answered, in risk_warning.toml as "
        "named here, or in a mapping without the word book. A notice stops nothing.",
    )


def _question(one: BookQuestion) -> tuple[str | Chip, ...]:
    column = one.code.rpartition(".")[0]
    answer = f'[book.answers."{one.code}"]' if one.grade == "question" else "needs no answer"
    return Chip(one.grade, _FILLS[one.grade]), column, one.sentence(), f"{one.share:.1%}", answer
