"""The report of a training, from a book to the page that is written and logged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lender import Lender
from pydantic import TypeAdapter
from typer.testing import CliRunner

from risk_warning.book import open_book
from risk_warning.cli.main import app
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.learning.request import Request
from risk_warning.learning.training import Trained, train
from risk_warning.model.evaluation import Evaluation
from risk_warning.settings import BookSettings, Settings
from risk_warning.studies.training.page import training_page, verdict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def single(lender: Lender) -> Trained:
    """Train and evaluate by folds on a single date."""
    with open_book(lender.book, BookSettings()) as book:
        return train(book, Settings(), Request(target=TargetSpec(), as_of_date=date(2023, 9, 1), folds=3))


def test_the_page_written_is_the_one_logged_and_fetches_nothing(lender: Lender, tmp_path: Path) -> None:
    page = tmp_path / "to" / "train.html"
    options = ["--with-openings", "--report", str(page), "--json"]
    environment = {"RISK_WARNING_HOME": str(tmp_path / "home")}
    ran = CliRunner().invoke(app, ["train", str(lender.book), *options], catch_exceptions=False, env=environment)
    judged = TypeAdapter(Evaluation).validate_python(json.loads(ran.stdout)["evaluation"])
    text = page.read_text(encoding="utf-8")
    (logged,) = (tmp_path / "home" / "mlartifacts").rglob("training.html")
    assert logged.read_text(encoding="utf-8") == text
    assert verdict(judged) in text and f"{judged.auc:.3f}" in verdict(judged)
    assert judged.openings is not None
    for measured in (judged.auc, judged.dpd_0.auc, judged.openings.auc):
        assert f"{measured:.3f} (" in text
    assert text.count("<svg") == 5
    for fetched in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetched not in text
    assert "borrower_id" not in text


def test_a_single_date_has_no_picture_over_time(single: Trained) -> None:
    text = training_page(single)
    assert text.count("<svg") == 4 and "AUC by as-of date" not in text
    assert "<td>2023-09-01</td>" in text


def test_the_features_that_move_the_scores_most_come_first(single: Trained) -> None:
    text = training_page(single)
    weight = np.abs(single.model.points(single.encoded)[:, :-1]).mean(axis=0)
    first, last = (single.model.feature_names[at] for at in (np.argmax(weight), np.argmin(weight)))
    named = text[text.index("What it rests on") :]
    assert named.index(f"{first}:") == min(
        named.index(f"{name}:") for name in single.model.feature_names if f"{name}:" in named
    )
    assert f"{last}:" not in named


@pytest.mark.parametrize(
    ("ratio", "said"), [(1.0, "are calibrated overall"), (1.3, "are too low"), (0.7, "are too high")]
)
def test_the_verdict_says_whether_the_pds_hold(single: Trained, ratio: float, said: str) -> None:
    judged = single.model.provenance.evaluation
    intervals = replace(judged.intervals, observed_over_expected=(ratio - 0.05, ratio + 0.05))
    assert said in verdict(replace(judged, observed_over_expected=ratio, intervals=intervals))
