"""Promotion: a model compared with the champion, judged by the gate, and put in its place on the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.progress import Progress

from risk_warning.core.gate import Evidence, Limits, Rule, judge
from risk_warning.errors import GateError, RegistryError, SettingsError
from risk_warning.jobs.compare import compare_models
from risk_warning.jobs.comparison import Comparison
from risk_warning.jobs.gate_checks import Checks, gate_checks
from risk_warning.jobs.gate_figures import gate_figures
from risk_warning.jobs.governance_card import governance_card
from risk_warning.jobs.promotion_page import promotion_page
from risk_warning.model.aliases import Named, named, number_of, rename
from risk_warning.model.registry import fetch, log_to_run, run_of
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings
from risk_warning.watchlist.database import transaction
from risk_warning.watchlist.events import append, append_event

MODEL_PROMOTED, PROMOTION_REFUSED, MODEL_ROLLED_BACK = "model_promoted", "promotion_refused", "model_rolled_back"
"""Kinds of the events that say who put which model in service, when and why."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for a promotion, and why."""

    approver: str
    reason: str
    override: str | None = None
    """Why the gate's refusal is overridden; None: it is not."""
    nights: Path | None = None
    """Folder of the nights' output, whose archives are held against the book."""

    def __post_init__(self) -> None:
        texts = (("--approver", self.approver), ("--reason", self.reason), ("--override", self.override))
        for option, text in texts:
            if text is not None and not text.strip():
                raise SettingsError(f"{option} is empty; the audit trail keeps it, so say who and why.")


@dataclass(frozen=True)
class Promotion:
    """What came of it."""

    number: str
    model: RiskModel
    before: str | None
    """Version number of the champion until then."""
    rules: tuple[Rule, ...]
    comparison: Comparison | None
    checks: Checks
    asked: Asked
    page: str
    card: str

    @property
    def passed(self) -> bool:
        """Whether every rule is met."""
        return all(rule.passed for rule in self.rules)

    @property
    def digest(self) -> str:
        """The sha256 (hex) of the report."""
        return hashlib.sha256(self.page.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The promotion for a program."""
        return {
            "version": self.number,
            "model_version": self.model.version,
            "before": self.before,
            "passed": self.passed,
            "overridden": not self.passed,
            "rules": [asdict(rule) for rule in self.rules],
            "report_sha256": self.digest,
            "approver": self.asked.approver,
            "reason": self.asked.reason,
            "override": self.asked.override,
        }


def promote(name: str, book: str | Path, settings: Settings, asked: Asked, progress: Progress) -> Promotion:
    """The promotion, done: the model is the champion, the old one `previous`, and the trail says so.

    Raises
    ------
    GateError
        A rule of the gate is not met, and that is not overridden; nothing is changed, the refusal stands in the trail.
    RegistryError
        The registry cannot be reached, does not know the name, or another promotion came first.
    SettingsError
        The model is the champion already, or the two have different targets.
    AsOfDateError, LabelError, ContractError, BookError, DatabaseError
        The comparison cannot be made, or the trail not written.
    """
    number, before = number_of(name, settings), named(settings)
    if number == before.champion:
        raise SettingsError(f"Version {number} is the champion already; there is nothing to promote.")
    found = None
    if before.champion is not None:
        found = compare_models(before.champion, number, book, settings, (), progress)
    model = found.b.model if found else fetch(number, settings)
    checks = gate_checks(model, book, settings, asked.nights or settings.gate.nights, progress)
    rules = judge(_evidence(found, checks), Limits(**settings.gate.model_dump(exclude={"nights"})))
    page = promotion_page(number, model, rules, found, checks, asked.approver, asked.reason, asked.override)
    made = Promotion(
        number,
        model,
        before.champion,
        rules,
        found,
        checks,
        asked,
        page,
        governance_card(model, found, rules, asked.approver),
    )
    _log(made, settings)
    url, detail = settings.database_url, made.to_dict()
    if not made.passed and asked.override is None:
        append_event(url, actor=asked.approver, kind=PROMOTION_REFUSED, subject=model.version, detail=detail)
        failed = ", ".join(f"{rule.name} ({rule.figure}; asked: {rule.limit})" for rule in rules if not rule.passed)
        raise GateError(
            f"The gate refuses version {number}: {failed}. Nothing was changed; mend it, or give --override TEXT."
        )
    with transaction(url) as connection:
        # Who promotes at the same time waits here, and then finds another champion.
        append(connection, actor=asked.approver, kind=MODEL_PROMOTED, subject=model.version, detail=detail)
        rename(before, Named(number, before.champion or before.previous), settings)
    return made


def roll_back(settings: Settings, approver: str, reason: str) -> tuple[str, str]:
    """(Version number of the champion now, of the one before): the two aliases have changed places.

    Raises
    ------
    RegistryError
        There is no previous champion, or the registry cannot be changed.
    DatabaseError
        The audit trail cannot be written.
    """
    Asked(approver=approver, reason=reason)
    before = named(settings)
    if before.champion is None or before.previous is None:
        raise RegistryError("There is no previous champion to go back to; promote a version instead.")
    after = Named(before.previous, before.champion)
    model = fetch(before.previous, settings)
    detail = {"version": before.previous, "before": before.champion, "approver": approver, "reason": reason}
    with transaction(settings.database_url) as connection:
        append(connection, actor=approver, kind=MODEL_ROLLED_BACK, subject=model.version, detail=detail)
        rename(before, after, settings)
    return before.previous, before.champion


def _evidence(found: Comparison | None, checks: Checks) -> Evidence:
    figures = gate_figures(found) if found else None
    ratio = figures.smallest_selection_ratio_b if figures else None
    gap = figures.largest_true_positive_gap_b if figures else None
    return Evidence(
        auc=figures.auc if figures else None,
        ece=figures.ece_b if figures else None,
        score_psi=figures.score_psi_b if figures else None,
        selection_ratio=ratio[1] if ratio else None,
        true_positive_gap=gap[1] if gap else None,
        violations=len(checks.violations),
        parity_compared=checks.parity_compared,
        parity_differing=checks.parity_differing,
        archived_compared=sum(held.compared for held in checks.held) if checks.held else None,
        archived_differing=sum(held.differing for held in checks.held),
        learnt_from_dates=len(found.b.learnt_from) if found else 0,
    )


def _log(made: Promotion, settings: Settings) -> None:
    """Nothing comes back; report and card lie in the model's MLflow run, whatever the gate says."""
    run_id = run_of(made.number, settings)
    if run_id is not None:
        stem = f"promotion/{date.today():%Y%m%d}-{made.digest[:12]}"
        texts: Mapping[str, str] = {
            f"{stem}.html": made.page,
            f"{stem}.md": made.card,
            f"{stem}.json": json.dumps(made.to_dict(), indent=1),
        }
        log_to_run(run_id, {}, texts, {"gate": "passed" if made.passed else "refused"}, settings)
