"""Borrowers of the configured book, looked up one at a time in the book's current state."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from risk_warning.book.one_borrower import BorrowerRecords, borrower_records, columns_given, reach_of_book
from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.reach import Reach
from risk_warning.errors import AsOfDateError, BookError, SettingsError
from risk_warning.model.risk_model import RiskModel
from risk_warning.service.wire.refusals import Refusal
from risk_warning.settings import Settings

_AT_ONCE = 4
_KNOWN_SECONDS = 300.0
_log = logging.getLogger(__name__)


def check_book(model: RiskModel, settings: Settings) -> None:
    """Check that the settings allow the columns that the model reads, and that the configured book has them.

    A database that cannot be reached now may be back before the first request: this is logged, and raises no error.

    Raises
    ------
    SettingsError
        The model reads a column that the settings keep out of models, or `service.book` is neither a file nor a URL.
    BookError
        The file is not a book.
    ContractError
        The book lacks a column that the model reads.
    """
    if kept_out := model.kept_out_by(settings.book.never_modelled):
        raise SettingsError(
            f"Model {model.version} reads {kept_out[0]}, which the settings keep out of models as protected; allow it "
            "under [book.allowed] with a reason, or serve a model without it."
        )
    location = settings.service.book
    if location is None:
        return
    is_url = location.startswith(("postgresql://", "postgres://"))
    path = Path(location)
    if not is_url and (path.suffix == ".toml" or not path.is_file()):
        kind = "a folder" if path.is_dir() else "a mapping" if path.is_file() else "nothing"
        raise SettingsError(
            f"The setting service.book names {location}, where {kind} is; name a DuckDB file, such as risk-warning "
            "convert BOOK FILE writes, or a postgresql:// URL."
        )
    try:
        given = columns_given(location, settings.book)
    except BookError as error:
        if not is_url:
            raise
        _log.warning("the book cannot be read now, so that /score_by_id cannot answer: %s", error)
        return
    model.observed_among(given)


class Borrowers:
    """The histories of the book's borrowers, by id."""

    def __init__(self, location: str | None, settings: Settings) -> None:
        self._location = location
        self._settings = settings
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._reach = Reach()
        self._looked_at = float("-inf")

    async def find(self, borrower_id: str | int, as_of_date: date) -> BorrowerRecords:
        """Return the borrower's rows.

        Raises
        ------
        Refusal
            404: no book is configured, or it has no such borrower.
        AsOfDateError
            The as-of date is too long after the book's last payment data, as in the nightly run.
        BookError, SettingsError
            The book cannot be read.
        """
        if self._location is None:
            raise Refusal(
                404, "not_found", "No book is configured: set RISK_WARNING_SERVICE__BOOK, or send the borrower's rows."
            )
        async with self._free:
            reach, day = await self._reach_of(self._location), to_day(as_of_date)
            if (refusal := reach.refusal(day)) is not None:
                raise AsOfDateError(refusal)
            book = self._settings.book
            records = await asyncio.to_thread(borrower_records, self._location, borrower_id, book)
        if records is None:
            raise Refusal(404, "unknown_borrower", "The book has no borrower with this id.", "borrower_id")
        through = reach.payments_through(day)
        return records if through == NEVER else replace(records, payments_through=to_date(through))

    async def _reach_of(self, location: str) -> Reach:
        if time.monotonic() - self._looked_at > _KNOWN_SECONDS:
            self._reach = await asyncio.to_thread(
                reach_of_book,
                location,
                self._settings.book,
                data_through=self._settings.data_through,
                today=date.today(),
            )
            self._looked_at = time.monotonic()
        return self._reach
