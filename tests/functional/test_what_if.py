"""What-if shows other loan terms side by side, each with the score that the borrower would get."""

from __future__ import annotations

import json

import pytest
from lender import Lender
from reviewed import AS_OF, CARD, PERSONAL, review

from risk_warning.core.outcomes.target import REASONS
from risk_warning.core.policy import BANDS
from risk_warning.document import json_text
from risk_warning.review.under_review import with_loan
from risk_warning.review.what_if import what_if

ALTERNATIVES = (
    PERSONAL.changed(principal_amount=1_000_000.0),
    PERSONAL.changed(term_months=48),
    CARD,
    CARD.changed(credit_limit=100_000.0),
    None,
)


@pytest.mark.slow
def test_each_case_scores_to_the_bit_as_it_would_alone(lender: Lender) -> None:
    with review(lender) as at:
        policy = at.model.policy
        for borrower in (*at.below[::60], *at.safe[::1500]):
            rows = at.rows(int(borrower))
            answer = what_if(at.model, policy, rows, at.observed, AS_OF, PERSONAL, ALTERNATIVES)
            for loan, case in zip((PERSONAL, *ALTERNATIVES), (answer.base, *answer.alternatives), strict=True):
                own = rows if loan is None else with_loan(rows, loan, AS_OF, at.observed)
                alone = at.model.score(own, at.observed, AS_OF, waive_open_loan=True)
                assert (case.pd, case.score) == (alone.pd[0], alone.score[0])
                assert case.band == BANDS[policy.bands(alone.score)[0]]
                assert case.below_threshold == (alone.score[0] < policy.threshold)
                reasons = at.model.reasons(alone.x)
                assert [r.code for r in case.reasons] == [reasons.codes[g] for g in reasons.group[0] if g >= 0]
            bare = at.model.score(rows, at.observed, AS_OF)
            assert answer.alternatives[-1].score == bare.score[0]


@pytest.mark.slow
def test_the_reasons_that_moved_add_up_to_the_difference(lender: Lender) -> None:
    with review(lender) as at:
        rows = at.rows(int(at.below[0]))
        answer = what_if(at.model, at.model.policy, rows, at.observed, AS_OF, PERSONAL, ALTERNATIVES)
        assert answer.base.points_difference == 0 and answer.base.moved == ()
        for case in answer.alternatives:
            assert case.score is not None and answer.base.score is not None
            assert case.points_difference == case.score - answer.base.score
            moves = [reason.points_after - reason.points_before for reason in case.moved]
            assert sum(moves) == pytest.approx(case.points_difference, abs=1e-6)
            assert [abs(m) for m in moves] == sorted((abs(m) for m in moves), reverse=True)
        document = json.loads(json_text(answer))
        assert document["base"]["score"] == answer.base.score
        assert [case["pd"] for case in document["alternatives"]] == [case.pd for case in answer.alternatives]


@pytest.mark.slow
def test_a_borrower_past_due_gets_no_score_in_any_case(lender: Lender) -> None:
    with review(lender) as at:
        past_due = int((at.scored.not_scored == REASONS.index("past_due")).argmax())
        rows = at.rows(past_due)
        answer = what_if(at.model, at.model.policy, rows, at.observed, AS_OF, PERSONAL, ALTERNATIVES)
        for case in (answer.base, *answer.alternatives):
            assert case.not_scored == "past_due"
            assert (case.score, case.points_difference, case.reasons, case.moved) == (None, None, (), ())


@pytest.mark.slow
def test_who_has_no_open_loan_is_compared_all_the_same(lender: Lender) -> None:
    with review(lender) as at:
        for borrower in (at.scored.not_scored == REASONS.index("no_open_loan")).nonzero()[0]:
            rows = at.rows(int(borrower))
            if at.model.score(rows, at.observed, AS_OF, waive_open_loan=True).not_scored[0] < 0:
                break
        answer = what_if(at.model, at.model.policy, rows, at.observed, AS_OF, PERSONAL, [None])
        assert answer.base.score is not None and answer.alternatives[0].score is not None
