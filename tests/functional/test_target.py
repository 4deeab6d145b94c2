"""The evidence for a bad definition and a horizon on the simulated lender, from its tables to the page."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from labels import is_bad
from lender import Lender
from rich.progress import Progress
from typer.testing import CliRunner

from risk_warning.book import open_book
from risk_warning.cli.main import app
from risk_warning.core.calendar import to_day
from risk_warning.core.outcomes.arrears import LEVELS
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import Rows
from risk_warning.errors import AsOfDateError, BookError, LabelError
from risk_warning.settings import BookSettings, ScoreSettings, Settings
from risk_warning.studies.target.document import TargetDocument
from risk_warning.studies.target.onset import HORIZONS_MONTHS
from risk_warning.studies.target.page import target_page
from risk_warning.studies.target.result import TargetEvidence
from risk_warning.studies.target.roll_rates import BUCKETS
from risk_warning.studies.target.run import target_evidence

pytestmark = pytest.mark.slow
CONTRACT = ("scheduled_on", "due_on", "due_amount")
"""The columns of an instalment that a deferral changes."""


def evidence(book: Path, first: date | None = None, last: date | None = None, *, chunk: int = 10_000) -> TargetEvidence:
    given = Settings(score=ScoreSettings(borrowers_per_chunk=chunk))
    with Progress(disable=True) as progress:
        return target_evidence(book, given, first, last, progress)


@pytest.fixture(scope="module")
def lender_evidence(lender: Lender) -> TargetEvidence:
    return evidence(lender.book)


def turned_on(book: Path) -> pandas.DataFrame:
    """Return each loan with the day it first reached 30 days past due or was written off, from the raw tables alone."""
    loans = pandas.read_parquet(book / "loans.parquet").set_index("loan_id")
    owed = pandas.read_parquet(book / "instalments.parquet").sort_values(["loan_id", "instalment_no", "paid_on"])
    # An instalment due on or after the day on which a loan is repaid early was never owed.
    repaid = loans["closed_on"].where(loans["written_off_on"].isna())
    closed = pandas.to_datetime(owed["loan_id"].map(repaid))
    owed = owed[closed.isna() | (pandas.to_datetime(owed["due_on"]) < closed)]
    owed["paid"] = owed["paid_amount"].fillna(0).groupby([owed["loan_id"], owed["instalment_no"]]).cumsum()
    key = ["loan_id", "instalment_no"]
    # Count an instalment as paid only from when no later reversal makes it unpaid again.
    is_enough = (owed["due_amount"] - owed["paid"]) <= 0.01 * owed["due_amount"]
    enough = owed[is_enough[::-1].groupby([owed[name] for name in key]).cummin()[::-1].astype(bool)]
    due = pandas.to_datetime(owed.sort_values("scheduled_on").groupby(key)["due_on"].first())
    settled = pandas.to_datetime(enough.groupby(key)["paid_on"].min()).reindex(due.index)
    reached = due + pandas.Timedelta(days=30)
    by_instalment = reached[settled.isna() | (settled >= reached)].groupby("loan_id").min()
    statements = pandas.read_parquet(book / "statements.parquet")
    late = statements[statements["days_past_due"] >= 30]
    by_statement = pandas.to_datetime(late.groupby("loan_id")["statement_on"].min())
    days = [by_instalment, by_statement, pandas.to_datetime(loans["written_off_on"])]
    return pandas.DataFrame(
        {
            "opened_on": pandas.to_datetime(loans["opened_on"]),
            "turned_on": pandas.concat(days, axis=1).min(axis=1).reindex(loans.index),
        }
    )


def test_vintages_agree_with_the_raw_tables(lender: Lender, lender_evidence: TargetEvidence) -> None:
    loans = turned_on(lender.book)
    loans = loans[loans["opened_on"] >= pandas.Timestamp(lender_evidence.dates[0])]
    compared = 0
    for index, quarter in enumerate(lender_evidence.vintage_quarters):
        start = pandas.Timestamp(quarter)
        own = loans[(loans["opened_on"] >= start) & (loans["opened_on"] < start + pandas.DateOffset(months=3))]
        for months, share in enumerate(lender_evidence.vintage(index), start=1):
            aged = own["opened_on"].map(lambda day, months=months: day + pandas.DateOffset(months=months))
            assert (share.n, share.part) == (len(own), int((own["turned_on"] <= aged).sum()))
            compared += share.part > 0
    assert compared > 50


def recorded_at_once(rows: Rows) -> Rows:
    """Return the rows by the contract, each recorded on its own day, so that nothing is known later than it happens."""
    owed, statements = rows.instalments, rows.statements
    assert owed is not None and statements is not None
    table = pandas.DataFrame({name: owed[name] for name in ("loan", "instalment_no", *CONTRACT)})
    first = table.sort_values("scheduled_on").groupby(["loan", "instalment_no"])[list(CONTRACT)].transform("first")
    contract = {name: first.sort_index()[name].to_numpy() for name in CONTRACT}
    return replace(
        rows,
        instalments={**owed, **contract, "recorded_on": owed["paid_on"]},
        statements={**statements, "recorded_on": statements["statement_on"]},
    )


def test_bads_by_horizon_are_those_a_model_learns(lender: Lender, lender_evidence: TargetEvidence) -> None:
    day = date(2023, 3, 1)
    with open_book(lender.book, BookSettings()) as book:
        history = book.history(recorded_at_once(book.rows(0, book.n_borrowers)), TargetSpec().dpd_tolerance_ratio)
        panel = panel_of(history, day)
        loans = history.rows.loans
        assert loans is not None
        written_off = np.zeros(book.n_borrowers, np.bool_)
        written_off[loans["borrower"][loans["written_off_on"] < to_day(day)]] = True
        current = panel.has_open_loan & ~(panel["dpd"][0] > 0) & ~written_off  # Unknown counts as current.
        bads = {
            (months, level): int((is_bad(history, day, TargetSpec(months, level)) & current).sum())
            for months in (1, 2, 3, 6)
            for level in LEVELS
        }
    row = lender_evidence.dates.index(day)
    assert lender_evidence.current[row] == current.sum()
    assert bads == {
        (months, level): lender_evidence.bads[row, HORIZONS_MONTHS.index(months), LEVELS.index(level)]
        for months, level in bads
    }
    assert bads[3, 30] > 50


def test_rolls_follow_every_open_loan(lender: Lender, lender_evidence: TargetEvidence) -> None:
    loans = pandas.read_parquet(lender.book / "loans.parquet")
    for month in (0, 10, 22):
        day = lender_evidence.dates[month]
        gone = loans["closed_on"].fillna(date.max), loans["written_off_on"].fillna(date.max)
        is_open = (loans["opened_on"] < day) & (gone[0] >= day) & (gone[1] >= day)
        # A card opened this month has no statement yet, so its days past due are unknown.
        assert 0.9 * is_open.sum() <= lender_evidence.rolls[month].sum() <= is_open.sum()
    shares = [
        [lender_evidence.rolled(row, after).value or 0.0 for after in range(lender_evidence.rolls.shape[2])]
        for row in range(6)
    ]
    assert np.sum(shares, axis=1) == pytest.approx(np.ones(len(BUCKETS)))


def test_neither_chunks_nor_the_order_of_borrowers_change_a_count(
    lender: Lender, lender_evidence: TargetEvidence
) -> None:
    assert TargetDocument.of(evidence(lender.book, chunk=777)) == TargetDocument.of(lender_evidence)


def test_the_verdict_names_the_level_from_which_most_stay_late(lender_evidence: TargetEvidence) -> None:
    level = lender_evidence.stays_late_from
    assert level == 30
    assert (
        2 * lender_evidence.cured(30, 3).part < lender_evidence.cured(30, 3).n
        and 2 * lender_evidence.cured(15, 3).part >= lender_evidence.cured(15, 3).n
    )
    assert lender_evidence.verdict.startswith(
        f"From 30 days past due most loans stay late: {lender_evidence.cured(30, 3)}"
    )
    few = replace(lender_evidence, cures=np.minimum(lender_evidence.cures, 29))
    assert few.verdict.startswith("Too few loans were late") and few.stays_late_from is None
    all_cure = lender_evidence.cures.copy()
    all_cure[..., 1] = all_cure[..., 0]
    assert replace(lender_evidence, cures=all_cure).verdict.startswith(
        "No definition up to 60 days past due marks a point of no"
    )


def test_months_are_mature_when_their_window_lies_in_the_data(lender_evidence: TargetEvidence) -> None:
    assert lender_evidence.data_through == date(2023, 12, 31)
    assert [lender_evidence.last_mature(months) for months in (2, 3, 6)] == [
        date(2023, 11, 1),
        date(2023, 10, 1),
        date(2023, 7, 1),
    ]
    assert lender_evidence.bad_on(date(2023, 11, 1), 3) is None
    assert lender_evidence.mature_on(date(2023, 11, 1), 3) == date(2024, 2, 1)
    # All horizons use the same dates, so a longer horizon never has fewer bads.
    for level in LEVELS:
        parts = [lender_evidence.bad(months, level) for months in HORIZONS_MONTHS]
        assert len({share.n for share in parts}) == 1
        assert [share.part for share in parts] == sorted(share.part for share in parts)


def test_the_page_is_one_file_that_fetches_nothing(
    lender: Lender, lender_evidence: TargetEvidence, tmp_path: Path
) -> None:
    written = tmp_path / "to" / "target.html"
    ran = CliRunner().invoke(app, ["target", str(lender.book), "--report", str(written)], catch_exceptions=False)
    assert lender_evidence.verdict in " ".join(ran.stdout.split())
    text = written.read_text(encoding="utf-8")
    assert text == target_page(lender_evidence)
    assert text.index(lender_evidence.verdict) < text.index("<h2>")
    assert text.count("<svg") == 5
    for fetched in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetched not in text
    assert "known on 2024-02-01" in text


def test_the_verb_prints_json_for_a_program_and_keeps_to_the_dates_given(lender: Lender) -> None:
    options = ["--from", "2022-06-01", "--to", "2023-06-01", "--json"]
    ran = CliRunner().invoke(app, ["target", str(lender.book), *options], catch_exceptions=False)
    document = json.loads(ran.stdout)
    assert document["as_of_dates"][0] == "2022-06-01" and document["as_of_dates"][-1] == "2023-06-01"
    assert len(document["as_of_dates"]) == 13
    assert [vintage["opened_from"] for vintage in document["vintages"]][:2] == ["2022-04-01", "2022-07-01"]
    assert document["stays_late_from_dpd"] == 30
    assert "borrower_id" not in ran.stdout


def test_a_book_of_statements_alone_has_no_vintages(lender: Lender, tmp_path: Path) -> None:
    for name in ("borrowers", "statements"):
        shutil.copy(lender.book / f"{name}.parquet", tmp_path)
    owner = pandas.read_parquet(lender.book / "loans.parquet").set_index("loan_id")["borrower_id"]
    statements = pandas.read_parquet(tmp_path / "statements.parquet")
    statements.assign(borrower_id=statements["loan_id"].map(owner)).to_parquet(tmp_path / "statements.parquet")
    cards = evidence(tmp_path)
    assert cards.vintage_quarters == () and cards.rolls.sum() > 10_000
    assert "How soon loans turn bad" not in target_page(cards)
    statements.drop(columns="days_past_due").assign(borrower_id=statements["loan_id"].map(owner)).to_parquet(
        tmp_path / "statements.parquet"
    )
    with pytest.raises(BookError, match="does not show how late its loans were"):
        evidence(tmp_path)


def test_dates_outside_the_data_or_too_close_are_refused(lender: Lender) -> None:
    with pytest.raises(AsOfDateError, match="is outside the data"):
        evidence(lender.book, date(2020, 1, 1))
    with pytest.raises(AsOfDateError, match="is outside the data"):
        evidence(lender.book, last=date(2024, 6, 1))
    for last in (date(2023, 5, 20), date(2023, 4, 1)):
        with pytest.raises(LabelError, match="not two dates a month apart"):
            evidence(lender.book, date(2023, 5, 1), last)


def test_outcomes_that_came_from_outside_are_named(lender: Lender, tmp_path: Path) -> None:
    book = tmp_path / "book"
    shutil.copytree(lender.book, book)
    ids = pandas.read_parquet(book / "borrowers.parquet")["borrower_id"].unique()
    given = pandas.DataFrame({"borrower_id": ids, "as_of_date": date(2023, 7, 1), "bad": np.int8(0)})
    given.to_parquet(book / "outcomes.parquet")
    assert "The book has outcomes of its own for 2023-07-01, and training uses those" in target_page(evidence(book))


def test_borrowers_with_rows_set_aside_are_counted_and_left_out(
    lender: Lender, lender_evidence: TargetEvidence, tmp_path: Path
) -> None:
    book = tmp_path / "book"
    shutil.copytree(lender.book, book)
    owed = pandas.read_parquet(book / "instalments.parquet")
    owed.loc[owed.index[:40], "due_amount"] = -1.0
    owed.to_parquet(book / "instalments.parquet")
    short = evidence(book)
    assert 0 < short.set_aside <= 40
    assert short.rolls.sum() < lender_evidence.rolls.sum()
    assert f"{short.set_aside:,} borrowers with rows set aside are left out" in short.basis
