"""The simulated lender: hard and realistic, the same for the same seed, with a truth that agrees with what happens."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.metrics import roc_auc_score
from slow_outcomes import SlowBook, read

from risk_warning.datasets.simulation.lender import FIRST_MONTH, simulate
from risk_warning.datasets.simulation.months import Months, lunar_new_year
from risk_warning.datasets.simulation.stress import Hazards
from risk_warning.datasets.simulation.truth import IN_ORDER, MISSED, TrueStanding, true_pd
from risk_warning.errors import OutputError

MONTHS = 30
FIRST_DAY = pandas.Timestamp(FIRST_MONTH)
STARTS = pandas.date_range(FIRST_DAY, periods=MONTHS + 1, freq="MS")
DATES = ("opened_on", "closed_on", "written_off_on", "due_on", "scheduled_on", "paid_on", "recorded_on", "statement_on")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate a book of 4,000 borrowers and two and a half years."""
    out = tmp_path_factory.mktemp("simulated") / "book"
    simulate(4000, MONTHS, 3, out)
    return out


@pytest.fixture(scope="module")
def slow_book(folder: Path) -> SlowBook:
    """Return the same book with its days past due, from the tables alone."""
    return read(folder, FIRST_DAY, STARTS[-1])


def table(folder: Path, name: str) -> pandas.DataFrame:
    rows = pandas.read_parquet(folder / f"{name}.parquet")
    return rows.assign(**{c: pandas.to_datetime(rows[c]) for c in (*DATES, "as_of_date") if c in rows})


def known_truth(folder: Path) -> pandas.DataFrame:
    truth = table(folder, "truth")
    return truth[truth["bad"].notna()].astype({"bad": int})


def digest(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(500, 12, seed, tmp_path / name)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a")["instalments.parquet"] != digest(tmp_path / "c")["instalments.parquet"]


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        simulate(10, 12, 1, tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("borrowers", [1, 2, 5])
def test_a_book_of_a_few_borrowers_is_a_book(tmp_path: Path, borrowers: int) -> None:
    simulate(borrowers, 6, 4, tmp_path / "book")
    assert len(table(tmp_path / "book", "borrowers")) == borrowers


def test_the_truth_counts_who_turned_bad_as_the_tables_do(folder: Path, slow_book: SlowBook) -> None:
    compared = 0
    truth_rows = known_truth(folder)
    # There is no statement yet on the first day.
    for as_of, rows in truth_rows[truth_rows["as_of_date"] > FIRST_DAY].groupby("as_of_date"):
        truth = rows.set_index("borrower_id")["bad"]
        outcomes = slow_book.outcomes(as_of)
        unknown = outcomes.index[outcomes.isna()]
        # A store card or a missing statement leaves a few outcomes unknown; all others agree with the truth.
        assert len(unknown) <= 0.08 * len(outcomes)
        expected = truth[~truth.index.isin(unknown)].astype(float).sort_index()
        pandas.testing.assert_series_equal(outcomes.dropna().sort_index(), expected, check_names=False)
        compared += len(expected)
    assert compared > 50_000


CALM_FOR_CERTAIN = [
    np.array([[1.0], [0.0], [0.0]]),
    np.array([[[1.0], [0.0], [0.0]]] * 3),
    np.array([[[1.0], [0.0], [0.0]]] * 3),
]
EVEN_ODDS = Hazards(
    misses_odds=np.ones((3, 2)), reaches=np.full((3, 2), 0.5), defers=np.zeros((3, 2)), leaves=np.zeros((3, 2))
)
"""One payment of two is missed, with odds of 1.6 (8 of 13) after a missed one; half of the missed reach 30 days."""


@pytest.mark.parametrize(
    ("status", "good"),
    [
        # In order: paid (1/2), then 1 - 1/2 · 1/2 = 3/4; missed (1/2), then 1/2 · (1 - 8/13 · 1/2) = 9/26.
        ([IN_ORDER], 1 / 2 * 3 / 4 + 1 / 2 * 9 / 26),
        # Missed: reaches 30 days (1/2), or is paid and 5/13 · 3/4 + 8/13 · 9/26 follows.
        ([MISSED], 1 / 2 * (5 / 13 * 3 / 4 + 8 / 13 * 9 / 26)),
        # Both accounts have to stay good.
        ([IN_ORDER, IN_ORDER], (1 / 2 * 3 / 4 + 1 / 2 * 9 / 26) ** 2),
    ],
)
def test_the_true_pd_by_hand(status: list[int], good: float) -> None:
    n = len(status)
    standing = TrueStanding(np.arange(n), np.array(status, np.int8), np.full(n, 12), np.array([0]))
    pd = true_pd(standing, EVEN_ODDS, np.ones(3), CALM_FOR_CERTAIN)
    assert pd == pytest.approx([1 - good], rel=1e-12)


@pytest.fixture(scope="module")
def large_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate a book of 20,000 borrowers and two years, with a downturn and a drift."""
    out = tmp_path_factory.mktemp("large") / "book"
    simulate(20_000, 24, 1, out, downturn_month=15, drift=0.1)
    return out


def test_as_many_turn_bad_as_the_true_pd_says_in_every_decile(large_folder: Path) -> None:
    truth = known_truth(large_folder)
    # If windows do not overlap, errors of the truth are uncorrelated, and their variance is that of Bernoulli draws.
    truth = truth[truth["as_of_date"].dt.month.isin([1, 4, 7, 10])]
    deciles = truth.groupby(pandas.qcut(truth["pd"], 10, labels=False))
    variance = (truth["pd"] * (1 - truth["pd"])).groupby(pandas.qcut(truth["pd"], 10, labels=False)).sum()
    z = (deciles["bad"].sum() - deciles["pd"].sum()) / np.sqrt(variance)
    assert (z.abs() < 3.5).all()
    assert truth["bad"].sum() / truth["pd"].sum() == pytest.approx(1, abs=0.03)


def test_it_is_as_hard_as_a_real_book(folder: Path, slow_book: SlowBook) -> None:
    truth = known_truth(folder)
    dpd = {as_of: slow_book.dpd_on(as_of) for as_of in truth["as_of_date"].unique()}
    owner = slow_book.loans["borrower_id"]
    late = {(as_of, b) for as_of, of_loan in dpd.items() for b in owner[of_loan.index[~(of_loan <= 0)]]}
    is_current = np.array([key not in late for key in zip(truth["as_of_date"], truth["borrower_id"], strict=True)])
    assert 0.03 <= truth["bad"].mean() <= 0.05
    assert 0.82 <= roc_auc_score(truth["bad"], truth["pd"]) <= 0.87
    current = truth[is_current]
    assert 0.76 <= roc_auc_score(current["bad"], current["pd"]) <= 0.82


def test_seasons_follow_the_lunar_new_year() -> None:
    # New year on 22 January 2023 and on 10 February 2024: bonuses come in the month before, and in July.
    assert (lunar_new_year(2023), lunar_new_year(2024)) == (date(2023, 1, 22), date(2024, 2, 10))
    months = Months(date(2022, 12, 1), 13)
    # December 2022 to March 2024.
    expected = [0.72, 1.45, 1.15, 1, 1, 1, 1, 0.85, 1, 1, 1, 1, 1, 0.72, 1.45, 1.15]
    assert months.seasons().tolist() == expected


def test_a_season_moves_missed_payments(slow_book: SlowBook) -> None:
    share = {}
    for day, later in pairwise(STARTS):
        before, after = slow_book.dpd_on(day), slow_book.dpd_on(later)
        share[day.strftime("%Y-%m")] = (after.reindex(before.index[before == 0]).dropna() > 0).mean()
    assert share["2023-01"] + share["2024-02"] > 1.3 * (share["2022-12"] + share["2024-01"])


def roll_rates(slow_book: SlowBook) -> pandas.DataFrame:
    """Return the share of open loans in each bucket at a month's start that are in each bucket a month later."""
    names = ["0", "1-29", "30-59", "60-89", "90+"]
    pairs = []
    for day, later in pairwise(STARTS[3:]):
        before, after = (
            pandas.cut(slow_book.dpd_on(d), [-1, 0, 29, 59, 89, 10_000], labels=names) for d in (day, later)
        )
        lost = slow_book.loans["lost"].between(slow_book.day(day), slow_book.day(later) - 1)
        state = after.astype(object).reindex(before.index).fillna("closed").mask(lost.reindex(before.index), "lost")
        pairs.append(pandas.DataFrame({"before": before, "after": state}).dropna())
    both = pandas.concat(pairs)
    return pandas.crosstab(both["before"], both["after"], normalize="index")


def test_arrears_roll_and_cure_as_in_books(slow_book: SlowBook) -> None:
    rates = roll_rates(slow_book)
    assert 0.50 <= rates.loc["30-59", "60-89"] <= 0.60
    assert 0.60 <= rates.loc["60-89", "90+"] <= 0.75
    assert 0.15 <= rates.loc["1-29", "30-59"] <= 0.25
    # Loans cure after 30 days, but rarely after 90 days.
    assert 0.15 <= rates.loc["30-59", "0"] <= 0.30
    assert rates.loc["90+", ["0", "1-29"]].sum() <= 0.06


def test_a_write_off_comes_about_180_days_after_the_oldest_due_day(slow_book: SlowBook) -> None:
    lost = slow_book.loans[slow_book.loans["lost"].notna() & ~slow_book.loans["is_card"]]
    rows = [slow_book.loans.index.get_loc(loan) for loan in lost.index]
    dpd = slow_book.dpd[rows, lost["lost"].astype(int) - 1]
    assert len(lost) > 50
    assert ((dpd >= 180) & (dpd <= 192)).all()


def test_one_loan_goes_bad_while_others_of_the_borrower_do_not(slow_book: SlowBook) -> None:
    as_of = pandas.Timestamp("2023-07-01")
    loans = slow_book.bad_loans(as_of)[slow_book.dpd_on(as_of) < 30].dropna()
    owner = slow_book.loans["borrower_id"][loans.index]
    of_borrower = loans.groupby(owner).agg(["sum", "size"])
    bad = of_borrower[(of_borrower["sum"] > 0) & (of_borrower["size"] >= 2)]
    assert (bad["sum"] < bad["size"]).mean() > 0.5


def test_a_loan_paid_off_early_leaves_the_rest_of_its_schedule_unpaid(folder: Path) -> None:
    loans = table(folder, "loans").set_index("loan_id")
    rows = table(folder, "instalments").join(loans[["closed_on", "term_months"]], on="loan_id")
    rows = rows.sort_values("scheduled_on").drop_duplicates(["loan_id", "instalment_no"])
    after = rows[rows["due_on"] > rows["closed_on"] + pandas.DateOffset(months=1)]
    assert 0.15 <= after["loan_id"].nunique() / loans.loc[loans["principal"].notna(), "closed_on"].notna().sum() <= 0.6
    assert after["paid_on"].isna().all()
    last = rows.groupby("loan_id")["instalment_no"].max()
    assert (last == loans["term_months"].reindex(last.index)).all()


def test_a_few_loans_are_closed_as_another_opens(large_folder: Path) -> None:
    loans = table(large_folder, "loans")
    both = loans.merge(loans, on="borrower_id", suffixes=("", "_new"))
    refinanced = both[(both["closed_on"] == both["opened_on_new"]) & (both["loan_id"] != both["loan_id_new"])]
    assert 0.001 <= refinanced["loan_id"].nunique() / loans["closed_on"].notna().sum() <= 0.01


def test_a_deferral_is_a_second_version_with_a_later_due_day(folder: Path) -> None:
    rows = table(folder, "instalments")
    key = ["loan_id", "instalment_no"]
    versions = rows.drop_duplicates([*key, "scheduled_on"]).sort_values([*key, "scheduled_on"])
    first = versions.drop_duplicates(key).set_index(key)
    second = versions[versions.duplicated(key)].set_index(key)
    assert not second.index.duplicated().any()
    assert 0.0003 <= len(second) / (rows["due_on"] < STARTS[-1]).sum() <= 0.005
    first = first.loc[second.index]
    delay = (second["due_on"] - first["due_on"]).dt.days
    assert delay.between(28, 92).all()
    assert (second["due_amount"] == first["due_amount"]).all()
    agreed = (second["scheduled_on"] - first["due_on"]).dt.days
    assert agreed.between(-10, 8).all()
    assert (agreed < 0).any() and (agreed > 0).any()
    # A borrower who waits for the new due day is 30 days past the first one.
    waits = second["paid_on"].isna() | (second["paid_on"] >= first["due_on"] + pandas.Timedelta(days=30))
    assert waits.mean() > 0.6


def test_a_failed_debit_is_a_payment_and_its_reversal(folder: Path) -> None:
    rows = table(folder, "instalments")
    paid = rows[rows["paid_on"].notna()]
    reversals = paid[paid["paid_amount"] < 0]
    assert 0.003 <= len(reversals) / len(paid) <= 0.05
    key = ["loan_id", "instalment_no"]
    both = reversals.merge(paid[paid["paid_amount"] > 0], on=key, suffixes=("", "_debit"))
    debit = both[(both["paid_amount_debit"] == -both["paid_amount"]) & (both["paid_on_debit"] < both["paid_on"])]
    assert set(map(tuple, debit[key].to_numpy())) == set(map(tuple, reversals[key].to_numpy()))


def test_payments_come_in_parts_and_are_recorded_late(folder: Path) -> None:
    paid = table(folder, "instalments").query("paid_amount > 0")
    part = (paid["paid_amount"] < 0.9 * paid["due_amount"]).mean()
    assert 0.01 <= part <= 0.06
    delay = (paid["recorded_on"] - paid["paid_on"]).dt.days
    assert 0.02 <= (delay > 0).mean() <= 0.05
    assert delay.between(0, 6).all()


def test_statements_are_corrected_missing_and_in_part_silent(folder: Path) -> None:
    rows = table(folder, "statements").sort_values("recorded_on")
    product = table(folder, "loans").set_index("loan_id")["product"][rows["loan_id"]].to_numpy()
    assert rows["days_past_due"][product == "store_card"].isna().all()
    assert rows["days_past_due"][product == "card"].notna().all()
    assert 0.01 <= (product == "store_card").mean() <= 0.05
    key = ["loan_id", "statement_on"]
    assert not rows.duplicated([*key, "recorded_on"]).any()
    versions = rows[rows.duplicated(key, keep=False)].groupby(key)
    assert 0.005 <= versions.ngroups / len(rows.drop_duplicates(key)) <= 0.02
    assert (versions.size() == 2).all()
    assert (versions["paid_amount"].nunique() + versions["balance"].nunique() > 2).all()
    months = rows.drop_duplicates(key).groupby("loan_id")["statement_on"].agg(["min", "max", "size"])
    span = (months["max"].dt.year - months["min"].dt.year) * 12 + months["max"].dt.month - months["min"].dt.month + 1
    assert 0.003 <= (span > months["size"]).mean() <= 0.03


def test_what_the_book_shows_of_a_borrower_is_weak(folder: Path) -> None:
    as_of = pandas.Timestamp("2023-07-01")
    truth = known_truth(folder)
    truth = truth[truth["as_of_date"] == as_of].set_index("borrower_id")
    events = table(folder, "events")
    recent = events[(events["occurred_at"] < as_of) & (events["occurred_at"] >= as_of - pandas.DateOffset(months=3))]
    counts = recent.groupby(["borrower_id", "kind"]).size().unstack(fill_value=0).reindex(truth.index, fill_value=0)
    auc = {kind: roc_auc_score(truth["bad"], counts[kind]) for kind in counts}
    assert all(0.40 <= value <= 0.66 for value in auc.values())
    # Some signals are informative, as in a real book.
    assert max(auc["payment_failed"], auc["external_enquiry"]) >= 0.53
    borrowers = table(folder, "borrowers").set_index("borrower_id")
    every = known_truth(folder).join(borrowers[["x_bureau_score", "x_channel"]], on="borrower_id")
    bureau_rows = every[every["x_bureau_score"].notna()]
    assert 0.51 <= roc_auc_score(bureau_rows["bad"], -bureau_rows["x_bureau_score"]) <= 0.62
    by_channel = every.groupby("x_channel")["pd"].mean()
    assert 1.1 <= by_channel["agent"] / by_channel["branch"] <= 1.8


def test_tables_can_stop_early_and_nothing_else_changes(tmp_path: Path) -> None:
    cut = {"instalments": 20, "statements": 40, "events": 10}
    simulate(500, 12, 6, tmp_path / "whole")
    simulate(500, 12, 6, tmp_path / "cut", cut_days=cut)
    end = pandas.Timestamp("2023-01-01")
    for name, column in (("instalments", "recorded_on"), ("statements", "recorded_on"), ("events", "recorded_at")):
        whole, kept = table(tmp_path / "whole", name), table(tmp_path / "cut", name)
        reach = end - pandas.Timedelta(days=cut[name])
        assert whole[column].max() >= reach
        assert kept[column].max() < reach
        assert kept[column].notna().sum() == (whole[column] < reach).sum()
    assert len(table(tmp_path / "cut", "instalments").drop_duplicates(["loan_id", "instalment_no"])) == len(
        table(tmp_path / "whole", "instalments").drop_duplicates(["loan_id", "instalment_no"])
    )
    whole_digest, cut_digest = digest(tmp_path / "whole"), digest(tmp_path / "cut")
    for name in ("borrowers", "loans", "truth"):
        assert whole_digest[f"{name}.parquet"] == cut_digest[f"{name}.parquet"]


@pytest.mark.parametrize("cut_days", [{"loans": 3}, {"events": -1}])
def test_a_cut_of_another_table_or_of_negative_days_is_refused(tmp_path: Path, cut_days: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cut_days takes days"):
        simulate(10, 6, 1, tmp_path / "book", cut_days=cut_days)


def test_a_drift_that_leaves_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="above -1"):
        simulate(10, 6, 1, tmp_path / "book", drift=-1.0)


def mean_pd(folder: Path) -> pandas.Series:
    return table(folder, "truth").groupby("as_of_date")["pd"].mean()


def test_a_downturn_makes_more_borrowers_bad(tmp_path: Path) -> None:
    for name, month in (("calm", None), ("downturn", 8)):
        simulate(4000, 18, 1, tmp_path / name, downturn_month=month)
    calm, downturn = mean_pd(tmp_path / "calm"), mean_pd(tmp_path / "downturn")
    assert calm.iloc[:6].equals(downturn.iloc[:6])
    assert (downturn.iloc[10:] > 1.2 * calm.iloc[10:]).all()


def test_a_drift_raises_risk_and_activity_year_by_year(tmp_path: Path) -> None:
    for name, drift in (("still", 0.0), ("drift", 0.5)):
        simulate(2500, 30, 1, tmp_path / name, drift=drift)
    ratio = mean_pd(tmp_path / "drift") / mean_pd(tmp_path / "still")
    assert 1.0 <= ratio.iloc[:3].mean() <= 1.05
    assert ratio.iloc[-6:].mean() > ratio.iloc[12:18].mean() > 1.05
    events = {name: len(table(tmp_path / name, "events")) for name in ("still", "drift")}
    assert events["drift"] > 1.3 * events["still"]
