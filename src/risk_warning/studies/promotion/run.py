"""Promotion: a model compared with the champion, judged by the gate, and put in its place on the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.progress import Progress

from risk_warning.audit.events import append, append_event
from risk_warning.database.connection import transaction
from risk_warning.errors import GateError, RegistryError, SettingsError
from risk_warning.registry.aliases import Named, named, rename
from risk_warning.registry.registry import fetch, log_to_run, run_of
from risk_warning.reports import check_writable, write_page
from risk_warning.settings import Settings
from risk_warning.studies.promotion.card import governance_card
from risk_warning.studies.promotion.gate import Gated, gate
from risk_warning.studies.promotion.page import promotion_page

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
    out: Path | None = None
    """File the page is written to, whatever the gate says."""

    def __post_init__(self) -> None:
        texts = (("--approver", self.approver), ("--reason", self.reason), ("--override", self.override))
        for option, text in texts:
            if text is not None and not text.strip():
                raise SettingsError(f"{option} is empty; the audit trail keeps it, so say who and why.")


@dataclass(frozen=True)
class Promotion:
    """What came of it."""

    gated: Gated
    asked: Asked
    page: str
    card: str

    @property
    def digest(self) -> str:
        """The sha256 (hex) of the report."""
        return hashlib.sha256(self.page.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The promotion for a program."""
        return {
            **self.gated.to_dict(),
            "overridden": not self.gated.passed and self.asked.override is not None,
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
    AsOfDateError, LabelError, ContractError, BookError, DatabaseError, OutputError
        The comparison cannot be made, or the trail or the page not written.
    """
    if asked.out is not None:
        check_writable(asked.out)
    found = gate(name, book, settings, asked.nights, progress)
    page = promotion_page(found, asked.approver, asked.reason, asked.override)
    made = Promotion(found, asked, page, governance_card(found.model, found.comparison, found.rules, asked.approver))
    if asked.out is not None:
        write_page(asked.out, page)
    _log(made, settings)
    url, detail, subject = settings.database_url, made.to_dict(), found.model.version
    if not found.passed and asked.override is None:
        append_event(url, actor=asked.approver, kind=PROMOTION_REFUSED, subject=subject, detail=detail)
        where = "" if asked.out is None else f" The report is {asked.out}."
        raise GateError(
            f"The gate refuses version {found.number}: {found.failed}. Nothing was changed; mend it, or give "
            f"--override TEXT.{where}"
        )
    with transaction(url) as connection:
        # Who promotes at the same time waits here, and then finds another champion.
        append(connection, actor=asked.approver, kind=MODEL_PROMOTED, subject=subject, detail=detail)
        rename(found.before, Named(found.number, found.before.champion or found.before.previous), settings)
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


def _log(made: Promotion, settings: Settings) -> None:
    """Nothing comes back; report and card lie in the model's MLflow run, whatever the gate says."""
    run_id = run_of(made.gated.number, settings)
    if run_id is not None:
        stem = f"promotion/{date.today():%Y%m%d}-{made.digest[:12]}"
        texts: Mapping[str, str] = {
            f"{stem}.html": made.page,
            f"{stem}.md": made.card,
            f"{stem}.json": json.dumps(made.to_dict(), indent=1),
        }
        log_to_run(run_id, {}, texts, {"gate": "passed" if made.gated.passed else "refused"}, settings)
