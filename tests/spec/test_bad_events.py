"""Bad events and how many of them lead to default, on loans small enough to follow by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.economics.economics import Economics, Estimate
from risk_warning.core.economics.loss_rates import LossCounts, LossRate
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.bad_events import BadEvents, event_days
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.rows import Rows
from risk_warning.stats.rates import wilson

MONEY = Economics(
    contact_cost_amount=5,
    loss_given_default_ratio=0.5,
    credit_conversion_ratio=0.0,
    treatment_effects=(0.1, 0.2, 0.3),
)
OBSERVED = Observed(
    {
        "borrowers": frozenset(),
        "loans": frozenset({"opened_on", "written_off_on"}),
        "instalments": frozenset({"due_on", "due_amount", "paid_on", "paid_amount"}),
    }
)


def days(*texts: str) -> np.ndarray:
    return np.array([NEVER if text == "" else to_day(date.fromisoformat(text)) for text in texts], np.int32)


def history(owners: list[int], owed: list[tuple[int, str, str]], written_off: dict[int, str] | None = None) -> History:
    """Return loans 0, 1, … of `owners`, opened on 10 January 2022, with instalments (loan, due, paid) of 100.00."""
    loan, due, paid = zip(*owed, strict=True)
    loan, n, paid_on = np.array(loan, np.int32), len(owners), days(*paid)
    owner = np.array(owners, np.int32)
    rows = Rows(
        borrower_id=np.arange(max(owners) + 1),
        n_loans=n,
        borrowers={"borrower": np.arange(max(owners) + 1, dtype=np.int32)},
        loans={
            "borrower": owner,
            "loan": np.arange(n, dtype=np.int32),
            "opened_on": days(*["2022-01-10"] * n),
            "closed_on": days(*[""] * n),
            "written_off_on": days(*((written_off or {}).get(k, "") for k in range(n))),
        },
        instalments={
            "borrower": owner[loan],
            "loan": loan,
            "instalment_no": np.arange(len(loan), dtype=np.int32),
            "due_on": days(*due),
            "due_amount": np.full(len(loan), 10_000.0),
            "scheduled_on": days(*["2022-01-10"] * len(loan)),
            "paid_on": paid_on,
            "paid_amount": np.where(paid_on == NEVER, 0.0, 10_000.0),
            "recorded_on": paid_on,
        },
    )
    return History.of(rows, OBSERVED)


def events(past: History) -> list[tuple[int, str, str]]:
    """Return (borrower, first day bad, first day lost) of each event."""
    bad_events = BadEvents.of(past, 30)
    return [
        (int(who), str(to_date(bad)), "" if lost == NEVER else str(to_date(lost)))
        for who, bad, lost in zip(bad_events.borrower, bad_events.bad_on, bad_events.lost_on, strict=True)
    ]


def test_two_loans_late_together_are_one_bad_event_and_a_later_relapse_another() -> None:
    past = history(
        [0, 0, 1],
        [
            (0, "2022-04-10", "2022-06-01"),  # 30 days past due on 10 May, back at 0 on 2 June
            (1, "2022-04-20", "2022-07-15"),  # 30 on 20 May, while the first loan is still late
            (0, "2023-04-10", "2023-05-20"),  # 30 on 10 May a year later
            (2, "2022-04-10", "2022-05-09"),  # 29 days, never 30
        ],
    )
    # 90 days after 20 April is 19 July: the second loan was paid on the 15th.
    assert events(past) == [(0, "2022-05-10", ""), (0, "2023-05-10", "")]


def test_a_bad_event_is_lost_at_90_days_or_a_write_off_and_a_write_off_alone_is_one() -> None:
    past = history(
        [0, 1, 2],
        [(0, "2022-04-10", "2022-08-01"), (1, "2022-04-10", ""), (2, "2022-04-10", "2022-04-10")],
        {1: "2022-06-01", 2: "2022-09-01"},
    )
    # 90 days after 10 April is 9 July.
    expected = [(0, "2022-05-10", "2022-07-09"), (1, "2022-05-10", "2022-06-01"), (2, "2022-09-01", "2022-09-01")]
    assert events(past) == expected


def test_dates_before_one_bad_event_name_its_first_day() -> None:
    past = history([0, 1], [(0, "2022-04-10", ""), (1, "2022-04-10", "2022-04-10")])
    dates = [date(2022, month, 1) for month in (2, 3, 4, 5)]
    event_on = event_days(past, BadEvents.of(past, 30), dates, TargetSpec(), ())
    bad_on = to_day(date(2022, 5, 10))
    # The three months from 1 February end on 1 May, before the first bad day.
    assert event_on[:, 0].tolist() == [NEVER, bad_on, bad_on, bad_on] and (event_on[:, 1] == NEVER).all()


def test_outcomes_from_outside_are_the_fewest_events_that_explain_them() -> None:
    past = history([0], [(0, "2022-04-10", "2022-04-10")])
    dates = [date(2022, month, 1) for month in (2, 3, 4, 5, 6)]
    given = {"borrower": np.zeros(5, np.int32), "as_of_date": days(*map(str, dates)), "bad": np.ones(5, np.int8)}
    with_outcomes = replace(past, rows=replace(past.rows, outcomes=given))
    event_on = event_days(with_outcomes, BadEvents.of(with_outcomes, 30), dates, TargetSpec(), dates)
    # One day in April explains the windows that begin in February, March and April; the window of May begins later.
    assert [str(to_date(day)) for day in event_on[:, 0]] == ["2022-02-01"] * 3 + ["2022-05-01"] * 2


def test_the_roll_to_loss_counts_bads_whose_months_are_over() -> None:
    past = history(
        [0, 1, 2, 3],
        [
            (0, "2022-04-10", ""),  # bad on 10 May 2022, 90 days on 9 July
            (1, "2022-04-10", "2022-06-01"),  # bad on 10 May, back at 0
            (2, "2022-05-10", "2022-06-20"),  # bad on 9 June 2022: its year ends on 9 June 2023
            (0, "2022-01-20", "2022-03-01"),  # bad on 19 February, back at 0: borrower 0 has two events
            (3, "2023-01-10", ""),  # too recent
        ],
    )
    on_the_day, before = (LossCounts.of(BadEvents.of(past, 30), date(2023, 6, day), 12) for day in (9, 8))
    assert on_the_day == LossCounts(events=4, lost=1, borrowers=3, squares=6)
    assert before == LossCounts(events=3, lost=1, borrowers=2, squares=5)
    assert before + LossCounts(1, 0, 1, 1) == on_the_day
    # No event leads to a loss within one month.
    assert LossCounts.of(BadEvents.of(past, 30), date(2023, 6, 9), 1).lost == 0


def test_the_rate_is_measured_from_thirty_borrowers_on_and_taken_from_the_setting_or_as_1_below() -> None:
    measured = LossRate.of(LossCounts(events=41, lost=10, borrowers=40, squares=43), MONEY)
    assert measured.source == "measured" and measured.ratio.mid == pytest.approx(10 / 41)
    # The 41 events carry as much information as 41² / 43 events of different borrowers.
    independent = 41**2 / 43
    assert (measured.ratio.low, measured.ratio.high) == wilson(10 / 41 * independent, independent)
    few = LossCounts(events=60, lost=10, borrowers=29, squares=130)
    assert LossRate.of(few, MONEY) == LossRate(Estimate(1.0, 1.0, 1.0), "too few", few)
    from_setting = LossRate.of(few, replace(MONEY, roll_to_loss_ratio=0.3))
    assert from_setting == LossRate(Estimate(0.3, 0.3, 0.3), "setting", few)
    nobody_lost = LossRate.of(LossCounts(events=30, lost=0, borrowers=30, squares=30), MONEY)
    assert nobody_lost.ratio.mid == 0 and nobody_lost.ratio.high == pytest.approx(wilson(0, 30)[1])
