"""A pair: two models that score the same rows each night, from one panel if they read the same columns of the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from risk_warning.book import StagedBook
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import Rows
from risk_warning.model.risk_model import RiskModel, Scored


@dataclass(frozen=True)
class Pair:
    """Two models with the same target, and the columns of a book that each may read."""

    a: RiskModel
    b: RiskModel
    observed_a: Observed
    observed_b: Observed

    @classmethod
    def on(cls, book: StagedBook, a: RiskModel, b: RiskModel) -> Pair:
        """Return the pair for a book.

        Raises
        ------
        ContractError
            The book lacks something that one of the models was trained on.
        """
        return cls(a, b, a.observed_in(book), b.observed_in(book))

    def reading(self, rows: Rows) -> Reading:
        """Return the pair for some rows, which are put in order once for all dates."""
        history_a = self.a.history(rows, self.observed_a)
        same = self.observed_a == self.observed_b
        return Reading(self.a, self.b, history_a, history_a if same else self.b.history(rows, self.observed_b))


@dataclass(frozen=True)
class Reading:
    """The histories from which a pair scores some rows; one object if both models read the same columns."""

    a: RiskModel
    b: RiskModel
    history_a: History
    history_b: History

    def score(self, as_of_date: date) -> tuple[Scored, Scored]:
        """Return both models' scores on the date, equal to the bit to those of each model alone."""
        a, b, history = self.a, self.b, self.history_a
        if history is not self.history_b:
            return a.score_history(history, as_of_date), b.score_history(self.history_b, as_of_date)
        panel = panel_of(history, as_of_date, needs=a.needs | b.needs)
        return a.score_panel(history.rows, panel), b.score_panel(history.rows, panel)
