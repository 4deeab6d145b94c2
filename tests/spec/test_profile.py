"""Rules of a book's profile: which months are drawn and which look wrong, which values are told, and what is lost."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from risk_warning.book.profile.loss import where_empty, without_column, without_table
from risk_warning.book.profile.months import MOST_MONTHS, drawn_months, gaps, in_words, low_months, month_of
from risk_warning.book.profile.result import ColumnProfile, NumberSpread, Spread, ValueBar
from risk_warning.book.profile.run import profile_book
from risk_warning.settings import BookSettings

JANUARY = month_of(date(2023, 1, 1))
BOOK_PAGE = Path(__file__).parents[2] / "docs" / "book.md"


def test_months_are_drawn_from_the_first_to_the_last_without_those_of_mistyped_dates() -> None:
    usual = {JANUARY + k: 1000 for k in range(12)}
    assert drawn_months(usual) == range(JANUARY, JANUARY + 12)
    assert drawn_months({**usual, JANUARY + 400: 3, JANUARY - 300: 9}) == range(JANUARY, JANUARY + 12)
    assert drawn_months({**usual, JANUARY + 12: 10}) == range(JANUARY, JANUARY + 13), "a short last month is no mistake"
    assert drawn_months({}) == range(0)


def test_a_picture_has_at_most_ten_years_those_with_the_most_rows() -> None:
    drawn = drawn_months({JANUARY - 500: 40, **{JANUARY + k: 50 for k in range(12)}})
    assert drawn == range(JANUARY, JANUARY + 12)
    long = {JANUARY + k: 10 + (k > 100) for k in range(200)}
    assert drawn_months(long) == range(JANUARY + 200 - MOST_MONTHS, JANUARY + 200)


def test_a_month_without_rows_is_a_gap_and_one_with_few_is_low() -> None:
    rows = {JANUARY + k: 100 + k for k in range(12)}
    del rows[JANUARY + 4]
    rows[JANUARY + 8] = 45
    rows[JANUARY + 11] = 49
    months = drawn_months(rows)
    assert gaps(rows, months) == (JANUARY + 4,)
    assert low_months(rows, months) == (JANUARY + 8, JANUARY + 11)
    assert low_months({JANUARY: 9, JANUARY + 1: 2, JANUARY + 2: 8}, range(JANUARY, JANUARY + 3)) == (), "too few rows"


def test_many_months_are_named_as_spans_and_a_count() -> None:
    assert in_words([JANUARY + k for k in (0, 2, 3, 4, 6, 8)], most=2) == "2023-01, 2023-03 to 2023-05 and 2 more"


def test_what_is_lost_agrees_with_the_page_on_the_book() -> None:
    """The page counts features by hand; the profile asks the features themselves."""
    text = BOOK_PAGE.read_text(encoding="utf-8")
    section = text[text.index("### statements") : text.index("### events")]
    sentences = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) features: [^|]*\|$", section, re.MULTILINE))
    assert set(sentences) == {"balance", "credit_limit", "due_amount", "paid_amount"}
    for column, features in sentences.items():
        assert without_column("statements", column).startswith(f"{features} features ("), column
    assert without_table("events").startswith("43 features")
    assert without_table("loans").startswith("12 features")
    assert without_table("instalments").startswith("39 features")
    assert without_table("contacts") == "training cannot leave out or weigh borrowers who were helped"


def test_an_empty_cell_is_not_a_missing_column() -> None:
    assert (where_empty("loans", "closed_on"), where_empty("loans", "opened_on")) == (
        "the loan is open",
        "the row is set aside",
    )
    assert without_column("loans", "closed_on").endswith("no loan ever closes: paid-off loans count as open")
    assert without_column("borrowers", "opted_out") == "nothing: no model and no verb reads it"
    assert where_empty("borrowers", "region") == "unknown to 1 feature (tenure and profile)"


def spread_of(folder: Path, values: list[str], owners: list[str] | None = None) -> Spread | None:
    """Return the spread of x_value, one row a borrower unless `owners` says otherwise."""
    owners = owners or [str(at) for at in range(len(values))]
    rows = [f"{owner},{value}" for owner, value in zip(owners, values, strict=True)]
    (folder / "borrowers.csv").write_text("borrower_id,x_value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (table,) = profile_book(folder, BookSettings()).tables
    return next(column for column in table.columns if column.name == "x_value").spread


def test_bars_are_whole_numbers_of_round_width_and_count_every_value(tmp_path: Path) -> None:
    spread = spread_of(tmp_path, [str(value) for value in (6, 12, 12, 12, 24) for _ in range(20)])
    assert spread == NumberSpread((ValueBar(6, 7, 20), ValueBar(12, 13, 60), ValueBar(24, 25, 20)), 0, 0, 0, True)


@pytest.mark.parametrize("shift", [0.0, -1.0])
def test_a_value_at_the_edge_of_a_bar_is_in_the_bar_that_begins_there(tmp_path: Path, shift: float) -> None:
    tenths = [str(round(k / 10 + shift, 1)) for k in range(11) for _ in range(10)]
    spread = spread_of(tmp_path, tenths)
    assert isinstance(spread, NumberSpread)
    assert [(bar.low, bar.values) for bar in spread.bars] == [(round(k / 10 + shift, 1), 10) for k in range(11)]


def test_the_ends_lie_at_the_percentiles_and_what_is_outside_is_counted(tmp_path: Path) -> None:
    values = [str(k) for k in range(1000)]
    values[0], values[999] = "-1000000", "1000000"
    spread = spread_of(tmp_path, values)
    assert isinstance(spread, NumberSpread)
    assert (spread.bars[0].low, spread.bars[-1].high) == (0, 1000)
    assert (spread.below, spread.above, spread.too_few) == (1, 1, 0)
    assert sum(bar.values for bar in spread.bars) == 998


def test_values_of_few_borrowers_are_counted_and_not_told(tmp_path: Path) -> None:
    # One borrower has a tenth of the rows, so that no percentile cuts their values off.
    values = ["1"] * 50 + ["2"] * 50 + ["77"] * 10
    owners = [str(k) for k in range(100)] + ["alone"] * 10
    spread = spread_of(tmp_path, values, owners)
    assert spread == NumberSpread((ValueBar(1, 2, 50), ValueBar(2, 3, 50)), 0, 10, 0, True)
    assert spread_of(tmp_path, ["1", "2", "3", "4"]) is None


def test_a_profile_counts_cells_that_are_empty_and_cells_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text(
        "borrower_id,monthly_income,onboarded_on\n1,5,\n2,,1890-01-01\n3,lots,2024-13-45\n"
    )
    (table,) = profile_book(tmp_path, BookSettings()).tables
    counted = {column.name: (column.empty, column.unusable) for column in table.columns}
    assert counted == {"borrower_id": (0, 0), "onboarded_on": (1, 2), "monthly_income": (1, 1)}
    assert all(isinstance(column, ColumnProfile) and column.spread is None for column in table.columns)
