"""A book gives a threshold, and a choice gives the policy version that the night and the audit trail name."""

from __future__ import annotations

import json
import shutil
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from lender import Lender
from rich.progress import Progress
from typer.testing import CliRunner

from risk_warning.audit.events import events_about
from risk_warning.book import open_book
from risk_warning.cli.main import app
from risk_warning.core.calendar import to_day
from risk_warning.core.outcomes.labels import learnable, outcomes
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.economics.assumptions import Assumptions, assumptions_of
from risk_warning.errors import DatabaseError, LabelError, OutputError, SettingsError
from risk_warning.model.policy_in_force import read_policy
from risk_warning.nightly.run import run_night
from risk_warning.settings import EconomicsSettings, ScoreSettings, Settings
from risk_warning.studies.threshold.choice import POLICY_CHOSEN, choose, in_words
from risk_warning.studies.threshold.document import ThresholdsDocument
from risk_warning.studies.threshold.page import threshold_page
from risk_warning.studies.threshold.result import ThresholdRequest, Thresholds
from risk_warning.studies.threshold.rows import nights_before
from risk_warning.studies.threshold.run import threshold_evidence

pytestmark = pytest.mark.slow
LAST = date(2023, 10, 1)
MONEY = assumptions_of(EconomicsSettings(), treatment_effects=(0.05, 0.1, 0.2))
CHOSEN = {"by": "Li Wei", "user": "li", "reason": "two more\nagents"}


def evidence(
    lender: Lender,
    book: Path | None = None,
    *,
    given: Settings | None = None,
    money: Assumptions = MONEY,
    score: float | None = None,
    capacity_per_day: float | None = None,
    dates: tuple[date, ...] = (),
) -> Thresholds:
    request = ThresholdRequest(
        assumptions=money,
        score=score,
        capacity_per_day=capacity_per_day,
        dates=dates,
    )
    with Progress(disable=True) as progress:
        return threshold_evidence(str(lender.model), book or lender.book, given or Settings(), request, progress)


@pytest.fixture(scope="module")
def thresholds(lender: Lender) -> Thresholds:
    return evidence(lender, score=535.0, capacity_per_day=20.0)


@pytest.fixture(scope="module")
def scores(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> pandas.DataFrame:
    """Return what the nightly run publishes for the same day, and whether the outcome of each borrower is known."""
    out = tmp_path_factory.mktemp("night")
    with Progress(disable=True) as progress:
        night = run_night(
            lender.book, Settings(home=out / "home"), LAST, out, progress, model=str(lender.model / "judged")
        )
    target = TargetSpec()
    with open_book(lender.book, Settings().book) as book:
        rows = book.rows(0, book.n_borrowers)
        became = outcomes(book.history(rows, target.dpd_tolerance_ratio), LAST, target)
        end = np.full(rows.n, to_day(target.window_end(LAST)))
        is_known = pandas.Series(learnable(became.bad_on, became.learnable_until, end), rows.borrower_id)
    published = pandas.read_parquet(Path(night.folder) / "scores")
    return published.assign(outcome_is_known=is_known.reindex(published["borrower_id"]).to_numpy())


def test_the_curve_counts_whom_the_nightly_run_would_flag(thresholds: Thresholds, scores: pandas.DataFrame) -> None:
    assert thresholds.dates == (LAST,) and thresholds.learnt_from == ()
    scored = scores.dropna(subset="score")
    known = scored.loc[scored["outcome_is_known"], "score"]
    assert (thresholds.rows, thresholds.outcome_unknown) == (len(known), len(scored) - len(known))
    assert any("is unknown, and they are left out" in line for line in thresholds.cautions)
    for point in thresholds.curve:
        assert point.flagged == (known < point.threshold).sum()
    assert thresholds.in_force.point.flagged == (known < thresholds.in_force.policy.threshold).sum()
    captured = [point.capture_ratio for point in thresholds.curve]
    assert captured == sorted(captured) and captured[-1] > 0.8


def test_who_gains_and_loses_a_warning_is_counted_by_band(thresholds: Thresholds, scores: pandas.DataFrame) -> None:
    way = thresholds.way("benefit")
    assert way is not None
    threshold = way.cut.policy.threshold
    policy, known = thresholds.in_force.policy, scores.loc[scores["outcome_is_known"], "score"].dropna().to_numpy()
    gained = known[(known < threshold) & (known >= policy.threshold)]
    assert way.gained == tuple(np.bincount(policy.bands(gained), minlength=4))
    assert way.swap.gained.n == len(gained) > 0 and sum(way.lost) == 0
    assert int(way.bands.sum()) == thresholds.rows


def test_the_capacity_is_kept_to_and_a_point_more_would_pass_it(lender: Lender, thresholds: Thresholds) -> None:
    way = thresholds.way("capacity")
    assert way is not None and way.cut.burden is not None and way.cut.burden.calls <= 20.0
    more = evidence(lender, score=way.cut.policy.threshold + 2).way("fixed")
    assert more is not None and more.cut.burden is not None and more.cut.burden.calls > 20.0


def test_the_benefit_is_best_where_it_says(thresholds: Thresholds) -> None:
    way = thresholds.way("benefit")
    assert way is not None and way.cut.point.benefit_amounts is not None and way.gain is not None
    for point in (*thresholds.curve, thresholds.in_force.point):
        assert point.benefit_amounts is not None
        assert point.benefit_amounts[1] <= way.cut.point.benefit_amounts[1]
    assert thresholds.in_force.point.benefit_amounts is not None
    assert way.gain.amount == pytest.approx(
        way.cut.point.benefit_amounts[1] - thresholds.in_force.point.benefit_amounts[1]
    )
    low, mid, high = thresholds.best
    assert low is not None and mid is not None and high is not None and low <= mid <= high
    best = thresholds.best_at_middle
    assert best is not None and best.threshold == mid and best.benefit.amount == way.cut.point.benefit_amounts[1]
    assert best.low is not None and best.high is not None and best.low <= mid <= best.high
    assert best.benefit.low < best.benefit.amount < best.benefit.high


def test_what_calls_are_worth_is_told_with_how_far_it_is_known(thresholds: Thresholds) -> None:
    best = thresholds.best_at_middle
    assert best is not None and thresholds.pays is not None
    assert not best.benefit.holds_zero and thresholds.pays.endswith("per as-of date.")
    unsure = replace(thresholds, best_at_middle=replace(best, low=None, benefit=replace(best.benefit, low=-1.0)))
    assert unsure.pays is not None
    assert unsure.pays.endswith(": the data cannot tell whether calls pay for themselves.")
    assert "95 % interval: warning nobody to" in unsure.pays
    assert unsure.pays in threshold_page(unsure)
    assert (
        thresholds.valuation.formula in threshold_page(thresholds)
        and thresholds.valuation.loss_rate.source == "measured"
    )


def test_a_bad_event_counts_once_however_many_dates_precede_it(lender: Lender) -> None:
    dates = date(2023, 8, 1), date(2023, 9, 1), LAST
    stacked = evidence(lender, dates=dates, score=535.0)
    assert stacked.borrowers < stacked.rows and stacked.bad_events < stacked.bads < 3 * stacked.bad_events
    highest = stacked.curve[-1]
    assert highest.bad_events * len(dates) <= stacked.bad_events
    # The dates are further apart than a call lasts, so each row with a warning is one call.
    assert [point.calls for point in stacked.curve] == pytest.approx([point.flagged for point in stacked.curve])
    small = Settings(score=ScoreSettings(borrowers_per_chunk=777))
    again = evidence(lender, given=small, dates=dates, score=535.0)
    assert ThresholdsDocument.of(again) == ThresholdsDocument.of(stacked)


def test_neither_chunks_nor_their_order_change_a_figure(lender: Lender, thresholds: Thresholds) -> None:
    small = Settings(score=ScoreSettings(borrowers_per_chunk=777))
    again = evidence(lender, given=small, score=535.0, capacity_per_day=20.0)
    assert ThresholdsDocument.of(again) == ThresholdsDocument.of(thresholds)


def test_a_chosen_policy_is_a_version_that_the_night_and_the_trail_name(
    lender: Lender, thresholds: Thresholds, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    settings = Settings(home=tmp_path / "home", policy=path)
    written = choose(thresholds, "capacity", path, settings, **CHOSEN)
    assert written is not None
    way = thresholds.way("capacity")
    assert way is not None
    version, before = way.cut.policy.version, thresholds.in_force.policy.version
    text = path.read_text()
    assert read_policy(path).version == version
    assert "# Chosen by: Li Wei\n" in text and "# Why: two more agents\n" in text
    kept = {file.name for file in (tmp_path / "policies").iterdir()}
    assert kept == {f"policy-{version}.toml", f"policy-{before}.toml"}
    assert "a running service switches to it within seconds" in in_words(written, path, settings)
    with Progress(disable=True) as progress:
        night = run_night(lender.book, settings, LAST, tmp_path / "out", progress, model=str(lender.model / "judged"))
    assert night.policy_version == version and f"policy {version}" in night.line()
    assert json.loads((Path(night.folder) / "run.json").read_text())["policy_version"] == version
    (event,) = events_about(settings.database_url, POLICY_CHOSEN, version, dict)
    assert (event["before"], event["reason"]) == (before, "two more\nagents")

    # The same choice again changes nothing; another choice keeps every version.
    was = path.stat().st_mtime_ns
    assert choose(thresholds, "capacity", path, settings, **CHOSEN) is None
    assert path.stat().st_mtime_ns == was
    first = (tmp_path / "policies" / f"policy-{version}.toml").read_bytes()
    other = choose(evidence(lender, given=settings, score=520.0), "fixed", path, settings, **CHOSEN)
    assert other is not None and other.before == version
    assert (tmp_path / "policies" / f"policy-{version}.toml").read_bytes() == first
    assert len(list((tmp_path / "policies").iterdir())) == 3


def test_what_cannot_be_written_changes_nothing(thresholds: Thresholds, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    (tmp_path / "policies").write_text("a file where the folder belongs")
    with pytest.raises(OutputError, match="Nothing was changed"):
        choose(thresholds, "fixed", tmp_path / "policy.toml", settings, **CHOSEN)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["policies"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "policy.toml").write_text("[tool]\nname = 'something else'\n")
    with pytest.raises(SettingsError, match="is not a policy"):
        choose(thresholds, "fixed", other / "policy.toml", settings, **CHOSEN)
    unwritable = Settings(home=tmp_path / "home", db=f"sqlite:///{tmp_path / 'policies' / 'none.db'}")
    third = tmp_path / "third"
    third.mkdir()
    with pytest.raises(DatabaseError, match="cannot be used"):
        choose(thresholds, "fixed", third / "policy.toml", unwritable, **CHOSEN)
    assert list(third.iterdir()) == []


def test_a_capacity_nothing_keeps_to_or_nothing_fills_is_refused(lender: Lender) -> None:
    with pytest.raises(SettingsError, match=r"No threshold keeps to 0\.01 calls a day"):
        evidence(lender, capacity_per_day=0.01)
    with pytest.raises(SettingsError, match="more than needed"):
        evidence(lender, capacity_per_day=5000.0)


def test_without_a_mature_month_or_enough_bads_there_is_no_threshold(lender: Lender, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="is not known yet"):
        evidence(lender, dates=(date(2023, 12, 1),))
    with pytest.raises(LabelError, match="no mature month"):
        evidence(lender, given=Settings(data_through=date(2022, 4, 1)))
    book = tmp_path / "book"
    shutil.copytree(lender.book, book)
    ids = pandas.read_parquet(book / "borrowers.parquet")["borrower_id"].unique()
    bad = (np.arange(len(ids)) < 29).astype(np.int8)
    pandas.DataFrame({"borrower_id": ids, "as_of_date": LAST, "bad": bad}).to_parquet(book / "outcomes.parquet")
    with pytest.raises(LabelError, match="turned bad; a curve needs at least 30"):
        evidence(lender, book)


def test_a_threshold_that_never_pays_is_not_chosen(lender: Lender, tmp_path: Path) -> None:
    costly = assumptions_of(EconomicsSettings(), contact_cost_amount=1e6)
    dear = evidence(lender, money=costly)
    assert dear.best == (None, None, None) and dear.ways == ()
    with pytest.raises(LabelError, match="no threshold brings more than it costs"):
        choose(dear, "benefit", tmp_path / "policy.toml", Settings(home=tmp_path), **CHOSEN)
    assert list(tmp_path.iterdir()) == []
    assert "no threshold brings more than it costs" in threshold_page(dear)


def test_what_flatters_or_spoils_a_figure_is_said(lender: Lender, thresholds: Thresholds) -> None:
    all_known = replace(thresholds, outcome_unknown=0)
    assert all_known.cautions == () and len(thresholds.cautions) == 1
    learnt = evidence(lender, dates=(date(2023, 3, 1),))
    assert learnt.learnt_from == (date(2023, 3, 1),)
    for text in learnt.cautions:
        assert text in threshold_page(learnt)
    assert learnt.cautions[0].startswith("The model may have learnt from 2023-03-01")
    for other, said in (
        (replace(all_known, nights=None, burdens=()), "does not reach back far enough"),
        (replace(all_known, exposure_known_ratio=None), "no exposure is known"),
    ):
        assert [said in text for text in other.cautions] == [True]


def test_too_short_a_book_has_no_nights() -> None:
    assert nights_before(date(2024, 3, 1), date(2024, 1, 31)) == ()
    assert len(nights_before(date(2024, 3, 14), date(2024, 1, 31))) == 42


def test_the_verb_writes_a_page_that_fetches_nothing_and_the_policy(lender: Lender, tmp_path: Path) -> None:
    page, policy = tmp_path / "page.html", tmp_path / "policy.toml"
    options = ["--model", str(lender.model), "--score", "535", "--json", "--report", str(page)]
    choice = ["--choose", "fixed", "--policy", str(policy), "--reason", "fewer calls", "--by", "Li Wei"]
    environment = {"RISK_WARNING_HOME": str(tmp_path / "home"), "RISK_WARNING_ECONOMICS__CONTACT_COST_AMOUNT": "7"}
    options += ["--effect", "0.1,0.2,0.3"]
    ran = CliRunner().invoke(
        app, ["threshold", str(lender.book), *options, *choice], catch_exceptions=False, env=environment
    )
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert document["ways"]["fixed"]["policy"] == tomllib.loads(policy.read_text())
    inputs = document["inputs"]
    assert (inputs["contact_cost_amount"], inputs["treatment_effects"]) == (7, [0.1, 0.2, 0.3])
    assert (inputs["sources"]["contact_cost_amount"], inputs["sources"]["treatment_effects"]) == (
        "setting economics.contact_cost_amount",
        "option",
    )
    assert document["roll_to_loss"]["source"] == "measured" and document["roll_to_loss"]["within_months"] == 12
    assert document["written"]["policy"] == str(policy.resolve())
    assert "set policy =" in ran.stderr
    assert "borrower_id" not in ran.stdout
    text = page.read_text(encoding="utf-8")
    assert document["verdict"] in text and text.count("<svg") == 3
    for fetched in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetched not in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--choose", "fixed", "--policy", "p.toml", "--reason", "x"], "needs --score"),
        (["--choose", "capacity", "--policy", "p.toml", "--reason", "x"], "needs --capacity-per-day"),
        (["--choose", "benefit", "--policy", "p.toml"], "needs --reason"),
        (["--choose", "benefit", "--reason", "x"], "needs --policy"),
        (["--effect", "0.2,0.1,0.3"], "three rising shares"),
        (["--score", "nan"], "--score must be a finite number"),
        (["--contact-cost", "inf"], "--contact-cost must be a finite number"),
    ],
)
def test_a_choice_that_is_not_whole_is_a_wrong_command_line(lender: Lender, options: list[str], said: str) -> None:
    ran = CliRunner().invoke(app, ["threshold", str(lender.book), *options])
    assert ran.exit_code == 2
    assert said in " ".join(ran.stderr.replace("│", " ").split())
