"""A hand-made lender, the files it exports, and what a case of the corpus of odd exports says.

The lender has 40 borrowers with one loan of 12 instalments each. The export is of 20 February 2024. A case writes the
lender's tables with one change, and says what a plain reading and the proposed mapping should make of it.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

Row = dict[str, str]
Tables = dict[str, list[Row]]
Step = Callable[[Tables], None]
"""A change of the lender's tables."""
Text = Callable[[str], str]
Writer = Callable[[Path], None]
"""What writes an export into a folder that exists and is empty."""

EXPORT_DAY = date(2024, 2, 20)
BORROWERS = 40
INSTALMENTS = 12
DATES = {
    "borrowers": ("onboarded_on",),
    "loans": ("opened_on",),
    "instalments": ("due_on", "paid_on"),
}
AMOUNTS = ("due_amount", "paid_amount")


@dataclass(frozen=True)
class Case:
    """An export and what should come of it.

    An outcome is "read" (the same content as the reference, to the bit), "notice" (rows or cells are counted and shown,
    and the rest is as the reference), "question" or "refused"; "a or b" allows both.
    """

    name: str
    write: Writer
    plain: str
    """Outcome of reading the folder as it is."""
    words: tuple[str, ...] = ()
    """One of them stands in the message of the plain reading."""
    mapped: str = "read"
    """Outcome of reading through the proposed mapping; a question of the proposal counts as one."""
    asks: tuple[str, ...] = ()
    """One of them stands in the message of the mapped reading or in a question of the proposal."""
    answer: str = ""
    """Choice of each question of the proposal after which the export is read like the reference."""
    like: tuple[Step, ...] = ()
    """Changes of the lender that make the reference."""
    aside: frozenset[str] = field(default_factory=frozenset)
    """Borrowers that lose rows, and so may differ from the reference."""
    fault: str = ""
    """Why the product does not do the right thing yet on the plain folder."""
    mapped_fault: str = ""
    """Why it does not do it yet through the mapping."""


def lender(*steps: Step) -> Tables:
    """Return the lender's tables after the steps."""
    chance = random.Random(20240220)
    tables: Tables = {"borrowers": [], "loans": [], "instalments": []}
    for number in range(1, BORROWERS + 1):
        _add_borrower(tables, number, chance)
    for step in steps:
        step(tables)
    return tables


def _add_borrower(tables: Tables, number: int, chance: random.Random) -> None:
    borrower, loan = f"{number:04d}", f"L{number:04d}"
    onboarded = date(2022, chance.randint(1, 12), chance.randint(1, 28))
    income = f"{chance.randint(3_000, 21_000)}.{chance.randint(1, 99):02d}"
    tables["borrowers"].append({"borrower_id": borrower, "onboarded_on": str(onboarded), "monthly_income": income})
    opened = date(2023, 2, chance.randint(1, 28))
    principal, rate = 500 * chance.randint(28, 120), chance.randint(60, 240) / 1000
    tables["loans"].append(
        {
            **{"loan_id": loan, "borrower_id": borrower, "opened_on": str(opened), "principal": str(principal)},
            **{"annual_rate": str(rate), "term_months": str(INSTALMENTS)},
        }
    )
    monthly = rate / INSTALMENTS
    due = round(principal * monthly / (1 - (1 + monthly) ** -INSTALMENTS), 2)
    for k in range(INSTALMENTS):
        due_on = date(2023 + (2 + k) // 12, (2 + k) % 12 + 1, opened.day)
        late = chance.choice((0, 0, 3, 9, 17, 34)) if number % 3 == 0 else -chance.randint(0, 4)
        stopped = number % 10 == 0 and k > 8
        _add_instalment(tables, {"loan_id": loan, "instalment_no": str(k + 1)}, (due_on, late), due, stopped)


def _add_instalment(tables: Tables, key: Row, days: tuple[date, int], due: float, stopped: bool) -> None:
    due_on, paid_on = days[0], days[0] + timedelta(days=days[1])
    terms = {**key, "due_on": str(due_on), "due_amount": f"{due:.2f}"}
    if stopped or paid_on > EXPORT_DAY:
        tables["instalments"].append({**terms, "paid_on": "", "paid_amount": ""})
        return
    if key == {"loan_id": "L0009", "instalment_no": "5"}:
        part = round(due * 0.6, 2)
        tables["instalments"].append({**terms, "paid_on": str(due_on), "paid_amount": f"{part:.2f}"})
        due = round(due - part, 2)
    tables["instalments"].append({**terms, "paid_on": str(paid_on), "paid_amount": f"{due:.2f}"})


def with_statements(tables: Tables) -> None:
    """Add a month's end statement of each loan, with its balance and days past due."""
    tables["statements"] = []
    for loan in tables["loans"]:
        rows = [row for row in tables["instalments"] if row["loan_id"] == loan["loan_id"]]
        for month in range(3, 14):
            day = date(2023 + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            open_ones = [row for row in rows if not row["paid_on"] or row["paid_on"] > str(day)]
            owed = sum(float(row["due_amount"]) for row in open_ones)
            late = [(day - date.fromisoformat(row["due_on"])).days for row in open_ones if row["due_on"] <= str(day)]
            tables["statements"].append(
                {
                    **{"loan_id": loan["loan_id"], "statement_on": str(day)},
                    **{"balance": f"{owed:.2f}", "days_past_due": str(max(late, default=0))},
                }
            )


def with_events(tables: Tables) -> None:
    """Add logins, calls and complaints with their time of day."""
    chance = random.Random(7)
    tables["events"] = []
    for borrower in tables["borrowers"]:
        for _ in range(9):
            day = EXPORT_DAY - timedelta(days=chance.randint(1, 300))
            moment = f"{day} {chance.randint(9, 21):02d}:{chance.randint(0, 59):02d}:{chance.randint(1, 59):02d}"
            kind = chance.choice(("login", "login", "login", "call", "complaint"))
            tables["events"].append({"borrower_id": borrower["borrower_id"], "occurred_at": moment, "kind": kind})


def all_days_small(tables: Tables) -> None:
    """Move every date to one of the first twelve days of its month."""
    for table, columns in DATES.items():
        for column in columns:
            cells(table, column, lambda day: f"{day[:8]}{(int(day[8:]) - 1) % 12 + 1:02d}")(tables)


def cells(table: str, columns: str | Iterable[str], to: Text, where: Callable[[Row], bool] | None = None) -> Step:
    """Return the step that changes the cells of columns that hold something, of the rows `where`."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)

    def step(tables: Tables) -> None:
        for row in tables[table]:
            for name in names:
                if row[name] and (where is None or where(row)):
                    row[name] = to(row[name])

    return step


def filled(table: str, columns: str | Iterable[str], value: str) -> Step:
    """Return the step that writes a value into the empty cells of columns."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)

    def step(tables: Tables) -> None:
        for row in tables[table]:
            row.update({name: row[name] or value for name in names})

    return step


def added(table: str, column: str, value: Callable[[int], str]) -> Step:
    """Return the step that adds a column with a value for each number of a row, from 0."""

    def step(tables: Tables) -> None:
        for number, row in enumerate(tables[table]):
            row[column] = value(number)

    return step


def renamed(**names: dict[str, str]) -> Step:
    """Return the step that gives columns of tables other names; the order of the columns stays."""

    def step(tables: Tables) -> None:
        for table, new in names.items():
            tables[table] = [{new.get(name, name): value for name, value in row.items()} for row in tables[table]]

    return step


def rows(table: str, more: Callable[[list[Row]], list[Row]]) -> Step:
    """Return the step that replaces the rows of a table."""

    def step(tables: Tables) -> None:
        tables[table] = more(tables[table])

    return step


def one(loan: str, instalment: int) -> Callable[[Row], bool]:
    """Return the test for the rows of one instalment."""
    return lambda row: (row.get("loan_id"), row.get("instalment_no")) == (loan, str(instalment))


def formatted(form: str) -> Text:
    """Return what writes an ISO date in another form; - before a letter leaves leading zeros out."""
    return lambda day: date.fromisoformat(day).strftime(form)


def text_of(table: list[Row], separator: str = ",", newline: str = "\n") -> str:
    """Return a table as text with a header."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(table[0]), delimiter=separator, lineterminator=newline)
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def write_files(
    folder: Path,
    tables: Tables,
    *,
    name: str = "{}.csv",
    encoding: str = "utf-8",
    separator: str = ",",
    newline: str = "\n",
) -> None:
    """Write each table as a text file."""
    for table, content in tables.items():
        text = text_of(content, separator, newline)
        (folder / name.format(table)).write_bytes(text.encode(encoding))


def export(*steps: Step, **layout: str) -> Writer:
    """Return the writer of the lender after the steps, as text files."""
    return lambda folder: write_files(folder, lender(*steps), **layout)


def edited(table: str, edit: Text, *steps: Step) -> Writer:
    """Return the writer of the lender with the text of one file changed."""

    def write(folder: Path) -> None:
        write_files(folder, lender(*steps))
        path = folder / f"{table}.csv"
        path.write_bytes(edit(path.read_bytes().decode("utf-8")).encode("utf-8"))

    return write


def instead(table: str, put: Callable[[Path, list[Row]], None], *steps: Step) -> Writer:
    """Return the writer of the lender with one table written in another way."""

    def write(folder: Path) -> None:
        tables = lender(*steps)
        content = tables.pop(table)
        write_files(folder, tables)
        put(folder, content)

    return write


def each(put: Callable[[Path, str, list[Row]], None], *steps: Step) -> Writer:
    """Return the writer that writes each table in a way of its own."""

    def write(folder: Path) -> None:
        for table, content in lender(*steps).items():
            put(folder, table, content)

    return write
