"""The form of a column's values: dates, numbers, and the markers of an empty cell.

A form is accepted if it fits nearly every value. Where two forms fit alike and mean different things, the column is
ambiguous, and whoever brings the export has to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from risk_warning.book.mapping.columns import half_width
from risk_warning.book.mapping.counted import Unit
from risk_warning.book.recognition.vocabulary import unit_in
from risk_warning.book.sql import quoted, statement

EMPTY_MARKERS = (
    *(
        "NULL",
        "null",
        "Null",
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "None",
        "none",
        "NONE",
        "nil",
        "nan",
        "NaN",
        "-",
        "--",
        "—",
        "\\N",
    ),
    *("(null)", "<null>", "?", "无", "空", "0000-00-00", "0000-00-00 00:00:00", "9999-12-31", "9999/12/31", "99991231"),
    *("9999-12-31 00:00:00", "2999-12-31", "1900-01-01", "00000000"),
)
"""Texts that mean "there is no value" in exports of databases and spreadsheets."""
NO_DAY = ("365243", "365243.0")
"""Numbers of days, a thousand years, that mean "there is no date" where dates are counted in days."""
DATE_FORMATS = {
    "%d/%m/%Y": "dd/mm/yyyy",
    "%m/%d/%Y": "mm/dd/yyyy",
    "%d.%m.%Y": "dd.mm.yyyy",
    "%d-%m-%Y": "dd-mm-yyyy",
    "%m-%d-%Y": "mm-dd-yyyy",
    "%d/%m/%y": "dd/mm/yy",
    "%m/%d/%y": "mm/dd/yy",
    "%Y%m%d": "yyyymmdd",
    "%Y年%m月%d日": "yyyy年m月d日",
    "%Y.%m.%d": "yyyy.mm.dd",
    "%d-%b-%y": "dd-Mon-yy, such as 03-Mar-23",
    "%d-%b-%Y": "dd-Mon-yyyy",
    "%d %b %Y": "dd Mon yyyy",
    "%b %d, %Y": "Mon dd, yyyy",
    "%b-%Y": "Mon-yyyy",
    "%b%Y": "Monyyyy, such as MAR2023",
    "%b-%y": "Mon-yy",
    "%Y-%m": "yyyy-mm",
    "%Y/%m": "yyyy/mm",
    "%Y%m": "yyyymm",
    "%Y年%m月": "yyyy年m月",
    "%d/%m/%Y %H:%M": "dd/mm/yyyy hh:mm",
    "%m/%d/%Y %H:%M": "mm/dd/yyyy hh:mm",
    "%d/%m/%Y %H:%M:%S": "dd/mm/yyyy hh:mm:ss",
    "%m/%d/%Y %H:%M:%S": "mm/dd/yyyy hh:mm:ss",
    "%d/%m/%Y %I:%M:%S %p": "dd/mm/yyyy hh:mm:ss AM",
    "%m/%d/%Y %I:%M:%S %p": "mm/dd/yyyy hh:mm:ss AM",
    "%Y%m%d%H%M%S": "yyyymmddhhmmss",
    "%Y%m%d %H:%M:%S": "yyyymmdd hh:mm:ss",
}
"""Format of a date → its name for a reader."""
_TWINS = {
    "%d/%m/%Y": "%m/%d/%Y",
    "%d-%m-%Y": "%m-%d-%Y",
    "%d/%m/%y": "%m/%d/%y",
    "%d/%m/%Y %H:%M": "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S": "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %I:%M:%S %p": "%m/%d/%Y %I:%M:%S %p",
}
_TWINS |= {other: one for one, other in _TWINS.items()}
"""Formats that read the same text as different days."""
_MAY_BE_A_DATE = "^[0-9]{6,14}$|^[A-Za-z]{3}[0-9]{4}$|[0-9A-Za-z][-/年][0-9A-Za-z]|[0-9][. ][0-9A-Za-z]+[. ,]"
_ZONED = "[T ][0-9:.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_FIRST_DAY, _LAST_DAY = 30_000, 60_000
"""Day numbers of spreadsheets, from 1982 to 2064."""
_MOST_DAYS, _MOST_MONTHS, _DAYS_OF_A_MONTH = 40_000, 1_200, 31
"""Numbers of days or months from a date; days 1 to 31 may be days of a month."""
_FITS = 0.9
"""Least share of the values that a form must fit."""
_AFFIXES = (
    "¥",
    "￥",
    "$",
    "€",
    "£",
    "RMB",
    "CNY",
    "USD",
    "EUR",
    "元",
    "%",
    "％",
    "months",
    "month",
    "mths",
    "个月",
    "第",
    "期",
    "月",
)
_NUMBER_FORMS = {
    (None, "."): "[-+]?[0-9]+([.][0-9]*)?([eE][-+]?[0-9]+)?|[-+]?[.][0-9]+",
    (",", "."): "[-+]?[0-9]{1,3}(,[0-9]{3})*([.][0-9]+)?|[-+]?[0-9]+([.][0-9]+)?",
    (None, ","): "[-+]?[0-9]+(,[0-9]+)?",
    (".", ","): "[-+]?[0-9]{1,3}([.][0-9]{3})*(,[0-9]+)?|[-+]?[0-9]+(,[0-9]+)?",
    (" ", "."): "[-+]?[0-9]{1,3}( [0-9]{3})*([.][0-9]+)?|[-+]?[0-9]+([.][0-9]+)?",
    (" ", ","): "[-+]?[0-9]{1,3}( [0-9]{3})*(,[0-9]+)?|[-+]?[0-9]+(,[0-9]+)?",
    ("'", "."): "[-+]?[0-9]{1,3}('[0-9]{3})*([.][0-9]+)?|[-+]?[0-9]+([.][0-9]+)?",
    ("’", "."): "[-+]?[0-9]{1,3}(’[0-9]{3})*([.][0-9]+)?|[-+]?[0-9]+([.][0-9]+)?",
}
"""(thousands separator, decimal separator) → what a number looks like, the plainest first."""
_UNCLEAR_GROUPS = "[-+]?[0-9]{1,3}[.,][0-9]{3}"
"""1.544 or 1,544: one and a half, or more than a thousand."""


@dataclass(frozen=True)
class Dates:
    """The form of a column that holds dates."""

    form: str | None
    """As strptime has it; None if the plain reading of a book fits."""
    share: float
    """Share of the values that it fits, markers of empty cells left out."""
    twin: str | None = None
    """A form that fits as many values and reads other days."""
    is_zoned: bool = False
    """The values are moments with a zone, such as 2023-03-02T16:00:00Z."""


@dataclass(frozen=True)
class Numbers:
    """The form of a column that holds numbers."""

    remove: tuple[str, ...]
    thousands: str | None
    decimal: str
    share: float
    low: float
    high: float
    """Smallest and largest number."""
    is_percent: bool = False
    is_unclear: bool = False
    """Every value with a separator could be a number of thousands or one with three decimals."""

    @property
    def are_days(self) -> bool:
        """Whether the numbers can be the days by which spreadsheets write dates."""
        return self.is_plain and _FIRST_DAY <= self.low <= self.high <= _LAST_DAY

    @property
    def is_plain(self) -> bool:
        """Whether a plain book could hold the values as they are."""
        return not self.remove and self.thousands is None and self.decimal == "."


@dataclass(frozen=True)
class Counts:
    """Whole numbers of days or months from some date."""

    unit: Unit
    are_negative: bool
    """Some lie before that date."""


@dataclass(frozen=True)
class ColumnLook:
    """What a column of an export holds."""

    name: str
    kind: str
    """DuckDB type."""
    filled: int
    """Rows with a value, markers of empty cells included."""
    distinct: int
    markers: dict[str, int]
    """Marker of an empty cell → rows."""
    dates: Dates | None
    numbers: Numbers | None
    padded: int
    """Rows whose value has blanks around it."""
    counts_of: int
    """Rows whose value is a number of a total, as in 1/12."""
    wide: int
    """Rows whose value has full-width digits, as in １２３."""
    counts: Counts | None
    """The values are whole numbers of days or months from some date, as the column's name says."""


def look_at(con: duckdb.DuckDBPyConnection, raw: str, name: str, kind: str, names: Sequence[str]) -> ColumnLook:
    """Return what the column `name` of the table `raw` holds."""
    column = quoted(name, names)
    con.execute(
        statement(
            "CREATE OR REPLACE TEMP TABLE seen AS SELECT {half_width} AS v, count(*) AS n, "
            "count_if(given <> trim(given)) AS padded, count_if(trim(given) <> {half_width}) AS wide "
            "FROM (SELECT CAST({column} AS VARCHAR) AS given FROM {raw}) WHERE trim(given) <> '' GROUP BY 1",
            half_width=half_width("trim(given)"),
            column=column,
            raw=raw,
        )
    )
    unit = unit_in(name)
    known = [*EMPTY_MARKERS, *(NO_DAY if unit == "days" else ())]
    con.execute("SELECT v, n FROM seen WHERE list_contains($markers, v) ORDER BY n DESC", {"markers": known})
    markers = dict(con.fetchall())
    con.execute(
        "SELECT COALESCE(sum(n), 0), count(*), COALESCE(sum(padded), 0), COALESCE(sum(wide), 0), "
        "COALESCE(sum(n) FILTER (WHERE regexp_full_match(v, '[0-9]+ ?/ ?[0-9]+')), 0) FROM seen"
    )
    filled, distinct, padded, wide, counts_of = con.fetchall()[0]
    con.execute("DELETE FROM seen WHERE list_contains($markers, v)", {"markers": list(markers)})
    is_text = kind == "VARCHAR"
    return ColumnLook(
        name,
        kind,
        int(filled),
        distinct,
        markers,
        dates=_dates(con),
        numbers=_numbers(con) if is_text else None,
        padded=int(padded) if is_text else 0,
        wide=int(wide),
        counts_of=int(counts_of),
        counts=None if unit is None else _counts(con, unit),
    )


def _counts(con: duckdb.DuckDBPyConnection, unit: Unit) -> Counts | None:
    con.execute(
        "SELECT count_if(x IS NULL OR x <> trunc(x)), min(x), max(x) FROM (SELECT TRY_CAST(v AS DOUBLE) AS x FROM seen)"
    )
    others, low, high = con.fetchall()[0]
    most = _MOST_DAYS if unit == "days" else _MOST_MONTHS
    if others or low is None or low < -most or high > most:
        return None
    are_of_a_month = unit == "days" and low >= 0 and high <= _DAYS_OF_A_MONTH
    return None if are_of_a_month else Counts(unit, bool(low < 0))


def _dates(con: duckdb.DuckDBPyConnection) -> Dates | None:
    con.execute(
        "SELECT sum(n) FILTER (WHERE regexp_matches(v, $pattern)), sum(n) FROM seen", {"pattern": _MAY_BE_A_DATE}
    )
    may_be, total = con.fetchall()[0]
    if not may_be or may_be < _FITS * total:
        return None
    plain = "TRY_CAST(v AS DATE) BETWEEN DATE '1900-01-01' AND DATE '2100-12-31'"
    tests = [f"sum(n) FILTER (WHERE {plain})", f"sum(n) FILTER (WHERE regexp_matches(v, '{_ZONED}'))", "sum(n)"]
    tests += [
        f"sum(n) FILTER (WHERE year(try_strptime(v, $f{i})) BETWEEN 1900 AND 2100)" for i in range(len(DATE_FORMATS))
    ]
    con.execute(
        statement("SELECT {tests} FROM seen", tests=", ".join(tests)),
        {f"f{i}": form for i, form in enumerate(DATE_FORMATS)},
    )
    plainly, zoned, total, *by_form = (int(count or 0) for count in con.fetchall()[0])
    if not total:
        return None
    if plainly >= max(by_form) and plainly >= _FITS * total:
        return Dates(None, plainly / total, is_zoned=zoned >= _FITS * total)
    counts = dict(zip(DATE_FORMATS, by_form, strict=True))
    # A year of two digits also fits the start of one of four, so the longer form wins.
    best = max(counts, key=lambda form: (counts[form], len(DATE_FORMATS[form])))
    if counts[best] < _FITS * total:
        return None
    twin = _TWINS.get(best)
    return Dates(best, counts[best] / total, twin if twin is not None and counts[twin] == counts[best] else None)


def _numbers(con: duckdb.DuckDBPyConnection) -> Numbers | None:
    con.execute(
        "SELECT a FROM (SELECT unnest($affixes) AS a) WHERE EXISTS "
        "(SELECT 1 FROM seen WHERE starts_with(v, a) OR suffix(v, a))",
        {"affixes": list(_AFFIXES)},
    )
    remove = [row[0] for row in con.fetchall()]
    if "months" in remove and "month" in remove:
        con.execute("SELECT count(*) FROM seen WHERE suffix(v, 'month')")
        remove.remove("month") if con.fetchall()[0][0] == 0 else None
    clean = "v"
    for i in range(len(remove)):
        clean = f"trim(replace({clean}, $a{i}, ''))"
    tests = [f"sum(n) FILTER (WHERE regexp_full_match({clean}, $p{i}))" for i in range(len(_NUMBER_FORMS))]
    con.execute(
        statement(
            "SELECT sum(n), sum(n) FILTER (WHERE regexp_full_match({clean}, '{unclear}')), "
            "sum(n) FILTER (WHERE regexp_matches({clean}, '[.,]')), "
            "sum(n) FILTER (WHERE suffix(v, '%')), min(TRY_CAST({clean} AS DOUBLE)), max(TRY_CAST({clean} AS DOUBLE)), "
            "{tests} FROM seen",
            clean=clean,
            unclear=_UNCLEAR_GROUPS,
            tests=", ".join(tests),
        ),
        {f"a{i}": text for i, text in enumerate(remove)} | {f"p{i}": p for i, p in enumerate(_NUMBER_FORMS.values())},
    )
    total, unclear, separated, percent, low, high, *counts = con.fetchall()[0]
    by_form = [int(count or 0) for count in counts]
    if not total or max(by_form) < _FITS * total:
        return None
    (thousands, decimal), fitting = max(zip(_NUMBER_FORMS, by_form, strict=True), key=lambda pair: pair[1])
    return Numbers(
        tuple(remove),
        thousands,
        decimal,
        fitting / total,
        low=float("nan") if low is None else low,
        high=float("nan") if high is None else high,
        is_percent=(percent or 0) >= _FITS * total,
        is_unclear=bool(unclear) and unclear == separated,
    )
