"""The service opens a warning between nights once; the next run takes it over; it stays when runs are taken back."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lender import Lender, on_record
from rich.progress import Progress
from sqlalchemy import select
from typer.testing import CliRunner

from risk_warning.audit.decision_writer import DecisionWriter
from risk_warning.audit.decisions import Decision, Decisions, WrittenDecision
from risk_warning.audit.events import MAIN, NIGHT_STORED, TRAIL_ADOPTED, events_about
from risk_warning.audit.verification.run import verify
from risk_warning.cli.main import app
from risk_warning.core.lifecycle import Seen
from risk_warning.core.policy import Policy
from risk_warning.core.warning_reason import WarningReason
from risk_warning.database.connection import lock, snapshot, transaction
from risk_warning.database.tables import warnings
from risk_warning.nightly.run import run_night
from risk_warning.settings import Settings
from risk_warning.watchlist.between_nights import Outcome, WarningToOpen
from risk_warning.watchlist.open_warnings import read_watch_list
from risk_warning.watchlist.stored import FirstSeen
from risk_warning.watchlist.watch_list import Run, Sighting, open_borrowers, take_in

OCT, NOV, DEC, JAN = date(2023, 10, 1), date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1)
POLICY = Policy(threshold=500, red_below=480, yellow_below=550)
REASON = WarningReason("R1", "dpd_now", -20.0, -15.5, {"en": "late", "zh": "逾期"})


def night(
    url: str, day: date, *scores: tuple[str, float | None], dpd: float = 0.0, force: bool = False
) -> dict[str, int]:
    """Take in a run as of the day, with these borrowers and scores, and return its counts."""
    run = Run(day, "book", "model", POLICY.version, "integer")
    seen = [
        Sighting(Seen(who, score, None if score is not None else "too_little_history", dpd), "red", (REASON,))
        for who, score in scores
    ]
    return take_in(url, run, seen, POLICY, 30, force=force)


def decision(request_id: str, borrower_id: str, day: date, score: float = 470.0) -> Decision:
    answers: dict[Outcome, str] = {
        "opened": '{"warning":"opened"}',
        "already_open": '{"warning":"already_open"}',
        "as_of_date_too_old": '{"warning":"as_of_date_too_old"}',
    }
    return Decision(
        request_id=request_id,
        route="/score_by_id",
        key_name="loan-system",
        role="scorer",
        as_of_date=day,
        model_digest="d" * 64,
        model_version="model",
        policy_version=POLICY.version,
        inputs="{}",
        keep_inputs=True,
        answer=WarningToOpen(borrower_id, day, FirstSeen(score, "red", None, (REASON,)), answers),
        idempotency_key=None,
        body_digest="b" * 64,
    )


def service_outcome(url: str, borrower_id: str, day: date, score: float = 470.0) -> str | None:
    """Return what the service does with the warning about a borrower below the threshold."""
    writer = DecisionWriter(url)
    done = writer.submit(decision(f"r-{borrower_id}-{day}-{writer.chain}", borrower_id, day, score)).result()
    writer.close()
    return done.outcome


def watch_list(url: str) -> list[tuple[str | int, str, float | None]]:
    return [(warning.borrower_id, warning.event, warning.score) for warning in read_watch_list(url).warnings]


def test_the_answer_that_is_kept_says_what_became_of_the_warning(url: str) -> None:
    writer = DecisionWriter(url)
    futures = [writer.submit(decision(request_id, "7", NOV)) for request_id in ("r1", "r2")]
    assert [future.result() for future in futures] == [
        WrittenDecision('{"warning":"opened"}', "opened"),
        WrittenDecision('{"warning":"already_open"}', "already_open"),
    ]
    writer.close()
    stored = Decisions(url)
    row = stored.find("r2")
    stored.close()
    assert row is not None and row.answer == '{"warning":"already_open"}'


def test_the_first_night_is_an_event_and_adopts_nothing(url: str) -> None:
    night(url, OCT, ("1", 490.0))
    assert len(events_about(url, NIGHT_STORED, str(OCT), dict)) == 1
    assert events_about(url, TRAIL_ADOPTED, MAIN, dict) == [] and verify(url).whole
    night(url, OCT, ("1", 480.0), ("2", 470.0), force=True)
    assert verify(url).whole


def test_a_warning_is_opened_once_and_shown_until_a_run_has_seen_it(url: str) -> None:
    night(url, OCT, ("1", 490.0))
    assert service_outcome(url, "2", NOV) == "opened"
    assert service_outcome(url, "2", NOV) == "already_open"
    assert service_outcome(url, "1", NOV) == "already_open"
    assert read_watch_list(url).as_of_date == OCT
    assert watch_list(url) == [(2, "opened", 470.0), (1, "opened", 490.0)]
    assert read_watch_list(url, "orange").warnings == ()
    assert [warning.reasons for warning in read_watch_list(url).warnings] == [(REASON,), (REASON,)]
    assert open_borrowers(url, NOV) == {"1", "2"}


def test_what_the_service_saw_is_stored_as_json_under_fixed_names(url: str) -> None:
    service_outcome(url, "2", NOV)
    with snapshot(url) as connection:
        stored = connection.execute(select(warnings.c.first_seen)).scalar_one()
    reason = {"code": "R1", "feature": "dpd_now", "points": -20.0, "feature_points": -15.5}
    reasons = [reason | {"text": {"en": "late", "zh": "逾期"}}]
    assert stored == {"score": 470.0, "band": "red", "days_past_due": None, "reasons": reasons}


def test_a_day_before_the_last_run_opens_nothing_the_day_itself_does(url: str) -> None:
    night(url, NOV, ("1", 490.0))
    assert service_outcome(url, "2", OCT) == "as_of_date_too_old"
    assert service_outcome(url, "2", NOV) == "opened"


def test_the_first_run_ever_takes_over_what_the_service_opened(url: str) -> None:
    assert service_outcome(url, "2", OCT) == "opened"
    first = read_watch_list(url)
    assert first.as_of_date is None and [warning.score for warning in first.warnings] == [470.0]
    seen = CliRunner().invoke(app, ["watchlist", "--db", url]).stdout
    assert "before the first nightly run: 1 warnings open" in " ".join(seen.split()) and "470" in seen
    assert night(url, OCT, ("2", 475.0), ("3", 480.0)) == {"opened": 1, "kept": 1, "closed": 0, "handed_over": 0}
    assert read_watch_list(url).warnings[0].change is None
    assert watch_list(url) == [(2, "kept", 475.0), (3, "opened", 480.0)]


def test_runs_keep_close_and_hand_over_such_warnings_like_their_own(url: str) -> None:
    night(url, OCT, ("1", 490.0))
    for borrower in ("2", "3", "4"):
        assert service_outcome(url, borrower, OCT) == "opened"
    kept = night(url, NOV, ("1", 490.0), ("2", 520.0), ("3", 470.0), ("4", None))
    assert kept == {"opened": 0, "kept": 4, "closed": 0, "handed_over": 0}
    assert night(url, DEC, ("1", 490.0), ("2", 520.0), ("3", 470.0), ("4", None))["closed"] == 1
    assert watch_list(url) == [(3, "kept", 470.0), (1, "kept", 490.0), (4, "kept", None)]
    assert night(url, JAN, ("1", 490.0), ("3", None), ("4", None), dpd=45.0)["handed_over"] == 3
    assert watch_list(url) == []
    assert service_outcome(url, "2", JAN) == "opened"


def test_a_warning_opened_while_a_night_is_scored_waits_for_the_next(url: str) -> None:
    """That night does not look for the warning, so it does not matter that the night has no row of the borrower."""
    night(url, OCT, ("1", 490.0))
    assert service_outcome(url, "2", OCT) == "opened"
    assert night(url, NOV, ("1", 490.0)) == {"opened": 0, "kept": 1, "closed": 0, "handed_over": 0}
    assert watch_list(url) == [(2, "opened", 470.0), (1, "kept", 490.0)]
    assert night(url, DEC, ("1", 490.0), ("2", 472.0))["kept"] == 2
    assert night(url, JAN, ("1", 490.0))["kept"] == 2
    assert watch_list(url)[-1] == (2, "kept", None)
    assert read_watch_list(url).warnings[-1].not_scored == "not_in_book"


def test_the_same_run_again_changes_nothing(url: str) -> None:
    first = night(url, OCT, ("1", 490.0))
    service_outcome(url, "2", OCT)
    before = read_watch_list(url)
    assert night(url, OCT, ("1", 490.0)) == first
    assert read_watch_list(url) == before


def test_taking_runs_back_keeps_what_the_service_opened_and_reopens_what_they_ended(url: str) -> None:
    night(url, OCT, ("1", 490.0))
    service_outcome(url, "2", OCT)
    night(url, NOV, ("1", 490.0), ("2", 520.0))
    assert night(url, DEC, ("1", 490.0), ("2", 520.0), ("3", 400.0))["closed"] == 1
    assert night(url, NOV, ("1", 491.0), ("2", 521.0), force=True)["kept"] == 2
    assert watch_list(url) == [(1, "kept", 491.0), (2, "kept", 521.0)]
    assert night(url, OCT, ("1", 492.0), force=True)["opened"] == 1
    assert watch_list(url) == [(2, "opened", 470.0), (1, "opened", 492.0)]


def test_a_second_warning_goes_with_the_run_that_ended_the_first(url: str) -> None:
    night(url, OCT, ("1", 490.0))
    night(url, NOV, ("1", 520.0))
    assert night(url, DEC, ("1", 520.0))["closed"] == 1
    assert service_outcome(url, "1", DEC) == "opened"
    assert night(url, JAN, ("1", 480.0))["kept"] == 1
    assert night(url, DEC, ("1", 505.0), force=True)["kept"] == 1
    assert watch_list(url) == [(1, "kept", 505.0)]


def test_a_night_being_taken_in_is_waited_for(url: str) -> None:
    night(url, OCT, ("1", 490.0))
    writer = DecisionWriter(url)
    with transaction(url) as connection:
        lock(connection, warnings)
        future = writer.submit(decision("r1", "2", NOV))
        threading.Event().wait(0.1)
        assert not future.done()
        connection.execute(warnings.insert().values(id=99, borrower_id="2", opened_run_id=1))
    assert future.result().outcome == "already_open"
    writer.close()


@pytest.mark.slow
def test_whole_nights_take_the_warnings_over(lender: Lender, url: str, tmp_path: Path) -> None:
    settings = on_record(Settings(home=lender.home, db=url))

    def run(day: date) -> Any:
        with Progress(disable=True) as progress:
            return run_night(lender.book, settings, day, tmp_path / "out", progress, model=str(lender.model))

    first = run(OCT)
    listed_first = {str(warning.borrower_id) for warning in read_watch_list(url).warnings}
    safe = [borrower for borrower in ("1", "2", "3", "4", "5") if borrower not in listed_first]
    assert [service_outcome(url, borrower, OCT) for borrower in safe] == ["opened"] * len(safe) != []
    second = run(NOV)
    seen = second.warnings
    assert seen["kept"] + seen["closed"] + seen["handed_over"] == first.warnings["opened"] + len(safe)
    still_open = read_watch_list(url).warnings
    assert len(still_open) == seen["opened"] + seen["kept"]
    assert all(warning.event in ("opened", "kept") for warning in still_open)
