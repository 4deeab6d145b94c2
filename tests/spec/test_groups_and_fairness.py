"""Groups by month and segment, and fairness by protected attribute: tables worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from risk_warning.book.protected import read_protected
from risk_warning.settings import BookSettings
from risk_warning.stats.calibration import Calibration
from risk_warning.stats.delong import Difference
from risk_warning.stats.rates import wilson
from risk_warning.studies.compare.by_group import Group, GroupSplit, history_bands, income_bands, split
from risk_warning.studies.compare.fairness import fairness


def test_by_group_all_rows_are_counted_and_aucs_need_bads_and_goods() -> None:
    random = np.random.default_rng(2)
    n = 800
    bad = random.random(n) < 0.3
    pd_a, pd_b = random.random(n), np.where(bad, 0.6, 0.4) + random.random(n) / 5
    code = np.repeat([0, 1, 2, -1], [500, 280, 10, 10])
    by_region = split("region", bad, pd_a, pd_b, code, ("north", "south", "west", "east"), np.arange(0, n, 2))
    assert [(group.name, group.n, group.bads) for group in by_region.groups] == [
        (name, int((code == k).sum()), int(bad[code == k].sum())) for k, name in enumerate(("north", "south", "west"))
    ]
    assert by_region.unknown == 10
    north, south, west = by_region.groups
    assert north.auc is not None and north.auc.is_significant and north.auc.difference > 0
    assert south.auc is not None and west.auc is None
    assert north.b.expected == pytest.approx(pd_b[:500].sum())
    assert by_region.contradicting == ()


def test_groups_that_contradict_each_other_are_named() -> None:
    some = Calibration("x", 100, 50, 50.0, 1.0, 0.9, 1.1)

    def group(name: str, difference: float, reach: float) -> Group:
        auc = Difference(0.7, 0.7 + difference, difference, difference - reach, difference + reach)
        return Group(name, 100, 50, auc, some, some)

    parts = (group("up", 0.1, 0.05), group("down", -0.1, 0.05), group("unsure", -0.1, 0.2))
    assert [one.name for one in GroupSplit("region", parts, 0).contradicting] == ["up", "down"]
    assert GroupSplit("region", parts[::2], 0).contradicting == ()


def test_bands_of_history_and_income() -> None:
    code, names = history_bands(np.array([3, 5, 6, 23, 24, 60]))
    assert [names[k] for k in code] == ["0 to 5", "0 to 5", "6 to 11", "12 to 23", "24 or more", "24 or more"]
    code, names = income_bands(np.array([1.0, 2, 3, 4, np.nan]))
    assert code.tolist() == [0, 1, 2, 3, -1]
    assert income_bands(np.full(2, np.nan))[0].tolist() == [-1, -1]


def test_fairness_by_hand() -> None:
    random = np.random.default_rng(3)
    n = 2_000
    sex = np.array(["female", "male"], object)[random.integers(0, 2, n)]
    sex[:5] = None
    bad, warned, pd = random.random(n) < 0.2, random.random(n) < 0.1, random.random(n) / 3
    by_sex = fairness(bad, warned, pd, np.arange(n), {"sex": sex})[0]
    frame = pandas.DataFrame({"sex": sex, "bad": bad, "warned": warned, "pd": pd}).dropna()
    assert by_sex.unknown == 5
    for group in by_sex.groups:
        own = frame[frame["sex"] == group.name]
        assert (group.n, group.bads, group.borrowers) == (len(own), own["bad"].sum(), len(own))
        assert group.selection_rate == pytest.approx(own["warned"].mean())
        assert group.true_positive_rate == pytest.approx(own.loc[own["bad"], "warned"].mean())
        assert group.observed_over_expected == pytest.approx(own["bad"].sum() / own["pd"].sum())
        assert group.selection_interval == wilson(int(own["warned"].sum()), len(own))
    rates = [group.selection_rate for group in by_sex.groups]
    assert by_sex.selection_ratio == pytest.approx(min(rates) / max(rates))


def test_a_group_too_small_is_shown_and_judges_nobody() -> None:
    n = 1_000
    label = np.array(["many"] * 950 + ["few"] * 50, object)
    bad, warned = np.arange(n) % 5 == 0, np.arange(n) % 10 == 0
    # The group `few` has ten borrowers with five rows each.
    result = fairness(
        bad, warned, np.full(n, 0.2), np.where(label == "few", np.arange(n) // 5, np.arange(n)), {"x": label}
    )
    few = next(group for group in result[0].groups if group.name == "few")
    assert (few.n, few.borrowers, few.is_judged) == (50, 10, False)
    assert result[0].selection_ratio is None and result[0].true_positive_gap is None
    assert fairness(bad, warned, np.full(n, 0.2), np.arange(n), {"x": np.full(n, None, object)}) == ()


ROWS = {
    "borrower_id": ["7", "9", "8", "7"],
    "valid_from": [date(2020, 1, 1), date(2020, 1, 1), date(2020, 1, 1), date(2022, 1, 1)],
    "sex": ["female", None, "male", "female"],
    "marital_status": ["single", "married", "", "married"],
    "birth_date": [date(1990, 6, 15), date(2000, 1, 1), None, date(1990, 6, 15)],
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_protected_attributes_are_those_of_the_latest_row(tmp_path: Path, kind: str) -> None:
    table = pandas.DataFrame(ROWS)
    table.to_parquet(tmp_path / "borrowers.parquet") if kind == "parquet" else table.to_csv(
        tmp_path / "borrowers.csv", index=False
    )
    protected = read_protected(tmp_path, BookSettings())
    ids: Any = np.array(["8", "7", "9", "10"], object)
    labels = protected.labels(ids, date(2025, 6, 14))
    assert labels["sex"].tolist() == ["male", "female", None, None]
    assert labels["marital_status"].tolist() == [None, "married", "married", None]
    # The date is the day before the thirty-fifth birthday of borrower 7.
    assert labels["age"].tolist() == [None, "25 to 34", "25 to 34", None]
    assert protected.labels(ids, date(2025, 6, 15))["age"].tolist() == [None, "35 to 44", "25 to 34", None]


def test_a_book_without_protected_attributes_has_none(tmp_path: Path) -> None:
    pandas.DataFrame({"borrower_id": [1], "age": [40]}).to_parquet(tmp_path / "borrowers.parquet")
    by_age = read_protected(tmp_path, BookSettings()).labels(np.array([1, 2]), date(2025, 1, 1))
    assert by_age["age"].tolist() == ["35 to 44", None]
    # Ids stored as real numbers mean the same borrowers.
    pandas.DataFrame({"borrower_id": [1.0], "sex": ["f"]}).to_parquet(tmp_path / "borrowers.parquet")
    assert read_protected(tmp_path, BookSettings()).labels(np.array([1]), date(2025, 1, 1))["sex"].tolist() == ["f"]
    pandas.DataFrame({"borrower_id": [1]}).to_parquet(tmp_path / "borrowers.parquet")
    assert read_protected(tmp_path, BookSettings()).labels(np.array([1]), date(2025, 1, 1)) == {}
