"""The champion on record: the registry's alias counts only if the audit trail names the same model.

Whoever can write to the registry can move its alias. Only somebody with the key of the trail's seals can record a
champion.
"""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.audit.events import append_event, newest_of
from risk_warning.database.connection import display_url, exists
from risk_warning.errors import RegistryError
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings

MODEL_PROMOTED, MODEL_ROLLED_BACK, CHAMPION_ADOPTED = "model_promoted", "model_rolled_back", "champion_adopted"
"""Kinds of events whose subject is the champion from then on."""


@dataclass(frozen=True)
class _Recorded:
    """What the detail of such an event says of the model."""

    model_digest: str | None = None


def check_on_record(model: RiskModel, settings: Settings) -> None:
    """Check that the newest champion in the audit trail is this model.

    Raises
    ------
    RegistryError
        It is another one, or there is none.
    DatabaseError
        The trail cannot be read.
    """
    url = settings.database_url
    newest = newest_of(url, (MODEL_PROMOTED, MODEL_ROLLED_BACK, CHAMPION_ADOPTED), _Recorded) if exists(url) else None
    if newest is not None:
        is_same = newest.subject == model.version
        if is_same and newest.detail.model_digest in (None, model.digest):
            return
    said = "names no champion" if newest is None else f"names {newest.subject}"
    raise RegistryError(
        f"The registry's champion is {model.version}, but the audit trail of {display_url(url)} {said}: its alias was "
        "moved without promote. Set it back; or record this champion with risk-warning adopt VERSION --by NAME "
        "--reason TEXT."
    )


def record_champion(model: RiskModel, settings: Settings, *, actor: str, by: str, reason: str) -> None:
    """Record a model that stands as the champion already.

    Raises
    ------
    DatabaseError
        The trail cannot be written.
    """
    detail = {"by": by, "reason": reason, "model_digest": model.digest}
    append_event(settings.database_url, actor=actor, kind=CHAMPION_ADOPTED, subject=model.version, detail=detail)
