"""Operation while requests come in: the operator replaces the model or the policy, or stops; the load lasts long."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from bodies import bodies
from counts import count
from lender import Lender, on_record
from load import Sent, at_rate
from registered import another, register
from serving import Server, serving
from waiting import wait_until

from risk_warning.audit.verification.run import verify
from risk_warning.core.policy import Policy
from risk_warning.model.folder import load, save
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import CHAMPION, NAME
from risk_warning.service.replay import replay
from risk_warning.settings import Settings

AS_OF = date(2023, 9, 1)
POLL_SECONDS = "0.3"
DRAIN_SECONDS = 1


@pytest.fixture(scope="module")
def score_bodies(lender: Lender) -> list[bytes]:
    return [json.dumps(body).encode() for body in bodies(lender.book, AS_OF, list(range(100, 160)))]


@pytest.fixture
def two_models(lender: Lender, tmp_path: Path) -> Iterator[tuple[Settings, list[str]]]:
    """Yield (settings, model versions) of a registry with the lender's model as version 1 and another as version 2."""
    settings = Settings(home=tmp_path / "home")
    first = load(lender.model)
    second = another(first, 0.9)
    save(second, tmp_path / "second")
    register(settings, {lender.model: first.version, tmp_path / "second": second.version})
    yield settings, [first.version, second.version]
    shutil.rmtree(settings.home)


@pytest.mark.slow
def test_the_champion_is_switched_under_load_and_no_request_notices(
    two_models: tuple[Settings, list[str]], score_bodies: list[bytes], record_property: Callable[[str, object], None]
) -> None:
    settings, versions = two_models
    options = {
        "no_auth": "1",
        "service__registry_poll_seconds": str(POLL_SECONDS),
        "service__rate_limit": "1000/second",
    }
    switches: list[tuple[float, float, str]] = []
    """(time of the switch in the registry, time it was seen in service, version) of each switch."""

    async def switch_about(server: Server) -> None:
        async with httpx.AsyncClient(base_url=server.url) as client:
            for k in range(max(2, count(20))):
                number = 2 - k % 2
                switched_at = time.monotonic()
                await asyncio.to_thread(_name_champion, settings, str(number))
                async with asyncio.timeout(120):
                    while (await client.get("/model")).json()["model_version"] != versions[number - 1]:
                        await asyncio.sleep(0.05)
                switches.append((switched_at, time.monotonic(), versions[number - 1]))
                await asyncio.sleep(0.5)

    async def both(server: Server) -> list[Sent]:
        # A new model is first tried in a process of its own.
        seconds = max(2, count(20)) * 8.0
        loading = asyncio.create_task(at_rate(server.url, "/score", score_bodies, per_second=40, seconds=seconds))
        await asyncio.sleep(1.0)
        await switch_about(server)
        return await loading

    with serving(settings.home, model=f"models:/{NAME}@{CHAMPION}", **options) as server:
        sent = asyncio.run(both(server))
    assert {one.status for one in sent} == {200}
    seen: set[str] = set()
    in_force = [(0.0, 0.0, versions[0]), *switches]
    for one in sent:
        version = json.loads(one.answer)["model_version"]
        # From the last switch seen in service before the request was sent to the last one made before its answer.
        first = max(i for i, (_, there, _) in enumerate(in_force) if there <= one.sent)
        last = max(i for i, (switched_at, _, _) in enumerate(in_force) if switched_at <= one.ended)
        assert version in {name for _, _, name in in_force[first : last + 1]}
        seen.add(version)
    assert seen == set(versions)
    record_property("champion switched", f"{len(switches)} times under {len(sent):,} requests, none failed")
    assert verify(settings.database_url).whole


def _name_champion(settings: Settings, number: str) -> None:
    with registry(settings) as client:
        client.set_registered_model_alias(NAME, CHAMPION, number)
    on_record(settings)


@pytest.mark.slow
def test_sigterm_under_load_drops_nothing(
    lender: Lender, score_bodies: list[bytes], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for round_ in range(max(2, count(10))):
        options = {"no_auth": "1", "service__drain_seconds": str(DRAIN_SECONDS), "service__rate_limit": "1000/second"}
        with serving(tmp_path / f"home{round_}", model=str(lender.model), **options) as server:

            async def stop_meanwhile(
                server: Server = server, everybody: bool = round_ % 2 == 1
            ) -> tuple[float, list[Sent]]:
                loading = asyncio.create_task(at_rate(server.url, "/score", score_bodies, per_second=100, seconds=5))
                await asyncio.sleep(2)
                signalled_at = time.monotonic()
                assert await asyncio.to_thread(server.stop, everybody=everybody) == 0
                return signalled_at, await loading

            signalled_at, sent = asyncio.run(stop_meanwhile())
            log = server.log.read_text()
        answered = [one for one in sent if one.status is not None]
        assert {one.status for one in answered} == {200}
        # No request is refused before the drain time is over, however busy the machine is.
        assert [one for one in sent if one.refused and one.ended < signalled_at + DRAIN_SECONDS] == []
        # The service answered requests before the signal, and went on to answer them after it.
        assert sum(one.ended < signalled_at for one in answered) > 20
        assert sum(one.ended > signalled_at for one in answered) > 20
        # A request that comes too late is refused a connection; every accepted request is answered.
        assert [one for one in sent if one.status is None and not one.refused] == []
        assert "Traceback" not in log
        trail = verify(f"sqlite:///{server.home / 'watchlist.db'}")
        assert trail.whole and trail.open_chains == 0
        assert trail.rows["decisions"] == len(answered)
        late = sum(one.ended > signalled_at for one in answered)
        record_property("SIGTERM", f"{len(answered)} answered, {late} of them after it, each in the trail; exit code 0")


@pytest.mark.slow
def test_memory_stays_flat_under_load(
    lender: Lender, score_bodies: list[bytes], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seconds = count(120)
    with serving(tmp_path / "home", model=str(lender.model), no_auth="1", service__rate_limit="1000/second") as server:
        children = psutil.Process(server.process.pid).children(recursive=True)
        worker = max(children, key=lambda process: process.memory_info().rss)

        async def watch() -> tuple[list[Sent], list[float]]:
            await at_rate(server.url, "/score", score_bodies, per_second=100, seconds=5)
            loading = asyncio.create_task(at_rate(server.url, "/score", score_bodies, per_second=100, seconds=seconds))
            used = []
            while not loading.done():
                used.append(worker.memory_info().rss / 1e6)
                await asyncio.sleep(0.5)
            return await loading, used

        sent, used = asyncio.run(watch())
    assert {one.status for one in sent} == {200}
    minutes = np.arange(len(used)) / 120
    slope = float(np.polyfit(minutes, used, 1)[0])
    record_property("memory", f"{used[0]:.0f} MB, {slope:+.2f} MB a minute over {seconds} s at 100 requests/s")
    assert used[-1] - used[0] < 0.05 * used[0]


@pytest.mark.slow
def test_a_new_policy_answers_without_a_restart_and_one_that_cannot_be_used_does_not(
    lender: Lender, score_bodies: list[bytes], tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    first = Policy(threshold=540.0, red_below=500.0, yellow_below=600.0)
    second = Policy(threshold=600.0, red_below=500.0, yellow_below=600.0)
    path.write_text(first.to_toml())
    options = {"no_auth": "1", "policy": str(path), "service__registry_poll_seconds": POLL_SECONDS}
    with serving(tmp_path / "home", model=str(lender.model), **options) as server:
        with httpx.Client(base_url=server.url) as client:

            def version() -> str:
                return str(client.get("/model").json()["policy_version"])

            assert version() == first.version
            path.write_text("threshold = 'high'\n")
            wait_until(lambda: "policy fails and is tried again" in server.log.read_text(), seconds=60)
            assert version() == first.version
            path.write_text(second.to_toml())
            wait_until(lambda: version() == second.version, seconds=60)
            answered = client.post("/score", content=score_bodies[0], headers={"Content-Type": "application/json"})
            answer = answered.json()
            assert answer["policy_version"] == second.version
            assert answer["below_threshold"] == (answer["score"] < second.threshold)
        log = server.log.read_text()
    assert log.count("policy fails and is tried again") == log.count("policy works again") == 1
    settings = Settings(home=tmp_path / "home")
    replayed = replay([answer["request_id"]], settings, model=lender.model, inputs=None)
    assert [(one.policy_version, one.equal) for one in replayed] == [(second.version, True)]
    assert verify(settings.database_url).whole
