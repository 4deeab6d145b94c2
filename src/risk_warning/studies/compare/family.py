"""The comparison of a family: many models compared with one, on the same borrowers and the same mature dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from rich.progress import Progress

from risk_warning.book import StagedBook, open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import ContractError, ModelError, RegistryError, SettingsError
from risk_warning.learning.recipe import SEED
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.registry import fetch
from risk_warning.reports.numbers import signed
from risk_warning.scoring.side_by_side import check_targets, unlearnt_dates, untrained_from
from risk_warning.settings import Settings
from risk_warning.stats.calibration import Calibration, calibration
from risk_warning.stats.evaluation import expected_calibration_error
from risk_warning.stats.paired_bootstrap import DRAWS, one_row_each
from risk_warning.stats.standings import STILL_POSSIBLE, Standing, standings
from risk_warning.studies.compare.family_rows import score_family
from risk_warning.studies.compare.run import check_bads


@dataclass(frozen=True)
class Member:
    """One model of the family: the name given for it, and its results."""

    name: str
    model: RiskModel
    standing: Standing
    calibration: Calibration
    ece: float
    """Expected calibration error."""
    learnt_from: tuple[date, ...]
    """Compared dates that it may have learnt from, which flatters its figures."""


@dataclass(frozen=True)
class FamilyComparison:
    """The result of comparing a family with one model; the same models, book and dates give the same result."""

    reference: Member
    members: tuple[Member, ...]
    """The other models, the largest AUC first."""
    left_out: dict[str, str]
    """Name of a model that could not be compared → the reason."""
    dates: tuple[date, ...]
    rows: int
    borrowers: int
    bads: int
    not_by_all: int
    """Rows with an outcome that some of the models score and others do not; no figure includes them."""
    outcome_unknown: int
    """Rows that all models score but whose outcome is unknown; no figure includes them."""

    @property
    def target(self) -> TargetSpec:
        """The target that all models predict."""
        return self.reference.model.target

    @property
    def verdict(self) -> str:
        """One plain sentence: whether a member finds more of those who go bad than `reference`."""
        best, a = self.members[0], self.reference.name
        gain = best.standing.gain
        gain_text = f"AUC {signed(gain.difference, 4)} ({signed(gain.low, 4)} to {signed(gain.high, 4)})"
        if not (gain.is_significant and gain.difference > 0):
            if len(self.members) == 1:
                return f"{best.name} is not shown to find more of those who go bad than {a}: {gain_text}."
            return (
                f"None of the {len(self.members)} models is shown to find more of those who go bad than {a}; the best "
                f"of them is {best.name}: {gain_text}."
            )
        others = [one.name for one in self.members[1:] if one.standing.first_share > STILL_POSSIBLE]
        as_well = f", and {' and '.join(others)} may be as good" if others else ""
        return f"{best.name} finds more of those who go bad than {a}: {gain_text}{as_well}."


def compare_family(
    name_a: str,
    names: Sequence[str],
    location: str | Path,
    settings: Settings,
    requested: Sequence[date],
    progress: Progress,
) -> FamilyComparison:
    """Return the comparison on the requested dates, by default on the last month from which no model learnt.

    A model is left out, and named in the result, if it has another target, reads what the book lacks, or is damaged.

    Raises
    ------
    SettingsError
        If no model is left to compare with the first.
    AsOfDateError, LabelError
        If a date is outside the data, no month is mature, or there are too few bads for an interval.
    ContractError, RegistryError, ModelError
        If the first model cannot be loaded, or the book lacks something that it was trained on.
    """
    others = [name for name in names if name != name_a]
    task = progress.add_task("fetching the models", total=len(others))
    a = fetch(name_a, settings).as_judged
    by_name: dict[str, RiskModel] = {name_a: a}
    left_out: dict[str, str] = {}
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        a.observed_in(book)
        for name in others:
            try:
                by_name[name] = _comparable(name, by_name, book, settings)
            except (ContractError, ModelError, RegistryError, SettingsError) as error:
                left_out[name] = str(error)
            progress.advance(task)
        if len(by_name) == 1:
            first = next(iter(left_out.values()), "")
            raise SettingsError(f"No other model can be compared with {name_a}. {first}".strip())
        models = tuple(by_name.values())
        dates = unlearnt_dates(book, models, requested)
        progress.update(task, description="scoring with all models", total=book.n_borrowers, completed=0)
        rows = score_family(book, models, dates, settings.score, lambda done: progress.advance(task, done))
    one = one_row_each(rows.borrower, seed=SEED)
    check_bads(rows.bad[one], dates)
    progress.update(task, description="bootstrapping over borrowers", total=DRAWS, completed=0)
    member_standings = standings(
        rows.bad, tuple(rows.pd), rows.borrower, seed=SEED, advance=lambda done: progress.advance(task, done)
    )
    everyone = np.zeros(len(rows.bad), np.int64)
    members = [
        Member(
            name,
            model,
            standing,
            calibration(rows.bad, pd, everyone, [name])[0],
            expected_calibration_error(rows.bad, pd),
            tuple(day for day in dates if day < untrained_from(model)),
        )
        for (name, model), standing, pd in zip(by_name.items(), member_standings, rows.pd, strict=True)
    ]
    ranked = sorted(members[1:], key=lambda member: -member.standing.measures["auc"])
    return FamilyComparison(
        members[0],
        tuple(ranked),
        left_out,
        dates,
        rows=len(rows.bad),
        borrowers=len(one),
        bads=int(rows.bad.sum()),
        not_by_all=rows.not_by_all,
        outcome_unknown=rows.outcome_unknown,
    )


def _comparable(name: str, others: dict[str, RiskModel], book: StagedBook, settings: Settings) -> RiskModel:
    """Return the model, if it can be compared with the first of the others and is none of them."""
    model = fetch(name, settings).as_judged
    for other, known in others.items():
        if known.version == model.version:
            raise SettingsError(f"It is the same model as {other}.")
    check_targets(next(iter(others.values())), model)
    model.observed_in(book)
    return model
