"""The model folder: `model.txt`, `model.json`, `MODEL_CARD.md`; text and JSON, never pickle.

`model.json` holds the sha256 of the other files, and of itself without that line. Loading checks all of them, and that
version, contract, trees and numbers can be those of one model, before LightGBM reads anything: digests can be computed
anew by whoever alters a file. Only a signature (`signature.json`) says who made a folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm
from pydantic import JsonValue, ValidationError

from risk_warning.core.digest import canonical_json, sha256
from risk_warning.core.horizons import Horizons
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.policy import Policy
from risk_warning.core.protected_names import NeverModelled
from risk_warning.core.scorecard import Scorecard
from risk_warning.errors import ModelError
from risk_warning.fault import first_fault
from risk_warning.model.booster_text import fault_of
from risk_warning.model.card import card
from risk_warning.model.content import DECLARED, PROVENANCE, ModelContent, plain
from risk_warning.model.fitted import Fitted
from risk_warning.model.provenance import Provenance
from risk_warning.model.risk_model import RiskModel, features_named
from risk_warning.model.signature import check_signature, sign
from risk_warning.output import whole_folder
from risk_warning.shown import visible

FORMAT = 3
MODEL_OUT = "--model-out"
"""The option that names the folder, for messages."""
TWIN = "judged"
"""Subfolder of a model's folder that holds its judged twin."""
FILES = ("model.txt", "model.json", "MODEL_CARD.md")
MOST_BYTES = 200_000_000
"""Largest file of a model folder; the demo's are 0.5 MB."""


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
    digest = _digest(_content(unnamed), fitted.booster.model_to_string())
    return replace(unnamed, version=f"rw-{trained_on:%Y%m%d}-{digest}")


def save(model: RiskModel, folder: Path, signing_key: Path | None = None) -> None:
    """Write the folder completely or not at all, with the judged twin in it, signed if there is a key to sign with.

    Raises
    ------
    OutputError
        If the folder exists and is not empty, or cannot be written.
    SettingsError
        If the key cannot be read.
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
        if signing_key is not None:
            sign(whole, signing_key)


def load(folder: Path, trusted_keys: Sequence[Path] = ()) -> RiskModel:
    """Load the model in the folder.

    `trusted_keys` are files with public keys: where there are any, one of them must have signed the folder.

    Raises
    ------
    ModelError
        If a file is missing, altered, or not from this program, the parts do not agree, or a signature is required and
        not there.
    SettingsError
        If a public key cannot be read.
    """
    signed = check_signature(folder, trusted_keys) if trusted_keys else None
    plain_content, texts = _checked(folder)
    if signed is not None and any(sha256(text) != signed[name] for name, text in texts.items()):
        raise ModelError(f"The files of {folder} changed while they were read; load the model again.")
    booster_text = texts["model.txt"]
    try:
        content = ModelContent.read(canonical_json(plain_content))
        provenance, declared = content.provenance(), content.declared_features()
    except ValidationError as error:
        raise _damaged(folder, first_fault(error).place) from None
    contract = content.contract
    observed = Observed(
        contract.columns,
        contract.event_kinds,
        contract.numeric,
        contract.codes,
        contract.status_rises_with_risk,
        declared=declared,
    )
    names = contract.features
    features = features_named(names, observed)
    if features is None:
        raise ModelError(f"{folder} uses features unknown to this version; upgrade risk-warning, or train a new model.")
    if (fault := fault_of(booster_text, names)) is not None:
        raise ModelError(f"{folder}/model.txt is not a booster of this model: {fault}; fetch it again.")
    if content.version.rpartition("-")[2] != _digest(plain_content, booster_text):
        raise ModelError(f"{folder} holds another model than {content.version}, as it is named; fetch it again.")
    model = RiskModel(
        version=content.version,
        features=features,
        observed=observed,
        fitted=Fitted(
            lightgbm.Booster(model_str=booster_text),
            content.codes(),
            content.calibration.slope,
            content.calibration.intercept,
        ),
        horizons=content.windows(),
        scorecard=content.scale(),
        policy=content.policy.policy(),
        target=content.target_spec(),
        provenance=provenance,
        twin=_twin(folder, provenance),
        digest=sha256(texts["model.json"]),
    )
    use = provenance.attributes
    allowed = frozenset(one.column.partition(".")[2] for one in use.used if one.allowed) if use else frozenset()
    if protected := model.kept_out_by(NeverModelled(frozenset(), allowed)):
        raise ModelError(
            f"{folder} uses the protected attribute {protected[0]} and must not score anyone; train a model without "
            "it, or allow it under [book.allowed] with a reason first."
        )
    return model


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


def _checked(folder: Path) -> tuple[dict[str, JsonValue], dict[str, str]]:
    """Return the content of `model.json`, and name → text of each file, after checking all digests."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{folder} is not a model folder: it lacks {', '.join(missing)}; name a folder written by train."
        )
    if any((folder / name).stat().st_size > MOST_BYTES for name in FILES):
        raise ModelError(f"{folder} has a file of more than {MOST_BYTES:,} bytes; no model of this program has.")
    try:
        # Each file is read once, so that what is used is what was checked.
        texts = {name: (folder / name).read_bytes().decode() for name in FILES}
        content = plain(texts["model.json"])
        stated, found = content.pop("sha256"), content["format"]
    except (ValueError, KeyError, RecursionError):
        raise _damaged(folder) from None
    if found != FORMAT:
        raise ModelError(f"{folder} has format {found!r:.20}, but this program reads {FORMAT}; train a new model.")
    if sha256(canonical_json(content)) != stated:
        raise ModelError(f"{folder}/model.json was altered: its sha256 differs from the one it states; fetch it again.")
    digests = content.get("files")
    if not isinstance(digests, dict) or digests.keys() != set(FILES) - {"model.json"}:
        raise ModelError(f"{folder}/model.json does not list the files beside it; fetch it again.")
    for name, digest in digests.items():
        if sha256(texts[name]) != digest:
            raise ModelError(f"{folder}/{name} was altered: its sha256 is not the one in model.json; fetch it again.")
    return content, texts


def _damaged(folder: Path, place: str = "") -> ModelError:
    at = f" at {visible(place[:100], in_line=True)}" if place else ""
    return ModelError(f"{folder}/model.json is damaged{at}; fetch the model again, or train a new one.")


def _digest(content: Mapping[str, Any], booster_text: str) -> str:
    """Return the first 8 hex digits of the sha256 of a model without its version."""
    unnamed = {name: part for name, part in content.items() if name != "files"} | {"version": ""}
    return sha256(canonical_json(unnamed) + booster_text)[:8]


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
            **({"declared": DECLARED.dump_python(observed.declared, mode="json")} if observed.declared else {}),
        },
        "target_codes": {name: {"codes": dict(c.codes), "other": c.other} for name, c in fitted.codes.items()},
        "calibration": {"slope": fitted.slope, "intercept": fitted.intercept},
        "horizons": asdict(model.horizons),
        "scorecard": asdict(model.scorecard),
        "policy": asdict(model.policy),
        "target": asdict(model.target),
        "about": PROVENANCE.dump_python(model.provenance, mode="json"),
    }
