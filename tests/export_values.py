"""Odd values: dates, empty cells, amounts, rates and levels as lenders' systems write them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle

from export_writing import (
    AMOUNTS,
    DATES,
    Case,
    Row,
    Step,
    Tables,
    Text,
    added,
    all_days_small,
    cells,
    export,
    filled,
    formatted,
    one,
    renamed,
    rows,
    with_events,
    with_statements,
)

DUE_AND_PAID = ("due_on", "paid_on")
UNREADABLE = "question or refused"


def every_date(to: Text) -> Step:
    """Return the step that writes every date of the lender in another form."""

    def step(tables: Tables) -> None:
        for table, columns in DATES.items():
            cells(table, columns, to)(tables)

    return step


def days(to: Text) -> Step:
    """Return the step that writes due and paid dates in another form."""
    return cells("instalments", DUE_AND_PAID, to)


def amounts(to: Text) -> Step:
    """Return the step that writes what is due and paid in another form."""
    return cells("instalments", AMOUNTS, to)


def grouped(separator: str, decimal: str = ".") -> Text:
    """Return what writes an amount with a separator of thousands."""
    return lambda v: f"{float(v):,.2f}".replace(",", "T").replace(".", decimal).replace("T", separator)


def whole(value: str) -> str:
    """Return the amount without its decimals."""
    return value.split(".")[0]


def _some_small(tables: Tables) -> None:
    """Make the amounts of ten loans less than a thousand."""
    cells("instalments", AMOUNTS, lambda v: str(int(v) // 10), lambda row: row["loan_id"] < "L0011")(tables)


def without_principal(tables: Tables) -> None:
    """Take out what a loan's amounts could be held against."""
    for row in tables["loans"]:
        del row["principal"]


def excel_day(day: str) -> str:
    """Return the day as a spreadsheet counts it."""
    return str((date.fromisoformat(day) - date(1899, 12, 30)).days)


def zoned_evening(day: str) -> str:
    """Return the start of a day in Shanghai as UTC has it."""
    return f"{date.fromisoformat(day) - timedelta(days=1)}T16:00:00.000Z"


def first_of_month(day: str) -> str:
    """Return the first day of the month."""
    return f"{day[:8]}01"


def chinese_day(day: str) -> str:
    """Return the day as 2023年3月3日."""
    return "{}年{}月{}日".format(*(int(part) for part in day.split("-")))


def _dates() -> Iterator[Case]:
    for name, form, *words in (
        ("dd/mm/yyyy", "%d/%m/%Y", "dd/mm"),
        ("mm/dd/yyyy", "%m/%d/%Y", "mm/dd"),
        ("m/d/yyyy", "%-m/%-d/%Y", "mm/dd"),
        ("dd/mm/yy", "%d/%m/%y", "dd/mm/yy"),
        ("dd.mm.yyyy", "%d.%m.%Y", "dd.mm"),
        ("dd-mm-yyyy", "%d-%m-%Y", "dd-mm"),
        ("yyyymmdd", "%Y%m%d", "yyyymmdd"),
        ("yyyy.mm.dd", "%Y.%m.%d", "yyyy.mm.dd"),
        ("dd-Mon-yy", "%d-%b-%y", "dd-Mon"),
        ("dd Mon yyyy", "%d %b %Y", "dd Mon"),
        ("dd-MON-yyyy", "%d-%b-%Y", "dd-Mon"),
        ("dd/mm/yyyy hh:mm", "%d/%m/%Y 10:30", "hh:mm"),
        ("yyyymmddhhmmss", "%Y%m%d103000", "yyyymmddhhmmss"),
    ):
        upper = formatted(form) if "MON" not in name else lambda day, form=form: formatted(form)(day).upper()
        yield Case(f"days as {name}", export(days(upper)), "question", tuple(words))
    yield Case("days as 2023年3月3日", export(days(chinese_day)), "question", ("年",))
    for name, form in (
        ("yyyy/mm/dd", "%Y/%m/%d"),
        ("yyyy/m/d", "%Y/%-m/%-d"),
        ("yyyy-m-d", "%Y-%-m-%-d"),
        ("yyyy-mm-dd 00:00:00", "%Y-%m-%d 00:00:00"),
        ("yyyy-mm-ddThh:mm:ss", "%Y-%m-%dT14:05:59"),
    ):
        yield Case(f"days as {name}", export(days(formatted(form))), "read")
    yield Case("days as numbers of a spreadsheet", export(days(excel_day)), "question", ("day numbers",))
    for name, form in (("Mon-yyyy", "%b-%Y"), ("yyyymm", "%Y%m"), ("yyyy年m月", "%Y年%-m月")):
        due = cells("instalments", "due_on", first_of_month)
        month = cells("instalments", "due_on", formatted(form))
        yield Case(f"due months as {name}", export(due, month), "question", (name,), like=(due,))


def _unclear_dates() -> Iterator[Case]:
    american = every_date(formatted("%-m/%-d/%Y"))
    small = export(all_days_small, american)
    expected = {
        "mapped": "question",
        "asks": ("No day is above 12",),
        "answer": "mm/dd/yyyy",
        "like": (all_days_small,),
    }
    yield Case("every date as m/d/yyyy, no day above 12", small, "question", ("mm/dd",), **expected)
    small_due = cells("instalments", "due_on", first_of_month)
    first = export(small_due, days(formatted("%d/%m/%Y")))
    yield Case("due days all first of month as dd/mm/yyyy", first, "question", ("dd/mm",), like=(small_due,))
    yield Case("days as evenings in UTC", export(days(zoned_evening)), "question", ("zone", "UTC"))
    local = export(days(formatted("%Y-%m-%dT00:00:00+08:00")))
    yield Case("days as midnights with the offset of the book", local, "read or question")
    half = cells("instalments", DUE_AND_PAID, formatted("%d/%m/%Y"), lambda row: int(row["loan_id"][1:]) % 2 == 0)
    yield Case("days in two forms", export(half), UNREADABLE, ("due_on",), mapped=UNREADABLE, asks=("due_on",))
    clock = export(days(formatted("%-m/%-d/%Y 12:00:00 AM")))
    yield Case("days as m/d/yyyy hh:mm:ss AM", clock, UNREADABLE, ("due_on",))


def _wrong_dates() -> Iterator[Case]:
    borrower = frozenset({"0005"})
    for name, column, value, *words in (
        ("a due day that does not exist", "due_on", "2023-13-02", "not a date"),
        ("a due year of 2203", "due_on", "2203-07-09", "1990-2100"),
        ("a due year of 2032", "due_on", "2032-07-09", "due_on"),
        ("a payment in 2032", "paid_on", "2032-03-09", "stray", "after today"),
        ("a payment in 1923", "paid_on", "1923-03-09", "1990-2100"),
        ("a payment before the opening", "paid_on", "2023-01-09", "before their loan's opened_on"),
    ):
        wrong = cells("instalments", column, lambda _, value=value: value, one("L0005", 3))
        expected = {"mapped": "notice", "asks": tuple(words), "aside": borrower}
        yield Case(name, export(wrong), "notice", tuple(words), **expected)
    early = ("before their loan's opened_on",)
    for name, column in (("payments", "paid_on"), ("due days", "due_on")):
        wrong = cells("instalments", column, lambda day: day.replace("2023", "2022"), lambda r: r["loan_id"] < "L0011")
        yield Case(f"{name} of ten loans before the opening", export(wrong), "question", early, "question", early)
    never = cells("instalments", AMOUNTS[1:] + DUE_AND_PAID[1:], lambda _: "")
    yield Case("nobody ever paid", export(never), "question", ("nobody ever paid",), "question", ("Nobody ever paid",))
    ended = added("loans", "closed_on", lambda number: f"20{18 + number % 4}-05-01")
    before = ("closed_on before opened_on",)
    yield Case("every loan closed before it was opened", export(ended), "question", before, "question", before)


def _marks(tables: Tables) -> None:
    """Write marks of several systems into the empty cells of payments."""
    marks = cycle(("NA", "N/A", "#N/A", "None", "nan", "(null)", "--", "空", "null"))
    for row in tables["instalments"]:
        if not row["paid_on"]:
            row["paid_on"] = row["paid_amount"] = next(marks)


def _empty_cells() -> Iterator[Case]:
    unpaid = ("paid_on", "paid_amount")
    for mark in ("NULL", "\\N", "-", "无"):
        write = export(filled("instalments", unpaid, mark))
        yield Case(f"unpaid as {mark}", write, "question", ("empty",))
    yield Case("unpaid as one of nine marks", export(_marks), "question", ("empty",))
    for mark in ("0000-00-00", "9999-12-31", "1900-01-01"):
        yield Case(f"unpaid on {mark}", export(filled("instalments", "paid_on", mark)), "question", ("empty",))
    yield Case("unpaid amounts as 0.00", export(filled("instalments", "paid_amount", "0.00")), "read")
    some = cells("borrowers", "monthly_income", lambda _: "", lambda row: row["borrower_id"] < "0008")
    marked = filled("borrowers", "monthly_income", "N/A")
    yield Case("seven incomes as N/A", export(some, marked), "question", ("N/A",), like=(some,))
    single = cells("borrowers", "monthly_income", lambda _: "", lambda row: row["borrower_id"] == "0008")
    yield Case("one income as N/A", export(single, marked), "notice", ("monthly_income",), like=(single,))
    lots = filled("borrowers", "monthly_income", "lots")
    expected = {"mapped": "notice", "asks": ("monthly_income",), "like": (single,)}
    yield Case("one income in words", export(single, lots), "notice", ("monthly_income",), **expected)
    open_end = added("loans", "closed_on", lambda _: "")
    expected = {"mapped": "notice", "asks": ("closed_on is empty",), "like": (open_end,)}
    yield Case("an optional column without a value", export(open_end), "notice", ("closed_on is empty",), **expected)
    for mark in ("NULL", "9999-12-31"):
        write = export(open_end, filled("loans", "closed_on", mark))
        yield Case(f"every loan closed on {mark}", write, "question", ("empty",), **expected)
    alike = cells("borrowers", "monthly_income", lambda _: "5200.50")
    expected = {"mapped": "notice", "asks": ("incomes are the same",), "like": (alike,)}
    yield Case("everybody with one income", export(alike), "notice", ("incomes are the same",), **expected)


def _number_forms() -> Iterator[Case]:
    for name, to, separator, *words in (
        ("with a decimal comma", lambda v: v.replace(".", ","), ";", "decimal"),
        ("as 1,544.25", grouped(","), ",", "thousands"),
        ("as 1.544,25", grouped(".", ","), ";", "thousands"),
        ("as 1 544.25", grouped(" "), ",", "thousands"),
        ("as 1 544,25", grouped(" ", ","), ";", "thousands"),
        ("as 1'544.25", grouped("'"), ",", "thousands"),
        ("as 1’544.25", grouped("’"), ",", "thousands"),
        ("with a fixed space and a decimal comma", grouped("\u00a0", ","), ";", "due_amount", "separator"),
        ("with ¥", lambda v: f"¥{v}", ",", "¥"),
        ("with $", lambda v: f"${v}", ",", "$"),
        ("with $ and thousands", lambda v: f"${grouped(',')(v)}", ",", "$"),
        ("with 元", lambda v: f"{v}元", ",", "元"),
        ("with RMB", lambda v: f"RMB {v}", ",", "RMB"),
        ("in full-width digits", lambda v: v.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789."}), ",", "width"),
    ):
        yield Case(f"amounts {name}", export(amounts(to), separator=separator), "question", tuple(words))
    for name, to in (
        ("with blanks around", lambda v: f" {v} "),
        ("with a sign", lambda v: f"+{v}"),
        ("with four decimals", lambda v: f"{v}00"),
        ("in scientific notation", lambda v: f"{float(v):.8E}"),
    ):
        yield Case(f"amounts {name}", export(amounts(to)), "read")


def _unclear_numbers() -> Iterator[Case]:
    wholes, large = amounts(whole), amounts(lambda v: str(max(1000, int(v))))
    for mark, other in ((".", ","), (",", ";")):
        grouped_so = amounts(lambda v, mark=mark: f"{int(v):,}".replace(",", mark))
        expected = {"mapped": "question", "asks": ("three digits",), "answer": "thousands"}
        write, like = export(wholes, large, grouped_so, separator=other), (wholes, large)
        words = ("three digits", "separator")
        yield Case(f"amounts all as 1{mark}544", write, "question", words, **expected, like=like)
        write, like = export(wholes, grouped_so, separator=other), (wholes,)
        yield Case(f"amounts as 1{mark}544, one below 1000", write, "question", words, **expected, like=like)
        fewer, mixed = (without_principal, wholes, _some_small), (without_principal, wholes, _some_small, grouped_so)
        write = export(*mixed, separator=other)
        if mark == ",":
            # Amounts of money have no three decimals, so thousands may be read without asking.
            expected = {"mapped": "read or question"}
        yield Case(f"amounts as 1{mark}544 and 926, no principal", write, "question", words, **expected, like=fewer)


def _numbers_in_words() -> Iterator[Case]:
    numbers = cells("instalments", "instalment_no", lambda v: f"{v}.0")
    yield Case("instalment numbers as 1.0", export(numbers), "read")
    of_twelve = export(cells("instalments", "instalment_no", lambda v: f"{v}/12"))
    words = ("instalment_no",)
    yield Case("instalment numbers as 1/12", of_twelve, UNREADABLE, words)
    in_words = export(cells("instalments", "instalment_no", lambda v: f"第{v}期"))
    yield Case("instalment numbers as 第1期", in_words, UNREADABLE, words)


def _without_point(value: str) -> str:
    return value.replace(".", "")


def _units() -> Iterator[Case]:
    unit = ("principal", "minor")
    yield Case("instalments in minor units", export(amounts(lambda v: v.replace(".", ""))), "question", unit)
    yield Case("instalments times a hundred", export(amounts(lambda v: f"{float(v) * 100:.2f}")), "question", unit)
    principal = cells("loans", "principal", lambda v: f"{v}00")
    yield Case("principal in minor units", export(principal), "question", unit)
    named = renamed(
        instalments={"due_amount": "应还金额(分)", "paid_amount": "实还金额（分）"},
        loans={"principal": "principal_cents"},
        borrowers={"monthly_income": "月收入(分)"},
    )
    cents = (amounts(_without_point), principal, cells("borrowers", "monthly_income", _without_point))
    yield Case("every amount in minor units, by its name", export(*cents, named), UNREADABLE, ())
    in_ten_thousands = cells("loans", "principal", lambda v: str(int(v) / 10_000))
    named = renamed(loans={"principal": "放款金额(万元)"})
    yield Case("principal in 万元, by its name", export(in_ten_thousands, named), "question", ())
    ten_thousands = export(cells("loans", "principal", lambda v: str(int(v) / 10_000)))
    yield Case("principal in units of 10,000", ten_thousands, "question", unit, "question", unit)
    hundredfold = cells("loans", "annual_rate", lambda v: f"{float(v) * 100:.1f}")
    yield Case("rates as numbers of per cent", export(hundredfold), "question", ("annual_rate",))
    percent = cells("loans", "annual_rate", lambda v: f"{float(v) * 100:.1f}%")
    yield Case("rates as text with %", export(percent), "question", ("%",))
    for share, loans in (("four", "L0005"), ("one", "L0002")):
        few = cells("loans", "annual_rate", lambda v: f"{float(v) * 100:.1f}", lambda r, to=loans: r["loan_id"] < to)
        above = ("above 1",)
        yield Case(f"rates of {share} of 40 loans as per cent", export(few), "question", above, "question", above)
    for words, suffix in (("months", " months"), ("个月", "个月"), ("期", "期")):
        write = export(cells("loans", "term_months", lambda v, suffix=suffix: f"{v}{suffix}"))
        yield Case(f"terms with {words}", write, "question", ("term_months",))
    negative = export(cells("instalments", "paid_amount", lambda v: f"-{v}"))
    sign = ("negative", "paid_amount")
    yield Case("payments with a minus sign", negative, "question", sign, "read or question", sign)


def _levels() -> Iterator[Case]:
    housing = ("rents", "owns", "rents", "with parents", "rents")
    plainly = added("borrowers", "housing", lambda n: housing[n % 5])
    oddly = added("borrowers", "housing", lambda n: {15: "RENTS", 22: "rents "}.get(n, housing[n % 5]))
    yield Case("housing as rents and RENTS", export(oddly), "read or question", ("housing",), like=(plainly,))

    def odd_kinds(table: list[Row]) -> list[Row]:
        logins = [row for row in table if row["kind"] == "login"]
        for number, row in enumerate(logins):
            row["kind"] = ("login", "login", "LOGIN", "login ")[number % 4]
        return table

    kinds = export(with_events, rows("events", odd_kinds))
    yield Case("kinds of events as login and LOGIN", kinds, "read or question", ("kind",), like=(with_events,))
    utc = cells("events", "occurred_at", _as_utc)
    yield Case("moments of events in UTC", export(with_events, utc), "read", like=(with_events,))
    seconds = export(with_events, cells("events", "occurred_at", lambda v: str(_epoch(v))))
    thousandths = export(with_events, cells("events", "occurred_at", lambda v: f"{_epoch(v)}000"))
    for name, write in (("seconds", seconds), ("milliseconds", thousandths)):
        expected = {"mapped": "read or question or refused", "asks": ("occurred_at",), "like": (with_events,)}
        yield Case(f"moments of events as {name} since 1970", write, UNREADABLE, ("occurred_at",), **expected)
    letters = added("statements", "status", lambda n: "NNNNMNNNAN"[n % 10])
    like = (with_statements, letters)
    yield Case("statements with letters of a status", export(*like), "read", like=like)
    buckets = export(with_statements, cells("statements", "days_past_due", _bucket))
    lost = ("days_past_due",)
    yield Case("days past due in buckets", buckets, UNREADABLE, lost, UNREADABLE, lost)


def _bucket(days_past_due: str) -> str:
    return next((text for most, text in ((0, "0"), (30, "1-30"), (60, "31-60")) if int(days_past_due) <= most), "61+")


def _epoch(moment: str) -> int:
    """Return the second since 1970 of a moment in Shanghai."""
    day, time = moment.split()
    hour, minute, second = (int(part) for part in time.split(":"))
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * 86_400 + (hour - 8) * 3_600 + minute * 60 + second


def _as_utc(moment: str) -> str:
    """Return a moment in Shanghai as UTC has it."""
    day, time = moment.split()
    return f"{day}T{int(time[:2]) - 8:02d}{time[2:]}Z"


VALUES = (
    *_dates(),
    *_unclear_dates(),
    *_wrong_dates(),
    *_empty_cells(),
    *_number_forms(),
    *_unclear_numbers(),
    *_numbers_in_words(),
    *_units(),
    *_levels(),
)
