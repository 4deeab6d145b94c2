"""Compute lead time from the raw tables in pandas: arrivals per loan, warnings per night and per borrower.

This module uses none of the package's arrears, active warnings or lead time, only the meaning of the words.
"""

from __future__ import annotations

from pathlib import Path

import pandas

Stretch = tuple[int, int]
FAR = 10**6
EPOCH = pandas.Timestamp(1970, 1, 1)


def day_numbers(column: pandas.Series) -> pandas.Series:
    """Return the days since 1970-01-01, with `FAR` for an empty date."""
    return (pandas.to_datetime(column) - EPOCH).dt.days.fillna(FAR).astype(int)


def instalment_stretches(rows: pandas.DataFrame, ended: int) -> list[tuple[Stretch, int]]:
    """Return ((after, through), due day) of each stretch in which one instalment was unpaid, by its contract.

    The first row is that of the contract. From the day on which the loan ended, nothing of it is late.
    """
    due, owed = int(rows["due_on"].iloc[0]), round(100 * rows["due_amount"].iloc[0])
    payments = rows[rows["paid_on"] < FAR].groupby("paid_on")["paid_amount"].sum()
    stretches, paid, start = [], 0, due if owed > 0 else None
    for day, amount in payments.sort_index().items():
        paid += round(100 * amount)
        is_paid = owed - paid <= 0.01 * owed
        if is_paid and start is not None:
            stretches.append(((start, int(day)), due))
            start = None
        elif not is_paid and start is None:
            start = max(int(day), due)
    if start is not None:
        stretches.append(((start, FAR), due))
    capped = [((start, min(end, ended)), due) for (start, end), due in stretches]
    return [(stretch, due) for stretch, due in capped if stretch[1] > stretch[0]]


def loan_runs(stretches: list[tuple[Stretch, int]], level: int) -> list[tuple[int, int, int]]:
    """Return (day missed, day the level was reached, day back at 0) of each run of days past due."""
    runs: list[list[int]] = []
    for (start, end), due in sorted(stretches):
        reached = max(due + level, start + 1)
        reached = reached if reached <= end else FAR
        if runs and start <= runs[-1][2]:
            runs[-1][1] = min(runs[-1][1], reached)
            runs[-1][2] = max(runs[-1][2], end)
        else:
            runs.append([start + 1, reached, end])
    return [(missed, reached, min(end + 1, FAR)) for missed, reached, end in runs]


def first_arrivals(book: Path, level: int, first: int, last: int) -> pandas.DataFrame:
    """Return each borrower's first arrival at `level` days past due in [first, last], with missed_on and reached_on."""
    accounts = pandas.read_parquet(book / "loans.parquet").set_index("loan_id")
    loans = accounts["borrower_id"]
    ended = pandas.concat([day_numbers(accounts[name]) for name in ("closed_on", "written_off_on")], axis=1).min(axis=1)
    owed = pandas.read_parquet(book / "instalments.parquet")
    owed = owed.assign(**{name: day_numbers(owed[name]) for name in ("due_on", "paid_on", "scheduled_on")})
    owed = owed.sort_values("scheduled_on", kind="stable")
    by_instalment = owed.groupby(["loan_id", "instalment_no"])
    # An empty day is `FAR`, so an instalment that is never paid is late, too; so is one that is paid only in part.
    late = by_instalment["paid_on"].transform("max") > by_instalment["due_on"].transform("first")
    late |= by_instalment["paid_amount"].transform("sum") < 0.99 * by_instalment["due_amount"].transform("first")
    stretches: dict[int, list[tuple[Stretch, int]]] = {}
    for (loan, _), rows in owed[late].groupby(["loan_id", "instalment_no"]):
        stretches.setdefault(loan, []).extend(instalment_stretches(rows, int(ended[loan])))
    statements = pandas.read_parquet(book / "statements.parquet")
    statements = statements.assign(**{name: day_numbers(statements[name]) for name in ("statement_on", "recorded_on")})
    statements = statements.sort_values(["loan_id", "statement_on", "recorded_on"], kind="stable")
    # Keep the last correction of a statement. If it has no days past due, the statement before stays in force.
    statements = statements.drop_duplicates(["loan_id", "statement_on"], keep="last").dropna(subset="days_past_due")
    statements["ended"] = statements["loan_id"].map(ended)
    statements = statements[statements["statement_on"] < statements["ended"]].rename(columns={"statement_on": "day"})
    following = statements.groupby("loan_id")["day"].shift(-1).fillna(FAR + 1).astype(int) - 1
    statements["until"] = following.clip(upper=statements["ended"])
    for row in statements[statements["days_past_due"] > 0].itertuples():
        # A statement at the level counts as an instalment due `level` days before it; its days past due do not grow.
        due = row.day - level if row.days_past_due >= level else FAR
        stretches.setdefault(row.loan_id, []).append(((row.day - 1, row.until), due))
    by_borrower: dict[int, list[tuple[int, int, int]]] = {}
    for loan, parts in stretches.items():
        by_borrower.setdefault(int(loans[loan]), []).extend(loan_runs(parts, level))
    arrivals = []
    for borrower, runs in sorted(by_borrower.items()):
        clear_from = 0
        for missed, reached, cured in sorted((run for run in runs if run[1] < FAR), key=lambda run: (run[1], run[0])):
            if reached >= clear_from and first <= reached <= last:
                arrivals.append((borrower, missed, reached))
                break
            clear_from = max(clear_from, cured)
    return pandas.DataFrame(arrivals, columns=["borrower_id", "missed_on", "reached_on"])


def riskiest_nightly(scores: pandas.DataFrame, per_cent: int) -> pandas.DataFrame:
    """Return borrower_id and night of the lowest scores of each night, at most `per_cent` % of the scored borrowers."""
    scored = scores.dropna(subset="score").sort_values(["night", "score", "borrower_id"])
    rank = scored.groupby("night").cumcount() + 1
    scored_a_night = scored.groupby("night")["score"].transform("size")
    return scored.loc[100 * rank <= per_cent * scored_a_night, ["borrower_id", "night"]]


def watch_list(
    scores: pandas.DataFrame, threshold: float, margin: float, close_after_days: int, bad_dpd: int
) -> pandas.DataFrame:
    """Return borrower_id and night of every open warning."""
    open_warnings = []
    below = scores.groupby("borrower_id")["score"].min() < threshold
    for borrower, rows in scores[scores["borrower_id"].map(below)].groupby("borrower_id"):
        is_open, safe_since = False, None
        for row in rows.sort_values("night").itertuples():
            if not is_open:
                is_open, safe_since = bool(row.score < threshold), None
            elif row.dpd >= bad_dpd:
                is_open = False
            elif row.score >= threshold + margin:
                if safe_since is None:
                    safe_since = row.night
                elif row.night - safe_since >= close_after_days:
                    is_open = False
            else:
                safe_since = None
            if is_open:
                open_warnings.append((borrower, row.night))
    return pandas.DataFrame(open_warnings, columns=["borrower_id", "night"])


def leads(warned: pandas.DataFrame, arrivals: pandas.DataFrame, clock: str) -> list[int]:
    """Return, by borrower, the days from the first warning in the 90 days before `clock` to `clock`, 0 without one."""
    both = arrivals.merge(warned, on="borrower_id")
    days = both[clock] - both["night"]
    first = both.assign(days=days)[days.between(1, 90)].groupby("borrower_id")["days"].max()
    return arrivals["borrower_id"].map(first).fillna(0).astype(int).tolist()
