"""Following: a policy or a champion that cannot be used is named in the log, and the next good one is in force."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from lender import Lender
from registered import another, register
from serving import Server, serving
from waiting import wait_until

from risk_warning.model.folder import load, save
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import CHAMPION, NAME
from risk_warning.settings import Settings

IN_FORCE_WITHIN_SECONDS = 10.0
GOOD = "threshold = {}\nred_below = 500\nyellow_below = 620\n"
BROKEN = (
    "threshold = nan\nred_below = 500\nyellow_below = 620\n",
    "threshold = 560\nred_below = 500\nyellow_below = 620\nclose_after_days = inf\n",
    "threshold = 560\nred_below = 500\nyellow_below = 620\nclose_after_days = 1e400\n",
    "threshold = 560\nred_below = 500\nyellow_below = 620\nmercy = 1\n",
    "threshold = 700\nred_below = 500\nyellow_below = 620\n",
    "threshold = " + "[" * 5_000,
    "\0\0\0",
    "",
)


until = partial(wait_until, seconds=IN_FORCE_WITHIN_SECONDS)


def model_of(server: Server) -> dict[str, object]:
    content: dict[str, object] = httpx.get(f"{server.url}/model", timeout=20).json()
    return content


@pytest.fixture
def settings(lender: Lender, tmp_path: Path) -> Iterator[Settings]:
    """Yield the settings of a registry with two models: the lender's, champion, and one that is damaged."""
    settings = Settings(home=tmp_path / "home")
    first = load(lender.model)
    broken = another(first, 0.8)
    save(broken, tmp_path / "broken")
    (tmp_path / "broken" / "model.txt").write_text("tree\n")
    register(settings, {lender.model: first.version, tmp_path / "broken": broken.version})
    yield settings
    shutil.rmtree(settings.home)


@pytest.mark.slow
def test_what_is_broken_never_ends_the_following(settings: Settings, lender: Lender, tmp_path: Path) -> None:
    policy, version = tmp_path / "policy.toml", load(lender.model).version
    policy.write_text(GOOD.format(560))
    options = {"no_auth": "1", "service__registry_poll_seconds": "0.2", "policy": str(policy)}

    def name_champion(number: str) -> None:
        with registry(settings) as client:
            client.set_registered_model_alias(NAME, CHAMPION, number)

    with serving(settings.home, model=f"models:/{NAME}@{CHAMPION}", **options) as server:

        def tasks() -> dict[str, str]:
            answer: dict[str, dict[str, str]] = httpx.get(f"{server.url}/readyz").json()
            return answer["tasks"]

        def is_in_force(threshold: float) -> bool:
            return model_of(server)["threshold"] == threshold

        for k, broken in enumerate(BROKEN):
            policy.write_text(broken)
            until(lambda: tasks()["policy"] == "failing")
            policy.write_text(GOOD.format(561 + k))
            until(partial(is_in_force, 561 + k))
        policy.unlink()
        until(lambda: tasks()["policy"] == "failing")
        policy.write_text(GOOD.format(599))
        until(partial(is_in_force, 599))

        name_champion("2")
        until(lambda: "cannot be used" in server.log.read_text() or "altered" in server.log.read_text())
        assert model_of(server)["model_version"] == version
        name_champion("1")
        database = settings.home / "mlflow.db"
        whole, before = database.read_bytes(), server.log.read_text().count("The model in service stays")
        database.write_bytes(b"no database" * (len(whole) // 11))
        until(lambda: server.log.read_text().count("The model in service stays") > before)
        database.write_bytes(whole)
        until(lambda: tasks()["registry"] == "running")
        assert model_of(server)["model_version"] == version
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        logged = server.log.read_text()
    assert "Traceback" not in logged
    assert logged.count("policy fails and is tried again") == len(BROKEN) + 1
    assert logged.count("policy works again") == len(BROKEN) + 1
