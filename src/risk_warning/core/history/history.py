"""The history of a group of borrowers: their sorted rows, from which the panel and the truth of any day are built."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from risk_warning.core.calendar import NEVER
from risk_warning.core.history.instalments import Obligations
from risk_warning.core.history.loans import Accounts
from risk_warning.core.history.profile import Profile
from risk_warning.core.history.statements import Statements
from risk_warning.core.history.truth import Truth
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows


@dataclass(frozen=True)
class History:
    """The rows of a group of borrowers, sorted once and used for any number of as-of dates."""

    rows: Rows
    observed: Observed
    obligations: Obligations | None
    statements: Statements | None
    accounts: Accounts
    profile: Profile
    dpd_tolerance_ratio: float = 0.01

    @classmethod
    def of(cls, rows: Rows, observed: Observed, *, dpd_tolerance_ratio: float = 0.01) -> History:
        """Sort the rows and build the history. `rows` itself is not changed."""
        obligations = Obligations.of(rows) if rows.instalments is not None else None
        statements = Statements.of(rows) if rows.statements is not None else None
        return cls(
            rows=rows,
            observed=observed,
            obligations=obligations,
            statements=statements,
            accounts=Accounts.of(rows),
            profile=Profile.of(rows),
            dpd_tolerance_ratio=dpd_tolerance_ratio,
        )

    def truth(self, known_before: int = NEVER) -> Truth:
        """Return what happened to the loans, from everything recorded before the day `known_before`."""
        return self._whole_truth if known_before == NEVER else Truth.of(self, known_before)

    @cached_property
    def _whole_truth(self) -> Truth:
        return Truth.of(self)
