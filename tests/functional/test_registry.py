"""What a training stores in the registry, where it stores it, and how a model is fetched again."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import time
from functools import partial
from pathlib import Path

import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.audit.events import append_event
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import GateError, ModelError, RegistryError
from risk_warning.learning.request import Request
from risk_warning.model.folder import load
from risk_warning.registry.connection import registry
from risk_warning.registry.on_record import MODEL_PROMOTED
from risk_warning.registry.reference import NAME, Reference
from risk_warning.registry.registry import fetch, kept
from risk_warning.settings import GateSettings, Settings
from risk_warning.studies.promotion.gate import MODEL_PROPOSED
from risk_warning.studies.promotion.run import PromotionRequest, adopt, check_second_person
from risk_warning.studies.training.run import train_model

PICTURES = {"calibration.png", "ks.png", "lift.png", "roc.png", "scores.png", "shap.png"}


@pytest.mark.slow
def test_everything_a_training_leaves_lies_under_home(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path_factory.mktemp("small") / "book"
    simulate(3_000, 22, 3, book)
    monkeypatch.chdir(tmp_path)
    with Progress(disable=True) as progress:
        settings, request = Settings(home=Path("home")), Request(target=TargetSpec())
        train_model(book, settings, request, None, progress, register_anyway="a small book")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    names = {path.name for path in (tmp_path / "home" / "mlartifacts").rglob("*") if path.is_file()}
    assert names >= {"model.txt", "model.json", "MODEL_CARD.md", "training.html", *PICTURES}
    assert "MLFLOW_TRACKING_URI" not in os.environ


@pytest.mark.slow
def test_the_champion_stays_at_hand_without_the_registry(lender: Lender, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(lender.home, home)
    settings = Settings(home=home)
    version = load(lender.model).version
    assert fetch("champion", settings).version == fetch("@champion", settings).version == version
    assert fetch("1", settings).version == version
    with pytest.raises(RegistryError, match="has no model 99"):
        fetch("99", settings)
    (home / "mlflow.db").unlink()
    assert fetch("champion", settings).version == version
    with pytest.raises(RegistryError, match="Train one with"):
        fetch("1", settings)


@pytest.fixture
def home(lender: Lender, tmp_path: Path) -> Path:
    """Return a copy of the lender's home that a test may change."""
    return Path(shutil.copytree(lender.home, tmp_path / "home"))


@pytest.mark.slow
def test_an_alias_moved_without_the_audit_trail_is_not_the_champion(home: Path, lender: Lender, tmp_path: Path) -> None:
    settings = Settings(home=home)
    with registry(settings) as client:
        entry = client.get_model_version(NAME, "1")
        tags = {"model_version": load(lender.model).version}
        again = client.create_model_version(NAME, source=entry.source, run_id=entry.run_id, tags=tags)
    other = Settings(home=home, db=f"sqlite:///{tmp_path / 'other.db'}")
    for unrecorded in (other, other.model_copy(update={"db": f"sqlite:///{tmp_path / 'none.db'}"})):
        with pytest.raises(RegistryError, match="names no champion: its alias was moved without promote"):
            fetch("champion", unrecorded)
    with pytest.raises(RegistryError, match="is not what the registry calls champion"):
        adopt(str(again.version), settings, by="R. Lead", reason="a drill")
    append_event(other.database_url, actor="x", kind=MODEL_PROMOTED, subject="rw-20240101-00000000", detail={})
    with pytest.raises(RegistryError, match="names rw-20240101-00000000"):
        fetch("champion", other)
    assert adopt("1", other, by="R. Lead", reason="it stands already") == "1"
    assert fetch("champion", other).version == load(lender.model).version


@pytest.mark.slow
def test_an_event_without_the_key_of_the_seals_records_no_champion(home: Path) -> None:
    settings = Settings(home=home)
    version = fetch("champion", settings).version
    with sqlite3.connect(home / "watchlist.db") as con:
        columns = "at, actor, kind, detail, prev_hash, hash, seal_key, seal"
        con.execute(
            f"INSERT INTO audit_events (chain, seq, subject, {columns}) SELECT 'main', 99, 'rw-20240101-00000000', "  # noqa: S608
            f"{columns} FROM audit_events WHERE kind = 'champion_adopted'"
        )
    con.close()
    assert fetch("champion", settings).version == version


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["../../elsewhere", "/tmp/elsewhere", "rw-20240101-00000000", ""])
def test_what_the_registry_calls_a_version_is_not_trusted(home: Path, tag: str) -> None:
    settings = Settings(home=home)
    with registry(settings) as client:
        if tag:
            client.set_model_version_tag(NAME, "1", "model_version", tag)
        else:
            client.delete_model_version_tag(NAME, "1", "model_version")
        with pytest.raises((RegistryError, ModelError), match=r"is no version of a model|but is registered as"):
            kept(client, Reference(NAME, "1"), settings)
    assert not (home / "models").exists() or not any((home / "models").iterdir())


@pytest.mark.slow
def test_a_registry_that_is_damaged_or_silent_is_one_sentence_within_seconds(
    home: Path, lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, version = Settings(home=home), load(lender.model).version
    assert fetch("champion", settings).version == version
    (home / "mlflow.db").write_bytes(b"no database" * 1_000)
    started = time.monotonic()
    with pytest.raises(RegistryError, match="cannot be used"):
        fetch("1", settings)
    assert fetch("champion", settings).version == version
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ann:s3cret@127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(RegistryError, match="cannot be used") as error:
            fetch("1", settings)
        assert "s3cret" not in str(error.value)
        assert fetch("champion", settings).version == version
    # Two databases and two requests; MLflow itself would try for minutes.
    assert time.monotonic() - started < 60


def test_a_second_person_is_another_actor(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, gate=GateSettings(second_person=True))
    mine = PromotionRequest(by="R. Lead", user="ann", reason="a drill")
    check = partial(check_second_person, "rw-20240101-00000000", settings=settings)
    with pytest.raises(GateError, match="nobody has"):
        check(mine)
    for proposer in ("bob", "ann"):
        url, subject = settings.database_url, "rw-20240101-00000000"
        append_event(url, actor=proposer, kind=MODEL_PROPOSED, subject=subject, detail={})
        if proposer == "bob":
            check(mine)
    with pytest.raises(GateError, match="ann has, who promotes it as well"):
        check(mine)
    check(mine, settings=Settings(home=tmp_path))
