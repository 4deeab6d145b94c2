"""The usual way: every feature that the simulated book supports, as a capable analyst would write it in pandas.

It uses `groupby` by month, `unstack`, then vectorised windows over the columns; no `apply`, no loop over borrowers.
`nightly.py` checks that the features equal those of the package before it compares the speed.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pyarrow.parquet
from pandas import DataFrame, Series

TABLES = ("borrowers", "loans", "instalments", "statements", "events")
MONTHS = 24
CENTS = 100


def read(book: Path) -> dict[str, DataFrame]:
    """Read the tables of a folder of Parquet files, with dates as timestamps."""
    # Conversion of dates to Python objects would take most of the time.
    return {
        name: pyarrow.parquet.read_table(book / f"{name}.parquet").to_pandas(date_as_object=False) for name in TABLES
    }


def features(tables: dict[str, DataFrame], as_of_date: date) -> DataFrame:
    """Return one row per borrower, one column per feature; money in cents, categories as codes in order of names."""
    months = Months(tables, pandas.Timestamp(as_of_date))
    return pandas.DataFrame(
        {**_late(months), **_amounts(months), **_drawn(months), **_owing(months), **_done(months), **_known(months)},
        index=months.ids,
    )


class Months:
    """Wide frames of monthly signals (one row per borrower, column 0 the latest month) and levels on the as-of date."""

    def __init__(self, tables: dict[str, DataFrame], as_of: pandas.Timestamp) -> None:
        self.as_of = as_of
        self.ends = [as_of - pandas.DateOffset(months=k) for k in range(MONTHS + 1)]
        self.ids = pandas.Index(tables["borrowers"]["borrower_id"].sort_values())
        self.wide: dict[str, DataFrame] = {}
        self.level: dict[str, Series] = {}
        self.begins: list[Series] = []
        self.record = DataFrame(False, index=self.ids, columns=range(MONTHS))
        self._loans(tables["loans"])
        owner = tables["loans"].set_index("loan_id")[["borrower_id", "opened_on"]]
        self._instalments(tables["instalments"].join(owner, on="loan_id"))
        self._statements(tables["statements"].join(owner["borrower_id"], on="loan_id"))
        self._events(tables["events"])
        self._profile(tables["borrowers"].set_index("borrower_id"))
        self._blank()

    def period(self, day: Series) -> Series:
        """Return the number of months before the as-of date, 0 for the latest month; negative on or after the date."""
        ends = pandas.DatetimeIndex(self.ends[::-1])
        return Series(MONTHS - ends.searchsorted(day, side="right"), index=day.index)

    def monthly(self, rows: DataFrame, column: str, how: str) -> DataFrame:
        rows = rows[rows["period"].between(0, MONTHS - 1)]
        wide = rows.groupby(["borrower_id", "period"])[column].agg(how).unstack("period")
        return wide.reindex(index=self.ids, columns=range(MONTHS))

    def summed(self, rows: DataFrame, column: str) -> Series:
        return rows.groupby("borrower_id")[column].sum().reindex(self.ids)

    def _loans(self, loans: DataFrame) -> None:
        opened = loans[loans["opened_on"] < self.as_of].assign(one=1)
        opened["period"] = self.period(opened["opened_on"])
        self.wide["new_loan_count"] = self.monthly(opened, "one", "sum").fillna(0)
        earliest = opened.groupby("borrower_id")["opened_on"].min().reindex(self.ids)
        self.begins.append(earliest)
        self.level["oldest_loan_days"] = (self.as_of - earliest).dt.days
        closed, lost = opened["closed_on"] < self.as_of, opened["written_off_on"] < self.as_of
        live = opened[~closed & ~lost]
        by_borrower = live.groupby("borrower_id")
        self.level["open_loan_count"] = by_borrower.size().reindex(self.ids).fillna(0)
        for column in ("principal", "credit_limit"):
            self.level[f"loan_{column}"] = by_borrower[column].sum(min_count=1).reindex(self.ids) * CENTS
        for column in ("annual_rate", "term_months"):
            self.level[f"loan_{column}"] = by_borrower[column].max().reindex(self.ids)
        live = live.assign(product=live["product"].astype("category").cat.codes)
        youngest = live.sort_values(["opened_on", "product"]).groupby("borrower_id")["product"].last()
        self.level["product"] = youngest.reindex(self.ids)

    def _instalments(self, rows: DataFrame) -> None:
        known = (rows["paid_on"] < self.as_of) & (rows["recorded_on"] < self.as_of)
        rows["known_amount"] = rows["paid_amount"].where(known, 0.0)
        rows["known"] = known
        paid = rows[known].assign(period=lambda r: self.period(r["paid_on"]))
        self.wide["instalment_paid_amount"] = self.monthly(paid, "known_amount", "sum").fillna(0) * CENTS
        self.record |= self.monthly(paid, "known", "any").fillna(False).astype(bool)
        key = ["loan_id", "instalment_no"]
        paid = paid.sort_values([*key, "paid_on"])
        running = paid.groupby(key)["known_amount"].cumsum()
        enough = paid[running >= 0.99 * paid["due_amount"] - 1e-6]
        owed = rows.groupby(key).agg(
            borrower_id=("borrower_id", "first"),
            due_on=("due_on", "first"),
            due_amount=("due_amount", "first"),
            scheduled_on=("opened_on", "first"),
            paid_amount=("known_amount", "sum"),
            payments=("known", "sum"),
        )
        owed["settled_on"] = enough.groupby(key)["paid_on"].min()
        owed = owed[owed["scheduled_on"] < self.as_of].reset_index()
        is_open = owed["settled_on"].isna()
        owed["unpaid_amount"] = (owed["due_amount"] - owed["paid_amount"]).where(is_open, 0.0)
        owed["period"] = self.period(owed["due_on"])
        owed["days_late"] = (owed["settled_on"].fillna(self.as_of) - owed["due_on"]).dt.days.clip(-31, 120)
        owed["is_late"], owed["in_parts"] = owed["days_late"] > 0, owed["payments"] > 1
        for name, column, how, scale in (
            ("due_count", "days_late", "count", 1),
            ("late_count", "is_late", "sum", 1),
            ("partial_count", "in_parts", "sum", 1),
            ("instalment_due_amount", "due_amount", "sum", CENTS),
            ("instalment_unpaid_amount", "unpaid_amount", "sum", CENTS),
        ):
            self.wide[name] = self.monthly(owed, column, how).fillna(0) * scale
        self.wide["days_late_mean"] = self.monthly(owed, "days_late", "mean")
        self.wide["days_late_max"] = self.monthly(owed, "days_late", "max")
        still = owed[is_open]
        overdue = still["due_on"] < self.as_of
        soon = ~overdue & (still["due_on"] < self.as_of + pandas.Timedelta(days=30))
        for name, part in (
            ("outstanding_amount", still),
            ("overdue_amount", still[overdue]),
            ("due_next_30d_amount", still[soon]),
        ):
            self.level[name] = self.summed(part, "unpaid_amount").fillna(0) * CENTS
        self.level["remaining_instalment_count"] = still.groupby("borrower_id").size().reindex(self.ids).fillna(0)
        self.begins.append(owed.groupby("borrower_id")["scheduled_on"].min().reindex(self.ids))
        self.begins.append(owed.groupby("borrower_id")["due_on"].min().reindex(self.ids))
        settled = owed["settled_on"].fillna(pandas.Timestamp.max.normalize())
        dpd = {}
        for k, end in enumerate(self.ends):
            unpaid = owed[(owed["due_on"] < end) & (settled >= end)]
            oldest = unpaid.groupby("borrower_id")["due_on"].min().reindex(self.ids)
            dpd[k] = (end - oldest).dt.days.fillna(0)
            if k < MONTHS:
                outstanding = owed.loc[(owed["scheduled_on"] < end) & (settled >= self.ends[k + 1]), "borrower_id"]
                self.record[k] |= self.ids.isin(outstanding.unique())
        self.wide["dpd"] = DataFrame(dpd)

    def _statements(self, rows: DataFrame) -> None:
        rows = rows[(rows["statement_on"] < self.as_of) & (rows["recorded_on"] < self.as_of)]
        self.begins.append(rows.groupby("borrower_id")["statement_on"].min().reindex(self.ids))
        rows = rows.assign(period=self.period(rows["statement_on"]))
        final = rows.sort_values("recorded_on").drop_duplicates(["loan_id", "statement_on"], keep="last")
        last = final.sort_values("statement_on").drop_duplicates(["loan_id", "period"], keep="last")
        for name, part, column in (
            ("balance", last, "balance"),
            ("credit_limit", last, "credit_limit"),
            ("statement_due_amount", final, "due_amount"),
            ("statement_paid_amount", final, "paid_amount"),
        ):
            self.wide[name] = self.monthly(part, column, "sum") * CENTS
        self.record |= self.monthly(final, "balance", "size").notna()
        days_past_due = self.monthly(last, "days_past_due", "max")
        days_past_due = days_past_due.fillna(days_past_due.shift(-1, axis=1))
        days_past_due[MONTHS] = np.nan
        self.wide["dpd"] = self.wide["dpd"].where(~(days_past_due > self.wide["dpd"]), days_past_due)

    def _events(self, rows: DataFrame) -> None:
        rows = rows[(rows["occurred_at"] < self.as_of) & (rows["recorded_at"] < self.as_of)]
        rows = rows.assign(period=self.period(rows["occurred_at"]), one=1)
        first = rows[["occurred_at", "recorded_at"]].max(axis=1).groupby(rows["kind"]).min().dt.normalize()
        for kind, part in rows.groupby("kind"):
            unseen = [k for k in range(MONTHS) if self.ends[k + 1] < first[kind]]
            self.wide[f"{kind}_count"] = self.monthly(part, "one", "sum").fillna(0)
            self.wide[f"{kind}_count"][unseen] = np.nan
            if kind in ("salary_in", "cash_advance"):
                self.wide[f"{kind}_amount"] = self.monthly(part, "amount", "sum").fillna(0) * CENTS
                self.wide[f"{kind}_amount"][unseen] = np.nan
        self.kinds = list(first.index)

    def _profile(self, rows: DataFrame) -> None:
        rows = rows.reindex(self.ids)
        came = rows["onboarded_on"].where(rows["onboarded_on"] < self.as_of)
        self.begins.append(came)
        self.level["tenure_days"] = (self.as_of - came).dt.days
        self.level["monthly_income"] = rows["monthly_income"] * CENTS
        for name in ("employment_status", "education", "region", "housing"):
            codes = rows[name].astype("category").cat.codes
            self.level[name] = codes.where(codes >= 0)

    def _blank(self) -> None:
        """Set signals before the start of a borrower's history to NaN."""
        begin = pandas.concat(self.begins, axis=1).min(axis=1)
        before = DataFrame({k: begin >= end for k, end in enumerate(self.ends[:-1])})
        before_ends = before.rename(columns=lambda k: k + 1).assign(**{"0": False})
        before_ends = before_ends.rename(columns={"0": 0})[list(range(MONTHS + 1))]
        for name, wide in self.wide.items():
            self.wide[name] = wide.mask(before if wide.shape[1] == MONTHS else before_ends)
        self.level["history_months"] = (~before).sum(axis=1)
        self.level["record_months"] = self.record.sum(axis=1)


def total(wide: DataFrame, months: int, start: int = 0) -> Series:
    return wide.iloc[:, start : start + months].sum(axis=1, min_count=1)


def mean(wide: DataFrame, months: int, start: int = 0) -> Series:
    return wide.iloc[:, start : start + months].mean(axis=1)


def largest(wide: DataFrame, months: int) -> Series:
    return wide.iloc[:, :months].max(axis=1)


def smallest(wide: DataFrame, months: int) -> Series:
    return wide.iloc[:, :months].min(axis=1)


def latest(wide: DataFrame, months: int) -> Series:
    return wide.iloc[:, :months].bfill(axis=1).iloc[:, 0]


def change(wide: DataFrame, recent: int, past: int) -> Series:
    return mean(wide, recent) - mean(wide, past, recent)


def spread(wide: DataFrame, months: int) -> Series:
    part = wide.iloc[:, :months]
    return part.std(axis=1, ddof=0).where(part.count(axis=1) > 1)


def slope(wide: DataFrame, months: int) -> Series:
    part = wide.iloc[:, :months]
    time = (part.notna() * -np.arange(months)).where(part.notna())
    time, away = time.sub(time.mean(axis=1), axis=0), part.sub(part.mean(axis=1), axis=0)
    return ((time * away).sum(axis=1) / (time * time).sum(axis=1)).where(part.count(axis=1) > 2)


def count_of(condition: DataFrame, wide: DataFrame, months: int) -> Series:
    return condition.iloc[:, :months].sum(axis=1).where(wide.iloc[:, :months].notna().any(axis=1))


def months_since(condition: DataFrame) -> Series:
    return condition.idxmax(axis=1).where(condition.any(axis=1))


def streak(condition: DataFrame, wide: DataFrame) -> Series:
    return condition.cummin(axis=1).sum(axis=1).where(wide.notna().any(axis=1))


def ratio(above: Series | DataFrame, below: Series | DataFrame) -> Series | DataFrame:
    return above / below.where(below > 0)


def _late(m: Months) -> dict[str, Series]:
    f, w = {}, m.wide
    dpd, late, due, days = w["dpd"], w["late_count"], w["due_count"], w["days_late_mean"]
    f["dpd_now"] = dpd[0]
    for k in (3, 6, 12):
        f[f"dpd_max_{k}m"] = largest(dpd, k)
        f[f"months_past_due_{k}m"] = count_of(dpd > 0, dpd, k)
        f[f"days_late_max_{k}m"] = largest(w["days_late_max"], k)
    for k in (3, 12):
        f[f"dpd_mean_{k}m"] = mean(dpd, k)
    f["dpd_change_3m"], f["dpd_spread_12m"] = change(dpd, 3, 9), spread(dpd, 12)
    f["months_dpd30_24m"] = count_of(dpd >= 30, dpd, 24)
    f["months_since_past_due"], f["months_since_dpd30"] = months_since(dpd > 0), months_since(dpd >= 30)
    f["past_due_streak_months"], f["clean_streak_months"] = streak(dpd > 0, dpd), streak(dpd == 0, dpd)
    f["overdue_to_outstanding_ratio"] = ratio(m.level["overdue_amount"], m.level["outstanding_amount"])
    for k in (1, 3, 6, 12):
        f[f"days_late_mean_{k}m"] = mean(days, k)
        f[f"late_share_{k}m"] = ratio(total(late, k), total(due, k))
    f["days_late_latest"] = latest(w["days_late_max"], 3)
    f["days_late_drift_1m"], f["days_late_drift_3m"] = change(days, 1, 6), change(days, 3, 9)
    f["days_late_slope_6m"], f["days_late_spread_12m"] = slope(days, 6), spread(days, 12)
    f["late_share_change_3m"] = f["late_share_3m"] - ratio(total(late, 9, 3), total(due, 9, 3))
    f["late_streak_months"], f["months_since_late"] = streak(late > 0, late), months_since(late > 0)
    return f


def _amounts(m: Months) -> dict[str, Series]:
    f, w = {}, m.wide

    def share(kind: str, months: int, start: int = 0) -> Series:
        paid, due = w[f"{kind}_paid_amount"], w[f"{kind}_due_amount"]
        return ratio(total(paid, months, start), total(due, months, start))

    paid = w["statement_paid_amount"]
    of_balance = ratio(paid, w["balance"].shift(-1, axis=1)).clip(upper=2).iloc[:, : MONTHS - 1]
    for k in (1, 3, 6, 12):
        f[f"instalment_paid_to_due_{k}m"], f[f"card_paid_to_due_{k}m"] = share("instalment", k), share("statement", k)
        f[f"card_paid_to_balance_{k}m"] = mean(of_balance, k)
    f["instalment_paid_to_due_change_3m"] = share("instalment", 3) - share("instalment", 9, 3)
    for k in (3, 6):
        f[f"partial_share_{k}m"] = ratio(total(w["partial_count"], k), total(w["due_count"], k))
        unpaid = total(w["instalment_unpaid_amount"], k)
        f[f"unpaid_share_{k}m"] = ratio(unpaid, total(w["instalment_due_amount"], k))
    f["card_paid_to_balance_min_6m"] = smallest(of_balance, 6)
    f["card_paid_to_balance_change_3m"] = change(of_balance, 3, 9)
    for k in (1, 3, 6):
        f[f"card_paid_amount_mean_{k}m"] = mean(paid, k)
    f["card_paid_amount_min_6m"] = smallest(paid, 6)
    f["card_paid_to_limit_6m"] = ratio(mean(paid, 6), mean(w["credit_limit"], 6))
    f["card_unpaid_months_6m"] = count_of(paid <= 0, paid, 6)
    return f


def _drawn(m: Months) -> dict[str, Series]:
    f, limit, balance = {}, m.wide["credit_limit"], m.wide["balance"]
    drawn = ratio(balance, limit)
    f["utilisation_now"] = latest(drawn, 3)
    for k in (3, 6, 12):
        f[f"utilisation_mean_{k}m"], f[f"utilisation_max_{k}m"] = mean(drawn, k), largest(drawn, k)
    f["utilisation_change_1m"], f["utilisation_change_3m"] = change(drawn, 1, 3), change(drawn, 3, 9)
    f["utilisation_slope_6m"], f["utilisation_spread_12m"] = slope(drawn, 6), spread(drawn, 12)
    f["months_nearly_full_6m"] = count_of(drawn >= 0.9, drawn, 6)
    f["limit_now"], f["limit_change_6m"] = latest(limit, 3), ratio(mean(limit, 3), mean(limit, 9, 3))
    f["balance_now"], f["balance_mean_6m"] = latest(balance, 3), mean(balance, 6)
    f["undrawn_amount"] = f["limit_now"] - f["balance_now"]
    f["balance_growth_3m"] = ratio(mean(balance, 3), mean(balance, 9, 3))
    f["balance_to_income_ratio"] = ratio(f["balance_now"], m.level["monthly_income"])
    return f


def _owing(m: Months) -> dict[str, Series]:
    f, new, due, income = {}, m.wide["new_loan_count"], m.wide["instalment_due_amount"], m.level["monthly_income"]
    for k in (3, 6, 12):
        f[f"new_loan_count_{k}m"] = total(new, k)
    f["months_since_new_loan"] = months_since(new > 0)
    f["outstanding_to_income_ratio"] = ratio(m.level["outstanding_amount"], income)
    f["due_next_30d_to_income_ratio"] = ratio(m.level["due_next_30d_amount"], income)
    f["due_to_income_3m"] = ratio(mean(due, 3), income)
    f["due_amount_growth_3m"] = ratio(mean(due, 3), mean(due, 9, 3))
    return f


def _done(m: Months) -> dict[str, Series]:
    f, w = {}, m.wide
    for kind in m.kinds:
        count = w[f"{kind}_count"]
        for k in (1, 3, 12):
            f[f"{kind}_count_{k}m"] = total(count, k)
        f[f"{kind}_change_3m"] = change(count, 3, 9)
        if kind in ("payment_failed", "cash_advance", "external_enquiry", "salary_in"):
            f[f"months_since_{kind}"] = months_since(count > 0)
    salary = w["salary_in_amount"]
    f["salary_amount_growth_3m"] = ratio(mean(salary, 3), mean(salary, 9, 3))
    f["salary_amount_growth_1m"] = ratio(mean(salary, 1), mean(salary, 6, 1))
    f["cash_advance_amount_3m"] = total(w["cash_advance_amount"], 3)
    return f


def _known(m: Months) -> dict[str, Series]:
    return {name: values for name, values in m.level.items() if name != "overdue_amount"}
