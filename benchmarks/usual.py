"""The usual way: every feature that the simulated book supports, as a capable analyst would write it in pandas.

It uses `groupby` by month, `unstack`, then vectorised windows over the columns; no `apply`, no loop over borrowers.
`nightly.py` checks that the features equal those of the package before it compares the speed.

It takes the tables as the simulated book has them: one row per borrower and per loan, every column present, no event
sent twice, and payments recorded up to the as-of date.
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
TOLERATED = 0.01
"""An instalment counts as paid if at most this share of it is unpaid."""
NEVER = pandas.Timestamp("2200-01-01")


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


def in_cents(rows: DataFrame, *columns: str) -> DataFrame:
    """Return the rows with these columns in whole cents, so that sums of them are exact."""
    return rows.assign(**{column: (rows[column] * CENTS).round() for column in columns})


def earlier(left: Series, right: Series | pandas.Timestamp) -> Series:
    """Return the earlier of two days, row by row."""
    return left.where(left < right, right)


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
        loans = self._ended(in_cents(tables["loans"], "principal", "credit_limit"))
        self._loans(loans)
        ends = loans.set_index("loan_id")[["borrower_id", "ended_on", "is_lost"]]
        self._instalments(in_cents(tables["instalments"], "due_amount", "paid_amount"), ends)
        money = ("balance", "credit_limit", "due_amount", "paid_amount")
        self._statements(in_cents(tables["statements"], *money), ends)
        self._events(in_cents(tables["events"], "amount"))
        self._profile(in_cents(tables["borrowers"], "monthly_income").set_index("borrower_id"))
        self._blank()

    def period(self, day: Series) -> Series:
        """Return the number of months before the as-of date, 0 for the latest month, -1 on or after the date."""
        ends = pandas.DatetimeIndex(self.ends[::-1])
        return Series(MONTHS - ends.searchsorted(day, side="right"), index=day.index)

    def monthly(self, rows: DataFrame, **signals: tuple[str, str]) -> dict[str, DataFrame]:
        """Return a wide frame for each signal, given as (column, how it is aggregated)."""
        inside = rows[rows["period"].between(0, MONTHS - 1)]
        cells = inside.groupby(["borrower_id", "period"]).agg(**signals)
        return {name: cells[name].unstack("period").reindex(index=self.ids, columns=range(MONTHS)) for name in signals}

    def of_borrowers(self, rows: DataFrame, column: str, how: str) -> Series:
        """Return the aggregate of a column per borrower, NaN without a row."""
        return rows.groupby("borrower_id")[column].agg(how).reindex(self.ids)

    def covered(self, rows: DataFrame, first: Series, last: Series, columns: int) -> DataFrame:
        """Return whether a row of the borrower covers each column, from column `first` back to `last`."""
        lowest = last.clip(lower=0).groupby([rows["borrower_id"], first]).min().unstack()
        lowest = lowest.reindex(index=self.ids, columns=range(columns)).fillna(columns)
        return lowest.iloc[:, ::-1].cummin(axis=1).iloc[:, ::-1] <= np.arange(columns)

    def _ended(self, loans: DataFrame) -> DataFrame:
        """Add the day on which each loan ended, as known on the as-of date; a write-off overrides a closing."""
        lost_on = loans["written_off_on"].where(loans["written_off_on"] < self.as_of)
        closed_on = loans["closed_on"].where(loans["closed_on"] < self.as_of)
        return loans.assign(ended_on=lost_on.fillna(closed_on).fillna(NEVER), is_lost=lost_on.notna())

    def _loans(self, loans: DataFrame) -> None:
        opened = loans[loans["opened_on"] < self.as_of]
        opened = opened.assign(period=self.period(opened["opened_on"]))
        self.wide["new_loan_count"] = self.monthly(opened, count=("loan_id", "count"))["count"].fillna(0)
        earliest = self.of_borrowers(opened, "opened_on", "min")
        self.begins.append(earliest)
        self.level["oldest_loan_days"] = (self.as_of - earliest).dt.days
        lost = self.of_borrowers(loans[loans["is_lost"]], "written_off_on", "max")
        self.level["written_off_days"] = (self.as_of - lost).dt.days
        live = opened[opened["ended_on"] == NEVER]
        by_borrower = live.groupby("borrower_id")
        self.level["open_loan_count"] = by_borrower.size().reindex(self.ids).fillna(0)
        for column in ("principal", "credit_limit"):
            self.level[f"loan_{column}"] = by_borrower[column].sum(min_count=1).reindex(self.ids)
        for column in ("annual_rate", "term_months"):
            self.level[f"loan_{column}"] = by_borrower[column].max().reindex(self.ids)
        live = live.assign(product=live["product"].astype("category").cat.codes)
        youngest = live.sort_values(["opened_on", "product"]).groupby("borrower_id")["product"].last()
        self.level["product"] = youngest.reindex(self.ids)

    def _instalments(self, rows: DataFrame, ends: DataFrame) -> None:
        rows["instalment"] = rows.groupby(["loan_id", "instalment_no"], sort=False).ngroup()
        is_known = (rows["paid_on"] < self.as_of) & (rows["recorded_on"] < self.as_of)
        # A payment that repeats another in every column was sent twice.
        paid = rows.loc[is_known, ["instalment", "scheduled_on", "paid_on", "recorded_on", "paid_amount"]]
        paid = paid.drop_duplicates()[["instalment", "paid_on", "paid_amount"]].sort_values(["instalment", "paid_on"])
        owed = self._versions(rows, ends)
        by_instalment = paid.groupby("instalment")["paid_amount"].agg(["sum", "size"])
        owed[["paid_amount", "payments"]] = by_instalment.reindex(owed.index).fillna(0)
        self._still_to_pay(owed[owed["scheduled_on"] < self.as_of])
        owed, spells = self._settled(owed, paid)
        self._days_past_due(owed, spells)
        # Payments on instalments that no longer fall due are the payoff of the loan.
        paid = paid.join(owed[["borrower_id", "falls_due"]], on="instalment")
        paid = paid[paid["falls_due"]].assign(period=lambda r: self.period(r["paid_on"]))
        signals = self.monthly(paid, amount=("paid_amount", "sum"), count=("paid_amount", "size"))
        self.wide["instalment_paid_amount"] = signals["amount"].fillna(0)
        self.record |= signals["count"] > 0
        self._due(owed[owed["falls_due"] & (owed["scheduled_on"] < self.as_of)])

    def _versions(self, rows: DataFrame, ends: DataFrame) -> DataFrame:
        """Return one row per instalment: the contract, which is the first version, and the latest known version."""
        is_later = rows["scheduled_on"] > rows.groupby("instalment")["scheduled_on"].transform("min")
        columns = ["loan_id", "due_on", "due_amount", "scheduled_on"]
        owed = rows[~is_later].drop_duplicates("instalment").set_index("instalment")[columns]
        later = rows[is_later & (rows["scheduled_on"] < self.as_of)].set_index("instalment")[columns]
        later = later.sort_values("scheduled_on")
        current = later[~later.index.duplicated(keep="last")]
        for column in ("due_on", "due_amount"):
            owed[f"{column}_now"] = current[column].reindex(owed.index).fillna(owed[column])
        contract = owed.loc[later.index]
        is_eased = (later["due_on"] > contract["due_on"]) | (later["due_amount"] < contract["due_amount"])
        is_forborne = ends.index.isin(later.loc[is_eased, "loan_id"]) & (ends["ended_on"] == NEVER)
        self.level["forborne_loan_count"] = self.of_borrowers(ends[is_forborne], "is_lost", "size").fillna(0)
        return owed.join(ends, on="loan_id")

    def _still_to_pay(self, owed: DataFrame) -> None:
        """Set the levels of what is still to pay, by the latest known version of each instalment."""
        due_on, due_amount = owed["due_on_now"], owed["due_amount_now"]
        last_due = self.of_borrowers(owed[due_on < earlier(owed["ended_on"], self.as_of)], "due_on_now", "max")
        self.level["last_due_days"] = (self.as_of - last_due).dt.days
        owed = owed.assign(amount=due_amount - owed["paid_amount"])
        still = owed[(owed["ended_on"] == NEVER) & (owed["amount"] > TOLERATED * due_amount)]
        ahead = still[still["due_on_now"] >= self.as_of]
        soon = ahead[ahead["due_on_now"] < self.as_of + pandas.Timedelta(days=30)]
        self.level["next_due_days"] = (self.of_borrowers(ahead, "due_on_now", "min") - self.as_of).dt.days
        self.level["outstanding_amount"] = self.of_borrowers(still, "amount", "sum").fillna(0)
        self.level["remaining_instalment_count"] = self.of_borrowers(still, "amount", "size").fillna(0)
        self.level["due_next_30d_amount"] = self.of_borrowers(soon, "amount", "sum").fillna(0)

    def _settled(self, owed: DataFrame, paid: DataFrame) -> tuple[DataFrame, DataFrame]:
        """Return the instalments as settled by the contract, and the spells in which one was past due.

        A spell begins on the due date, or on the day a reversal reopens the instalment. Nothing falls due or stays
        unpaid once the loan has ended, but an amount written off was never paid.
        """
        running = paid.assign(running=paid.groupby("instalment")["paid_amount"].cumsum())
        running = running.drop_duplicates(["instalment", "paid_on"], keep="last").set_index("instalment")
        due_amount = owed["due_amount"].reindex(running.index)
        running["is_paid"] = due_amount - running["running"] <= TOLERATED * due_amount
        turns = running[running["is_paid"] != running.groupby("instalment")["is_paid"].shift(fill_value=False)]
        turns = turns.assign(next_on=turns.groupby("instalment")["paid_on"].shift(-1).fillna(NEVER))
        first, last = (turns[~turns.index.duplicated(keep=keep)] for keep in ("first", "last"))
        nothing = owed["due_on"].where(owed["due_amount"] <= 0).fillna(NEVER)
        settled_on = last["paid_on"].where(last["is_paid"]).reindex(owed.index).fillna(nothing)
        begun = owed.loc[owed["due_on"] < self.as_of, ["borrower_id", "due_on", "ended_on"]]
        once = begun.assign(start=begun["due_on"], end=first["paid_on"].reindex(begun.index).fillna(nothing))
        reopened = turns[~turns["is_paid"]].rename(columns={"paid_on": "start", "next_on": "end"})
        again = begun.join(reopened[["start", "end"]], how="inner")
        again["start"] = again["start"].clip(lower=again["due_on"])
        spells = pandas.concat([once, again])
        spells["end"] = earlier(spells["end"], spells["ended_on"])
        unpaid = (owed["due_amount"] - owed["paid_amount"]).where(settled_on == NEVER, 0)
        owed["unpaid_amount"] = unpaid.where((owed["ended_on"] == NEVER) | owed["is_lost"], 0)
        owed["settled_on"] = earlier(settled_on, owed["ended_on"])
        owed["falls_due"] = owed["due_on"] < owed["ended_on"]
        return owed, spells[spells["end"] > spells["start"]]

    def _days_past_due(self, owed: DataFrame, spells: DataFrame) -> None:
        """Set the days past due at each month's end: unknown unless an open loan has an instalment."""
        known = owed[owed["falls_due"] & (owed["scheduled_on"] < self.as_of)]
        loans = known.groupby("loan_id").agg({"borrower_id": "first", "scheduled_on": "min", "ended_on": "first"})
        first, last = self.period(loans["scheduled_on"]), self.period(loans["ended_on"]) + 1
        is_known = self.covered(loans, first, last, MONTHS + 1)
        dpd = {}
        for k, end in enumerate(self.ends):
            unpaid = spells[(spells["start"] < end) & (spells["end"] >= end)]
            dpd[k] = (end - self.of_borrowers(unpaid, "due_on", "min")).dt.days
        self.wide["dpd"] = DataFrame(dpd).fillna(0).where(is_known)

    def _due(self, owed: DataFrame) -> None:
        """Set the monthly signals of the instalments that fell due, and of those not settled yet."""
        days_late = (owed["settled_on"].clip(upper=self.as_of) - owed["due_on"]).dt.days.clip(-31, 120)
        owed = owed.assign(period=self.period(owed["due_on"]), days_late=days_late, is_late=days_late > 0)
        owed["in_parts"] = owed["payments"] > 1
        counts = self.monthly(
            owed,
            due_count=("days_late", "count"),
            late_count=("is_late", "sum"),
            partial_count=("in_parts", "sum"),
            instalment_due_amount=("due_amount", "sum"),
            instalment_unpaid_amount=("unpaid_amount", "sum"),
        )
        self.wide |= {name: wide.fillna(0) for name, wide in counts.items()}
        self.wide |= self.monthly(owed, days_late_mean=("days_late", "mean"), days_late_max=("days_late", "max"))
        overdue = owed[(owed["settled_on"] == NEVER) & (owed["due_on"] < self.as_of)]
        self.level["overdue_amount"] = self.of_borrowers(overdue, "unpaid_amount", "sum").fillna(0)
        self.begins += [self.of_borrowers(owed, column, "min") for column in ("scheduled_on", "due_on")]
        first, last = self.period(owed["scheduled_on"]).clip(upper=MONTHS - 1), self.period(owed["settled_on"])
        self.record |= self.covered(owed, first, last, MONTHS)

    def _statements(self, rows: DataFrame, ends: DataFrame) -> None:
        rows = rows[(rows["statement_on"] < self.as_of) & (rows["recorded_on"] < self.as_of)].join(ends, on="loan_id")
        rows = rows[rows["statement_on"] < rows["ended_on"]]
        self.begins.append(self.of_borrowers(rows, "statement_on", "min"))
        self.level["last_statement_days"] = (self.as_of - self.of_borrowers(rows, "statement_on", "max")).dt.days
        rows = rows.assign(period=self.period(rows["statement_on"]), end_period=self.period(rows["ended_on"]))
        rows = rows[rows["period"] < MONTHS].sort_values(["loan_id", "statement_on", "recorded_on"])
        final = rows.drop_duplicates(["loan_id", "statement_on"], keep="last")
        last = final.drop_duplicates(["loan_id", "period"], keep="last")
        flows = self.monthly(
            final,
            statement_due_amount=("due_amount", "sum"),
            statement_paid_amount=("paid_amount", "sum"),
            count=("loan_id", "size"),
        )
        self.record |= flows.pop("count").notna()
        self.wide |= flows
        # A loan that ended in a month has nothing drawn and no limit at its end.
        ended = last.drop_duplicates("loan_id")
        ended = ended.assign(period=ended["end_period"], balance=0.0, credit_limit=0.0)
        levels = pandas.concat([last[last["period"] > last["end_period"]], ended])
        self.wide |= self.monthly(levels, balance=("balance", "sum"), credit_limit=("credit_limit", "sum"))
        # A statement tells the days past due for a month more, unless another follows.
        stated = last[last["days_past_due"].notna()]
        stated = pandas.concat([stated, stated.assign(period=stated["period"] - 1)]).drop_duplicates(
            ["loan_id", "period"]
        )
        stated = stated[stated["period"] > stated["end_period"]]
        dpd = self.monthly(stated, dpd=("days_past_due", "max"))["dpd"].reindex(columns=range(MONTHS + 1))
        self.wide["dpd"] = np.fmax(self.wide["dpd"], dpd)

    def _events(self, rows: DataFrame) -> None:
        rows = rows[(rows["occurred_at"] < self.as_of) & (rows["recorded_at"] < self.as_of)]
        rows = rows.assign(period=self.period(rows["occurred_at"]))
        first = rows[["occurred_at", "recorded_at"]].max(axis=1).groupby(rows["kind"]).min().dt.normalize()
        for kind, part in rows.groupby("kind"):
            unseen = [k for k in range(MONTHS) if self.ends[k + 1] < first[kind]]
            signals = {"count": ("kind", "size")}
            if kind in ("salary_in", "cash_advance"):
                signals["amount"] = ("amount", "sum")
            for signal, wide in self.monthly(part, **signals).items():
                self.wide[f"{kind}_{signal}"] = wide.fillna(0)
                self.wide[f"{kind}_{signal}"][unseen] = np.nan
        self.kinds = list(first.index)

    def _profile(self, rows: DataFrame) -> None:
        rows = rows.reindex(self.ids)
        came = rows["onboarded_on"].where(rows["onboarded_on"] < self.as_of)
        self.begins.append(came)
        self.level["tenure_days"] = (self.as_of - came).dt.days
        self.level["monthly_income"] = rows["monthly_income"]
        self.level["borrower_x_bureau_score"] = rows["x_bureau_score"]
        for name in ("employment_status", "education", "region", "housing", "x_channel"):
            codes = rows[name].astype("category").cat.codes
            self.level[name] = codes.where(codes >= 0)

    def _blank(self) -> None:
        """Set signals before the start of a borrower's history to NaN."""
        begin = pandas.concat(self.begins, axis=1).min(axis=1).fillna(NEVER)
        before = DataFrame({k: begin >= end for k, end in enumerate(self.ends[:-1])})
        before_ends = before.rename(columns=lambda k: k + 1).reindex(columns=range(MONTHS + 1), fill_value=False)
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
