"""A night with a question publishes nothing, leaves everything as it is, and says what to answer."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import pandas
import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.errors import QuestionError
from risk_warning.nightly.report import NightReport
from risk_warning.nightly.run import run_night
from risk_warning.settings import BookSettings, Settings
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
    asked = tomllib.loads((tmp_path / "home" / "questions.toml").read_text())["book"]["answers"]
    assert asked == {"loans.annual_rate.above_one": {"by": "", "why": "", "share": 1.0}}
    answers = {code: answer | {"by": "risk team", "why": "a lender of last resort"} for code, answer in asked.items()}
    answered = settings.model_copy(update={"book": BookSettings.model_validate({"answers": answers})})
    assert night(lender, answered, book, out, SECOND).scored > 0
    assert not (tmp_path / "home" / "questions.toml").exists()
