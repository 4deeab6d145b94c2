"""The gate job: compare a registered version with the champion and judge it by the rules.

`gate` changes nothing; `propose` makes the version the challenger.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from risk_warning.audit.events import append
from risk_warning.database.connection import transaction
from risk_warning.errors import SettingsError
from risk_warning.learning.recipe import SCORECARD
from risk_warning.model.evaluation import Gain
from risk_warning.model.headline import unknown_outcomes
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.aliases import Named, named, number_of
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import NAME
from risk_warning.registry.registry import fetch
from risk_warning.settings import Settings
from risk_warning.stats.delong import Difference
from risk_warning.studies.compare.result import Comparison
from risk_warning.studies.compare.run import compare_models
from risk_warning.studies.promotion.checks import Checks, gate_checks
from risk_warning.studies.promotion.evidence import gate_figures
from risk_warning.studies.promotion.rules import GateEvidence, Rule, judge

CHALLENGER = "challenger"
MODEL_PROPOSED = "model_proposed"
"""Kind of the audit event that records who made which model the challenger."""


@dataclass(frozen=True)
class Gated:
    """A registered version, and the gate's judgement of it."""

    number: str
    model: RiskModel
    before: Named
    """The versions that the aliases named before."""
    rules: tuple[Rule, ...]
    comparison: Comparison | None
    """None if there is no champion."""
    checks: Checks

    @property
    def passed(self) -> bool:
        """Whether every blocking rule is met."""
        return all(rule.passed for rule in self.rules if rule.blocks)

    @property
    def failed(self) -> str:
        """The blocking rules that are not met, in words."""
        return ", ".join(_worded(rule) for rule in self.rules if rule.blocks and not rule.passed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The non-blocking rules that are not met, each in words."""
        return tuple(_worded(rule) for rule in self.rules if not rule.blocks and not rule.passed)

    @property
    def cautions(self) -> tuple[str, ...]:
        """Caveats on the calibration figures, in sentences."""
        evidence = self.checks.calibration
        return () if evidence is None else unknown_outcomes(evidence.rows, evidence.bads, evidence.outcome_unknown)


def gate(name: str, book: str | Path, settings: Settings, nights: Path | None, progress: Progress) -> Gated:
    """Judge the version by the rules on the book.

    `nights` is the folder with archived features; it defaults to the setting.

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
    comparison = None
    if before.champion is not None:
        comparison = compare_models(before.champion, number, book, settings, (), progress)
    model = fetch(number, settings)
    checks = gate_checks(model, book, settings, nights or settings.gate.nights, progress)
    rules = judge(evidence_of(model, comparison, checks), settings.gate)
    return Gated(number, model, before, rules, comparison, checks)


def propose(gated: Gated, settings: Settings, actor: str) -> str:
    """Make the version the challenger, which scores along in service; return the next step as a sentence.

    Raises
    ------
    RegistryError
        The registry cannot be changed.
    DatabaseError
        The audit trail cannot be written.
    """
    with transaction(settings.database_url) as connection, registry(settings) as client:
        detail = {"version": gated.number, "model_digest": gated.model.digest}
        append(connection, actor=actor, kind=MODEL_PROPOSED, subject=gated.model.version, detail=detail)
        client.set_registered_model_alias(NAME, CHALLENGER, gated.number)
    return (
        f"Version {gated.number} is the challenger and scores along in service. To make it the champion, run: "
        f"risk-warning promote {gated.number} --book BOOK --by NAME --reason TEXT"
    )


def _difference(gain: Gain) -> Difference:
    """Return a gain as a difference, in which an unknown end of the interval is the widest possible."""
    low, high = (-1.0 if gain.low is None else gain.low), (1.0 if gain.high is None else gain.high)
    return Difference(gain.a, gain.b, gain.difference, low, high)


def _worded(rule: Rule) -> str:
    return f"{rule.name} ({rule.figure}; limit: {rule.limit})"


def evidence_of(model: RiskModel, comparison: Comparison | None, checks: Checks) -> GateEvidence:
    """Return the evidence that the rules judge; without a comparison, the evidence on a first champion."""
    check, of_held_out = checks.calibration, checks.held_out
    scorecard = model.provenance.evaluation.against.get(SCORECARD)
    figures = gate_figures(comparison) if comparison else None
    ratio = figures.smallest_selection_ratio_b if figures else None
    gap = figures.largest_true_positive_gap_b if figures else None
    return GateEvidence(
        auc=figures.auc if figures else None,
        auc_bad_borrowers=comparison.bad_borrowers if comparison else 0,
        observed_over_expected=check.observed_over_expected if check else None,
        slope=check.slope if check else None,
        calibration_dates=len(check.dates) if check else 0,
        by_band=check.by_band if check else (),
        held_out=of_held_out.observed_over_expected if of_held_out else None,
        held_out_dates=len(of_held_out.dates) if of_held_out else None,
        against_scorecard=None if scorecard is None else _difference(scorecard.clustered),
        leaks=tuple(suspect.feature for suspect in model.provenance.leak_suspects),
        ece=figures.ece_b if figures else None,
        score_psi=figures.score_psi_b if figures else None,
        selection_ratio=ratio[1] if ratio else None,
        true_positive_gap=gap[1] if gap else None,
        violations=len(checks.violations),
        parity_compared=checks.parity_compared,
        parity_differing=checks.parity_differing,
        parity_there=checks.parity_there,
        archived_compared=sum(check.compared for check in checks.archives) if checks.archives else None,
        archived_differing=sum(check.differing for check in checks.archives),
        learnt_from_dates=len(comparison.b.learnt_from) if comparison else 0,
    )
