"""A lender's own features on the simulated lender: the same to the bit everywhere, in reasons, contract and card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.core.features import matrix
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.panel.builder import panel_of
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.fit import encode
from risk_warning.learning.request import Request
from risk_warning.learning.training_set import training_set
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel
from risk_warning.nightly.run import run_night
from risk_warning.settings import BookSettings, Settings
from risk_warning.studies.training.run import train_model

AS_OF = date(2023, 9, 1)
FEATURES = """
[features.failed_debits_per_salary_6m]
en = "Failed direct debits for each salary payment, last 6 months"
zh = "近6个月每次工资入账对应的扣款失败"
unit = "ratio"
riskier = "higher"
reason = "direct_debit"
value = { total = "events.payment_failed", months = 6 }
over = { total = "events.salary_in", months = 6 }

[features.cash_mean_9m_before]
en = "Cash advances a month, in the 9 months before the last 3"
zh = "此前9个月（近3个月之前）月均取现金额"
unit = "minor units"
riskier = "either"
value = { mean = "events.cash_advance.amount", months = 9, start = 3 }

[features.usage_high_share_12m]
en = "Share of months with a usage of 80 % or more, last 12 months"
zh = "近12个月使用率80%及以上的月份占比"
unit = "ratio"
riskier = "higher"
value = { share = "statements.x_usage", at_least = 0.8, months = 12 }

[features.usage_slope_6m]
en = "Trend of the usage, last 6 months"
zh = "近6个月使用率的趋势"
unit = "ratio difference a month"
riskier = "either"
value = { slope = "statements.x_usage", months = 6 }

[features.stage_watch_streak]
en = "Months in a row in the stage watch"
zh = "连续处于关注阶段的月数"
unit = "months"
riskier = "higher"
value = { streak = "statements.x_stage=watch", equal = 1 }

[features.months_since_watch]
en = "Latest month in the stage watch"
zh = "最近一次处于关注阶段"
unit = "months"
riskier = "lower"
value = { months_since = "statements.x_stage=watch", equal = 1 }
"""
NAMES = (
    *("cash_mean_9m_before", "failed_debits_per_salary_6m", "months_since_watch"),
    *("stage_watch_streak", "usage_high_share_12m", "usage_slope_6m"),
)


@dataclass(frozen=True)
class OwnLender:
    """A simulated lender with columns and features of its own, and a model of its book."""

    book: Path
    settings: Settings
    model: RiskModel
    folder: Path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnLender:
    folder = tmp_path_factory.mktemp("own")
    book = folder / "book"
    simulate(4_000, 24, 3, book)
    statements = book / "statements.parquet"
    table = pandas.read_parquet(statements)
    table["x_usage"] = table["balance"] / table["credit_limit"].where(table["credit_limit"] > 0)
    table["x_stage"] = np.select(
        [table["paid_amount"] < table["due_amount"], table["balance"] > 0], ["watch", "usual"], None
    )
    table.to_parquet(statements, index=False)
    (folder / "features.toml").write_text(FEATURES, encoding="utf-8")
    settings = Settings(
        home=folder / "home",
        db=f"sqlite:///{folder / 'w.db'}",
        book=BookSettings(features=folder / "features.toml"),
    )
    with Progress(disable=True) as progress:
        report = train_model(book, settings, Request(target=TargetSpec()), folder / "model", progress)
    return OwnLender(book, settings, report.model, folder / "model")


@pytest.mark.slow
def test_they_are_the_same_in_training_at_night_and_for_one_borrower(own: OwnLender, tmp_path: Path) -> None:
    # Neither the night nor the service needs the file: the model has the declarations.
    settings = own.settings.model_copy(update={"book": BookSettings()})
    model = load(own.folder)
    with Progress(disable=True) as progress:
        run_night(own.book, settings, AS_OF, tmp_path / "out", progress, model=str(own.folder))
    night = pandas.read_parquet(tmp_path / "out" / f"as_of={AS_OF}" / "scores").set_index("borrower_id")
    places = [model.feature_names.index(name) for name in NAMES]
    with open_book(own.book, settings.book) as book:
        observed = model.observed_in(book)
        trained = training_set(book, [AS_OF], model.target, model.features, borrowers_per_chunk=700)
        x = encode(trained.x, model.features, model.fitted.codes, book.categories)
        of = {borrower: row for row, borrower in enumerate(trained.borrower_id.tolist())}
        compared = 0
        for borrower in range(0, book.n_borrowers, 4):
            rows = book.rows(borrower, borrower + 1)
            row = of.get(int(rows.borrower_id[0]))
            if row is None:
                continue
            one = model.score(rows, observed, AS_OF)
            assert one.x.tobytes() == x[row].tobytes()
            assert one.score[0] == night.loc[int(rows.borrower_id[0])]["score"]
            compared += 1
    assert compared > 500
    known = np.isfinite(x[:, places])
    assert known.any(axis=0).all(), "every one of the six features is observed for someone"
    assert not known.all(axis=0)[2], "for some nobody ever saw the stage"


@pytest.mark.slow
def test_they_are_what_a_loop_over_a_borrowers_rows_gives(own: OwnLender) -> None:
    model = load(own.folder)
    events = pandas.read_parquet(own.book / "events.parquet")
    window = events["occurred_at"].between("2023-03-01", "2023-08-31 23:59:59")
    known = events[window & ~(events["recorded_at"] >= "2023-09-01")]
    failed, paid = (
        known[known["kind"] == kind].groupby("borrower_id").size() for kind in ("payment_failed", "salary_in")
    )
    with open_book(own.book, own.settings.book) as book:
        rows = book.rows(0, book.n_borrowers)
        panel = panel_of(model.history(rows, model.observed_in(book)), AS_OF)
        place = model.feature_names.index("failed_debits_per_salary_6m")
        values = matrix(panel, (model.features[place],))[0]
    compared = 0
    for borrower, value in zip(rows.borrower_id.tolist(), values.tolist(), strict=True):
        if borrower not in paid.index:
            assert np.isnan(value)
        elif not np.isnan(value):
            assert value == pytest.approx(failed.get(borrower, 0) / paid[borrower], rel=1e-6)
            compared += 1
    assert compared > 1000


@pytest.mark.slow
def test_reasons_with_them_sum_to_the_score(own: OwnLender) -> None:
    model = load(own.folder)
    with open_book(own.book, own.settings.book) as book:
        scored = model.score(book.rows(0, 500), model.observed_in(book), AS_OF)
    eligible = scored.not_scored < 0
    points = model.points(scored.x[eligible])
    np.testing.assert_allclose(points.sum(axis=1), scored.score[eligible], atol=1e-6)
    assert {"direct_debit", "stage_watch_streak", "months_since_watch_unknown"} <= set(model.reason_groups.codes)


@pytest.mark.slow
def test_contract_digest_and_card_have_them(own: OwnLender) -> None:
    contract = json.loads((own.folder / "model.json").read_text())["contract"]
    assert [feature["name"] for feature in contract["declared"]] == list(NAMES)
    card = (own.folder / "MODEL_CARD.md").read_text()
    assert (
        "| `failed_debits_per_salary_6m` | (total of events.payment_failed, 6 months) / (total of events.salary_in, "
        "6 months) |" in card
    )
    assert "statements.x_usage" in card, "an attribute that a declared feature reads is among those used"


@pytest.mark.slow
def test_check_and_features_name_them(own: OwnLender) -> None:
    environment = {
        **os.environ,
        "RISK_WARNING_BOOK__FEATURES": str(own.settings.book.features),
        "RISK_WARNING_HOME": str(own.settings.home),
        "COLUMNS": "400",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("risk-warning")), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    checked = run("check", str(own.book))
    assert checked.returncode == 0
    assert "Declared feature usage_slope_6m: slope of statements.x_usage, 6 months." in checked.stdout
    assert "usage_slope_6m" in run("features").stdout
    simulate(50, 12, 1, own.book.parent / "plain")
    lacking = run("check", str(own.book.parent / "plain"))
    assert "features.usage_slope_6m: the book lacks statements.x_usage; train refuses the book" in lacking.stdout
    refused = run("train", str(own.book.parent / "plain"), "--model-out", str(own.book.parent / "never"))
    assert refused.returncode == 3, refused.stdout
    assert "the book lacks" in refused.stderr
    assert "Traceback" not in refused.stderr
