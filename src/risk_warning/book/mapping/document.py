"""The mapping of a lender's export to a book: `book.toml`, which `risk-warning map` proposes and a person may edit.

version = 1
source = "export"

[tables.instalments]
files = ["instalments_2023-*.csv"]
encoding = "gb18030"
empty = ["NULL"]
ignored = ["备注"]

[tables.instalments.columns]
loan_id = "借据号"
due_on = { column = "应还日期", format = "%d/%m/%Y" }
due_amount = { column = "应还金额", thousands = "," }
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import to_json

from risk_warning.book.mapping.counted import OPEN, counted_date
from risk_warning.book.schema import TABLES
from risk_warning.book.sources.files import Layout
from risk_warning.errors import BookError
from risk_warning.fault import first_fault
from risk_warning.settings import KnownQuestion

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _MappingPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextPart(_MappingPart):
    """One part of a text that has several."""

    by: Text
    part: int = Field(ge=1, le=20, description="number of the part, from 1")


class ColumnMapping(_MappingPart):
    """How a column of the book is made of a column of the export, in the order of the fields below."""

    column: str | None = Field(default=None, description="name in the export; left out where `constant` is given")
    constant: str | None = Field(default=None, description="the same value for every row")
    half_width: bool = Field(default=False, description="write full-width digits as usual ones: １２３ is 123")
    split: TextPart | None = Field(default=None, description="take one part of the text, such as L1 of 'L1/2'")
    remove: tuple[Text, ...] = Field(default=(), description="texts to take out, such as ¥ or months")
    empty: tuple[str, ...] = Field(default=(), description="values that mean that there is none, such as NULL")
    codes: Mapping[str, str] = Field(default={}, description="value → value in the book; others stay as they are")
    case: Literal["upper", "lower"] | None = Field(default=None, description="write letters so")
    digits: int | None = Field(default=None, ge=1, le=40, description="fill a shorter number up with leading zeros")
    without_zeros: bool = Field(default=False, description="take leading zeros off")
    whole: bool = Field(default=False, description="take a decimal part of zeros off: 17.0 is 17")
    format: str | None = Field(
        default=None, description="of a date, such as %d/%m/%Y; excel for day numbers; days after 2018-01-01"
    )
    month_end: bool = Field(default=False, description="read a date as the last day of its month")
    thousands: Literal[",", ".", " ", "'", "’"] | None = None
    decimal: Literal[".", ","] = "."
    divide: float | None = Field(default=None, gt=0, description="100 for per cent or for minor units")
    multiply: float | None = Field(default=None, gt=0, description="30 for months past due that are to be days")
    holds: Literal["text", "number"] | None = Field(default=None, description="of an attribute or status of one's own")

    @field_validator("format")
    @classmethod
    def _is_complete(cls, value: str | None) -> str | None:
        if value is not None:
            counted_date(value)
        return value

    @field_validator("constant")
    @classmethod
    def _is_answered(cls, value: str | None) -> str | None:
        if value == OPEN:
            raise ValueError(f"{OPEN!r} is not answered yet: write a date such as 2018-01-01")
        return value

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either column or constant")
        if self.divide is not None and self.multiply is not None:
            raise ValueError("give either divide or multiply")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal cannot be the same character")
        return self


def _from_name(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class TableMapping(_MappingPart):
    """Where a table of the book lies in the export, and how its columns are made."""

    files: tuple[Text, ...] = Field(default=(), description="names or patterns such as instalments_*.csv")
    table: str | None = Field(default=None, description="table or view of a database")
    query: str | None = Field(
        default=None, description='one SELECT of the database, or of files, such as FROM "cards.csv"'
    )
    sheet: str = Field(default="", description="sheet of a spreadsheet; if empty, the first")
    encoding: str = "utf-8"
    separator: str = Field(default=",", min_length=1, max_length=1)
    skip_lines: int = Field(default=0, ge=0, le=1000, description="lines above the header")
    empty: tuple[str, ...] = Field(default=(), description="values that mean that there is none, in every column")
    where: Mapping[str, tuple[str, ...]] = Field(default={}, description="column → values of the rows to read")
    without: Mapping[str, tuple[str, ...]] = Field(
        default={}, description="column → values of rows to leave out, such as the word for a total"
    )
    part_payments: Literal["repeat", "split"] = Field(
        default="repeat", description="split: each row of an instalment carries only its part of the amount due"
    )
    repeats: Literal["once", "count"] | None = Field(
        default=None, description="rows that repeat another in every column: read once, or each a payment of its own"
    )
    columns: Mapping[str, Annotated[ColumnMapping, BeforeValidator(_from_name)]]
    ignored: tuple[str, ...] = Field(default=(), description="columns of the export that are known and not used")

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, value: str) -> str:
        try:
            return codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"{value!r} is no encoding such as utf-8 or gb18030") from None

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if sum((bool(self.files), self.table is not None, self.query is not None)) != 1:
            raise ValueError("give one of files, table and query")
        return self

    @property
    def layout(self) -> Layout:
        """How rows lie in the table's files."""
        return Layout(self.encoding, self.separator, self.skip_lines, self.sheet)

    @property
    def origins(self) -> tuple[str, ...]:
        """Columns of the export that the mapping reads, without repeats."""
        read = [column.column for column in self.columns.values() if column.column is not None]
        return tuple(dict.fromkeys((*read, *self.where, *self.without)))


class BookMapping(_MappingPart):
    """A mapping: an export, and how its tables become those of a book."""

    version: Literal[1]
    source: Text = Field(
        description="folder, DuckDB file, postgresql:// or adbc: URL; relative to the mapping's folder"
    )
    tables: Mapping[str, TableMapping]
    answers: Mapping[str, KnownQuestion] = Field(default={}, description="question → what is known about it")

    @field_validator("tables")
    @classmethod
    def _follow_the_contract(cls, value: Mapping[str, TableMapping]) -> Mapping[str, TableMapping]:
        for name, table in value.items():
            if name not in TABLES:
                raise ValueError(f"a book has no table {name!r}; it has {', '.join(TABLES)}")
            for column in table.columns:
                if TABLES[name].column(column) is None:
                    own = " (attributes of your own begin with x_)" if TABLES[name].takes_extra else ""
                    raise ValueError(f"the table {name} has no column {column!r}{own}")
        return value


def read_mapping(path: Path) -> BookMapping:
    """Read a mapping.

    Raises
    ------
    BookError
        The file cannot be read, or has an entry that mappings do not have.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise BookError(f"The mapping {path} cannot be read; name a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise BookError(f"The mapping {path} is not valid TOML: {error}.") from None
    try:
        return BookMapping.model_validate_json(to_json(content))
    except ValidationError as error:
        fault = first_fault(error)
        problem = "there is no such entry" if fault.is_unknown else fault.message
        raise BookError(f"The mapping {path}: {fault.place or 'the file'}: {problem}.") from None
