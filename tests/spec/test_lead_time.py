"""Lead time and alert burden, on nights few enough to count by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from risk_warning.core.active_warnings import at_capacity, by_policy
from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.arrears import Arrears
from risk_warning.core.outcomes.arrivals import Arrivals, first_arrivals
from risk_warning.core.policy import Policy
from risk_warning.core.rows import Rows
from risk_warning.stats.rates import wilson
from risk_warning.studies.compare.alert_burden import AlertBurden
from risk_warning.studies.compare.lead_time import LeadTime, chance, lead_days, paired_shares
from risk_warning.studies.compare.warnings_document import LeadTimeDocument

NAN = float("nan")
#               nights: 0, 30, 60, 90, 120
NIGHTS = np.array([0, 30, 60, 90, 120], np.int32)


def flags(*rows: str) -> np.ndarray:
    """Return flags from one row per night with one letter per borrower: x where a warning is active."""
    return np.array([[letter == "x" for letter in row] for row in rows])


def test_the_lead_is_counted_from_the_first_warning_that_still_counts() -> None:
    active = flags("x...", ".x..", ".x..", "..x.", "...x")
    who = np.array([0, 1, 2, 3])
    # The first borrower has a warning 120 days before, the last only on the night itself.
    assert lead_days(active, NIGHTS, who, np.full(4, 120, np.int32)).tolist() == [0, 90, 30, 0]


def test_a_warning_ninety_days_before_counts_and_one_of_ninety_one_does_not() -> None:
    active = flags("x", ".", ".", ".", ".")
    leads = [int(lead_days(active, NIGHTS, np.array([0]), np.array([day], np.int32))[0]) for day in (29, 90, 91)]
    assert leads == [29, 90, 0]


def test_in_time_means_thirty_days_at_least() -> None:
    lead_time = LeadTime.of(np.array([0, 29, 30, 90], np.int32), agent_days=10)
    assert (lead_time.n, lead_time.at_least[30], lead_time.at_least[90], lead_time.at_least[10]) == (4, 2, 1, 3)
    assert lead_time.share(30) == 0.5 and lead_time.median_days == 30
    nobody = LeadTime.of(np.zeros(0, np.int32), agent_days=10)
    assert nobody.share(30) is None and nobody.interval(30) is None and nobody.median_days is None


def test_the_json_of_a_lead_time_has_a_row_for_every_number_of_days() -> None:
    document = LeadTimeDocument.of(LeadTime.of(np.array([0, 29, 30, 90], np.int32), agent_days=10))
    content = document.model_dump(mode="json")
    assert list(content) == ["n", "median_days", "at_least"] and content["median_days"] == 30
    shares = {row["days"]: (row["n"], row["share"]) for row in content["at_least"]}
    assert list(shares) == [1, 7, 10, 14, 21, 30, 45, 60, 75, 90]
    assert shares[10] == (3, 0.75) and shares[30] == (2, 0.5) and shares[90] == (1, 0.25)
    assert content["at_least"][-1]["interval"] == list(wilson(1, 4))
    nobody = LeadTimeDocument.of(LeadTime.of(np.zeros(0, np.int32), agent_days=10)).at_least[0]
    assert (nobody.days, nobody.n, nobody.share, nobody.interval) == (1, 0, None, None)


def test_what_lots_would_catch() -> None:
    # Four borrowers are scored, and one of them has a warning every night; the fifth is never scored.
    active = flags("x....", "x....", "x....", "x....", "x....")
    is_scored = flags("xxxx.", "xxxx.", "xxxx.", "xxxx.", "xxxx.")
    arrived = Arrivals(np.array([1]), np.array([90], np.int32), np.array([120], np.int32))
    by_chance = chance(active, is_scored, NIGHTS, arrived)
    assert by_chance is not None
    # Nights 30, 60 and 90 are 30 to 90 days before: three draws of one in four.
    assert by_chance.redrawn == pytest.approx(1 - 0.75**3)
    assert by_chance.redrawn_ever == pytest.approx(1 - 0.75**5)
    assert by_chance.anyone == by_chance.ever_warned == 0.25
    none = np.zeros(0, np.int32)
    assert chance(active, is_scored, NIGHTS, Arrivals(none.astype(np.int64), none, none)) is None


def test_a_share_of_the_same_people_has_an_interval_from_those_who_differ() -> None:
    a, b = np.array([1, 1, 0, 0, 0], np.bool_), np.array([1, 0, 1, 1, 0], np.bool_)
    shares = paired_shares(a, b)
    reach = 1.959963985 * ((3 - 5 * 0.2**2) ** 0.5) / 5
    assert (shares.a, shares.b, shares.difference) == (0.4, 0.6, pytest.approx(0.2))
    assert (shares.low, shares.high) == (pytest.approx(0.2 - reach), pytest.approx(0.2 + reach))
    same = paired_shares(a, a)
    assert (same.difference, same.low, same.high) == (0, 0, 0)


def test_no_night_has_more_warnings_than_the_capacity() -> None:
    score = np.array([[500.0, 400, 450, NAN], [400, 400, 400, 400], [NAN, NAN, NAN, 300]])
    assert at_capacity(score, 0.5).tolist() == flags(".x..", "xx..", "....").tolist()


def test_a_warning_lives_as_on_the_watch_list() -> None:
    policy = Policy(threshold=500, red_below=450, yellow_below=550, margin=10, close_after_days=7)
    nights = np.array([0, 7, 14, 21, 28], np.int32)
    #                 opened       safe once   not safe   safe        safe a week later
    back = np.array([[490.0, 510, 509, 510, 511]]).T
    late = np.array([[490.0, NAN, NAN, 480, 499]]).T
    dpd = np.array([[5.0, 12, 30, 0, 0]], np.float32).T
    assert by_policy(back, np.zeros((5, 1), np.float32), nights, policy, 30).ravel().tolist() == [1, 1, 1, 1, 0]
    # The warning is handed over at 30 days past due; a new one opens once the score is below the threshold again.
    assert by_policy(late, dpd, nights, policy, 30).ravel().tolist() == [1, 1, 0, 1, 1]


def test_the_burden_of_five_nights() -> None:
    #              opened twice · once · never · never scored
    active = flags("xx..", ".x..", "xx..", "x...", "....")
    is_scored = np.tile(np.array([True, True, True, False]), (5, 1))
    bad = flags("x...", "x...", "....", "....", "....")
    nights = np.array([0, 7, 14, 21, 28], np.int32)
    burden = AlertBurden.of(active, is_scored, bad, np.array([1, 1, 1, 0, 0], np.bool_), nights)
    assert (burden.warned, burden.warned_again, burden.openings) == (2, 1, 3)
    # Three warnings open on mature nights: a bad follows the first warning of the first borrower, but not the second.
    assert (burden.calls, burden.bads_called, burden.calls_per_bad) == (3, 1, 3)
    assert burden.active_per_1000 == pytest.approx(1000 * (2 + 1 + 2 + 1) / 3 / 5)
    assert burden.most_active_per_1000 == pytest.approx(2000 / 3)
    assert burden.opened_per_1000_a_week == pytest.approx(1000 / 3 / 4)
    quiet = AlertBurden.of(active & False, is_scored, bad, np.ones(5, np.bool_), nights)
    assert quiet.calls_per_bad is None and quiet.warned_again_share is None


def arrears(*instalments: tuple[int, int, date, date | None]) -> Arrears:
    """Return the arrears of two borrowers with two loans each, from instalments (borrower, loan, due on, paid on)."""
    columns = list(zip(*instalments, strict=True))
    due = np.array([to_day(day) for day in columns[2]], np.int32)
    paid = np.array([NEVER if day is None else to_day(day) for day in columns[3]], np.int32)
    size, loans = len(due), np.arange(4, dtype=np.int32)
    rows = Rows(
        borrower_id=np.array([10, 20]),
        n_loans=4,
        borrowers={"borrower": np.array([0, 1], np.int32)},
        loans={"borrower": loans // 2, "loan": loans, "opened_on": np.full(4, to_day(date(2022, 1, 1)), np.int32)},
        instalments={
            "borrower": np.array(columns[0], np.int32),
            "loan": np.array(columns[1], np.int32),
            "instalment_no": np.arange(size, dtype=np.int32),
            "due_on": due,
            "due_amount": np.full(size, 100.0),
            "scheduled_on": np.full(size, to_day(date(2022, 1, 1)), np.int32),
            "paid_on": paid,
            "recorded_on": paid,
            "paid_amount": np.where(paid == NEVER, 0.0, 100.0),
        },
    )
    observed = Observed({"loans": frozenset({"opened_on"}), "instalments": frozenset({"due_on"})})
    return Arrears.of(History.of(rows, observed), (), (30,))


YEAR = (to_day(date(2023, 1, 1)), to_day(date(2023, 12, 31)))


def test_who_arrives_and_since_when_the_lender_could_know() -> None:
    arrivals = first_arrivals(
        arrears(
            (0, 0, date(2023, 6, 1), None),
            # The second loan reaches 30 days past due while the first is late: this is no second arrival.
            (0, 1, date(2023, 6, 10), None),
            # Paid a day before 30 days past due: no arrival.
            (1, 2, date(2023, 3, 1), date(2023, 3, 30)),
            (1, 3, date(2023, 8, 1), date(2023, 9, 15)),
        ),
        0,
        *YEAR,
    )
    assert arrivals.borrower.tolist() == [0, 1]
    assert [to_date(day) for day in arrivals.missed_on] == [date(2023, 6, 2), date(2023, 8, 2)]
    assert [to_date(day) for day in arrivals.reached_on] == [date(2023, 7, 1), date(2023, 8, 31)]


def test_of_several_arrivals_the_first_in_the_time_counts_and_who_was_there_before_does_not() -> None:
    twice = arrears(
        (0, 0, date(2022, 3, 1), date(2022, 5, 1)),
        (0, 0, date(2023, 2, 1), date(2023, 4, 1)),
        (0, 0, date(2023, 6, 1), date(2023, 8, 1)),
        # Late since before the year, and not back at 0 when the other loan reaches 30 days past due.
        (1, 2, date(2022, 11, 1), date(2023, 3, 20)),
        (1, 3, date(2023, 2, 1), date(2023, 3, 25)),
    )
    arrivals = first_arrivals(twice, 0, *YEAR)
    assert arrivals.borrower.tolist() == [0]
    assert [to_date(day) for day in arrivals.reached_on] == [date(2023, 3, 3)]
    nobody = first_arrivals(twice, 0, to_day(date(2024, 1, 1)), to_day(date(2024, 2, 1)))
    assert len(nobody.borrower) == 0
