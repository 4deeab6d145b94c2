"""Lead time agrees with a slow script that reads only the raw tables and each night's scores."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from lender import Lender

from risk_warning.book import open_book
from risk_warning.core.active_warnings import at_capacity, by_policy
from risk_warning.model.folder import load
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.studies.compare.lead_time import LeadTime, lead_days
from risk_warning.studies.compare.nights import nights_between, watch_both

sys.path.append(str(Path(__file__).parent))
import slow_lead_time as slow


@pytest.mark.slow
def test_the_lead_times_of_a_book_are_those_of_its_raw_tables(lender: Lender) -> None:
    model = load(lender.model)
    nights = nights_between(date(2023, 6, 1), date(2023, 12, 31), 7)
    with open_book(lender.book, Settings().book) as book:
        fast = watch_both(book, model, model, nights, ScoreSettings(borrowers_per_chunk=3_000), lambda _: None)
        rows, observed = book.rows(0, book.n_borrowers), model.observed_in(book)
        scored = [model.score(rows, observed, night) for night in nights]
    scores = pandas.concat(
        pandas.DataFrame({"borrower_id": one.borrower_id, "night": day, "score": one.score, "dpd": one.days_past_due})
        for day, one in zip(fast.nights.tolist(), scored, strict=True)
    )
    arrived = slow.first_arrivals(lender.book, 30, int(fast.nights[0]) + 90, int(fast.nights[-1]))
    assert len(arrived) > 100
    ids = scored[0].borrower_id[fast.arrived.borrower]
    assert ids.tolist() == arrived["borrower_id"].tolist()
    assert fast.arrived.missed_on.tolist() == arrived["missed_on"].tolist()
    assert fast.arrived.reached_on.tolist() == arrived["reached_on"].tolist()
    policy, watch = model.policy, fast.a
    ways = {
        "the riskiest 5 % of each night": (at_capacity(watch.score, 0.05), slow.riskiest_nightly(scores, 5)),
        "the model's own threshold": (
            by_policy(watch.score, watch.days_past_due, fast.nights, policy, 30),
            slow.watch_list(scores, policy.threshold, policy.margin, policy.close_after_days, 30),
        ),
    }
    for way, (active, warned) in ways.items():
        assert active.sum() == len(warned), way
        for clock, days in (("reached_on", fast.arrived.reached_on), ("missed_on", fast.arrived.missed_on)):
            leads = lead_days(active, fast.nights, fast.arrived.borrower, days)
            assert leads.tolist() == slow.leads(warned, arrived, clock), (way, clock)
        in_time = LeadTime.of(lead_days(active, fast.nights, fast.arrived.borrower, fast.arrived.reached_on), 14)
        assert 0.3 < in_time.at_least[30] / in_time.n < 1, way
    flagged = at_capacity(watch.score, 0.05).sum(axis=1)
    assert (flagged <= 0.05 * np.count_nonzero(~np.isnan(watch.score), axis=1)).all() and flagged.min() > 0
