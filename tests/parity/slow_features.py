"""Compute every feature one borrower at a time, in slow plain loops over pandas rows, independently of the fast code.

This module uses nothing of the panel, the windows or the feature modules, only the meaning of the words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas

MONTHS = 24
NAN = math.nan
NEVER = 2**31 - 1
EPOCH = pandas.Timestamp(1970, 1, 1)
Monthly = list[float]


def seen(values: Sequence[float]) -> list[float]:
    return [v for v in values if not math.isnan(v)]


def total(signal: Monthly, months: int, start: int = 0) -> float:
    values = seen(signal[start : start + months])
    return sum(values) if values else NAN


def mean(signal: Monthly, months: int, start: int = 0) -> float:
    values = seen(signal[start : start + months])
    return sum(values) / len(values) if values else NAN


def largest(signal: Monthly, months: int) -> float:
    return max(seen(signal[:months]), default=NAN)


def smallest(signal: Monthly, months: int) -> float:
    return min(seen(signal[:months]), default=NAN)


def latest(signal: Monthly, months: int) -> float:
    return next(iter(seen(signal[:months])), NAN)


def change(signal: Monthly, recent: int, past: int) -> float:
    return mean(signal, recent) - mean(signal, past, recent)


def spread(signal: Monthly, months: int) -> float:
    values = pandas.Series(seen(signal[:months]), dtype=float)
    return float(values.std(ddof=0)) if len(values) > 1 else NAN


def slope(signal: Monthly, months: int) -> float:
    points = [(-k, v) for k, v in enumerate(signal[:months]) if not math.isnan(v)]
    if len(points) < 3:
        return NAN
    t = sum(p[0] for p in points) / len(points)
    y = sum(p[1] for p in points) / len(points)
    return sum((a - t) * (b - y) for a, b in points) / sum((a - t) ** 2 for a, _ in points)


def count_of(test: Callable[[float], bool], signal: Monthly, months: int) -> float:
    values = seen(signal[:months])
    return float(sum(test(v) for v in values)) if values else NAN


def months_since(test: Callable[[float], bool], signal: Monthly) -> float:
    return next((float(k) for k, v in enumerate(signal) if not math.isnan(v) and test(v)), NAN)


def streak(test: Callable[[float], bool], signal: Monthly) -> float:
    if not seen(signal):
        return NAN
    length = 0
    for value in signal:
        if math.isnan(value) or not test(value):
            break
        length += 1
    return float(length)


def ratio(above: float, below: float) -> float:
    return above / below if below > 0 else NAN


class SlowBorrower:
    """One borrower's signals as of a date."""

    def __init__(self, tables: dict[str, pandas.DataFrame], borrower: int, as_of: date, kinds: dict[str, int]) -> None:
        self.rows = {name: table[table["borrower"] == borrower] for name, table in tables.items()}
        self.kinds = kinds
        self.ends = [((pandas.Timestamp(as_of) - pandas.DateOffset(months=k)) - EPOCH).days for k in range(MONTHS + 1)]
        self.today = self.ends[0]
        self.begins = NEVER
        self.recorded: set[int] = set()
        self.s: dict[str, Any] = {}
        self.terms()
        self.instalments()
        self.statements()
        self.accounts()
        self.events()
        self.profile()
        self.blank()

    def period(self, day: float) -> int | None:
        return next((k for k in range(MONTHS) if self.ends[k + 1] <= day < self.ends[k]), None)

    def terms(self) -> None:
        """Set the latest known row of each loan, and how the loan ended: {loan: (day, whether it was written off)}."""
        known = self.rows["loans"]
        known = known[known["valid_from"] < self.today].sort_values("valid_from")
        self.loans = known.groupby("loan").tail(1)
        self.ended: dict[int, tuple[int, bool]] = {}
        for row in self.loans.itertuples():
            gone = row.written_off_on
            if row.closed_as == 0:  # charged off
                gone = min(gone, row.closed_on)
            if gone < self.today:
                self.ended[row.loan] = (gone, True)
            elif row.closed_on < self.today:
                self.ended[row.loan] = (row.closed_on, False)
        self.s["written_off_days"] = NAN
        gone_on = [day for day, lost in self.ended.values() if lost]
        if gone_on:
            self.s["written_off_days"] = float(self.today - max(gone_on))

    def open_at(self, loan: int, day: int) -> bool:
        return day <= self.ended.get(loan, (NEVER, False))[0]

    def instalments(self) -> None:
        names = ("due_count", "late_count", "partial_count", "instalment_due_amount", "instalment_unpaid_amount")
        months = {name: [0.0] * MONTHS for name in (*names, "instalment_paid_amount")}
        late: list[list[float]] = [[] for _ in range(MONTHS)]
        level = dict.fromkeys(("outstanding_amount", "overdue_amount", "due_next_30d_amount", "remaining_count"), 0.0)
        self.dpd_instalments = [NAN] * (MONTHS + 1)
        forborne = set()
        self.due_ahead: list[int] = []
        self.due_before: list[int] = []
        for (loan, _), part in self.rows["instalments"].groupby(["loan", "instalment_no"]):
            versions = part.sort_values("scheduled_on", kind="stable").drop_duplicates("scheduled_on")
            due, owed, scheduled = (versions[c].iloc[0] for c in ("due_on", "due_amount", "scheduled_on"))
            ended, lost = self.ended.get(loan, (NEVER, False))
            seen_versions = versions[versions["scheduled_on"] < self.today]
            for row in seen_versions.itertuples():
                if loan not in self.ended and (row.due_on > due or row.due_amount < owed):
                    forborne.add(loan)
            paid = part[(part["paid_on"] < self.today) & (part["recorded_on"] < self.today)].sort_values("paid_on")
            self.still_to_pay(seen_versions, paid, ended, level)
            if due >= ended:
                continue
            known = paid
            for row in known.itertuples():
                k = self.period(row.paid_on)
                if k is not None:
                    months["instalment_paid_amount"][k] += row.paid_amount
                    self.recorded.add(k)
            if scheduled >= self.today:
                continue
            self.begins = min(self.begins, scheduled, due)

            def unpaid_at(day: float, known: Any = known, owed: float = owed) -> bool:
                return owed - known.loc[known["paid_on"] < day, "paid_amount"].sum() > 0.01 * owed

            for k, end in enumerate(self.ends):
                if scheduled < end <= ended:
                    so_far = self.dpd_instalments[k]
                    days = end - due if due < end and unpaid_at(end) else 0.0
                    self.dpd_instalments[k] = days if math.isnan(so_far) else max(so_far, days)
            settled = NEVER
            if not unpaid_at(self.today):
                for day in sorted(known["paid_on"].unique(), reverse=True):
                    if unpaid_at(day):
                        settled = day
                        break
                else:
                    # Nothing was owed from the start.
                    settled = due
            left = 0.0 if settled != NEVER else max(owed - known["paid_amount"].sum(), 0.0)
            if settled > ended:
                left = left if lost else 0.0
                settled = ended
            for k in range(MONTHS):
                if scheduled < self.ends[k] and settled >= self.ends[k + 1]:
                    self.recorded.add(k)
            if settled == NEVER and due < self.today:
                level["overdue_amount"] += left
            k = self.period(due)
            if k is None:
                continue
            days = max(-31, min(120, min(settled, self.today) - due))
            late[k].append(days)
            months["due_count"][k] += 1
            months["late_count"][k] += days > 0
            months["partial_count"][k] += len(known) > 1
            months["instalment_due_amount"][k] += owed
            months["instalment_unpaid_amount"][k] += left
        self.s |= months | level
        self.s["next_due_days"] = min(self.due_ahead) - self.today if self.due_ahead else NAN
        self.s["last_due_days"] = self.today - max(self.due_before) if self.due_before else NAN
        self.s["forborne_loan_count"] = float(len(forborne))
        self.s["days_late_mean"] = [sum(part) / len(part) if part else NAN for part in late]
        self.s["days_late_max"] = [max(part) if part else NAN for part in late]

    def still_to_pay(
        self, versions: pandas.DataFrame, paid: pandas.DataFrame, ended: int, level: dict[str, float]
    ) -> None:
        """Add what the latest known version of an instalment still requires."""
        if not len(versions):
            return
        due, owed = versions["due_on"].iloc[-1], versions["due_amount"].iloc[-1]
        if due < self.today and due < ended:
            self.due_before.append(due)
        left = owed - paid["paid_amount"].sum()
        if owed == 0 or left <= 0.01 * owed or ended != NEVER:
            return
        if due >= self.today:
            self.due_ahead.append(due)
        level["outstanding_amount"] += left
        level["remaining_count"] += 1
        if self.today <= due < self.today + 30:
            level["due_next_30d_amount"] += left

    def statements(self) -> None:
        table = self.rows["statements"]
        known = table[(table["statement_on"] < self.today) & (table["recorded_on"] < self.today)]
        ended = known["loan"].map(lambda loan: self.ended.get(loan, (NEVER, False))[0])
        known = known[known["statement_on"] < ended]
        self.s["last_statement_days"] = self.today - known["statement_on"].max() if len(known) else NAN
        if len(known):
            self.begins = min(self.begins, known["statement_on"].min())
        final = known.sort_values("recorded_on").groupby(["loan", "statement_on"]).tail(1)
        final = final.assign(k=[self.period(day) for day in final["statement_on"]]).dropna(subset="k")
        last = final.sort_values("statement_on").groupby(["loan", "k"]).tail(1)
        self.recorded |= {int(k) for k in final["k"]}
        ended = last["loan"].map(lambda loan: self.ended.get(loan, (NEVER, False))[0])
        level = last[ended >= last["k"].map(lambda k: self.ends[int(k)])]

        def by_month(rows: pandas.DataFrame, column: str, how: Callable[[list[float]], float]) -> Monthly:
            values_by_month = [seen(rows.loc[rows["k"] == k, column].tolist()) for k in range(MONTHS)]
            return [how(values) if values else NAN for values in values_by_month]

        self.s["balance"] = by_month(level, "balance", sum)
        self.s["credit_limit"] = by_month(level, "credit_limit", sum)
        for loan in set(final["loan"]) & set(self.ended):
            k = self.period(self.ended[loan][0])
            for name in ("balance", "credit_limit"):
                if k is not None and math.isnan(self.s[name][k]):
                    self.s[name][k] = 0.0
        self.s["statement_due_amount"] = by_month(final, "due_amount", sum)
        self.s["statement_paid_amount"] = by_month(final, "paid_amount", sum)
        self.s["status"] = by_month(level, "status", max)
        self.s["dpd"] = list(self.dpd_instalments)
        dpd_rows = last[~last["days_past_due"].isna()]
        for loan, part in dpd_rows.groupby("loan"):
            by_period = {int(row.k): row.days_past_due for row in part.itertuples()}
            for k in range(MONTHS):
                dpd = by_period.get(k, by_period.get(k + 1, NAN))
                if not math.isnan(dpd) and self.open_at(loan, self.ends[k]):
                    so_far = self.s["dpd"][k]
                    self.s["dpd"][k] = dpd if math.isnan(so_far) else max(so_far, dpd)

    def accounts(self) -> None:
        opened = self.loans[self.loans["opened_on"] < self.today]
        is_open = ~opened["loan"].isin(list(self.ended))
        new = [0.0] * MONTHS
        for day in opened["opened_on"]:
            k = self.period(day)
            if k is not None:
                new[k] += 1
        self.s["new_loan_count"] = new
        self.s["oldest_loan_days"] = self.today - opened["opened_on"].min() if len(opened) else NAN
        live = opened[is_open]
        self.s["open_loan_count"] = float(len(live))
        for column in ("principal", "credit_limit"):
            values = seen(live[column].tolist())
            self.s[f"loan_{column}"] = sum(values) if values else NAN
        for column in ("annual_rate", "term_months"):
            self.s[f"loan_{column}"] = max(seen(live[column].tolist()), default=NAN)
        youngest = live.sort_values(["opened_on", "product"]).tail(1)["product"].tolist()
        self.s["product"] = float(youngest[0]) if youngest and youngest[0] >= 0 else NAN
        if len(opened):
            self.begins = min(self.begins, opened["opened_on"].min())

    def events(self) -> None:
        table = self.rows["events"]
        known = table[(table["occurred_on"] < self.today) & (table["recorded_on"] < self.today)]
        for code, (kind, since) in enumerate(self.kinds.items()):
            count, amount = [0.0] * MONTHS, [0.0] * MONTHS
            for row in known[known["kind"] == code].itertuples():
                k = self.period(row.occurred_on)
                if k is not None:
                    count[k] += 1
                    amount[k] += 0.0 if math.isnan(row.amount) else row.amount
            for k in range(MONTHS):
                if self.ends[k + 1] < since:
                    count[k] = amount[k] = NAN
            self.s[f"{kind}_count"], self.s[f"{kind}_amount"] = count, amount

    def profile(self) -> None:
        row = self.rows["borrowers"].iloc[0]
        came = row["onboarded_on"] if row["onboarded_on"] < self.today else NEVER
        self.s["tenure_days"] = NAN if came == NEVER else self.today - came
        self.begins = min(self.begins, came)
        self.s["monthly_income"] = row["monthly_income"]
        self.s["borrower_x_points"] = row["x_points"]
        for name in ("education", "employment_status", "housing", "occupation", "region"):
            self.s[name] = NAN if row[name] < 0 else float(row[name])

    def blank(self) -> None:
        before = [self.ends[k] <= self.begins for k in range(MONTHS)]
        for signal in self.s.values():
            if isinstance(signal, list):
                shift = len(signal) - MONTHS
                for k in range(MONTHS):
                    if before[k]:
                        signal[k + shift] = NAN
        self.s["history_months"] = float(MONTHS - sum(before))
        self.s["record_months"] = float(len(self.recorded))

    def features(self) -> dict[str, float]:
        return {**self._late(), **self._amounts(), **self._drawn(), **self._owing(), **self._done(), **self._known()}

    def _late(self) -> dict[str, float]:
        s, f = self.s, {}
        dpd, status = s["dpd"], s["status"]
        f["dpd_now"] = dpd[0]
        for m in (3, 6, 12):
            f[f"dpd_max_{m}m"] = largest(dpd, m)
            f[f"months_past_due_{m}m"] = count_of(lambda v: v > 0, dpd, m)
        for m in (3, 12):
            f[f"dpd_mean_{m}m"] = mean(dpd, m)
        f["dpd_change_3m"], f["dpd_spread_12m"] = change(dpd, 3, 9), spread(dpd, 12)
        f["months_dpd30_24m"] = count_of(lambda v: v >= 30, dpd, 24)
        f["months_since_past_due"] = months_since(lambda v: v > 0, dpd)
        f["months_since_dpd30"] = months_since(lambda v: v >= 30, dpd)
        f["past_due_streak_months"] = streak(lambda v: v > 0, dpd)
        f["clean_streak_months"] = streak(lambda v: v == 0, dpd)
        f["overdue_to_outstanding_ratio"] = ratio(s["overdue_amount"], s["outstanding_amount"])
        for name in ("next_due_days", "last_due_days", "last_statement_days"):
            f[name] = s[name]
        f["written_off_days"], f["forborne_loan_count"] = s["written_off_days"], s["forborne_loan_count"]
        for m in (3, 6):
            f[f"status_min_{m}m"] = smallest(status, m)
        f["status_now"], f["status_change_3m"] = latest(status, 3), change(status, 3, 3)
        for m in (3, 6):
            f[f"status_max_{m}m"], f[f"status_mean_{m}m"] = largest(status, m), mean(status, m)
        f["status_late_months_6m"] = count_of(lambda v: v >= 1, status, 6)
        days, worst = s["days_late_mean"], s["days_late_max"]
        for m in (1, 3, 6, 12):
            f[f"days_late_mean_{m}m"] = mean(days, m)
            f[f"late_share_{m}m"] = ratio(total(s["late_count"], m), total(s["due_count"], m))
        for m in (3, 6, 12):
            f[f"days_late_max_{m}m"] = largest(worst, m)
        f["days_late_latest"] = latest(worst, 3)
        f["days_late_drift_1m"], f["days_late_drift_3m"] = change(days, 1, 6), change(days, 3, 9)
        f["days_late_slope_6m"], f["days_late_spread_12m"] = slope(days, 6), spread(days, 12)
        earlier = ratio(total(s["late_count"], 9, 3), total(s["due_count"], 9, 3))
        f["late_share_change_3m"] = f["late_share_3m"] - earlier
        f["late_streak_months"] = streak(lambda v: v > 0, s["late_count"])
        f["months_since_late"] = months_since(lambda v: v > 0, s["late_count"])
        return f

    def _amounts(self) -> dict[str, float]:
        s, f = self.s, {}

        def share(kind: str, months: int, start: int = 0) -> float:
            return ratio(total(s[f"{kind}_paid_amount"], months, start), total(s[f"{kind}_due_amount"], months, start))

        paid = s["statement_paid_amount"]
        of_balance = [
            min(ratio(a, b), 2.0) if not math.isnan(ratio(a, b)) else NAN
            for a, b in zip(paid[:-1], s["balance"][1:], strict=True)
        ]
        for m in (1, 3, 6, 12):
            f[f"instalment_paid_to_due_{m}m"] = share("instalment", m)
            f[f"card_paid_to_due_{m}m"] = share("statement", m)
            f[f"card_paid_to_balance_{m}m"] = mean(of_balance, m)
        f["instalment_paid_to_due_change_3m"] = share("instalment", 3) - share("instalment", 9, 3)
        for m in (3, 6):
            f[f"partial_share_{m}m"] = ratio(total(s["partial_count"], m), total(s["due_count"], m))
            unpaid = total(s["instalment_unpaid_amount"], m)
            f[f"unpaid_share_{m}m"] = ratio(unpaid, total(s["instalment_due_amount"], m))
        f["card_paid_to_balance_min_6m"] = smallest(of_balance, 6)
        f["card_paid_to_balance_change_3m"] = change(of_balance, 3, 9)
        for m in (1, 3, 6):
            f[f"card_paid_amount_mean_{m}m"] = mean(paid, m)
        f["card_paid_amount_min_6m"] = smallest(paid, 6)
        f["card_paid_to_limit_6m"] = ratio(mean(paid, 6), mean(s["credit_limit"], 6))
        f["card_unpaid_months_6m"] = count_of(lambda v: v <= 0, paid, 6)
        return f

    def _drawn(self) -> dict[str, float]:
        s, f = self.s, {}
        drawn = [ratio(a, b) for a, b in zip(s["balance"], s["credit_limit"], strict=True)]
        f["utilisation_now"] = latest(drawn, 3)
        for m in (3, 6, 12):
            f[f"utilisation_mean_{m}m"], f[f"utilisation_max_{m}m"] = mean(drawn, m), largest(drawn, m)
        f["utilisation_change_1m"], f["utilisation_change_3m"] = change(drawn, 1, 3), change(drawn, 3, 9)
        f["utilisation_slope_6m"], f["utilisation_spread_12m"] = slope(drawn, 6), spread(drawn, 12)
        f["months_nearly_full_6m"] = count_of(lambda v: v >= 0.9, drawn, 6)
        limit, balance = s["credit_limit"], s["balance"]
        f["limit_now"], f["limit_change_6m"] = latest(limit, 3), ratio(mean(limit, 3), mean(limit, 9, 3))
        f["undrawn_amount"] = latest(limit, 3) - latest(balance, 3)
        f["balance_now"], f["balance_mean_6m"] = latest(balance, 3), mean(balance, 6)
        f["balance_growth_3m"] = ratio(mean(balance, 3), mean(balance, 9, 3))
        f["balance_to_income_ratio"] = ratio(latest(balance, 3), s["monthly_income"])
        return f

    def _owing(self) -> dict[str, float]:
        s, f = self.s, {}
        for m in (3, 6, 12):
            f[f"new_loan_count_{m}m"] = total(s["new_loan_count"], m)
        f["months_since_new_loan"] = months_since(lambda v: v > 0, s["new_loan_count"])
        for name in ("open_loan_count", "loan_principal", "loan_credit_limit", "loan_annual_rate", "loan_term_months"):
            f[name] = s[name]
        f["outstanding_amount"] = s["outstanding_amount"]
        f["due_next_30d_amount"], f["remaining_instalment_count"] = s["due_next_30d_amount"], s["remaining_count"]
        f["outstanding_to_income_ratio"] = ratio(s["outstanding_amount"], s["monthly_income"])
        f["due_next_30d_to_income_ratio"] = ratio(s["due_next_30d_amount"], s["monthly_income"])
        due = s["instalment_due_amount"]
        f["due_to_income_3m"] = ratio(mean(due, 3), s["monthly_income"])
        f["due_amount_growth_3m"] = ratio(mean(due, 3), mean(due, 9, 3))
        return f

    def _done(self) -> dict[str, float]:
        s, f = self.s, {}
        for kind in self.kinds:
            count = s[f"{kind}_count"]
            for m in (1, 3, 12):
                f[f"{kind}_count_{m}m"] = total(count, m)
            f[f"{kind}_change_3m"] = change(count, 3, 9)
            if kind in ("payment_failed", "cash_advance", "external_enquiry", "salary_in"):
                f[f"months_since_{kind}"] = months_since(lambda v: v > 0, count)
        salary = s["salary_in_amount"]
        f["salary_amount_growth_3m"] = ratio(mean(salary, 3), mean(salary, 9, 3))
        f["salary_amount_growth_1m"] = ratio(mean(salary, 1), mean(salary, 6, 1))
        f["cash_advance_amount_3m"] = total(s["cash_advance_amount"], 3)
        return f

    def _known(self) -> dict[str, float]:
        names = ("tenure_days", "oldest_loan_days", "history_months", "record_months", "monthly_income")
        attributes = ("education", "employment_status", "housing", "occupation", "region", "product")
        return {name: self.s[name] for name in (*names, "borrower_x_points", *attributes)}
