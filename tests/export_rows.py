"""Odd rows: ids that do not match, repeated, corrected, summed, cut and damaged rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from export_writing import AMOUNTS, Case, Row, Step, cells, edited, export, one, rows

UNREADABLE = "question or refused"


def plain_ids() -> tuple[Step, ...]:
    """Return the steps that number borrowers 1 to 40, without leading zeros."""
    return cells("borrowers", "borrower_id", _number), cells("loans", "borrower_id", _number)


def _number(value: str) -> str:
    return str(int(value))


def _digits(value: str) -> str:
    return f"00{value[1:]}"


def _keys() -> Iterator[Case]:
    zeros, blank, case = ("leading zeros",), ("blank",), ("case",)
    yield Case("borrower ids of loans without zeros", export(cells("loans", "borrower_id", _number)), "question", zeros)
    digits = (cells("loans", "loan_id", _digits), cells("instalments", "loan_id", _digits))
    lost = export(*digits, cells("instalments", "loan_id", _number))
    yield Case("loan ids of instalments without zeros", lost, "question", zeros, like=digits)
    after = export(cells("loans", "borrower_id", lambda v: f"{v} "))
    yield Case("ids with a blank after them", after, "question", blank)
    around = [cells(table, "borrower_id", lambda v: f" {v} ") for table in ("borrowers", "loans")]
    yield Case("ids with blanks around in both tables", export(*around), "read or question", blank)
    fixed = export(cells("loans", "borrower_id", lambda v: f"{v}\u00a0"))
    yield Case("ids with a fixed space after them", fixed, UNREADABLE, ("borrower_id",), "read")
    yield Case("ids in lower case", export(cells("instalments", "loan_id", str.lower)), "question", case)
    floats = export(*plain_ids(), cells("loans", "borrower_id", lambda v: f"{v}.0"))
    yield Case("ids as 1.0", floats, "question", ("decimal",), like=plain_ids())
    prefixed = export(cells("instalments", "loan_id", lambda v: f"LN-{v}"))
    yield Case("ids with a prefix in one table", prefixed, UNREADABLE, ("loan_id",), UNREADABLE, ("loan",))
    apostrophe = export(cells("loans", "borrower_id", lambda v: f"'{v}"))
    yield Case("ids after an apostrophe", apostrophe, UNREADABLE, ("borrower_id",), f"read or {UNREADABLE}")
    rounded = export(cells("loans", "borrower_id", lambda _: "1.23457E+18"))
    yield Case("ids in scientific notation", rounded, UNREADABLE, ("borrower_id",), UNREADABLE, ("borrower_id",))
    empty = rows("loans", lambda t: [{**r, "borrower_id": ""} if r["loan_id"] == "L0007" else r for r in t])
    expected = ("borrower_id",)
    yield Case("no borrower for one loan", export(empty), "refused", expected, "refused", expected)
    others = rows("loans", lambda t: [r for r in t if int(r["loan_id"][1:]) % 3])
    expected = ("not in loans",)
    yield Case("a third of the loans missing", export(others), "refused", expected, "refused", expected)
    shared = rows("loans", lambda t: [*t, {**t[6], "borrower_id": "0008"}])
    expected = ("more than one borrower",)
    yield Case("a loan of two borrowers", export(shared), "refused", expected, "refused", expected)
    longer = rows("instalments", lambda t: [*t, {**t[0], "loan_id": "合计", "instalment_no": "", "due_on": ""}])
    yield Case("a row of totals", export(longer), "notice", ("is empty", "not in loans"))
    longer = rows("borrowers", lambda t: [*t, {**t[0], "borrower_id": "合计", "onboarded_on": ""}])
    yield Case("a row of totals of the borrowers", export(longer), "question", ("total",))
    yield Case("subtotals of each loan", export(rows("instalments", _with_subtotals)), UNREADABLE, (), UNREADABLE)


def _with_subtotals(table: list[Row]) -> list[Row]:
    changed: list[Row] = []
    for row, following in zip(table, [*table[1:], {"loan_id": ""}], strict=True):
        changed.append(row)
        if following["loan_id"] != row["loan_id"]:
            changed.append({**row, "instalment_no": "", "due_on": "Subtotal", "due_amount": "9999.99"})
    return changed


def _doubles() -> Iterator[Case]:
    repeat = ("repeat",)
    twice = rows("instalments", lambda t: [*t, *(dict(row) for row in t)])
    yield Case("every instalment twice", export(twice), "question", repeat)
    some = rows("instalments", lambda t: [*t, *(dict(row) for row in t[::12])])
    yield Case("a twelfth of the instalments twice", export(some), "question", repeat)
    again = rows("instalments", lambda t: [*t, dict(t[17])])
    yield Case("one instalment row twice", export(again), "notice", repeat, "notice", repeat)
    paid = cells("instalments", "paid_amount", lambda v: f"{float(v) / 2:.4f}", lambda r: r["loan_id"] != "L0009")
    halves = rows("instalments", lambda t: [*t, *(dict(r) for r in t if r["paid_on"] and r["loan_id"] != "L0009")])
    yield Case("payments in two equal halves", export(_even_amounts, paid, halves), "question", repeat, like=EVEN)
    parts = export(rows("instalments", _in_parts))
    yield Case("rows that carry their part of the amount due", parts, "question", ("part",))
    corrected = export(rows("instalments", lambda t: [*t, {**t[50], "due_amount": "1.00"}]))
    expected, borrower = ("disagree",), frozenset({"0005"})
    yield Case("a row that corrects an amount due", corrected, "notice", expected, "notice", expected, aside=borrower)
    loans = export(rows("loans", lambda t: [*t, dict(t[4])]))
    yield Case("one loan twice", loans, UNREADABLE, repeat, f"read or notice or {UNREADABLE}", repeat)
    people = export(rows("borrowers", lambda t: [*t, *(dict(row) for row in t)]))
    yield Case("every borrower twice", people, UNREADABLE, repeat, f"read or {UNREADABLE}", repeat)
    turned = export(rows("instalments", lambda t: list(reversed(t))))
    yield Case("rows in another order", turned, "read")


def _even_amounts(tables: dict[str, list[Row]]) -> None:
    """Make every amount a whole number of 20, so that its half is one too."""
    cells("instalments", AMOUNTS, lambda v: f"{round(float(v) / 20) * 20}")(tables)


EVEN: tuple[Step, ...] = (_even_amounts,)


def _in_parts(table: list[Row]) -> list[Row]:
    changed = []
    for row in table:
        due, paid = float(row["due_amount"]), row["paid_amount"]
        if row["loan_id"] == "L0009" and row["instalment_no"] == "5":
            # The lender itself pays this one in two rows; each carries what it pays.
            changed.append({**row, "due_amount": paid})
            continue
        for part in (1000.0, round(due - 1000, 2)):
            changed.append({**row, "due_amount": f"{part:.2f}", "paid_amount": f"{part:.2f}" if paid else ""})
    return changed


def _damage() -> Iterator[Case]:
    line = ("line 101", "line 102")
    cut = edited("instalments", lambda t: _line(t, 100, lambda row: row.rsplit(",", 3)[0]))
    expected = {"mapped": "refused or notice", "asks": line, "aside": frozenset({"0009"})}
    yield Case("a row cut short", cut, "refused or notice", line, **expected)
    more = edited("instalments", lambda t: _line(t, 100, lambda row: f"{row},7"))
    yield Case("a row with one field too many", more, "refused or notice", line, **expected)
    end = edited("instalments", lambda t: t[:-40])
    yield Case("a file that ends in the middle", end, "refused or notice", ("line",), "refused or notice", ("line",))
    footer = edited("instalments", lambda t: f"{t}(481 rows affected)\n")
    expected = {"mapped": "refused or notice", "asks": ("line", "instalments")}
    yield Case("a footer that counts rows", footer, "refused or notice", ("line", "instalments"), **expected)
    open_quote = edited("instalments", lambda t: _line(t, 100, lambda row: f'"{row}'))
    yield Case("a quote that is not closed", open_quote, "refused", ("line", "CSV"), "refused", ("line", "CSV"))
    zero = edited("borrowers", lambda t: t.replace("0003,", "0003\0,", 1))
    expected = {"mapped": "read or notice or question or refused", "aside": frozenset({"0003"})}
    yield Case("a NUL byte in an id", zero, "refused or notice or question", (), **expected)
    amount = edited("instalments", lambda t: _line(t, 100, lambda row: f"{row[:-1]}\0{row[-1]}"))
    expected = {"mapped": "notice or refused", "asks": (), "aside": frozenset({"0009"})}
    yield Case("a NUL byte in an amount", amount, "notice or refused", (), **expected)
    nothing = edited("instalments", lambda _: "")
    yield Case("an empty file", nothing, "refused", ("empty",), "refused", ("empty",))
    header = edited("instalments", lambda t: t.partition("\n")[0] + "\n")
    expected = {"mapped": "question or refused", "asks": ("instalments",)}
    yield Case("a header without rows", header, "refused", ("no rows",), **expected)
    repeated = edited("instalments", lambda t: _line(t, 240, lambda row: f"{row}\n{t.partition(chr(10))[0]}"))
    expected = {"mapped": "notice", "asks": ("instalments", "not in loans", "due_on", "instalment_no")}
    yield Case("the header again in the middle", repeated, "notice", expected["asks"], **expected)


def _line(text: str, number: int, change: Callable[[str], str]) -> str:
    """Return the text with one line, counted from 0, changed."""
    lines = text.splitlines()
    lines[number] = change(lines[number])
    return "\n".join(lines) + "\n"


def _negative() -> Iterator[Case]:
    reversal = rows("instalments", _reversed_payment)
    wrong = cells("instalments", ("paid_on", "paid_amount"), lambda _: "", one("L0020", 6))
    parts = "counts the payment and its reversal as two payments of one instalment"
    expected = {"mapped": "read or notice", "fault": parts, "mapped_fault": parts}
    yield Case(
        "a payment taken back by a row with a minus", export(reversal), "read or notice", like=(wrong,), **expected
    )


def _reversed_payment(table: list[Row]) -> list[Row]:
    paid = next(row for row in table if one("L0020", 6)(row))
    return [*table, {**paid, "paid_amount": f"-{paid['paid_amount']}"}]


ROWS = (*_keys(), *_doubles(), *_damage(), *_negative())
