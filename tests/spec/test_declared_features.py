"""Features that a lender declares: what they are worth on literal rows, what they say, and what is refused where."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from small_book import write

from risk_warning.book import open_book
from risk_warning.book.declared_features import declared_features, features_of
from risk_warning.core.features import matrix
from risk_warning.core.features.own import own
from risk_warning.core.features.words import words_of
from risk_warning.core.panel.builder import panel_of
from risk_warning.errors import SettingsError
from risk_warning.settings import BookSettings

AS_OF = date(2024, 7, 1)
EVENTS = "".join(
    f"1,{day},{kind},{amount}\n"
    for day, kind, amount in (
        ("2024-06-20", "bet", "30.50"),
        ("2024-06-03", "bet", "10"),
        ("2024-05-03", "bet", "4"),
        ("2024-02-03", "bet", "7"),
        ("2024-06-25", "salary_in", "81"),
        ("2024-04-25", "salary_in", "81"),
    )
)
"""Months before the as-of date, the last one first: bets 2, 1, 0, 0; salaries 1, 0. The month in which the lender began
to send a kind is not observed.
"""
STATEMENTS = "".join(
    f"10,2024-{month:02d}-28,{usage},{stage},{balance},1,\n"
    for month, usage, stage, balance in (
        (2, "0.2", "A", 100),
        (3, "0.4", "A", 200),
        (4, "", "B", 300),
        (5, "0.8", "B", 400),
        (6, "0.95", "C", 900),
    )
)
BOOK = {
    "borrowers": "borrower_id,onboarded_on\n1,2023-01-01\n2,2023-01-01\n",
    "loans": "loan_id,borrower_id,opened_on\n10,1,2024-01-01\n20,2,2024-01-01\n",
    "instalments": "loan_id,instalment_no,due_on,due_amount,paid_on,paid_amount\n10,1,2024-02-01,50,2024-02-01,50\n",
    "statements": f"loan_id,statement_on,x_usage,x_stage,balance,due_amount,recorded_on\n{STATEMENTS}",
    "events": f"borrower_id,occurred_at,kind,amount\n{EVENTS}",
}
HEAD = 'en = "Words"\nzh = "文字"\n'


def declared(folder: Path, text: str) -> BookSettings:
    (folder / "features.toml").write_text(text, encoding="utf-8")
    return BookSettings(features=folder / "features.toml")


def one(folder: Path, *entries: str, unit: str = "events", riskier: str = "higher") -> BookSettings:
    rows = "\n".join(entries)
    return declared(folder, f'[features.mine]\n{HEAD}unit = "{unit}"\nriskier = "{riskier}"\n{rows}\n')


@pytest.mark.parametrize(
    ("unit", "entries", "first", "second"),
    [
        ("events", ['value = { total = "events.bet", months = 3 }'], 3, 0),
        ("minor units", ['value = { total = "events.bet.amount", months = 6 }'], 4450, 0),
        ("events a month", ['value = { mean = "events.bet", months = 2 }'], 1.5, 0),
        ("events", ['value = { largest = "events.bet", months = 12 }'], 2, 0),
        ("number", ['value = { latest = "statements.x_usage", months = 3 }'], 0.95, np.nan),
        ("number", ['value = { smallest = "statements.x_usage", months = 6 }'], 0.2, np.nan),
        ("number", ['value = { mean = "statements.x_usage", months = 2, start = 3 }'], 0.3, np.nan),
        # Of the six months four are observed, two of them with 0.8 or more.
        ("ratio", ['value = { share = "statements.x_usage", at_least = 0.8, months = 6 }'], 0.5, np.nan),
        ("months", ['value = { count = "statements.x_usage", at_least = 0.8, months = 6 }'], 2, np.nan),
        ("months", ['value = { streak = "statements.x_usage", above = 0.5 }'], 2, np.nan),
        ("months", ['value = { months_since = "statements.x_usage", at_most = 0.4 }'], 3, np.nan),
        ("months", ['value = { months_since = "statements.x_usage", above = 7 }'], np.nan, np.nan),
        # An amount's bound is in the currency's unit: balances of 300, 400 and 900.
        ("months", ['value = { count = "statements.balance", above = 250, months = 12 }'], 3, np.nan),
        ("minor units", ['value = { slope = "statements.balance", months = 3 }'], 30000, np.nan),
        ("months", ['value = { count = "statements.x_stage=B", equal = 1, months = 12 }'], 2, np.nan),
        (
            "ratio",
            [
                'value = { total = "events.bet.amount", months = 6 }',
                'over = { total = "events.salary_in.amount", months = 6 }',
            ],
            44.5 / 81,
            np.nan,
        ),
        (
            "events",
            ['value = { total = "events.bet", months = 1 }', 'minus = { total = "events.bet", months = 1, start = 1 }'],
            1,
            0,
        ),
    ],
)
def test_a_feature_is_worth_what_it_says(
    tmp_path: Path, unit: str, entries: list[str], first: float, second: float
) -> None:
    for table, text in BOOK.items():
        (tmp_path / f"{table}.csv").write_text(text)
    settings = one(tmp_path, *entries, unit=unit)
    with open_book(tmp_path, settings) as book:
        chosen = [feature for feature in features_of(book.observed, settings) if feature.name == "mine"]
        values = matrix(panel_of(book.history(book.rows(0, 2), 0.01), AS_OF), chosen)
    np.testing.assert_array_equal(values, np.array([[first, second]], np.float32))


def test_events_count_as_zero_from_the_day_the_lender_sends_them(tmp_path: Path) -> None:
    for table, text in BOOK.items():
        (tmp_path / f"{table}.csv").write_text(text)
    settings = one(tmp_path, 'value = { total = "events.bet", months = 3, start = 5 }')
    with open_book(tmp_path, settings) as book:
        chosen = features_of(book.observed, settings)
        values = matrix(panel_of(book.history(book.rows(0, 2), 0.01), AS_OF), chosen)
        mine = values[[feature.name for feature in chosen].index("mine")]
    assert np.isnan(mine).all(), "no bet was recorded before February, so December to January are unknown"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[features", "is not valid TOML"),
        (f'[features.mine]\n{HEAD}unit = "events"\nvalue = 1', "line 1: features.mine.riskier: Field required"),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "more"\nvalue = {{ total = "events.a", months = 1 }}',
            "line 5: features.mine.riskier: Input should be 'higher', 'lower' or 'either'",
        ),
        (
            f'\n[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\n'
            'value = { total = "loans.rate", months = 3 }',
            "line 7: features.mine.value.total: name events.KIND",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\nvalue = {{ total = "events.a" }}',
            "line 6: features.mine.value: total needs months, from 1 to 24",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\n'
            'value = { total = "events.a", mean = "events.a", months = 1 }',
            "line 6: features.mine.value: give one of total, mean, largest, smallest, latest, spread, slope, count, "
            "share, streak, months_since with its source, not total and mean",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "months"\nriskier = "higher"\nvalue = {{ streak = "events.a" }}',
            "line 6: features.mine.value: streak needs one of above, at_least, equal, at_most, not none",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\n'
            'value = { total = "events.a", months = 20, start = 10 }',
            "line 6: features.mine.value: start and months reach 30 months back; there are 24",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\nvalue = {{ slope = "events.a", months = 2 }}',
            "line 6: features.mine.value: slope needs at least 3 months",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "apples"\nriskier = "higher"\nvalue = {{ total = "events.a", months = 2 }}',
            "line 4: features.mine.unit: the unit of this value is one of days,",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\n'
            'value = { total = "events.a.amount", months = 2 }',
            "line 4: features.mine.unit: the unit of this value is minor units",
        ),
        (
            f'[features.dpd_now]\n{HEAD}unit = "events"\nriskier = "higher"\n'
            'value = { total = "events.a", months = 2 }',
            "line 1: features.dpd_now: there is a feature of this name already",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "number"\nriskier = "higher"\n'
            'value = { mean = "statements.x_gender", months = 2 }',
            "line 6: features.mine.value: statements.x_gender is protected",
        ),
        (
            f'[features.mine]\n{HEAD}unit = "events"\nriskier = "higher"\ncolour = "red"\n'
            'value = { total = "events.a", months = 2 }',
            "line 6: features.mine.colour: there is no entry colour",
        ),
        (
            '[features.mine]\nen = "{what}"\nzh = "文字"\nunit = "events"\nriskier = "higher"\n'
            'value = { total = "events.a", months = 2 }',
            "line 2: features.mine.en: String should match pattern",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    settings = declared(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        declared_features(settings)
    assert f"{tmp_path / 'features.toml'}" in str(caught.value)
    assert message in str(caught.value)


def test_a_feature_of_what_the_book_lacks_is_refused(tmp_path: Path) -> None:
    settings = one(tmp_path, 'value = { total = "events.sent_home", months = 3 }')
    with open_book(write(tmp_path), settings) as book, pytest.raises(SettingsError) as caught:
        features_of(book.observed, settings)
    assert "features.mine: the book lacks events.sent_home; bring it, or remove the feature." in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "entry", "value", "en", "zh"),
    [
        ("events", '{ total = "events.bet", months = 3 }', 3.0, "Words: 3 events", "文字：3次"),
        ("events", '{ total = "events.bet", months = 3 }', None, "Words: not known", "文字：未知"),
        ("minor units", '{ total = "events.bet.amount", months = 3 }', 1050.0, "Words: 10.50", "文字：10.50"),
        ("months", '{ months_since = "events.bet", above = 0 }', 2.0, "Words: 2 to 3 months ago", "文字：2至3个月前"),
        (
            "months",
            '{ months_since = "events.bet", above = 0 }',
            None,
            "Words: none seen in the last 24 months",
            "文字：近24个月未见",
        ),
        ("number", '{ slope = "statements.x_usage", months = 6 }', -0.5, "Words: down by 0.5", "文字：减少0.5"),
    ],
)
def test_words_are_true_of_the_value(
    tmp_path: Path, unit: str, entry: str, value: float | None, en: str, zh: str
) -> None:
    (feature,) = map(own, declared_features(one(tmp_path, f"value = {entry}", unit=unit)))
    assert words_of(feature, value, 2) == {"en": en, "zh": zh}
    for extreme in (0.0, 1.0, 24.0) if unit == "months" else (-1e6, -1.0, 0.0, 1.0, 1e6):
        words_of(feature, extreme, 2)
