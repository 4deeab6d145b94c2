"""Compute days past due, eligibility and outcomes day by day and row by row, in slow and independent plain loops.

This module uses none of the core's arrays, spells or stretches; it follows only the words of the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEVER = 2**31 - 1
Row = Mapping[str, Any]
CHARGED_OFF = 0


@dataclass
class SlowLoan:
    """The rows of one loan: its terms by `valid_from`, its instalments by number, and its statements."""

    terms: list[Row]
    instalments: dict[int, list[Row]]
    statements: list[Row]

    def latest(self, before: int) -> Row | None:
        known = [row for row in self.terms if row["valid_from"] < before]
        return max(known, key=lambda row: row["valid_from"]) if known else None

    def end(self, before: int) -> tuple[int, bool]:
        """Return (day on which the loan ended, by what was known before a day; whether it ended by a write-off)."""
        row = self.latest(before)
        if row is None:
            return NEVER, False
        gone = row["written_off_on"]
        if row["closed_as"] == CHARGED_OFF:
            gone = min(gone, row["closed_on"])
        if gone < before:
            return gone, True
        return (row["closed_on"], False) if row["closed_on"] < before else (NEVER, False)

    def is_open(self, day: int) -> bool:
        row = self.latest(day)
        return row is not None and row["opened_on"] < day and self.end(day)[0] == NEVER

    def dpd(self, day: int, known_before: int, *, first_version: bool) -> int | None:
        """Return the days past due at the start of `day` by rows recorded before `known_before`; None without a row."""
        if day > self.end(known_before)[0]:
            return None
        days_late: list[int] = []
        for rows in self.instalments.values():
            versions = sorted(rows, key=lambda row: row["scheduled_on"])
            seen = [row for row in versions if row["scheduled_on"] < min(day, known_before)]
            if not seen or versions[0]["due_on"] >= self.end(known_before)[0]:
                continue
            version = versions[0] if first_version else [r for r in versions if r["scheduled_on"] < known_before][-1]
            paid = sum(
                row["paid_amount"]
                for row in rows
                if row["paid_on"] < day and row["paid_on"] < known_before and row["recorded_on"] < known_before
            )
            is_unpaid = version["due_amount"] > 0 and version["due_amount"] - paid > 0.01 * version["due_amount"]
            days_late.append(day - version["due_on"] if is_unpaid and version["due_on"] < day else 0)
        return max(days_late) if days_late else None

    def statement(self, day: int, known_before: int) -> Row | None:
        """Return the latest statement before `day` with days past due, in the last version before `known_before`."""
        end = self.end(known_before)[0]
        by_day: dict[int, Row] = {}
        for row in sorted(self.statements, key=lambda row: row["recorded_on"]):
            if row["statement_on"] < min(day, end) and row["recorded_on"] < known_before:
                by_day[row["statement_on"]] = row
        statements = [row for row in by_day.values() if row["days_past_due"] == row["days_past_due"]]
        return max(statements, key=lambda row: row["statement_on"]) if statements else None


def outcome(loans: Sequence[SlowLoan], as_of: int, window_end: int, bad_dpd: int, gap_days: int) -> str:
    """Return the outcome of a borrower in [as_of, window_end), "bad", "good" or "unknown", day by day."""
    bad = unknown = False
    for one in loans:
        if not one.is_open(as_of):
            continue
        end, lost = one.end(NEVER)
        if lost and end < window_end:
            bad = True
        for day in range(as_of, window_end):
            if day > end:
                break
            by_rows = one.dpd(day, NEVER, first_version=True)
            if by_rows is not None and by_rows >= bad_dpd:
                bad = True
            statement = one.statement(day + 1, NEVER)
            is_fresh = statement is not None and day < statement["statement_on"] + gap_days
            if statement is not None and is_fresh and statement["days_past_due"] >= bad_dpd:
                bad = True
            latest = one.latest(NEVER)
            assert latest is not None
            is_new = not one.instalments and day < latest["opened_on"] + gap_days
            if not (one.instalments or is_fresh or is_new) and day < end:
                unknown = True
    return "bad" if bad else "unknown" if unknown else "good"
