"""The comparison of two models by lead time, burden, fairness and money, up to the page and the MLflow run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from lender import Lender
from playwright.sync_api import sync_playwright
from rich.progress import Progress
from typer.testing import CliRunner

from risk_warning.book import open_book
from risk_warning.book.protected import Protected
from risk_warning.cli.main import app
from risk_warning.core.calendar import to_day
from risk_warning.core.outcomes.labels import learnable, outcomes
from risk_warning.errors import AsOfDateError
from risk_warning.model.folder import load
from risk_warning.registry.connection import registry
from risk_warning.registry.registry import run_of
from risk_warning.scoring.side_by_side import score_both
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.studies.compare.document import ComparisonDocument
from risk_warning.studies.compare.groups import guesses_from_b
from risk_warning.studies.compare.log import log_comparison
from risk_warning.studies.compare.options import Options
from risk_warning.studies.compare.page import compare_page
from risk_warning.studies.compare.proxies import sentences
from risk_warning.studies.compare.result import Comparison
from risk_warning.studies.compare.run import compare_models
from risk_warning.studies.compare.table import plainly
from risk_warning.studies.compare.warnings_document import WatchDocument
from risk_warning.studies.promotion.evidence import gate_figures

pytestmark = pytest.mark.slow
NIGHT = date(2023, 8, 1)
CHROMIUM = shutil.which("chromium")


def compared(lender: Lender, b: str, *, options: Options | None = None) -> Comparison:
    with Progress(disable=True) as progress:
        return compare_models("@champion", b, lender.book, Settings(home=lender.home), (NIGHT,), progress, options)


@pytest.fixture(scope="module")
def same(lender: Lender) -> Comparison:
    """Compare a model with itself, so that both sides have the same results."""
    return compared(lender, "1")


def test_a_warning_stood_before_most_of_those_who_fell_behind_and_lots_catch_few(same: Comparison) -> None:
    watch = same.watch
    assert watch is not None and watch.arrivals > 100
    assert watch.first_night == date(2023, 6, 1) and watch.last_night <= date(2024, 1, 1)
    for way in (watch.at_capacity, watch.at_thresholds):
        caught, chance = way.b.lead.share(30), way.b.chance
        assert caught is not None and chance is not None
        # Half of those who fall behind are not past due 30 days before, so no warning about them is certain.
        assert chance.anyone < chance.ever_warned < chance.redrawn_ever and caught > 1.5 * chance.anyone
        # Random warnings drawn anew each night catch more only because they concern more than twice as many borrowers.
        assert chance.redrawn_ever > 2 * chance.ever_warned
        shares = list(way.b.lead.at_least.values())
        assert shares == sorted(shares, reverse=True)
        assert (way.in_time.difference, way.in_time.low, way.in_time.high) == (0, 0, 0)
        assert way.a == way.b
        # The lender notices a missed payment anyway; it comes before 30 days past due, so its lead time is shorter.
        missed = way.b.lead_to_missed.share(14)
        assert missed is not None and missed < caught + 0.2 and way.b.lead_to_missed.n == watch.arrivals_missed
    assert watch.at_capacity.b.burden.most_active_per_1000 <= 50


def test_a_warning_on_the_watch_list_is_repeated_less_often_than_one_by_rank_alone(same: Comparison) -> None:
    assert same.watch is not None
    by_rank, listed = same.watch.at_capacity.b.burden, same.watch.at_thresholds.b.burden
    assert by_rank.warned_again_share is not None and listed.warned_again_share is not None
    assert listed.warned_again_share < by_rank.warned_again_share
    for burden in (by_rank, listed):
        assert burden.calls_per_bad is not None and burden.calls_per_bad > 1
        assert burden.warned <= burden.openings and burden.bads_called < burden.calls


def test_fairness_is_measured_on_the_borrowers_own_attributes(lender: Lender, same: Comparison) -> None:
    model = load(lender.model).as_judged
    people = pandas.read_parquet(lender.book / "borrowers.parquet").set_index("borrower_id")
    with open_book(lender.book, Settings().book) as book:
        rows = book.rows(0, book.n_borrowers)
        scored = model.score(rows, model.observed_in(book), NIGHT)
        became = outcomes(book.history(rows, model.target.dpd_tolerance_ratio), NIGHT, model.target)
        end = to_day(model.target.window_end(NIGHT))
        bad = np.where(learnable(became.bad_on, became.learnable_until, np.full(rows.n, end)), became.bad(end), np.nan)
    frame = pandas.DataFrame({"score": scored.score, "bad": bad}, index=scored.borrower_id).dropna().join(people)
    frame["warned"] = frame["score"] < model.policy.threshold
    by_attribute = {one.attribute: one for one in same.b.fairness}
    assert set(by_attribute) == {"sex", "marital status", "age"}
    for attribute, column in (("sex", "sex"), ("marital status", "marital_status")):
        by_hand = frame.groupby(column).agg(n=("bad", "size"), bads=("bad", "sum"), warned=("warned", "mean"))
        for group in by_attribute[attribute].groups:
            own = by_hand.loc[group.name]
            assert (group.n, group.bads) == (own["n"], own["bads"])
            assert group.selection_rate == pytest.approx(own["warned"])
    turns_25 = pandas.to_datetime(frame["birth_date"]) + pandas.DateOffset(years=25)
    under = next(group for group in by_attribute["age"].groups if group.name == "24 or less")
    assert under.n == (turns_25 > pandas.Timestamp(NIGHT)).sum()
    assert not {"sex", "birth_date", "marital_status"} & set(model.feature_names)
    assert [one.attribute for one in same.guesses if one.group == "female"] == ["sex"]
    document = ComparisonDocument.of(same)
    assert [one.group for one in document.protected_guessed_from_b] == [one.group for one in same.guesses]
    assert sentences(same.guesses)[0] in compare_page(same)


def test_what_stands_in_for_an_attribute_is_found_among_the_features(lender: Lender) -> None:
    model = load(lender.model).as_judged
    people = (
        pandas.read_parquet(lender.book / "borrowers.parquet").astype({"borrower_id": str}).set_index("borrower_id")
    )
    # The region reveals the first sex; nothing reveals the second one.
    sex = people["region"].map({people["region"].mode()[0]: "female"}).fillna("male")
    with open_book(lender.book, Settings().book) as book:
        rows = score_both(
            book, model, model, (NIGHT, date(2023, 9, 1)), 0.5, ScoreSettings(borrowers_per_chunk=3_000), lambda _: None
        )
    by_region = guesses_from_b(rows, model.feature_names, Protected(pandas.DataFrame({"sex": sex})))[0]
    assert by_region.low > 0.99 and by_region.proxies[0].feature == "region"
    by_lot = guesses_from_b(rows, model.feature_names, Protected(people[["sex"]]))[0]
    assert abs(by_lot.auc - 0.5) < 0.05 and by_lot.borrowers == len(np.unique(rows.borrower))


def test_every_split_holds_every_row_once(same: Comparison) -> None:
    names = {one.attribute for one in same.splits}
    assert names >= {"as-of date", "months of history", "monthly income", "product", "region", "employment status"}
    for one in same.splits:
        assert sum(group.n for group in one.groups) + one.unknown == same.rows
        assert one.contradicting == ()


def test_the_gate_is_given_what_was_measured(same: Comparison) -> None:
    figures = gate_figures(same)
    assert figures.auc == same.auc and figures.ece_a == figures.ece_b == same.b.ece < 0.02
    assert figures.in_time is not None and figures.in_time.difference == 0
    assert figures.net_per_1000 is not None and figures.net_per_1000.difference == 0
    assert figures.smallest_selection_ratio_b is not None and 0 < figures.smallest_selection_ratio_b[1] <= 1
    assert same.stability is not None and figures.largest_feature_psi == next(iter(same.stability.features.items()))
    assert not figures.b_may_have_learnt and figures.contradicting_splits == ()


def test_money_counts_each_bad_event_once_and_says_where_its_sign_is_uncertain(same: Comparison) -> None:
    money = same.economics.at_capacity
    assert money is not None and money.a == money.b and money.bad_events == same.bads, "one date: an event a bad"
    assert same.economics.valuation.loss_rate.source == "measured"
    page = compare_page(same)
    assert same.economics.valuation.formula in page and page.count(same.economics.valuation.formula) == 1
    unsure, sure = (
        replace(same, economics=replace(same.economics, at_capacity=replace(money, net_interval_b=interval)))
        for interval in ((-1.0, 1.0), (1.0, 2.0))
    )
    said = [["cannot tell whether calls pay" in line for line in plainly(one)] for one in (unsure, sure)]
    assert sum(said[0]) == 1 and sum(said[1]) == 0


def test_the_comparison_is_in_the_run_of_the_model_that_would_take_over(lender: Lender, same: Comparison) -> None:
    settings = Settings(home=lender.home)
    run_id = log_comparison("1", same, settings)
    assert run_id is not None and run_id == run_of("@champion", settings)
    with registry(settings) as client:
        import mlflow.artifacts

        run = client.get_run(run_id)
        stem = f"compare/{same.a.version}_{NIGHT}_{NIGHT}"
        text = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{stem}.json")
        page = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{stem}.html")
    assert same.watch is not None
    assert run.data.metrics["compare.auc.b"] == same.auc.b
    assert run.data.metrics["compare.in_time_at_capacity.b"] == same.watch.at_capacity.in_time.b
    assert run.data.tags["compared_with"] == same.a.version
    assert json.loads(text)["lead_time"] == WatchDocument.of(same.watch).model_dump(mode="json")
    assert same.verdict in page
    assert log_comparison(str(lender.model), same, settings) is None, "a folder has no run"


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, Debian's package of that name")
def test_the_page_asks_nobody_for_anything_in_a_real_browser(same: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "compare.html"
    path.write_text(compare_page(same), encoding="utf-8")
    urls: list[str] = []
    faults: list[str] = []
    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM,
            args=[*flags.split(), "--disable-component-update", "--disable-sync"],
        )
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("request", lambda request: urls.append(request.url))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(path.as_uri())
        headings = page.locator("h2").all_inner_texts()
        widths = {}
        for media in ("screen", "print"):
            page.emulate_media(media=media)
            widths[media] = page.evaluate("document.documentElement.scrollWidth")
            assert len(page.screenshot(full_page=True)) > 50_000
        drawn = page.locator("svg").count()
        browser.close()
    assert urls == [path.as_uri()] and not faults
    assert "How early the warnings come" in headings and "Whether groups are treated alike" in headings
    assert drawn >= 5 and max(widths.values()) <= 1200


def test_without_enough_nights_lead_time_is_left_out_and_said(lender: Lender) -> None:
    late = compared(lender, "1", options=Options(nights_from=date(2023, 12, 1)))
    assert late.watch is None and ComparisonDocument.of(late).lead_time is None
    assert gate_figures(late).in_time is None
    assert "fewer than 90 days of nights" in compare_page(late)
    with pytest.raises(AsOfDateError, match="--from"):
        compared(lender, "1", options=Options(nights_from=date(2030, 1, 1)))


def test_the_verb_takes_costs_and_nights_and_refuses_nonsense(lender: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_WARNING_HOME", str(lender.home))
    command = ["compare", "1", str(lender.model), "--book", str(lender.book), "--as-of", "2023-08-01", "--json"]
    chosen = ["--contact-cost", "20", "--effect", "0.2,0.3,0.4", "--every", "14"]
    ran = CliRunner().invoke(app, [*command, *chosen], catch_exceptions=False)
    document = json.loads(ran.stdout)
    inputs = document["economics"]["inputs"]
    assert (inputs["contact_cost_amount"], inputs["treatment_effects"]) == (20, [0.2, 0.3, 0.4])
    assert inputs["sources"]["contact_cost_amount"] == "option"
    at_capacity = document["economics"]["at_capacity"]["a"]
    assert at_capacity["contact_amount"] == 20 * at_capacity["calls"]
    assert document["lead_time"]["every_days"] == 14 and document["logged_to_run"] is None
    assert document["speed"]["a"]["scored_per_second"] > 0
