"""A family of models is compared with one model, from the tables to the ranking."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import lightgbm
import pytest
from lender import Lender, save_anew
from rich.progress import Progress
from typer.testing import CliRunner

from risk_warning.cli.main import app
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import RegistryError, SettingsError
from risk_warning.model.folder import load
from risk_warning.registry.connection import registry
from risk_warning.registry.family import members
from risk_warning.registry.registry import run_of
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.studies.compare.family import FamilyComparison, compare_family
from risk_warning.studies.compare.family_document import FamilyDocument
from risk_warning.studies.compare.family_page import family_page
from risk_warning.studies.compare.run import compare_models

pytestmark = pytest.mark.slow
DATES = (date(2023, 8, 1), date(2023, 9, 1))


@pytest.fixture(scope="module")
def family(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write models of five and of forty trees, the lender's own, one with another target, and a damaged one."""
    folder = tmp_path_factory.mktemp("family")
    model = load(lender.model).as_judged
    for trees in (5, 40):
        few = lightgbm.Booster(model_str=model.fitted.booster.model_to_string(num_iteration=trees))
        save_anew(replace(model, fitted=replace(model.fitted, booster=few)), folder / f"trees-{trees}")
    shutil.copytree(lender.model, folder / "own")
    save_anew(replace(model, target=TargetSpec(horizon_months=6)), folder / "six-months")
    save_anew(model, folder / "torn")
    (folder / "torn" / "model.txt").write_text("tree", encoding="utf-8")
    (folder / "notes").mkdir()
    return folder


def compared(lender: Lender, family: Path, chunk: int = 10_000) -> FamilyComparison:
    settings = Settings(home=lender.home, score=ScoreSettings(borrowers_per_chunk=chunk))
    named = members(str(family), settings)
    assert named is not None
    with Progress(disable=True) as progress:
        return compare_family(str(lender.model), named, lender.book, settings, DATES, progress)


def test_a_family_is_a_folder_of_models_or_all_versions_of_one(lender: Lender, family: Path) -> None:
    settings = Settings(home=lender.home)
    named = members(str(family), settings)
    assert named is not None
    assert [Path(name).name for name in named] == ["own", "six-months", "torn", "trees-40", "trees-5"]
    assert members("models:/risk_warning", settings) == ("models:/risk_warning/1",)
    for one in (str(lender.model), "@champion", "1", "models:/risk_warning@champion"):
        assert members(one, settings) is None
    with pytest.raises(RegistryError, match="no model named nobody"):
        members("models:/nobody", settings)
    with pytest.raises(RegistryError, match="holds no registry"):
        members("models:/risk_warning", Settings(home=family / "nowhere"))


def test_the_family_is_ranked_and_what_cannot_be_compared_is_named(lender: Lender, family: Path) -> None:
    comparison = compared(lender, family)
    assert [Path(one.name).name for one in comparison.members] == ["trees-40", "trees-5"]
    assert {Path(name).name: why.partition(":")[0] for name, why in comparison.left_out.items()} == {
        "own": f"It is the same model as {lender.model}.",
        "six-months": "The models have different targets",
        "torn": comparison.left_out[str(family / "torn")].partition(":")[0],
    }
    assert (
        "sha256" in comparison.left_out[str(family / "torn")] or "altered" in comparison.left_out[str(family / "torn")]
    )
    assert comparison.members[1].standing.gain.high < 0
    with Progress(disable=True) as progress:
        pair = compare_models(
            str(lender.model), str(family / "trees-5"), lender.book, Settings(home=lender.home), DATES, progress
        )
    gain, alone = comparison.members[1].standing.gain, pair.differences["auc"]
    assert (gain.a, gain.b) == pytest.approx((alone.a, alone.b), abs=1e-12)
    assert (comparison.rows, comparison.borrowers, comparison.bads) == (pair.rows, pair.borrowers, pair.bads)
    assert FamilyDocument.of(compared(lender, family, chunk=777)) == FamilyDocument.of(comparison)
    text = family_page(comparison)
    assert comparison.verdict in text and "Left out" in text
    for fetched in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetched not in text


def test_the_verb_ranks_all_versions_and_logs_to_their_runs(
    lender: Lender, family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISK_WARNING_HOME", str(lender.home))
    page = tmp_path / "family.html"
    command = [
        "compare",
        str(family / "trees-5"),
        "models:/risk_warning",
        "--book",
        str(lender.book),
        "--as-of",
        "2023-09-01",
    ]
    ran = CliRunner().invoke(app, [*command, "--json", "--report", str(page)], catch_exceptions=False)
    document = json.loads(ran.stdout)
    assert [one["name"] for one in document["members"]] == ["models:/risk_warning/1"]
    assert document["verdict"].startswith("models:/risk_warning/1 finds more of those who go bad than")
    assert page.exists()
    settings = Settings(home=lender.home)
    assert document["logged_to_runs"] == [run_of("1", settings)]
    with registry(settings) as client:
        logged = client.get_run(document["logged_to_runs"][0]).data.metrics
    assert logged["family.auc.difference"] == document["members"][0]["gain"]["difference"]


def test_a_family_of_the_same_model_is_refused(lender: Lender) -> None:
    settings = Settings(home=lender.home)
    for name in ("@champion", "models:/risk_warning/1"):
        with Progress(disable=True) as progress, pytest.raises(SettingsError, match="No other model can be compared"):
            compare_family(name, ["models:/risk_warning/1"], lender.book, settings, DATES, progress)
