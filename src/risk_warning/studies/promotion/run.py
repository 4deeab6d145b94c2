"""Promotion: compare a model with the champion, judge it by the gate, make it the champion, and record the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.progress import Progress

from risk_warning.audit.events import append, append_event, newest_of
from risk_warning.core.digest import sha256
from risk_warning.database.connection import transaction
from risk_warning.document import json_text
from risk_warning.errors import GateError, RegistryError, SettingsError
from risk_warning.registry.aliases import Named, named, number_of, rename
from risk_warning.registry.on_record import MODEL_PROMOTED, MODEL_ROLLED_BACK, record_champion
from risk_warning.registry.registry import fetch, log_to_run, run_of
from risk_warning.reports import check_writable, write_page
from risk_warning.settings import Settings
from risk_warning.studies.promotion.card import governance_card
from risk_warning.studies.promotion.document import PromotionDocument
from risk_warning.studies.promotion.gate import MODEL_PROPOSED, Gated, gate
from risk_warning.studies.promotion.page import promotion_page

PROMOTION_REFUSED = "promotion_refused"
"""Kind of the audit event that records which model somebody wanted in service, and why not."""


@dataclass(frozen=True, kw_only=True)
class PromotionRequest:
    """A request for a promotion: who makes it, and why."""

    by: str
    """The person responsible, as claimed."""
    reason: str
    user: str = ""
    """System user who runs the promotion, the actor in the audit trail. Empty: the same as `by`."""
    override: str | None = None
    """Reason for overriding the gate's refusal; None: no override."""
    nights: Path | None = None
    """Folder of the nights' output, whose archives are compared with the book."""
    report: Path | None = None
    """File the page is written to, whatever the gate decides."""

    def __post_init__(self) -> None:
        texts = (("--by", self.by), ("--reason", self.reason), ("--override", self.override))
        for option, text in texts:
            if text is not None and not text.strip():
                raise SettingsError(f"{option} is empty; the audit trail records it, so give a text.")

    @property
    def actor(self) -> str:
        """The actor of the audit event."""
        return self.user or self.by


@dataclass(frozen=True)
class Promotion:
    """A promotion: the gate's judgement, the request, and the documents."""

    gated: Gated
    request: PromotionRequest
    page: str
    card: str

    @property
    def digest(self) -> str:
        """The sha256 (hex) of the report."""
        return sha256(self.page)

    @property
    def overridden(self) -> bool:
        """Whether the gate refuses the version, and the request overrides it."""
        return not self.gated.passed and self.request.override is not None


def promote(
    name: str, book: str | Path, settings: Settings, request: PromotionRequest, progress: Progress
) -> Promotion:
    """Make the model the champion and the old champion `previous`, and record it in the audit trail.

    Raises
    ------
    GateError
        A rule of the gate is not met and not overridden, or a second person is missing. Nothing is changed; the audit
        trail records the gate's refusal.
    RegistryError
        The registry cannot be reached or does not know the name, or another promotion came first.
    SettingsError
        The model is the champion already, or the two have different targets.
    AsOfDateError, LabelError, ContractError, BookError, DatabaseError, OutputError
        The comparison cannot be made, or the trail or the page cannot be written.
    """
    if request.report is not None:
        check_writable(request.report)
    gated = gate(name, book, settings, request.nights, progress)
    page = promotion_page(gated, request.by, request.reason, request.override)
    card = governance_card(gated.model, gated.comparison, gated.rules, request.by)
    promotion = Promotion(gated, request, page, card)
    if request.report is not None:
        write_page(request.report, page)
    _log(promotion, settings)
    url, subject = settings.database_url, gated.model.version
    document = PromotionDocument.of(promotion).model_dump(mode="json")
    detail = {**document, "model_digest": gated.model.digest}
    if not gated.passed and not promotion.overridden:
        append_event(url, actor=request.actor, kind=PROMOTION_REFUSED, subject=subject, detail=detail)
        where = "" if request.report is None else f" The report is in {request.report}."
        raise GateError(
            f"The gate refuses version {gated.number}: {gated.failed}. Nothing was changed. Improve the model, or "
            f"override the gate with --override TEXT.{where}"
        )
    check_second_person(subject, request, settings)
    with transaction(url) as connection:
        # A concurrent promotion waits here, and then finds another champion.
        append(connection, actor=request.actor, kind=MODEL_PROMOTED, subject=subject, detail=detail)
        rename(gated.before, Named(gated.number, gated.before.champion or gated.before.previous), settings)
    return promotion


def check_second_person(model_version: str, request: PromotionRequest, settings: Settings) -> None:
    """Check that somebody else has proposed the model, if the settings require a second person.

    Raises
    ------
    GateError
        Nobody else has.
    """
    if not settings.gate.second_person:
        return
    proposed = newest_of(settings.database_url, (MODEL_PROPOSED,), dict, model_version)
    if proposed is None or proposed.actor == request.actor:
        by = "nobody has" if proposed is None else f"{proposed.actor} has, who promotes it as well"
        raise GateError(
            f"gate.second_person: somebody else must have proposed {model_version} with risk-warning propose; {by}. "
            "Nothing was changed."
        )


def roll_back(settings: Settings, *, by: str, reason: str, user: str = "") -> tuple[str, str]:
    """Exchange champion and previous; return their version numbers (champion now, champion before).

    Raises
    ------
    RegistryError
        There is no previous champion, or the registry cannot be changed.
    DatabaseError
        The audit trail cannot be written.
    """
    request = PromotionRequest(by=by, reason=reason, user=user)
    before = named(settings)
    if before.champion is None or before.previous is None:
        raise RegistryError("There is no previous champion to go back to; promote a version instead.")
    after = Named(before.previous, before.champion)
    model = fetch(before.previous, settings)
    detail = {
        "version": before.previous,
        "before": before.champion,
        "by": by,
        "reason": reason,
        "model_digest": model.digest,
    }
    with transaction(settings.database_url) as connection:
        append(connection, actor=request.actor, kind=MODEL_ROLLED_BACK, subject=model.version, detail=detail)
        rename(before, after, settings)
    return before.previous, before.champion


def adopt(name: str, settings: Settings, *, by: str, reason: str, user: str = "") -> str:
    """Record the version that the registry calls champion already as the champion; return its number.

    Raises
    ------
    RegistryError
        The registry cannot be reached, or its champion is another version.
    ModelError
        The model is damaged.
    DatabaseError
        The audit trail cannot be written.
    """
    request = PromotionRequest(by=by, reason=reason, user=user)
    number, champion = number_of(name, settings), named(settings).champion
    if number != champion:
        raise RegistryError(
            f"Version {number} is not what the registry calls champion ({champion or 'none'}), so there is nothing to "
            "adopt; promote it instead."
        )
    record_champion(fetch(number, settings), settings, actor=request.actor, by=by, reason=reason)
    return number


def _log(promotion: Promotion, settings: Settings) -> None:
    """Log the report and the card to the model's MLflow run, whatever the gate decides."""
    run_id = run_of(promotion.gated.number, settings)
    if run_id is not None:
        stem = f"promotion/{date.today():%Y%m%d}-{promotion.digest[:12]}"
        texts: Mapping[str, str] = {
            f"{stem}.html": promotion.page,
            f"{stem}.md": promotion.card,
            f"{stem}.json": json_text(PromotionDocument.of(promotion)),
        }
        log_to_run(run_id, {}, texts, {"gate": "passed" if promotion.gated.passed else "refused"}, settings)
