"""The gate job: a registered version compared with the champion and held to the rules; nothing is changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.progress import Progress

from risk_warning.errors import SettingsError
from risk_warning.learning.recipe import SCORECARD
from risk_warning.model.headline import unknown_outcomes
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.aliases import Named, named, number_of
from risk_warning.registry.reference import NAME
from risk_warning.registry.registry import fetch, registry
from risk_warning.settings import Settings
from risk_warning.stats.delong import Difference
from risk_warning.studies.compare.result import Comparison
from risk_warning.studies.compare.run import compare_models
from risk_warning.studies.promotion.checks import Checks, gate_checks
from risk_warning.studies.promotion.evidence import gate_figures
from risk_warning.studies.promotion.rules import Evidence, Limits, Rule, judge

CHALLENGER = "challenger"


@dataclass(frozen=True)
class Gated:
    """A version, and how it stands to the rules."""

    number: str
    model: RiskModel
    before: Named
    """What the aliases named."""
    rules: tuple[Rule, ...]
    comparison: Comparison | None
    """None where there is no champion."""
    checks: Checks

    @property
    def passed(self) -> bool:
        """Whether every rule that blocks is met."""
        return all(rule.passed for rule in self.rules if rule.blocks)

    @property
    def failed(self) -> str:
        """The rules not met that block, in words."""
        return ", ".join(_worded(rule) for rule in self.rules if rule.blocks and not rule.passed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The rules not met that do not block, each in words."""
        return tuple(_worded(rule) for rule in self.rules if not rule.blocks and not rule.passed)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What limits the figures of calibration, in sentences."""
        held = self.checks.calibration
        return () if held is None else unknown_outcomes(held.rows, held.bads, held.outcome_unknown)

    def to_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "version": self.number,
            "model_version": self.model.version,
            "before": self.before.champion,
            "passed": self.passed,
            "rules": [asdict(rule) for rule in self.rules],
            "warnings": list(self.warnings),
            "cautions": list(self.cautions),
        }


def gate(name: str, book: str | Path, settings: Settings, nights: Path | None, progress: Progress) -> Gated:
    """The version held to the rules on the book; `nights` is where archived features lie, default the setting.

    Raises
    ------
    RegistryError
        The registry cannot be reached or does not know the name.
    SettingsError
        The model is the champion already, or the two have different targets.
    AsOfDateError, LabelError, ContractError, BookError
        The comparison cannot be made.
    """
    number, before = number_of(name, settings), named(settings)
    if number == before.champion:
        raise SettingsError(f"Version {number} is the champion already; there is nothing to promote.")
    found = None
    if before.champion is not None:
        found = compare_models(before.champion, number, book, settings, (), progress)
    model = fetch(number, settings)
    checks = gate_checks(model, book, settings, nights or settings.gate.nights, progress)
    rules = judge(evidence_of(model, found, checks), Limits(**settings.gate.model_dump(exclude={"nights"})))
    return Gated(number, model, before, rules, found, checks)


def propose(found: Gated, settings: Settings) -> str:
    """What to do next, in a sentence; the version is the challenger, which scores along in service."""
    with registry(settings) as client:
        client.set_registered_model_alias(NAME, CHALLENGER, found.number)
    return (
        f"Version {found.number} is the challenger and scores along in service; to put it in the champion's place: "
        f"risk-warning promote {found.number} --book BOOK --by NAME --reason TEXT"
    )


def _difference(told: dict[str, Any]) -> Difference:
    """A difference as a model folder keeps it: an end that is not known is null."""
    low, high = (-1.0 if told["low"] is None else told["low"]), (1.0 if told["high"] is None else told["high"])
    return Difference(told["a"], told["b"], told["difference"], low, high)


def _worded(rule: Rule) -> str:
    return f"{rule.name} ({rule.figure}; asked: {rule.limit})"


def evidence_of(model: RiskModel, found: Comparison | None, checks: Checks) -> Evidence:
    """What the rules are held against; without a comparison, that of a first champion."""
    held = checks.calibration
    scorecard = model.about["evaluation"]["against"].get(SCORECARD)
    figures = gate_figures(found) if found else None
    ratio = figures.smallest_selection_ratio_b if figures else None
    gap = figures.largest_true_positive_gap_b if figures else None
    return Evidence(
        auc=figures.auc if figures else None,
        auc_bad_borrowers=found.bad_borrowers if found else 0,
        observed_over_expected=held.observed_over_expected if held else None,
        slope=held.slope if held else None,
        calibration_dates=len(held.dates) if held else 0,
        by_band=held.by_band if held else (),
        against_scorecard=None if scorecard is None else _difference(scorecard["clustered"]),
        leaks=tuple(suspect["feature"] for suspect in model.about["leak_suspects"]),
        ece=figures.ece_b if figures else None,
        score_psi=figures.score_psi_b if figures else None,
        selection_ratio=ratio[1] if ratio else None,
        true_positive_gap=gap[1] if gap else None,
        violations=len(checks.violations),
        parity_compared=checks.parity_compared,
        parity_differing=checks.parity_differing,
        parity_there=checks.parity_there,
        archived_compared=sum(held.compared for held in checks.held) if checks.held else None,
        archived_differing=sum(held.differing for held in checks.held),
        learnt_from_dates=len(found.b.learnt_from) if found else 0,
    )
