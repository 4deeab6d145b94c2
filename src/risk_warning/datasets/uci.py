"""UCI "Default of credit card clients" (Taiwan, 2005; Yeh & Lien 2009, CC BY 4.0) as a book.

The data set has 30,000 cards, each with six month-end statements from April to September 2005 and a flag for default
in October. The original numbers the months backwards: `pay_0`, `bill_amt1`, `pay_amt1` are September, … `pay_6`,
`bill_amt6`, `pay_amt6` are April. A card has no id: the rows are numbered from 1, and each card is its own borrower.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray
from rich.progress import Progress

from risk_warning.errors import BookError, DownloadError
from risk_warning.output import whole_folder

URL = "https://archive.ics.uci.edu/static/public/350/data.csv"
CONTENT_SHA256 = "9dc981540a6e93a868c943fd1b08dea87a123132108396c6bc5c7b0590f125a4"
"""sha256 of the 30,000 × 24 integers in the order of `COLUMNS`, as little-endian int64, row by row."""
MONTH_ENDS = (
    date(2005, 9, 30),
    date(2005, 8, 31),
    date(2005, 7, 31),
    date(2005, 6, 30),
    date(2005, 5, 31),
    date(2005, 4, 30),
)
_STATUS = ("pay_0", "pay_2", "pay_3", "pay_4", "pay_5", "pay_6")
_BILL = tuple(f"bill_amt{k}" for k in range(1, 7))
_PAID = tuple(f"pay_amt{k}" for k in range(1, 7))
COLUMNS = ("limit_bal", "sex", "education", "marriage", "age", *_STATUS, *_BILL, *_PAID, "has_default")
_ALSO_NAMED = {
    "default payment next month": "has_default",
    "default.payment.next.month": "has_default",
    "pay_1": "pay_0",
}
_SEX = {1: "male", 2: "female"}
_EDUCATION = {1: "graduate school", 2: "university", 3: "high school", 4: "other"}
_MARITAL = {1: "married", 2: "single", 3: "other"}


def import_uci(file: Path | None, out: Path, progress: Progress) -> int:
    """Write the tables `borrowers`, `statements` and `outcomes` to `out` as Parquet; return the number of cards.

    `file` is the data as CSV, plain or gzipped, with the original's column names or the archive's X1 … X23, Y; None
    downloads it. In every form, its numbers must be those of the published data set.

    Raises
    ------
    BookError
        The file is missing, or is not this data set.
    DownloadError
        The archive cannot be reached, or the downloaded file is not this data set.
    OutputError
        `out` exists already and is not empty, or cannot be written.
    """
    if file is not None:
        wrong: type[BookError] | type[DownloadError] = BookError
        name, content = str(file), _read(file)
    else:
        wrong, name, content = DownloadError, URL, _download(progress)
    table = _parse(content)
    if table is None or _digest(table) != CONTENT_SHA256:
        raise wrong(
            f"{name} does not hold the 30,000 rows × 24 columns of UCI's 'Default of credit card clients'; "
            "fetch the data set's CSV from archive.ics.uci.edu (number 350) and give it with --file."
        )
    tables = {"borrowers": _borrowers(table), "statements": _statements(table), "outcomes": _outcomes(table)}
    with whole_folder(out, "--out") as book:
        for part, rows in tables.items():
            pyarrow.parquet.write_table(rows, book / f"{part}.parquet")
    return len(table)


def _read(file: Path) -> bytes:
    try:
        content = file.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError):
        raise BookError(f"{file} is not there or cannot be read; correct the path given with --file.") from None


def _download(progress: Progress) -> bytes:
    try:
        with urllib.request.urlopen(URL, timeout=30) as answer:
            length = answer.headers.get("Content-Length")
            task = progress.add_task("UCI credit card data", total=int(length) if length else None)
            content = bytearray()
            while part := answer.read(1 << 16):
                content += part
                progress.update(task, completed=len(content))
            progress.update(task, total=len(content))
    except (OSError, urllib.error.URLError, ValueError):
        raise DownloadError(
            f"{URL} could not be fetched; try again, or download the data set elsewhere and give it with --file."
        ) from None
    return bytes(content)


def _parse(content: bytes) -> pandas.DataFrame | None:
    """Return the integers in the order of `COLUMNS`; None if the content is something else."""
    try:
        table = pandas.read_csv(io.BytesIO(content))
    except ValueError:
        return None
    names = [str(name).strip().lower() for name in table.columns]
    by_position = dict(zip([f"x{k}" for k in range(1, 24)] + ["y"], COLUMNS, strict=True))
    table.columns = pandas.Index([by_position.get(name, _ALSO_NAMED.get(name, name)) for name in names])
    if not set(COLUMNS) <= set(table.columns) or not table.columns.is_unique:
        return None
    table = table.loc[:, list(COLUMNS)]
    try:
        return table.astype(np.int64)
    except (ValueError, TypeError):
        return None


def _digest(table: pandas.DataFrame) -> str:
    return hashlib.sha256(np.ascontiguousarray(table.to_numpy(dtype="<i8")).tobytes()).hexdigest()


def _ids(table: pandas.DataFrame) -> NDArray[np.int64]:
    return np.arange(1, len(table) + 1, dtype=np.int64)


def _borrowers(table: pandas.DataFrame) -> pyarrow.Table:
    return pyarrow.table(
        {
            "borrower_id": _ids(table),
            "education": [_EDUCATION.get(code) for code in table["education"]],
            "sex": [_SEX.get(code) for code in table["sex"]],
            "age": table["age"].to_numpy(),
            "marital_status": [_MARITAL.get(code) for code in table["marriage"]],
        }
    )


def _statements(table: pandas.DataFrame) -> pyarrow.Table:
    ids = _ids(table)
    months = len(MONTH_ENDS)
    status = np.concatenate([table[name].to_numpy() for name in _STATUS])
    return pyarrow.table(
        {
            "loan_id": np.tile(ids, months),
            "borrower_id": np.tile(ids, months),
            "statement_on": pyarrow.array([day for day in MONTH_ENDS for _ in range(len(ids))], pyarrow.date32()),
            "balance": np.concatenate([table[name].to_numpy() for name in _BILL]),
            "credit_limit": np.tile(table["limit_bal"].to_numpy(), months),
            "paid_amount": np.concatenate([table[name].to_numpy() for name in _PAID]),
            "days_past_due": 30 * np.maximum(status, 0),
            "status": status,
        }
    )


def _outcomes(table: pandas.DataFrame) -> pyarrow.Table:
    return pyarrow.table(
        {
            "borrower_id": _ids(table),
            "as_of_date": pyarrow.array([date(2005, 10, 1)] * len(table), pyarrow.date32()),
            "bad": table["has_default"].to_numpy(),
        }
    )
