"""A night with a question publishes nothing, leaves everything as it is, and says what to answer.

If the settings allow it, it is published without the questioned columns, as long as these make no arrears.
"""

from __future__ import annotations

import html
import json
import shutil
import tomllib
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.book import Quarantine
from risk_warning.book.location import source_at
from risk_warning.book.questions.leaving_out import leave_out
from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.staged import staged_book, staging_connection
from risk_warning.book.staging import stage
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.document import json_text
from risk_warning.errors import QuestionError, RerunError
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.nightly.document import NightDocument
from risk_warning.nightly.page import night_page
from risk_warning.nightly.report import NightReport
from risk_warning.nightly.run import run_night
from risk_warning.settings import BookSettings, KnownQuestion, ScoreSettings, Settings
from risk_warning.watchlist.document import WatchListDocument
from risk_warning.watchlist.history import nights
from risk_warning.watchlist.listing import table
from risk_warning.watchlist.open_warnings import read_watch_list

FIRST, SECOND = date(2023, 10, 1), date(2023, 10, 8)


def night(lender: Lender, settings: Settings, book: Path, out: Path, day: date) -> NightReport:
    with Progress(disable=True) as progress:
        return run_night(book, settings, day, out, progress, model=str(lender.model))


def faulty(lender: Lender, folder: Path) -> Path:
    """Return a copy of the book whose rates are per cent."""
    folder.mkdir()
    for path in lender.book.glob("*.parquet"):
        if path.name != "truth.parquet":
            table = pandas.read_parquet(path)
            if path.stem == "loans":
                table["annual_rate"] *= 100
            table.to_parquet(folder / path.name)
    return folder


@pytest.mark.slow
def test_a_question_stops_the_night_until_it_is_answered(lender: Lender, tmp_path: Path) -> None:
    settings, out = Settings(home=tmp_path / "home", db=f"sqlite:///{tmp_path / 'w.db'}"), tmp_path / "out"
    night(lender, settings, lender.book, out, FIRST)
    beat = json.loads((tmp_path / "home" / "heartbeat.json").read_text())
    assert (beat["outcome"], beat["latest_published"], beat["age_days"]) == ("published", str(FIRST), 0)
    before = read_watch_list(settings.database_url)
    book = faulty(lender, tmp_path / "per-cent")
    with pytest.raises(QuestionError, match=r"loans.annual_rate.above_one.*Nothing was published") as raised:
        night(lender, settings, book, out, SECOND)
    assert raised.value.exit_code == 19
    assert not (out / f"as_of={SECOND}").exists()
    assert read_watch_list(settings.database_url) == before
    beat = json.loads((tmp_path / "home" / "heartbeat.json").read_text())
    assert (beat["outcome"], beat["latest_published"], beat["age_days"]) == ("question", str(FIRST), 7)
    blanks = tomllib.loads((tmp_path / "home" / "questions.toml").read_text())["book"]["answers"]
    assert blanks == {"loans.annual_rate.above_one": {"by": "", "why": "", "share": 1.0}}
    answers = {code: answer | {"by": "risk team", "why": "a lender of last resort"} for code, answer in blanks.items()}
    answered = settings.model_copy(update={"book": BookSettings.model_validate({"answers": answers})})
    assert night(lender, answered, book, out, SECOND).scored > 0
    assert not (tmp_path / "home" / "questions.toml").exists()


PUBLISH = ScoreSettings(on_question="publish")
QUESTION = "loans.annual_rate.above_one"


def named_otherwise(lender: Lender, folder: Path) -> Path:
    """Return a copy of the book that lacks `loans.annual_rate` and has a column named almost so."""
    shutil.copytree(lender.book, folder, ignore=shutil.ignore_patterns("truth.parquet"))
    loans = pandas.read_parquet(folder / "loans.parquet")
    loans.rename(columns={"annual_rate": "anual_rate"}).to_parquet(folder / "loans.parquet")
    return folder


def scores_of(out: Path, day: date) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((out / f"as_of={day}" / "scores").iterdir()))


@pytest.mark.slow
def test_a_night_may_go_on_without_the_column_of_an_open_question_and_says_so_everywhere(
    lender: Lender, tmp_path: Path
) -> None:
    home, url, out = tmp_path / "home", f"sqlite:///{tmp_path / 'w.db'}", tmp_path / "out"
    settings = Settings(home=home, db=url, score=PUBLISH)
    night(lender, settings, lender.book, out, FIRST)
    assert read_watch_list(url).left_out == ()
    report = night(lender, settings, faulty(lender, tmp_path / "per-cent"), out, SECOND)
    (one,) = report.left_out
    assert (one.column, one.question) == ("loans.annual_rate", QUESTION) and 0.9 < one.share <= 1
    words = f"loans.annual_rate because of {QUESTION} ({100 * one.share:.1f} %)"
    stored = {"column": one.column, "question": one.question, "share": one.share}
    assert f"scored without {words}" in report.line()
    assert json.loads((out / f"as_of={SECOND}" / "run.json").read_text())["left_out"] == [stored]
    assert json.loads(json_text(NightDocument.of(report)))["left_out"] == [stored]
    assert f"without {words}" in html.unescape(night_page(report, settings))
    watch_list = read_watch_list(url)
    assert watch_list.left_out == (one,)
    assert table(watch_list, 1).caption is not None and words in str(table(watch_list, 1).caption)
    assert json.loads(json_text(WatchListDocument.of(watch_list)))["left_out"] == [stored]
    assert [past.left_out for past in nights(url)] == [(), (one,)]
    beat = json.loads((home / "heartbeat.json").read_text())
    assert (beat["outcome"], beat["questions"], beat["latest_published"]) == ("published", [QUESTION], str(SECOND))
    assert set(tomllib.loads((home / "questions.toml").read_text())["book"]["answers"]) == {QUESTION}
    archive = pandas.read_parquet(out / f"as_of={SECOND}" / "features.parquet").columns
    usual = pandas.read_parquet(out / f"as_of={FIRST}" / "features.parquet").columns
    assert {"loan_annual_rate"} <= set(usual) - set(archive)

    elsewhere = settings.model_copy(update={"home": tmp_path / "2", "db": f"sqlite:///{tmp_path / '2.db'}"})
    without = night(lender, elsewhere, named_otherwise(lender, tmp_path / "without"), tmp_path / "2", SECOND)
    assert [one.question for one in without.left_out] == ["loans.annual_rate.did_you_mean"]
    assert scores_of(out, SECOND) == scores_of(tmp_path / "2", SECOND)
    right = settings.model_copy(update={"home": tmp_path / "3", "db": f"sqlite:///{tmp_path / '3.db'}"})
    night(lender, right, lender.book, tmp_path / "3", SECOND)
    assert scores_of(out, SECOND) != scores_of(tmp_path / "3", SECOND)

    known = KnownQuestion(by="risk team", why="a lender of last resort")
    answered = settings.model_copy(update={"book": BookSettings(answers={QUESTION: known})})
    with pytest.raises(RerunError, match="another choice of columns left out"):
        night(lender, answered, tmp_path / "per-cent", out, SECOND)


@pytest.mark.slow
def test_a_question_about_what_makes_arrears_stops_the_night_and_so_does_one_beside_it(
    lender: Lender, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home", db=f"sqlite:///{tmp_path / 'w.db'}", score=PUBLISH)
    book = faulty(lender, tmp_path / "per-cent")
    loans = pandas.read_parquet(book / "loans.parquet")
    loans["principal"] /= 100
    loans.to_parquet(book / "loans.parquet")
    with pytest.raises(QuestionError) as raised:
        night(lender, settings, book, tmp_path / "out", SECOND)
    assert set(raised.value.questions) == {QUESTION, "instalments.due_amount.unit"}
    assert not (tmp_path / "out").exists()


OPTIONAL = (
    *(f"borrowers.{name}" for name in ("onboarded_on", "monthly_income", "employment_status", "education", "region")),
    *("borrowers.x_channel", "borrowers.x_bureau_score", "loans.product", "loans.principal", "loans.annual_rate"),
    *("loans.credit_limit", "loans.term_months", "statements.balance", "statements.credit_limit"),
    *("statements.due_amount", "statements.paid_amount", "events.amount"),
)


@pytest.mark.slow
@pytest.mark.parametrize("place", OPTIONAL)
def test_a_column_that_is_left_out_is_that_of_a_lender_who_does_not_send_it(
    lender: Lender, tmp_path: Path, place: str
) -> None:
    model, (table_name, column) = load(lender.model), place.split(".")
    question = BookQuestion(f"{place}.unit", "question", "is it in the same unit", 1.0, columns=(place,))
    simulate(300, 24, 5, tmp_path / "sent")
    shutil.copytree(tmp_path / "sent", tmp_path / "not-sent")
    path = tmp_path / "not-sent" / f"{table_name}.parquet"
    pandas.read_parquet(path).drop(columns=column).to_parquet(path)
    results = [scored_without(model, tmp_path / name, question) for name in ("sent", "not-sent")]
    for name in ("x", "codes", "score", "not_scored", "days_past_due", "record_periods"):
        np.testing.assert_array_equal(getattr(results[0][0], name), getattr(results[1][0], name))
    scored, left_out = results[0]
    assert left_out
    for i, feature in enumerate(model.features):
        if not left_out.isdisjoint(feature.needs):
            assert np.isnan(scored.x[:, i]).all(), feature.name


def scored_without(model: RiskModel, folder: Path, question: BookQuestion) -> tuple[Scored, frozenset[str]]:
    """Return the scores of a book without the columns of the question, and the signals that are left out."""
    settings = BookSettings()
    with staging_connection(settings) as con, closing(source_at(con, folder, settings)) as source:
        staged = stage(con, source, settings, None)
        leave_out(staged, [question])
        quarantine = Quarantine(staged.counts, staged.rows, con, staged.cells)
        book = staged_book(con, source, staged, settings, quarantine, None)
        observed = model.observed_in(book)
        return model.score(book.rows(0, book.n_borrowers), observed, FIRST), observed.left_out
