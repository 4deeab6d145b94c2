"""The contract: every answer, to any request, is as the OpenAPI page describes it, and never an internal error."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from bodies import Json, bodies
from counts import count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lender import Lender
from served import AS_OF, Keyed, served

CASES = 5_000
"""Minimum number of generated requests in a full run."""
GENERATED_BY_ROUTE = count(1_000)
CONFIGURATION = """
warnings = false

[auth.openapi.header]
api_key = "${TEST_KEY}"

[generation]
with-security-parameters = false
database = "none"

# A request may have the right form and yet contradict itself, or lack what this model reads: that is told by 422.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "422"]

# A batch answers each of its borrowers on its own, the bad ones too.
[[operations]]
include-path = "/score_batch"
checks.negative_data_rejection.enabled = false
"""


@pytest.fixture(scope="module")
def alone(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """Run a separate service, because random requests may open warnings."""
    home = tmp_path_factory.mktemp("contract") / "home"
    with served(lender, home, service__rate_limit="100000/second", service__drain_seconds="0.2") as running:
        yield running


@pytest.mark.slow
def test_generated_requests_are_answered_as_described(
    alone: Keyed, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    configuration, report = tmp_path / "schemathesis.toml", tmp_path / "report.json"
    configuration.write_text(CONFIGURATION, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(configuration), "run"]
    # The OpenAPI page needs the key, too.
    command += [f"{alone.url}/openapi.json", "--header", f"X-API-Key: {alone.keys['admin']}", "--no-color"]
    command += ["--max-examples", str(GENERATED_BY_ROUTE), "--continue-on-failure", "--request-timeout", "60"]
    command += ["--report", "json", "--report-json-path", str(report)]
    environment = {"TEST_KEY": alone.keys["admin"], "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(report.read_text(encoding="utf-8"))
    assert summary["operations"]["tested"] == summary["operations"]["total"] == 10
    assert summary["failures"] == summary["errors"] == []
    record_property("schemathesis", f"{summary['test_cases']['generated']:,} cases")
    assert summary["test_cases"]["generated"] >= count(CASES)


@dataclass
class RealRequests:
    """Real requests with random changes, and the statuses of their answers."""

    schema: schemathesis.BaseSchema
    bodies: list[Json]
    session: requests.Session
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    scored: int = 0

    def check(self, route: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Send a body and check that the answer is as the schema describes it."""
        case = self.schema[route]["POST"].Case(body=body, headers=dict(headers), media_type="application/json")
        response = case.call(session=self.session)
        case.validate_response(response)
        self.statuses[route, response.status_code] += 1
        answer = response.json()
        self.scored += answer.get("score") is not None


@pytest.fixture(scope="module")
def real_requests(alone: Keyed, lender: Lender) -> Iterator[RealRequests]:
    key = {"X-API-Key": alone.keys["admin"]}
    schema = schemathesis.openapi.from_url(f"{alone.url}/openapi.json", headers=key)
    with requests.Session() as session:
        session.headers.update(key)
        yield RealRequests(schema, bodies(lender.book, AS_OF, list(range(40))), session)


AMOUNTS = st.floats(0, 1e8, allow_nan=False) | st.integers(0, 10**8)
LOANS = st.fixed_dictionaries(
    {"principal": AMOUNTS, "annual_rate": st.floats(0, 1), "term_months": st.integers(1, 480)},
    optional={"product": st.sampled_from(["personal", "card", "墓"]), "credit_limit": AMOUNTS, "x_grade": st.text()},
)
ALTERNATIVES = st.lists(
    st.fixed_dictionaries({}, optional={"principal": AMOUNTS, "term_months": st.integers(1, 480)}), max_size=3
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31)) | st.dates(date(2022, 6, 1), date(2024, 1, 31)) | st.just(AS_OF)
KEYS = st.none() | st.sampled_from(["one", "two"]) | st.text(st.characters(codec="ascii", categories=["L", "N"]))


@st.composite
def changed(draw: st.DrawFn, given_bodies: list[Json]) -> Json:
    """Draw a real request on a random as-of date, with rows left out, values changed or a loan under review."""
    body = copy.deepcopy(draw(st.sampled_from(given_bodies)))
    body["as_of_date"] = draw(DAYS).isoformat()
    for table in ("loans", "instalments", "statements", "events"):
        rows = body[table]
        if draw(st.integers(0, 3)) == 0:
            body[table] = rows[: draw(st.integers(0, len(rows)))]
        if rows and draw(st.integers(0, 3)) == 0:
            row = rows[draw(st.integers(0, len(rows) - 1))]
            name = draw(st.sampled_from(sorted(row)))
            row[name] = draw(AMOUNTS | st.text(max_size=5) | st.none() | st.just(row[name]))
    if draw(st.booleans()):
        body["loan_under_review"] = draw(LOANS)
    return body


@pytest.mark.slow
def test_real_requests_changed_here_and_there_are_answered_as_described(
    real_requests: RealRequests, record_property: Callable[[str, object], None]
) -> None:
    @settings(max_examples=GENERATED_BY_ROUTE, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        body = data.draw(changed(real_requests.bodies))
        key = data.draw(KEYS)
        headers = {"Idempotency-Key": key} if key else {}
        by_id = {name: body[name] for name in ("borrower_id", "as_of_date", "loan_under_review") if name in body}
        real_requests.check("/score", body, headers)
        real_requests.check("/score_by_id", by_id, headers)
        real_requests.check(
            "/score_batch", {"borrowers": [body, by_id, data.draw(changed(real_requests.bodies))]}, headers
        )
        real_requests.check("/explain", data.draw(st.sampled_from([body, by_id])), headers)
        what_if = {**data.draw(st.sampled_from([body, by_id])), "alternatives": data.draw(ALTERNATIVES)}
        real_requests.check("/what_if", what_if, headers)

    ask()
    record_property(
        "real requests, changed", f"{real_requests.statuses.total():,} cases, {real_requests.scored:,} scored"
    )
    assert {status for _, status in real_requests.statuses} <= {200, 409, 422}
    assert {route for route, status in real_requests.statuses if status == 200} == {
        route for route, _ in real_requests.statuses
    }
    assert real_requests.scored > real_requests.statuses.total() // 50
