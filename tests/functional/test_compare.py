"""Two models are compared on the simulated lender, from its tables to the verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import lightgbm
import numpy as np
import pandas
import pytest
from lender import Lender, save_anew
from rich.console import Console
from rich.progress import Progress
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from risk_warning.book import open_book
from risk_warning.cli.main import app
from risk_warning.core.features.words import reason_of
from risk_warning.core.outcomes.labels import NEVER_KNOWN, OUTCOME_UNKNOWN
from risk_warning.errors import AsOfDateError, ContractError, LabelError, OutputError, RegistryError, SettingsError
from risk_warning.learning.training_set import training_set
from risk_warning.model.encoding import encode
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel
from risk_warning.reports import write_page
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.studies.compare.document import ComparisonDocument
from risk_warning.studies.compare.options import Options
from risk_warning.studies.compare.page import compare_page
from risk_warning.studies.compare.result import Comparison
from risk_warning.studies.compare.run import compare_models
from risk_warning.studies.compare.table import table, warnings

pytestmark = pytest.mark.slow
DATES = (date(2023, 7, 1), date(2023, 8, 1), date(2023, 9, 1))


def compared(lender: Lender, a: Path | str, b: Path | str, *dates: date, chunk: int = 10_000) -> Comparison:
    settings = Settings(home=lender.home, score=ScoreSettings(borrowers_per_chunk=chunk))
    with Progress(disable=True) as progress:
        # Use few nights: test_compare_nights tests what the comparison reports about them.
        return compare_models(str(a), str(b), lender.book, settings, dates, progress, Options(nights_every_days=60))


def variant(lender: Lender, folder: Path, change: Callable[[RiskModel], RiskModel]) -> Path:
    """Save a changed copy of the lender's model and return its folder."""
    return save_anew(change(load(lender.model).as_judged), folder)


def with_few_trees(model: RiskModel) -> RiskModel:
    """Keep only the first tree, and stretch its margin until its scores spread as widely as those of all trees."""
    few = lightgbm.Booster(model_str=model.fitted.booster.model_to_string(num_iteration=1))
    return replace(model, fitted=replace(model.fitted, booster=few, slope=23.7, intercept=70.7))


def with_dull_pds(model: RiskModel) -> RiskModel:
    """Keep the ranking and move the PDs closer together."""
    return replace(model, fitted=replace(model.fitted, slope=model.fitted.slope / 4))


@pytest.fixture(scope="module")
def worse(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return variant(lender, tmp_path_factory.mktemp("worse") / "model", with_few_trees)


@pytest.fixture(scope="module")
def stacked(lender: Lender, worse: Path) -> Comparison:
    return compared(lender, lender.model, worse, *DATES)


def test_a_model_against_itself_gains_nothing(lender: Lender) -> None:
    for dates in ((), DATES):
        same = compared(lender, lender.model, "@champion", *dates)
        for measure in (same.auc, same.one_row.delong, same.one_row.bootstrap, *same.differences.values()):
            assert (measure.difference, measure.low, measure.high) == (0, 0, 0)
        assert same.verdict == "No difference can be shown: AUC 0.0000 (0.0000 to 0.0000)."
        assert same.one_row.delong.p == 1 and same.one_row.gap == 0 and same.score_psi == 0
        for swap in (same.swaps.at_thresholds, same.swaps.at_capacity):
            assert swap.sets.gained.n == swap.sets.lost.n == 0
            assert swap.gained_reasons == swap.lost_reasons == ()
        assert np.count_nonzero(same.migration.rows) == np.count_nonzero(np.diag(same.migration.rows)) > 1


def test_with_no_date_named_it_is_the_last_from_which_neither_learnt(lender: Lender, worse: Path) -> None:
    comparison = compared(lender, lender.model, worse)
    assert comparison.dates == (date(2023, 10, 1),)
    assert comparison.a.learnt_from == comparison.b.learnt_from == ()
    assert comparison.auc is comparison.one_row.delong and comparison.rows == comparison.borrowers
    assert comparison.one_row.delong.difference == pytest.approx(comparison.differences["auc"].difference, abs=1e-12)
    assert comparison.one_row.gap < 0.1


def test_a_planted_worse_model_is_found_worse(stacked: Comparison) -> None:
    assert stacked.verdict.startswith("B finds fewer of those who go bad: AUC −0.")
    assert stacked.auc.high < 0 and stacked.one_row.delong.high < 0 and stacked.one_row.bootstrap.high < 0
    assert stacked.one_row.gap < 0.1
    assert stacked.rows > stacked.borrowers > 5_000
    gained, lost = stacked.swaps.at_capacity.sets.gained, stacked.swaps.at_capacity.sets.lost
    assert gained.n == lost.n > 0
    assert lost.rate is not None and gained.rate is not None and lost.rate > gained.rate
    known = {reason_of(feature, value) for feature in stacked.a.model.features for value in (None, 0.0)}
    for reasons in (stacked.swaps.at_capacity.gained_reasons, stacked.swaps.at_capacity.lost_reasons):
        assert len(reasons) == 5 and {reason.code for reason in reasons} <= known
        assert [abs(reason.shift) for reason in reasons] == sorted((abs(r.shift) for r in reasons), reverse=True)


def test_the_figures_are_those_of_the_training_sets_rows(lender: Lender, stacked: Comparison) -> None:
    model = load(lender.model).as_judged
    with open_book(lender.book, Settings().book) as book:
        rows = training_set(book, DATES, model.target, model.features, borrowers_per_chunk=3_000)
        log_odds = model.fitted.log_odds(encode(rows.x, model.features, model.fitted.codes, book.categories))
    assert (stacked.rows, stacked.bads) == (len(rows.bad), rows.bad.sum())
    assert stacked.outcome_unknown == rows.left_out[OUTCOME_UNKNOWN] + rows.left_out[NEVER_KNOWN] > 0
    assert any("outcome of" in line and "is unknown" in line for line in warnings(stacked))
    assert stacked.differences["auc"].a == pytest.approx(roc_auc_score(rows.bad, log_odds), abs=1e-9)
    by_month = {part.group: (part.n, part.bads) for part in stacked.a.by_month}
    for index, day in enumerate(DATES):
        here = rows.date_index == index
        assert by_month[day.isoformat()] == (here.sum(), rows.bad[here].sum())
    below = model.policy.below_threshold(model.scorecard.score(log_odds))
    lost, both = stacked.swaps.at_thresholds.sets.lost, stacked.swaps.at_thresholds.sets.both
    assert (lost.n + both.n, lost.bads + both.bads) == (below.sum(), (below & rows.bad).sum())
    for axis, side in ((1, stacked.a), (0, stacked.b)):
        assert stacked.migration.rows.sum(axis).tolist() == [part.n for part in side.by_band]
        assert stacked.migration.bads.sum(axis).tolist() == [part.bads for part in side.by_band]


def test_neither_chunks_nor_a_second_run_change_a_figure(lender: Lender, worse: Path, stacked: Comparison) -> None:
    again = compared(lender, lender.model, worse, *DATES, chunk=777)
    assert ComparisonDocument.of(again) == ComparisonDocument.of(stacked)


def test_pds_that_fit_worse_are_seen_where_the_ranking_is_the_same(lender: Lender, tmp_path: Path) -> None:
    comparison = compared(lender, lender.model, variant(lender, tmp_path / "dull", with_dull_pds))
    assert comparison.auc.difference == 0
    assert "but B's PDs fit worse: Brier score +0." in comparison.verdict
    assert comparison.swaps.at_capacity.sets.gained.n == 0


def test_what_moved_since_training_is_reported(stacked: Comparison) -> None:
    stability = stacked.stability
    assert stability is not None and stability.reference_date == date(2023, 3, 1)
    shared = {feature.name for feature in stacked.a.model.features}
    assert set(stability.features) == shared
    assert list(stability.features.values()) == sorted(stability.features.values(), reverse=True)
    assert 0 <= stability.score_a < 0.25


def test_a_date_a_model_learnt_from_is_named(lender: Lender, worse: Path) -> None:
    comparison = compared(lender, lender.model, worse, date(2023, 2, 1), date(2023, 9, 1))
    assert comparison.a.learnt_from == (date(2023, 2, 1),)
    printed = StringIO()
    Console(file=printed, width=200).print(table(comparison))
    assert "A may have learnt from 1 of the 2 date(s), which flatters its figures." in printed.getvalue()


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (lambda m: replace(m, target=replace(m.target, horizon_months=6)), SettingsError, "horizon_months .* 3 for A"),
        (lambda m: replace(m, target=replace(m.target, bad_dpd=60)), SettingsError, "bad_dpd .* 60 for B"),
        (
            lambda m: replace(m, provenance=replace(m.provenance, test_dates=(date(2023, 10, 2),))),
            LabelError,
            "no mature month from which neither model learnt",
        ),
    ],
    ids=["another horizon", "another bad", "no month left"],
)
def test_what_cannot_be_compared_is_refused(
    lender: Lender,
    tmp_path: Path,
    change: Callable[[RiskModel], RiskModel],
    error: type[Exception],
    sentence: str,
) -> None:
    with pytest.raises(error, match=sentence):
        compared(lender, lender.model, variant(lender, tmp_path / "other", change))


def test_dates_that_say_nothing_yet_and_names_nobody_knows_are_refused(lender: Lender, worse: Path) -> None:
    with pytest.raises(LabelError, match="is not known yet"):
        compared(lender, lender.model, worse, date(2023, 12, 1))
    with pytest.raises(AsOfDateError, match="outside the data"):
        compared(lender, lender.model, worse, date(2021, 1, 1))
    with pytest.raises(RegistryError, match="has no model nobody"):
        compared(lender, lender.model, "@nobody")


def test_a_book_without_what_a_model_reads_or_with_too_few_bads_is_refused(lender: Lender, tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "blind").mkdir()
    some = pandas.read_parquet(lender.book / "borrowers.parquet")["borrower_id"].head(300)
    loans = pandas.read_parquet(lender.book / "loans.parquet")
    own = loans[loans["borrower_id"].isin(some)]
    for path in lender.book.glob("*.parquet"):
        if path.stem == "truth":
            continue
        rows = pandas.read_parquet(path)
        by_loan = "borrower_id" not in rows
        rows = rows[rows["loan_id"].isin(own["loan_id"]) if by_loan else rows["borrower_id"].isin(some)]
        rows.to_parquet(tmp_path / "few" / path.name)
        if path.stem != "events":
            rows.to_parquet(tmp_path / "blind" / path.name)
    few, blind = replace(lender, book=tmp_path / "few"), replace(lender, book=tmp_path / "blind")
    with pytest.raises(LabelError, match=r"turned bad; an interval needs at least 30 bads"):
        compared(few, lender.model, lender.model)
    with pytest.raises(ContractError, match=r"events\."):
        compared(blind, lender.model, lender.model)


def test_outcomes_that_came_from_outside_are_taken_as_they_are(lender: Lender, worse: Path, tmp_path: Path) -> None:
    book = tmp_path / "book"
    shutil.copytree(lender.book, book)
    ids = pandas.read_parquet(book / "borrowers.parquet")["borrower_id"].unique()[::2]
    given = pandas.DataFrame({"borrower_id": ids, "as_of_date": DATES[0], "bad": (ids % 6 == 0).astype("int8")})
    given.to_parquet(book / "outcomes.parquet")
    comparison = compared(replace(lender, book=book), lender.model, worse)
    assert comparison.dates == DATES[:1], "the only date with outcomes"
    assert 0 < comparison.rows <= len(ids)
    assert comparison.bads / comparison.rows == pytest.approx(1 / 3, abs=0.02)


def test_the_verb_prints_json_for_a_program(lender: Lender, worse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_WARNING_HOME", str(lender.home))
    ran = CliRunner().invoke(
        app,
        ["compare", "1", str(worse), "--book", str(lender.book), "--as-of", "2023-09-01", "--json"],
        catch_exceptions=False,
    )
    document = json.loads(ran.stdout)
    assert document["as_of_dates"] == ["2023-09-01"]
    assert document["a"]["name"] == "1" and document["a"]["model_version"] == load(lender.model).version
    assert set(document["measures"]) == {"auc", "ks", "brier", "capture_top_5pct"}
    assert "borrower_id" not in ran.stdout


def test_the_page_is_one_file_that_fetches_nothing(stacked: Comparison, tmp_path: Path) -> None:
    written = tmp_path / "to" / "compare.html"
    write_page(written, compare_page(stacked))
    text = written.read_text(encoding="utf-8")
    assert stacked.verdict in text
    assert text.index(stacked.verdict) < text.index("<h2>")
    assert text.count("<svg") == 5
    for fetched in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetched not in text
    for part in (stacked.swaps.at_thresholds.sets.lost, stacked.swaps.at_capacity.sets.gained):
        assert f'<td class="n">{part.n:,}</td>' in text
    with pytest.raises(OutputError, match="cannot be written"):
        write_page(written / "below a file", compare_page(stacked))
