"""Replay: compute a stored decision again, with the model and policy of that time, and compare the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from risk_warning.audit.decisions import Decisions, StoredDecision, unknown
from risk_warning.audit.events import events_about
from risk_warning.core.digest import sha256
from risk_warning.core.policy import Policy
from risk_warning.errors import ModelError, RequestError
from risk_warning.model.folder import load
from risk_warning.model.policy_in_force import PolicyContent
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.registry import with_version
from risk_warning.service.champions.served import MODEL_SERVED, Served
from risk_warning.service.wire.answers import ScoreAnswer, text_of
from risk_warning.service.work import again
from risk_warning.settings import Settings

MOST_DIFFERENCES = 20


@dataclass(frozen=True)
class Replayed:
    """The result of one replay."""

    request_id: str
    route: str
    at: str
    model_version: str
    policy_version: str
    equal: bool
    differs: tuple[str, ...]
    """Places where the two answers differ, such as `reasons[0].points`, without the values."""


@dataclass(frozen=True)
class _ModelServed:
    """What a replay needs of the detail of an event `MODEL_SERVED`."""

    policy: PolicyContent


def replay(
    request_ids: Sequence[str], settings: Settings, *, model: Path | None, inputs: str | None
) -> Iterator[Replayed]:
    """Compute each decision again, and yield how it compares with the stored answer.

    The outcome of a warning is taken from the stored answer, since a warning cannot be opened twice. `model` is the
    folder of the model that answered; if None, the model is looked up. `inputs` is the text of the inputs, needed if
    the audit holds only its digest.

    Raises
    ------
    RequestError
        There is no such decision, or its inputs or answer were not kept or were erased.
    ModelError, RegistryError
        The model that answered cannot be found.
    """
    decisions = Decisions(settings.database_url)

    @cache
    def served(model_version: str, policy_version: str) -> Served:
        risk_model = _model(model_version, model, settings)
        return Served(
            risk_model, _policy(model_version, policy_version, settings, risk_model), "replay", datetime.now(UTC)
        )

    try:
        for request_id in request_ids:
            decision = decisions.find(request_id)
            if decision is None:
                raise unknown(request_id)
            if decision.answer is None:
                raise RequestError(
                    f"The contents of decision {request_id} were erased; there is nothing to compute or compare."
                )
            yield _replayed(
                decision,
                decision.answer,
                _inputs(decision, inputs),
                served(decision.model_version, decision.policy_version),
                settings,
            )
    finally:
        decisions.close()


def _replayed(decision: StoredDecision, answer: str, inputs: str, served: Served, settings: Settings) -> Replayed:
    then = json.loads(answer)
    computed = again(decision.request_id, decision.route, inputs, served, settings.book).answer
    if isinstance(computed, ScoreAnswer):
        computed = replace(computed, warning=then["warning"])
    now = text_of(computed)
    differs = () if now == answer else tuple(_differences(then, json.loads(now), ""))
    return Replayed(
        request_id=decision.request_id,
        route=decision.route,
        at=decision.at,
        model_version=decision.model_version,
        policy_version=decision.policy_version,
        equal=now == answer,
        differs=differs[:MOST_DIFFERENCES],
    )


def _inputs(decision: StoredDecision, given: str | None) -> str:
    if given is not None:
        if sha256(given) != decision.inputs_digest:
            raise RequestError("The inputs given are not those of the decision: their sha256 differs.")
        return given
    if decision.inputs is None:
        raise RequestError(
            f"The audit holds only the digest of the inputs of {decision.request_id}; give them with --inputs FILE."
        )
    return decision.inputs


def _model(model_version: str, folder: Path | None, settings: Settings) -> RiskModel:
    """Return the model of this version: from `folder` if given, else from the first place that has it."""
    trusted = settings.signing.trusted_keys
    places = [folder] if folder is not None else [settings.home / "models" / model_version, Path(settings.model)]
    for place in places:
        if (place / "model.json").is_file() and (candidate := load(place, trusted)).version == model_version:
            return candidate
    if folder is not None:
        raise ModelError(f"{folder} does not contain model {model_version}; name the folder that does.")
    return load(with_version(model_version, settings), trusted)


def _policy(model_version: str, policy_version: str, settings: Settings, model: RiskModel) -> Policy:
    """Return the policy of this version: the model's own, or one from the trail."""
    if model.policy.version == policy_version:
        return model.policy
    for event in events_about(settings.database_url, MODEL_SERVED, model_version, _ModelServed):
        policy = event.policy.policy()
        if policy.version == policy_version:
            return policy
    raise ModelError(f"The audit trail has no policy {policy_version}; the decision cannot be replayed.")


def _differences(then: Any, now: Any, place: str) -> Iterator[str]:
    """Yield the places where two JSON values, of whatever answers, differ."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name in sorted(then.keys() | now.keys()):
            yield from _differences(then.get(name), now.get(name), f"{place}.{name}" if place else name)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for i, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _differences(one, other, f"{place}[{i}]")
    elif then != now:
        yield place
