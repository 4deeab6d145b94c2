"""Promotion on a real registry: what the gate refuses and passes, what is recorded, and what a running service does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pandas
import pytest
from bodies import bodies
from lender import Lender
from rich.progress import Progress
from serving import Server, serving
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from risk_warning.audit.verification.run import verify
from risk_warning.cli.main import app
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.document import json_text
from risk_warning.errors import GateError, RegistryError, SettingsError
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.request import Request
from risk_warning.nightly.run import run_night
from risk_warning.registry.aliases import Named, named, number_of, rename
from risk_warning.registry.reference import CHAMPION, NAME
from risk_warning.registry.registry import fetch
from risk_warning.settings import GateSettings, Settings
from risk_warning.studies.promotion.document import PromotionDocument
from risk_warning.studies.promotion.run import Promotion, PromotionRequest, promote, roll_back
from risk_warning.studies.training.run import train_model

NIGHTS = (date(2023, 8, 1), date(2023, 9, 1))
REQUEST = PromotionRequest(by="R. Lead", reason="monthly retraining")


@dataclass(frozen=True)
class Registry:
    """A registry with the lender's model as version 1 and champion, a planted worse model as 2, and archived nights."""

    home: Path
    book: Path
    nights: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, gate=GateSettings(nights=self.nights))

    def promote(self, name: str, request: PromotionRequest = REQUEST, book: Path | None = None) -> Promotion:
        with Progress(disable=True) as progress:
            return promote(name, book or self.book, self.settings, request, progress)

    def events(self) -> list[tuple[str, str]]:
        """Return (actor, kind) of each event about champions in the audit trail."""
        engine = create_engine(self.settings.database_url)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT actor, kind FROM audit_events ORDER BY seq")).all()
        engine.dispose()
        return [(row.actor, row.kind) for row in rows if "promot" in row.kind or "rolled" in row.kind]


@pytest.fixture(scope="module")
def made(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("promotion")
    shutil.copytree(lender.home, folder / "home")
    template = Registry(folder / "home", lender.book, folder / "nights")
    # Plant a worse model: it does not see how late borrowers are or how they pay.
    recipe = Recipe(without_families=("delinquency", "payment timing", "payment amount", "behaviour events"))
    with Progress(disable=True) as progress:
        train_model(lender.book, template.settings, Request(target=TargetSpec(), recipe=recipe), None, progress)
        for night in NIGHTS:
            run_night(lender.book, template.settings, night, template.nights, progress)
    return template


@pytest.fixture
def registry(made: Registry, tmp_path: Path) -> Registry:
    """Return a copy of the registry that one test may change."""
    shutil.copytree(made.home, tmp_path / "home")
    return Registry(tmp_path / "home", made.book, made.nights)


@pytest.mark.slow
def test_a_worse_model_is_refused_and_a_better_one_passes(registry: Registry, tmp_path: Path) -> None:
    report = tmp_path / "refused.html"
    with pytest.raises(GateError, match=r"no worse in AUC \(−0\.\d+.*The report is .*refused.html") as refused:
        registry.promote("2", PromotionRequest(by="R. Lead", reason="a trial", nights=registry.nights, report=report))
    assert "does not meet 1 of" in report.read_text(encoding="utf-8")
    assert "features as they were known" not in str(refused.value)
    assert named(registry.settings) == Named("1", None)

    overridden = registry.promote(
        "2", PromotionRequest(by="R. Lead", reason="drill", override="a drill, taken back at once")
    )
    assert not overridden.gated.passed and named(registry.settings) == Named("2", "1")

    better = registry.promote("1")
    assert better.gated.passed and better.gated.rules and named(registry.settings) == Named("1", "2")
    assert registry.events() == [
        ("R. Lead", "promotion_refused"),
        ("R. Lead", "model_promoted"),
        ("R. Lead", "model_promoted"),
    ]
    assert verify(registry.settings.database_url).whole
    for heading in ("## Limits", "## Monitoring plan", "SR 26-2", "Annex IV", "R. Lead"):
        assert heading in better.card
    assert "meets all" in better.page and better.digest in json_text(PromotionDocument.of(better))
    with pytest.raises(SettingsError, match="is the champion already"):
        registry.promote("@champion")


@pytest.mark.slow
def test_rows_dated_before_the_night_that_came_after_it_are_caught(registry: Registry, tmp_path: Path) -> None:
    leaking = tmp_path / "leaking"
    shutil.copytree(registry.book, leaking)
    events = pandas.read_parquet(leaking / "events.parquet")
    failed = events[events["kind"] == "payment_failed"].head(400).copy()
    for column in ("occurred_at", "recorded_at"):
        if column in failed:
            failed[column] = pandas.Timestamp("2023-07-20 10:00")
    pandas.concat((events, failed)).to_parquet(leaking / "events.parquet")
    registry.promote("2", PromotionRequest(by="R. Lead", reason="drill", override="so that version 1 is a candidate"))
    with pytest.raises(GateError, match="features as they were known at the time") as refused:
        registry.promote("1", book=leaking)
    assert "no worse in AUC" not in str(refused.value)
    assert named(registry.settings) == Named("2", "1")


@pytest.mark.slow
def test_of_two_promotions_at_once_one_comes_first(registry: Registry) -> None:
    command = [str(Path(sys.executable).parent / "risk-warning"), "promote", "2", "--book", str(registry.book)]
    command += ["--by", "R. Lead", "--reason", "drill", "--override", "a drill", "--json"]
    environment = {**os.environ, "RISK_WARNING_HOME": str(registry.home)}
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [one.communicate()[1] for one in both]
    codes = [one.returncode for one in both]
    assert codes.count(0) == 1, said
    problem = said[1 - codes.index(0)]
    assert "Traceback" not in problem and ("came first" in problem or "champion already" in problem)
    assert named(registry.settings) == Named("2", "1")
    assert [kind for _, kind in registry.events()] == ["model_promoted"]
    with pytest.raises(RegistryError, match="Another promotion came first"):
        rename(Named("1", None), Named("2", "1"), registry.settings)
    assert named(registry.settings) == Named("2", "1")


@pytest.mark.slow
def test_what_cannot_be_promoted_or_rolled_back_is_a_sentence(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="has no version 99"):
        registry.promote("99")
    with pytest.raises(RegistryError, match="has no alias challenger"):
        number_of("@challenger", registry.settings)
    with pytest.raises(RegistryError, match="is not a version of"):
        number_of(str(tmp_path), registry.settings)
    with pytest.raises(RegistryError, match="no previous champion to go back to"):
        roll_back(registry.settings, by="R. Lead", reason="a drill")
    with pytest.raises(SettingsError, match="--reason is empty"):
        PromotionRequest(by="R. Lead", reason="  ")
    nowhere = ["promote", "2", "--by", "A", "--reason", "B"]
    done = CliRunner().invoke(app, nowhere)
    assert isinstance(done.exception, SettingsError) and "Name the BOOK" in str(done.exception)
    assert registry.events() == []


@pytest.mark.slow
def test_promoted_rolled_back_and_promoted_again_under_a_running_service(
    registry: Registry, record_property: Callable[[str, object], None]
) -> None:
    settings = registry.settings
    versions = {number: fetch(number, settings).version for number in ("1", "2")}
    body = bodies(registry.book, NIGHTS[1], [100])[0]
    drill = PromotionRequest(by="R. Lead", reason="drill", override="a drill")
    options = {"no_auth": "1", "service__registry_poll_seconds": "0.3"}
    answered: list[str] = []

    def until(server: Server, version: str) -> None:
        for _ in range(200):
            answer = httpx.post(f"{server.url}/score", json=body, timeout=20)
            assert answer.status_code == 200, answer.text
            answered.append(answer.json()["model_version"])
            if answered[-1] == version:
                return
            time.sleep(0.1)
        raise AssertionError(f"{version} does not answer")

    with serving(settings.home, model=f"models:/{NAME}@{CHAMPION}", **options) as server:
        until(server, versions["1"])
        registry.promote("2", drill)
        until(server, versions["2"])
        assert roll_back(settings, by="R. Lead", reason="it warned of too many") == ("1", "2")
        until(server, versions["1"])
        registry.promote("2", drill)
        until(server, versions["2"])
    assert set(answered) == set(versions.values())
    assert [kind for _, kind in registry.events()] == ["model_promoted", "model_rolled_back", "model_promoted"]
    assert verify(settings.database_url).whole
    record_property("promoted, rolled back, promoted", f"{len(answered)} answers in between, each by a champion")
