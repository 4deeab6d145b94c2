"""A night holds its export against that of the night before: what is lost stops it, and what time does is nothing."""

from __future__ import annotations

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pandas
import pytest
from lender import Lender
from nightly_exports import Tables, export_before, tables_in, write
from rich.progress import Progress
from typer.testing import CliRunner

from risk_warning.book import open_book
from risk_warning.book.questions.changes import Expected
from risk_warning.cli.main import app
from risk_warning.core.calendar import add_months
from risk_warning.core.export_profile import ExportProfile
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import QuestionError
from risk_warning.model.folder import load
from risk_warning.nightly.report import NightReport
from risk_warning.nightly.run import levels_of, run_night
from risk_warning.settings import BookSettings, KnownQuestion, ScoreSettings, Settings
from risk_warning.watchlist.earlier_night import earlier_night

NIGHTS = [date(2023, 10, 2) + timedelta(days=k) for k in range(4)]


def night(lender: Lender, settings: Settings, book: Path, out: Path, day: date) -> NightReport:
    with Progress(disable=True) as progress:
        return run_night(book, settings, day, out, progress, model=str(lender.model))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("changes") / "book"
    simulate(400, 26, 11, folder)
    return tables_in(folder)


def settings_in(folder: Path) -> Settings:
    return Settings(home=folder / "home", db=f"sqlite:///{folder / 'w.db'}")


@pytest.mark.slow
@pytest.mark.parametrize("first", [1, 17])
def test_no_question_in_24_monthly_nights(lender: Lender, tables: Tables, tmp_path: Path, first: int) -> None:
    levels, expected = levels_of(load(lender.model)), Expected()
    for month in range(1, 25):
        day = add_months(date(2022, 1, first), month)
        book = write(tmp_path / str(day), export_before(tables, day))
        # A question would be raised here.
        with open_book(book, BookSettings(), today=day, expected=lambda checked=expected: checked) as opened:
            expected = Expected(day, opened.profile, levels)
    assert expected.profile is not None and expected.profile.tables["instalments"].rows > 5_000


@pytest.mark.slow
def test_a_night_whose_closings_are_gone_stops_until_that_is_known(
    lender: Lender, tables: Tables, tmp_path: Path
) -> None:
    settings, out = settings_in(tmp_path), tmp_path / "out"
    code = "loans.closed_on.emptied"
    right = [write(tmp_path / f"right-{day}", export_before(tables, day)) for day in NIGHTS[:2]]
    night(lender, settings, right[0], out, NIGHTS[0])
    without = export_before(tables, NIGHTS[1])
    without["loans"]["closed_on"] = pandas.NaT
    wrong = write(tmp_path / "wrong", without)
    with pytest.raises(QuestionError, match="count as open again") as raised:
        night(lender, settings, wrong, out, NIGHTS[1])
    assert list(raised.value.questions) == [code] and not (out / f"as_of={NIGHTS[1]}").exists()
    answer = tomllib.loads((settings.home / "questions.toml").read_text())["book"]["answers"][code]
    assert answer["until"] == date.today()
    night(lender, settings, right[1], out, NIGHTS[1])

    known = KnownQuestion.model_validate(answer | {"by": "risk team", "why": "the closings come tomorrow"})
    answered = settings.model_copy(update={"book": BookSettings(answers={code: known})})
    night(lender, answered, wrong, out, NIGHTS[2])
    # What was answered for is what the next night is held against.
    night(lender, settings, wrong, out, NIGHTS[3])


@pytest.mark.slow
def test_the_same_night_again_is_held_against_the_night_before_it(
    lender: Lender, tables: Tables, tmp_path: Path
) -> None:
    settings, out = settings_in(tmp_path), tmp_path / "out"
    for day in NIGHTS[:2]:
        night(lender, settings, write(tmp_path / str(day), export_before(tables, day)), out, day)
    assert earlier_night(settings.database_url, NIGHTS[0]) == Expected()
    assert earlier_night(settings.database_url, NIGHTS[1]).night == NIGHTS[0]
    assert earlier_night(settings.database_url).night == NIGHTS[1]
    run = (out / f"as_of={NIGHTS[1]}" / "run.json").read_bytes()
    night(lender, settings, tmp_path / str(NIGHTS[1]), out, NIGHTS[1])
    assert (out / f"as_of={NIGHTS[1]}" / "run.json").read_bytes() == run


@pytest.mark.slow
def test_a_region_renamed_since_the_training_is_a_question_on_the_first_night(
    lender: Lender, tables: Tables, tmp_path: Path
) -> None:
    export = export_before(tables, NIGHTS[0])
    export["borrowers"] = export["borrowers"].assign(region=export["borrowers"]["region"].replace("north", "N"))
    book = write(tmp_path / "book", export)
    with pytest.raises(QuestionError, match="none of the book that the model was trained on") as raised:
        night(lender, settings_in(tmp_path), book, tmp_path / "out", NIGHTS[0])
    assert list(raised.value.questions) == ["borrowers.region.unknown_to_model"]


@pytest.mark.slow
def test_a_column_that_is_gone_is_left_out_night_after_night_until_that_is_known(
    lender: Lender, tables: Tables, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path).model_copy(update={"score": ScoreSettings(on_question="publish")})
    first, *others = (export_before(tables, day) for day in NIGHTS[:3])
    assert night(lender, settings, write(tmp_path / "0", first), tmp_path / "out", NIGHTS[0]).left_out == ()
    for k, export in enumerate(others, start=1):
        export["borrowers"] = export["borrowers"].drop(columns="region")
        report = night(lender, settings, write(tmp_path / str(k), export), tmp_path / "out", NIGHTS[k])
        assert [one.question for one in report.left_out] == ["borrowers.region.gone"]
        assert report.scored > 0


@pytest.mark.slow
def test_check_holds_the_book_against_the_last_night(
    lender: Lender, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    export = export_before(tables, NIGHTS[0])
    night(lender, settings, write(tmp_path / "first", export), tmp_path / "out", NIGHTS[0])
    export["events"] = export["events"].head(len(export["events"]) // 2)
    book = write(tmp_path / "half", export)
    monkeypatch.setenv("RISK_WARNING_HOME", str(settings.home))
    monkeypatch.setenv("RISK_WARNING_DB", settings.database_url)
    result = CliRunner().invoke(app, ["check", str(book), "--json"])
    assert result.exit_code == 19
    codes = [one["code"] for one in json.loads(result.stdout)["questions"] if one["grade"] == "question"]
    assert codes == ["events.rows.fewer"]


def test_check_goes_on_and_says_so_if_the_last_night_cannot_be_read(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = write(tmp_path / "book", export_before(tables, NIGHTS[0]))
    monkeypatch.setenv("RISK_WARNING_DB", "postgresql://127.0.0.1:1/nothing")
    result = CliRunner().invoke(app, ["check", str(book), "--json"])
    assert result.exit_code == 0
    assert "The book is not held against the last night" in result.stderr
    assert json.loads(result.stdout)["problem"] is None


def test_a_night_stores_counts_and_no_value_of_a_borrower(tables: Tables, tmp_path: Path) -> None:
    with open_book(write(tmp_path / "book", export_before(tables, NIGHTS[0])), BookSettings()) as book:
        profile: ExportProfile = book.profile
    borrowers = profile.tables["borrowers"]
    assert borrowers.rows == borrowers.owners == book.n_borrowers
    assert 0 < borrowers.filled["monthly_income"] < borrowers.rows
    assert set(profile.tables["events"].kinds) == set(book.event_kinds)
    assert all(isinstance(cells, int) for table in profile.tables.values() for cells in table.filled.values())
