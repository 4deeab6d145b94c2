"""The model folder: `model.txt`, `model.json`, `MODEL_CARD.md`; text and JSON, never pickle.

`model.json` holds the sha256 of the other files, and of itself without that line; loading checks all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm
from pydantic import TypeAdapter, ValidationError

from risk_warning.core.declared import DeclaredFeature
from risk_warning.core.digest import canonical_json, sha256
from risk_warning.core.horizons import Horizons, Link
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.policy import Policy
from risk_warning.core.protected_names import NeverModelled
from risk_warning.core.scorecard import Scorecard
from risk_warning.errors import ModelError
from risk_warning.model.card import card
from risk_warning.model.encoding import TargetCodes
from risk_warning.model.fitted import Fitted
from risk_warning.model.policy_in_force import policy_in
from risk_warning.model.provenance import Provenance
from risk_warning.model.risk_model import RiskModel, features_named
from risk_warning.output import whole_folder

FORMAT = 3
MODEL_OUT = "--model-out"
"""The option that names the folder, for messages."""
TWIN = "judged"
"""Subfolder of a model's folder that holds its judged twin."""
FILES = ("model.txt", "model.json", "MODEL_CARD.md")
_PROVENANCE = TypeAdapter(Provenance)
_DECLARED = TypeAdapter(tuple[DeclaredFeature, ...])


def assemble(
    fitted: Fitted,
    *,
    horizons: Horizons,
    names: tuple[str, ...],
    observed: Observed,
    scorecard: Scorecard,
    policy: Policy,
    target: TargetSpec,
    provenance: Provenance,
    trained_on: date,
    twin: RiskModel | None = None,
) -> RiskModel:
    """Return the model with its version, `rw-YYYYMMDD-` and 8 hex digits of its content's sha256."""
    features = features_named(names, observed)
    assert features is not None
    unnamed = RiskModel("", features, observed, fitted, horizons, scorecard, policy, target, provenance, twin)
    content = canonical_json(_content(unnamed)) + fitted.booster.model_to_string()
    version = f"rw-{trained_on:%Y%m%d}-{sha256(content)[:8]}"
    return replace(unnamed, version=version)


def save(model: RiskModel, folder: Path) -> None:
    """Write the folder completely or not at all, with the judged twin in it.

    Raises
    ------
    OutputError
        If the folder exists and is not empty, or cannot be written.
    """
    texts = {"model.txt": model.fitted.booster.model_to_string(), "MODEL_CARD.md": card(model)}
    content = _content(model)
    content["files"] = {name: sha256(text) for name, text in texts.items()}
    content["sha256"] = sha256(canonical_json(content))
    texts["model.json"] = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    with whole_folder(folder, MODEL_OUT) as whole:
        for name, text in texts.items():
            (whole / name).write_text(text, encoding="utf-8")
        if model.twin is not None:
            save(model.twin, whole / TWIN)


def load(folder: Path) -> RiskModel:
    """Load the model in the folder.

    Raises
    ------
    ModelError
        If a file is missing, altered, or not from this program.
    """
    content = _checked(folder)
    observed = Observed(
        {table: frozenset(names) for table, names in content["contract"]["columns"].items()},
        content["contract"]["event_kinds"],
        frozenset(content["contract"]["numeric"]),
        {source: tuple(codes) for source, codes in content["contract"]["codes"].items()},
        content["contract"]["status_rises_with_risk"],
        declared=_declared(folder, content["contract"]),
    )
    names = tuple(content["contract"]["features"])
    features = features_named(names, observed)
    if features is None:
        raise ModelError(f"{folder} uses features unknown to this version; upgrade risk-warning, or train a new model.")
    booster = lightgbm.Booster(model_str=(folder / "model.txt").read_text(encoding="utf-8"))
    if tuple(booster.feature_name()) != names:
        raise ModelError(f"The features of {folder}/model.txt are not those of its model.json; export the model anew.")
    provenance = _provenance(folder, content)
    codes = {name: TargetCodes(part["codes"], part["other"]) for name, part in content["target_codes"].items()}
    model = RiskModel(
        version=content["version"],
        features=features,
        observed=observed,
        fitted=Fitted(booster, codes, content["calibration"]["slope"], content["calibration"]["intercept"]),
        horizons=_horizons(content["horizons"]),
        scorecard=Scorecard(**content["scorecard"]),
        policy=policy_in(content["policy"]),
        target=TargetSpec(**content["target"]),
        provenance=provenance,
        twin=_twin(folder, provenance),
    )
    use = provenance.attributes
    allowed = frozenset(one.column.partition(".")[2] for one in use.used if one.allowed) if use else frozenset()
    if protected := model.kept_out_by(NeverModelled(frozenset(), allowed)):
        raise ModelError(
            f"{folder} uses the protected attribute {protected[0]} and must not score anyone; train a model without "
            "it, or allow it under [book.allowed] with a reason first."
        )
    return model


def _provenance(folder: Path, content: Mapping[str, Any]) -> Provenance:
    try:
        # Strictly by JSON, so that no value becomes one of another type, which would change the model's digest.
        return _PROVENANCE.validate_json(canonical_json(content["about"]))
    except (KeyError, ValidationError):
        raise _damaged(folder) from None


def _declared(folder: Path, contract: Mapping[str, Any]) -> tuple[DeclaredFeature, ...]:
    try:
        return _DECLARED.validate_json(canonical_json(contract.get("declared", [])))
    except ValidationError:
        raise _damaged(folder) from None


def _twin(folder: Path, provenance: Provenance) -> RiskModel | None:
    """Load the judged twin that the model names; None if it has none."""
    named = provenance.judged_twin
    if named is None:
        return None
    twin = load(folder / TWIN)
    if twin.version != named.version:
        raise ModelError(
            f"{folder / TWIN} holds model {twin.version}, but the model was judged by {named.version}; fetch it again."
        )
    return twin


def _checked(folder: Path) -> dict[str, Any]:
    """Return `model.json` after checking its own digest and those of the other files."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{folder} is not a model folder: it lacks {', '.join(missing)}; name a folder written by train."
        )
    try:
        content: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        stated = content.pop("sha256")
        digests = content["files"]
        if content["format"] != FORMAT:
            raise ModelError(
                f"{folder} has format {content['format']}, but this program reads {FORMAT}; train a new model."
            )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(folder) from None
    if sha256(canonical_json(content)) != stated:
        raise ModelError(f"{folder}/model.json was altered: its sha256 differs from the one it states; fetch it again.")
    for name, digest in digests.items():
        if sha256((folder / name).read_bytes()) != digest:
            raise ModelError(f"{folder}/{name} was altered: its sha256 is not the one in model.json; fetch it again.")
    return content


def _damaged(folder: Path) -> ModelError:
    return ModelError(f"{folder}/model.json is damaged; fetch the model again, or train a new one.")


def _content(model: RiskModel) -> dict[str, Any]:
    """Return the content of `model.json` as plain data, of which the digests are taken."""
    observed, fitted = model.observed, model.fitted
    return {
        "format": FORMAT,
        "version": model.version,
        "contract": {
            "features": list(model.feature_names),
            "columns": {table: sorted(names) for table, names in observed.columns.items()},
            "event_kinds": dict(observed.event_kinds),
            "numeric": sorted(observed.numeric),
            "status_rises_with_risk": observed.status_rises_with_risk,
            "codes": {source: list(codes) for source, codes in observed.codes.items()},
            # Only where there are any, so that the versions of other models stay what they are.
            **({"declared": _DECLARED.dump_python(observed.declared, mode="json")} if observed.declared else {}),
        },
        "target_codes": {name: {"codes": dict(c.codes), "other": c.other} for name, c in fitted.codes.items()},
        "calibration": {"slope": fitted.slope, "intercept": fitted.intercept},
        "horizons": asdict(model.horizons),
        "scorecard": asdict(model.scorecard),
        "policy": asdict(model.policy),
        "target": asdict(model.target),
        "about": _PROVENANCE.dump_python(model.provenance, mode="json"),
    }


def _horizons(content: Mapping[str, Any]) -> Horizons:
    links = tuple(None if link is None else Link(**link) for link in content["links"])
    return Horizons(tuple(content["months"]), content["action_months"], links)
