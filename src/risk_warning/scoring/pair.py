"""A pair: two models that score the same rows night after night, by one panel where they read the same of the book."""

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
    """Two models of one target, and what each may read of a book."""

    a: RiskModel
    b: RiskModel
    observed_a: Observed
    observed_b: Observed

    @classmethod
    def on(cls, book: StagedBook, a: RiskModel, b: RiskModel) -> Pair:
        """The pair on a book; `ContractError` where it lacks what one of them was trained on."""
        return cls(a, b, a.observed_in(book), b.observed_in(book))

    def reading(self, rows: Rows) -> Reading:
        """The pair over some rows, put in order once for all dates."""
        history_a = self.a.history(rows, self.observed_a)
        same = self.observed_a == self.observed_b
        return Reading(self.a, self.b, history_a, history_a if same else self.b.history(rows, self.observed_b))


@dataclass(frozen=True)
class Reading:
    """The histories by which a pair scores some rows; one and the same where both models read the same columns."""

    a: RiskModel
    b: RiskModel
    history_a: History
    history_b: History

    def score(self, as_of_date: date) -> tuple[Scored, Scored]:
        """Both models' scores on the date, to the bit those that each would give alone."""
        a, b, history = self.a, self.b, self.history_a
        if history is not self.history_b:
            return a.score_history(history, as_of_date), b.score_history(self.history_b, as_of_date)
        panel = panel_of(history, as_of_date, needs=a.needs | b.needs)
        return a.score_panel(history.rows, panel), b.score_panel(history.rows, panel)
