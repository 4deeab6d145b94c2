"""A model folder is loaded whole and unaltered, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from bodies import Json
from training_rows import rows

from risk_warning.core import features
from risk_warning.core.digest import canonical_json, sha256
from risk_warning.core.horizons import Horizons, Link
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.policy import Policy
from risk_warning.core.scorecard import Scorecard
from risk_warning.errors import ModelError, OutputError
from risk_warning.learning.fit import fit
from risk_warning.learning.recipe import Recipe
from risk_warning.model.folder import FILES, TWIN, assemble, load, save
from risk_warning.model.risk_model import RiskModel

OBSERVED = Observed({"borrowers": frozenset({"borrower_id"}), "statements": frozenset({"days_past_due", "balance"})})
DEMO = Path(__file__).parents[2] / "models" / "demo"


@pytest.fixture(scope="module")
def model() -> RiskModel:
    chosen = features.supported(OBSERVED, frozenset())
    random = np.random.default_rng(0)
    x = random.normal(size=(4000, len(chosen))).astype(np.float32)
    x[random.random(x.shape) < 0.1] = np.nan
    bad = random.random(4000) < 1 / (1 + np.exp(2 - np.nan_to_num(x[:, 0])))
    learnt = replace(rows(4000), features=chosen, x=x, bad=bad)
    return assemble(
        fit(learnt, None, {}, Recipe()).fitted,
        horizons=Horizons((2, 3, 6), 3, (Link(0.4, 1.4), None, Link(0.6, -1.0))),
        names=tuple(f.name for f in chosen),
        observed=OBSERVED,
        scorecard=Scorecard(),
        policy=Policy(threshold=560, red_below=530, yellow_below=590),
        target=TargetSpec(),
        # Use the provenance that a training records, without the twin.
        provenance=replace(load(DEMO).provenance, judged_twin=None),
        trained_on=date(2024, 6, 1),
    )


def test_a_reloaded_model_scores_the_same_to_the_last_bit(model: RiskModel, tmp_path: Path) -> None:
    save(model, tmp_path / "m")
    again = load(tmp_path / "m")
    x = np.random.default_rng(1).normal(size=(500, len(model.features))).astype(np.float32)
    assert again.version == model.version
    assert np.array_equal(again.fitted.log_odds(x), model.fitted.log_odds(x))
    assert np.array_equal(again.points(x), model.points(x))
    assert again.horizons == model.horizons


def test_points_sum_to_the_score(model: RiskModel) -> None:
    x = np.random.default_rng(2).normal(size=(200, len(model.features))).astype(np.float32)
    assert np.allclose(model.points(x).sum(axis=1), model.scorecard.score(model.fitted.log_odds(x)), atol=1e-6)


@pytest.mark.parametrize("name", ["model.txt", "model.json", "MODEL_CARD.md"])
def test_one_altered_byte_is_refused(model: RiskModel, tmp_path: Path, name: str) -> None:
    save(model, tmp_path / "m")
    file = tmp_path / "m" / name
    content = file.read_bytes()
    middle = content.index(b"0", len(content) // 2)
    file.write_bytes(content[:middle] + b"1" + content[middle + 1 :])
    with pytest.raises(ModelError):
        load(tmp_path / "m")


def test_a_model_saved_again_has_the_same_files(tmp_path: Path) -> None:
    save(load(DEMO), tmp_path / "again")
    for name in (*FILES, *(f"{TWIN}/{name}" for name in FILES)):
        assert (tmp_path / "again" / name).read_bytes() == (DEMO / name).read_bytes(), name


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.pop("train_dates"),
        lambda about: about.update(weather="fine"),
        lambda about: about.update(rows="241610"),
        lambda about: about.update(data_through="yesterday"),
        lambda about: about["evaluation"].pop("by_history"),
        lambda about: about["evaluation"]["dpd_0"].update(auc="high"),
        lambda about: about["made"]["recipe"].update(seed=1.5),
        lambda about: about["typical"].update(dpd_now={"shares": {}, "p5": 0.0, "missing": 0.0}),
    ],
)
def test_a_provenance_of_another_shape_is_refused(
    change: Callable[[Json], object], model: RiskModel, tmp_path: Path
) -> None:
    save(model, tmp_path / "m")
    file = tmp_path / "m" / "model.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content["about"])
    # Recompute the digest, since such a file may well have a correct one.
    content.pop("sha256")
    file.write_text(json.dumps(content | {"sha256": sha256(canonical_json(content))}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"is damaged at .*; fetch the model again"):
        load(tmp_path / "m")


@pytest.mark.parametrize("name", ["model.txt", "model.json", "MODEL_CARD.md"])
def test_a_missing_file_is_named(model: RiskModel, tmp_path: Path, name: str) -> None:
    save(model, tmp_path / "m")
    (tmp_path / "m" / name).unlink()
    with pytest.raises(ModelError, match=f"lacks {name}"):
        load(tmp_path / "m")


def test_a_folder_in_use_is_not_written_over(model: RiskModel, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        save(model, tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]


def test_nobody_to_explain_has_no_reasons(model: RiskModel) -> None:
    nobody = np.zeros((0, len(model.features)), np.float32)
    assert model.points(nobody).shape == (0, len(model.features) + 1)
    assert model.reasons(nobody).group.shape == (0, 4)
