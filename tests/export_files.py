"""Odd files: encodings, separators, headers, names, formats, parts of a table, and files that are no table."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow
import pyarrow.parquet
from export_writing import (
    Case,
    Row,
    Step,
    added,
    each,
    edited,
    export,
    instead,
    lender,
    renamed,
    rows,
    text_of,
    with_events,
    with_statements,
    write_files,
)

UNREADABLE = "question or refused"
CITIES = ("北京市", "上海市", "广州市", "成都市", "哈尔滨市")
TOWNS = ("Köln", "Düsseldorf", "Münster", "Würzburg", "Görlitz")
CHINESE = {
    "borrowers": {"borrower_id": "客户号", "onboarded_on": "注册日期", "monthly_income": "月收入（元）"},
    "loans": {
        **{"loan_id": "借据号", "borrower_id": "客户号", "opened_on": "放款日期", "principal": "贷款金额"},
        **{"annual_rate": "年利率", "term_months": "期限"},
    },
    "instalments": {
        **{"loan_id": "借据号", "instalment_no": "期数", "due_on": "应还日期", "due_amount": "应还金额（元）"},
        **{"paid_on": "实还日期", "paid_amount": "实还金额（元）"},
    },
}
SYNONYMS = {
    "borrowers": {"borrower_id": "客户编号", "monthly_income": "月收入"},
    "loans": {"loan_id": "贷款编号", "borrower_id": "客户编号", "opened_on": "起息日", "principal": "本金"},
    "instalments": {
        **{"loan_id": "贷款编号", "instalment_no": "期次", "due_on": "应还日", "due_amount": "月供"},
        **{"paid_on": "实际还款日", "paid_amount": "实际还款金额"},
    },
}
ENGLISH = {
    "borrowers": {"borrower_id": "customer_id", "onboarded_on": "customer_since", "monthly_income": "income"},
    "loans": {
        **{"loan_id": "loan_number", "borrower_id": "customer_id", "opened_on": "disbursement_date"},
        **{"principal": "loan_amount", "annual_rate": "interest_rate", "term_months": "tenor"},
    },
    "instalments": {
        **{"loan_id": "loan_number", "instalment_no": "installment_number", "due_on": "payment_due_date"},
        **{"due_amount": "amount_due", "paid_on": "payment_date", "paid_amount": "amount_paid"},
    },
}
CHINESE_FILES = {"borrowers": "客户", "loans": "借据", "instalments": "还款计划"}


def headed(change: Callable[[str], str]) -> Step:
    """Return the step that writes every column's name in another way."""

    def step(tables: dict[str, list[Row]]) -> None:
        for table, content in tables.items():
            tables[table] = [{change(name): value for name, value in row.items()} for row in content]

    return step


def camel(name: str) -> str:
    """Return the name as DueDate."""
    name = name.replace("_on", "_date") if name in ("due_on", "paid_on", "opened_on") else name
    return "".join(part.capitalize() for part in name.split("_"))


def _texts() -> Iterator[Case]:
    chinese, german = added("borrowers", "region", _of(CITIES)), added("borrowers", "region", _of(TOWNS))
    encoded = ("encoding", "GB18030", "Latin-1", "UTF-16", "Big5")
    for encoding, region in (("gbk", chinese), ("gb18030", chinese), ("utf-16", chinese), ("latin-1", german)):
        write = export(region, encoding=encoding)
        yield Case(f"files in {encoding}", write, "question", encoded, like=(region,))
    yield Case("UTF-8 with Chinese cities", export(chinese), "read", like=(chinese,))
    windows = export(chinese, encoding="utf-8-sig", newline="\r\n")
    yield Case("UTF-8 with byte order mark and CRLF", windows, "read", like=(chinese,))
    spreadsheet = export(encoding="utf-8-sig", separator=";", newline="\r\n")
    yield Case("UTF-8 with byte order mark and semicolons", spreadsheet, "question", ("separator",))
    for name, separator in (("semicolons", ";"), ("tabs", "\t"), ("bars", "|")):
        yield Case(f"fields between {name}", export(separator=separator), "question", ("separator",))
    below = ("header",)
    yield Case("a title line", edited("instalments", lambda t: f"Export of 2024-02-19\n{t}"), "question", below)
    title = "Repayment report\nBranch: Hamburg, Altona\n\nPrinted by: back office\n"
    yield Case("several title lines", edited("instalments", lambda t: title + t), "question", below)
    yield Case("an empty line above the header", edited("loans", lambda t: f"\n{t}"), "read or question", below)
    spread = edited("instalments", lambda t: t.replace("\nL", "\n\nL"))
    yield Case("empty lines between rows", spread, "read")
    yield Case("empty lines at the end", edited("instalments", lambda t: f"{t}\n\n\n"), "read")
    yield Case("no line feed at the end", edited("instalments", lambda t: t.rstrip("\n")), "read")
    commas = edited("instalments", lambda t: t.replace("\n", ",\n"))
    yield Case("a comma at the end of every line", commas, "read")
    in_rows = edited("instalments", lambda t: "\n".join([*t.splitlines()[:1], *(f"{r}," for r in t.splitlines()[1:])]))
    yield Case("a comma at the end of every row but the header", in_rows, "read or refused", mapped="read or refused")
    quoted = edited("instalments", lambda t: "".join(f'"{x}"\n' for x in t.replace(",", '","').splitlines()))
    yield Case("every cell in quotes", quoted, "read")
    remarks = added("borrowers", "remark", lambda n: ('moved, twice\nsee "file"', "", "VIP, since\r\n2019")[n % 3])
    yield Case("remarks with commas, quotes and line feeds", export(remarks), "read")


def _of(values: tuple[str, ...]) -> Callable[[int], str]:
    return lambda number: values[number % len(values)]


def _headers() -> Iterator[Case]:
    case = ("case", "did you mean")
    yield Case("headers in upper case", export(headed(str.upper)), "question", case)
    yield Case("headers with blanks around", export(headed(lambda name: f" {name} ")), "read")
    yield Case("headers as words with blanks", export(headed(lambda n: n.replace("_", " ").title())), "question", case)
    yield Case("headers in camel case", export(headed(camel)), "question", ("did you mean", "calls"))
    yield Case("English synonyms", export(renamed(**ENGLISH)), "question", ("customer_id",))
    yield Case("Chinese headers", export(renamed(**CHINESE)), "question", ("客户号",))
    yield Case("Chinese synonyms", export(renamed(**SYNONYMS)), "question", ("客户编号",))
    files = each(lambda f, table, content: _put_csv(f, CHINESE_FILES[table], content), renamed(**CHINESE))
    yield Case("Chinese files and headers", files, "question", ("客户",))
    plain_files = each(lambda f, table, content: _put_csv(f, CHINESE_FILES[table], content))
    yield Case("Chinese file names alone", plain_files, "question", ("客户",))
    typo = export(renamed(instalments={"paid_on": "paid_date"}))
    yield Case("paid_date instead of paid_on", typo, "question", ("paid_on",))
    optional = export(renamed(borrowers={"monthly_income": "monthly_incom"}))
    yield Case("a typing error in an optional column", optional, "question", ("did you mean",))
    without = rows("instalments", lambda t: [{k: v for k, v in row.items() if k != "paid_on"} for row in t])
    missing = ("paid_on",)
    yield Case("no column paid_on", export(without), UNREADABLE, missing, "question", missing)
    twice = edited("instalments", lambda t: t.replace("paid_amount", "due_amount", 1))
    alike = ("two columns named due_amount",)
    yield Case("two columns of one name", twice, "refused", alike, "refused", alike)
    headless = edited("instalments", lambda t: t.partition("\n")[2])
    yield Case("no header", headless, UNREADABLE, (), UNREADABLE)
    more = [added("loans", "branch", lambda n: f"B{n % 3}"), added("instalments", "currency", lambda _: "CNY")]
    yield Case("columns that no book has", export(*more), "read")
    turned = rows("instalments", lambda t: [dict(reversed(row.items())) for row in t])
    yield Case("columns in another order", export(turned), "read")


def _protected() -> Iterator[Case]:
    numbers = added("borrowers", "x_ref", _identity_number)
    yield Case("numbers of identity cards as an attribute", export(numbers), "read")
    yield Case("numbers of identity cards", export(added("borrowers", "id_number", _identity_number)), "read")
    yield Case("身份证号", export(added("borrowers", "身份证号", _identity_number)), "read")
    for column in ("sex", "gender", "性别"):
        write = export(added("borrowers", column, _of(("F", "M", "F"))))
        yield Case(f"a column {column}", write, "read or notice")


def _identity_number(number: int) -> str:
    """Return the number of a Chinese identity card with its check digit."""
    first = f"1101011990{number % 12 + 1:02d}{number % 28 + 1:02d}{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(w * int(digit) for w, digit in zip(weights, first, strict=True)) % 11]


def _statements() -> Iterator[Case]:
    chinese = {"loan_id": "借据号", "statement_on": "账单日", "balance": "余额", "days_past_due": "逾期天数"}

    def put(folder: Path, content: list[Row]) -> None:
        _put_csv(folder, "账单", [{chinese[name]: value for name, value in row.items()} for row in content])

    write, like = instead("statements", put, with_statements), (with_statements,)
    yield Case("statements in a Chinese file", write, "question", ("账单",), like=like)
    short = export(with_statements, renamed(statements={"days_past_due": "dpd"}))
    yield Case("statements with dpd", short, "question", ("dpd",), like=like)
    loans = export(with_statements, rows("statements", lambda t: [{**row, "ccy": "EUR"} for row in t]))
    yield Case("statements with a column of one's own", loans, "read", like=like)


def _formats() -> Iterator[Case]:
    for ending, separator in ((".tsv", "\t"), (".txt", ","), (".txt", "|")):
        write = export(name="{}" + ending, separator=separator)
        expected = ("borrowers",)
        yield Case(f"{ending} files with {separator!r}", write, UNREADABLE, expected)
    yield Case(".CSV files", export(name="{}.CSV"), "read or question or refused")
    for name, compress in (("gz", gzip.compress), ("zst", _zst)):
        write = each(lambda f, t, rows, name=name, c=compress: _put(f / f"{t}.csv.{name}", c(text_of(rows).encode())))
        yield Case(f"files compressed as .csv.{name}", write, "read")
    yield Case("JSON lines", each(_put_json), UNREADABLE, ("borrowers",))
    renumbered = _long_ids()
    big = each(lambda f, t, rows: _put_json(f, t, rows, numbers=("loan_id",)), *renumbered)
    yield Case("JSON lines with ids of 19 digits as numbers", big, UNREADABLE, ("borrowers",), like=renumbered)
    yield Case("ids of 19 digits", export(*renumbered), "read", like=renumbered)
    yield Case("Parquet files of text", each(_put_parquet), "read")
    yield Case("one workbook with a sheet a table", _workbook, UNREADABLE, ("borrowers",))
    for name, titles in (("a workbook a table", []), ("a workbook a table, with title rows", [["March"], []])):
        write = each(lambda f, table, rows, titles=titles: _put_sheet(f, table, rows, titles))
        yield Case(name, write, UNREADABLE, ("borrowers",))


def _long_ids() -> tuple[Step, ...]:
    def longer(table: list[Row]) -> list[Row]:
        return [{**row, "loan_id": f"123456789012345{row['loan_id'][1:]}"} for row in table]

    return rows("loans", longer), rows("instalments", longer)


def _zst(content: bytes) -> bytes:
    compressed: bytes = pyarrow.Codec("zstd").compress(content, asbytes=True)
    return compressed


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _put_csv(folder: Path, name: str, content: list[Row]) -> None:
    _put(folder / f"{name}.csv", text_of(content).encode())


def _put_json(folder: Path, table: str, content: list[Row], numbers: tuple[str, ...] = ()) -> None:
    lines = []
    for row in content:
        values = {k: v or None for k, v in row.items()}
        lines.append(json.dumps({k: int(v) if k in numbers and v else v for k, v in values.items()}))
    _put(folder / f"{table}.jsonl", "\n".join(lines).encode())


def _put_parquet(folder: Path, table: str, content: list[Row]) -> None:
    file = io.BytesIO()
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist([{k: v or None for k, v in r.items()} for r in content]), file
    )
    _put(folder / f"{table}.parquet", file.getvalue())


def _fill(sheet: object, content: list[Row]) -> None:
    """Write a table into a sheet, days and numbers as the spreadsheet's own."""
    sheet.append(list(content[0]))
    for row in content:
        sheet.append([_own(name, value) for name, value in row.items()])


def _own(name: str, value: str) -> object:
    if not value or name.endswith("_id"):
        return value or None
    return date.fromisoformat(value) if name.endswith("_on") else float(value)


def _workbook(folder: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table, content in lender().items():
        _fill(book.create_sheet(table), content)
    book.save(folder / "export.xlsx")


def _put_sheet(folder: Path, table: str, content: list[Row], titles: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    for title in titles:
        book.active.append(title)
    _fill(book.active, content)
    book.save(folder / f"{table}.xlsx")


def _in_parts(put: Callable[[Path, str, list[Row]], None], name: str) -> Callable[[Path], None]:
    """Return the writer of instalments in files by month."""

    def parts(folder: Path, content: list[Row]) -> None:
        for month in sorted({row["due_on"][:7] for row in content}):
            put(folder, name.format(month), [row for row in content if row["due_on"].startswith(month)])

    return instead("instalments", parts)


def _parts() -> Iterator[Case]:
    yield Case("Parquet parts in a folder", _in_parts(_put_parquet, "instalments/part-{}"), "read")
    yield Case("CSV parts in a folder", _in_parts(_put_csv, "instalments/part-{}"), "read")
    yield Case("CSV parts in Hive folders", _in_parts(_put_csv, "instalments/month={}/part"), "read")
    months = _in_parts(_put_csv, "instalments_{}")
    yield Case("monthly files", months, "question", ("instalments_2023-03",))

    def turned(folder: Path, name: str, content: list[Row]) -> None:
        is_late = name > "instalments_2023-09"
        _put_csv(folder, name, [dict(reversed(row.items())) if is_late else row for row in content])

    def wider(folder: Path, name: str, content: list[Row]) -> None:
        is_late = name > "instalments_2023-09"
        _put_csv(folder, name, [{**row, "channel": "app"} if is_late else row for row in content])

    expected, words = ("instalments_2023-03",), ("instalments_2023", "instalments_2024")
    for name, put in (("columns in another order", turned), ("one more column", wider)):
        write = _in_parts(put, "instalments_{}")
        case = f"monthly files, from October with {name}"
        yield Case(case, write, "question", expected, "read or question", words)


def _with_file(name: str, content: bytes, *steps: Step) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_files(folder, lender(*steps))
        _put(folder / name, content)

    return write


def _other_files() -> Iterator[Case]:
    half = text_of(lender()["loans"][:20]).encode()
    used = ("not read",)
    expected = {"mapped": "notice", "asks": used}
    yield Case("an older copy of a table beside it", _with_file("loans_old.csv", half), "notice", used, **expected)
    unnamed = _with_file("behaviour_log.csv", text_of(lender(with_events)["events"]).encode())
    yield Case("events under another name", unnamed, "question", used, like=(with_events,))
    yield Case("a read-me", _with_file("README.txt", b"Ask the back office.\n"), "read")
    yield Case("a spreadsheet's lock file", _with_file("~$loans.xlsx", b"\x05owner"), "read")
    yield Case("a hidden file of the file manager", _with_file("._loans.csv", b"\x00\x05\x16\x07"), "read")
    yield Case("a picture", _with_file("logo.png", b"\x89PNG\r\n"), "read")
    yield Case("a table of branches", _with_file("branches.csv", b"branch,town\nB1,Celle\nB2,Gera\n"), "read")
    old = _with_file("archive/loans.csv", half)
    yield Case("an older copy in a folder of its own", old, "read or notice", mapped="read or notice")
    both = _with_file("loans.txt", half)
    yield Case("one table in two formats", both, "read or notice or refused", (), "notice or question or refused")


FILES = (
    *_texts(),
    *_headers(),
    *_protected(),
    *_statements(),
    *_formats(),
    *_parts(),
    *_other_files(),
)
