"""The path to safe: the smallest changes a borrower can make that bring the score to the safety threshold.

The borrower can pay overdue debts and then pay down card balances; request a smaller amount, a longer term or a lower
limit; and, if nothing else helps, not take the loan. `candidates` defines which changes are admissible.

The cost of a path is the sum of the shares of what is possible: half of what could be paid costs as much as half of the
way to the smallest loan. One kind of change is preferred to two, two to three, and all of them to doing without the
loan. The score is piecewise constant in every amount and need not rise with it, since features without a direction may
go either way. So all kinds are scanned together on a grid of `GRID` shares, and the cheapest candidate that reaches the
threshold is then reduced, one kind after the other, on finer grids. It is the smallest on these grids, not a proven
minimum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Annotated

import numpy as np
from pydantic import Field

from risk_warning.core.features.words import label_of
from risk_warning.core.observed import Observed
from risk_warning.core.policy import Policy
from risk_warning.core.rows import Rows
from risk_warning.core.wording import FeatureValue, Text
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.risk_model import RiskModel
from risk_warning.review.actions import Action, Step, other_terms
from risk_warning.review.candidates import Candidate, Search
from risk_warning.review.payments import payments
from risk_warning.review.under_review import knowing
from risk_warning.review.what_if import Outcome, Terms, outcome_of

GRID = 16
"""Number of shares of an action tried at a time."""
WHY: Mapping[str, Text] = {
    "not_scored": {"en": "The borrower is not scored.", "zh": "该借款人未被评分。"},
    "no_typical_values": {
        "en": "The model has no record of the range of its training values; train a new model.",
        "zh": "模型未附带训练取值范围，请重新训练。",
    },
    "nothing_to_change": {
        "en": "Nothing is overdue, no card shows a balance, no loan is under review: nothing can change today.",
        "zh": "没有逾期款项、信用卡余额或待审借款，目前没有可改变的事项。",
    },
    "against_rules": {
        "en": "Only changes beyond what the model has seen, or that worsen a sign of risk, reach the threshold.",
        "zh": "只有超出训练范围或使某项风险信号变差的改变才能达到安全线。",
    },
    "out_of_reach": {
        "en": "Everything that can change today together does not bring the score to the threshold.",
        "zh": "目前可改变的事项都不足以使评分达到安全线。",
    },
}
"""Reasons why there is no path."""


@dataclass(frozen=True)
class FeatureChange:
    """A feature whose value the path changes, in the feature's own unit; null: not observed."""

    feature: str
    unit: str
    reason: Annotated[str, Field(description="code of the reason it adds to where its value is known")]
    text: Annotated[Text, Field(description="what the feature measures")]
    before: FeatureValue
    after: FeatureValue


@dataclass(frozen=True)
class PathToSafe:
    """The smallest changes that bring the score to the threshold, or why none do."""

    is_reachable: Annotated[
        bool, Field(description="whether rules allow reaching the threshold; true, without steps, if already safe")
    ]
    threshold: float
    start: Outcome
    reached: Annotated[
        Outcome | None,
        Field(description="after the steps; if no path was found, the best outcome allowed, null if none is better"),
    ]
    steps: tuple[Step, ...]
    share: Annotated[float, Field(description="the cost: the sum of the shares of what is possible")]
    changes: tuple[FeatureChange, ...]
    why: Annotated[str | None, Field(description="code of why there is no path, null if there is one")]
    why_text: Text | None


def path_to_safe(
    model: RiskModel,
    policy: Policy,
    rows: Rows,
    observed: Observed,
    as_of_date: date,
    loan: Terms,
    *,
    minor_unit_decimals: int = 2,
) -> PathToSafe:
    """Return the path of the borrower of `rows`, with a loan under review or without one (None).

    The open-loan rule is waived, as in `what_if`, so that the path starts where the comparison's base stands.

    Raises
    ------
    RequestError
        If the schedule of the loan cannot be computed, or begins before the as-of date.
    """
    if loan is not None:
        rows = knowing(rows, [loan])
    search = Search(model, policy, rows, observed, as_of_date, loan)
    start = outcome_of(search.start, 0, policy)
    if start.not_scored is not None:
        return _without_steps(policy, start, why="not_scored")
    if not start.below_threshold:
        return _without_steps(policy, start, why=None)
    if not model.provenance.typical:
        return _without_steps(policy, start, why="no_typical_values")
    pay = payments(rows, as_of_date, model.target.dpd_tolerance_ratio, minor_unit_decimals)
    terms = () if loan is None else other_terms(loan, minor_unit_decimals)
    candidate = _cheapest(search, (*(() if pay is None else (pay,)), *terms), takes_loan=True)
    if candidate is None and loan is not None:
        candidate = _without_loan(search, pay)
    if candidate is not None:
        return _path(search, candidate, start, minor_unit_decimals)
    why = "nothing_to_change" if pay is None and loan is None else "out_of_reach"
    if search.best is not None:
        why = "against_rules" if search.is_blocked else why
        return _path(search, search.best[1], start, minor_unit_decimals, why=why)
    return _without_steps(policy, start, why="against_rules" if search.is_blocked else why)


def _without_steps(policy: Policy, start: Outcome, *, why: str | None) -> PathToSafe:
    """Return the path of a borrower who is safe, or for whom nothing helps and `why`."""
    return PathToSafe(
        is_reachable=why is None,
        threshold=policy.threshold,
        start=start,
        reached=start if why is None else None,
        steps=(),
        share=0.0,
        changes=(),
        why=why,
        why_text=None if why is None else WHY[why],
    )


def _without_loan(search: Search, pay: Action | None) -> Candidate | None:
    bare = Candidate(takes_loan=False)
    if search.first([bare]) is not None:
        return bare
    return None if pay is None else _cheapest(search, (pay,), takes_loan=False)


def _cheapest(search: Search, actions: tuple[Action, ...], *, takes_loan: bool) -> Candidate | None:
    """Return the cheapest candidate with the fewest kinds of actions, None if even all kinds miss the threshold."""
    for size in range(1, len(actions) + 1):
        reached = []
        for chosen in combinations(actions, size):
            grid = list(dict.fromkeys(_at_share(chosen, k / GRID, takes_loan) for k in range(1, GRID + 1)))
            position = search.first(grid)
            if position is not None:
                below = grid[position - 1].steps if position else (0,) * size
                reached.append((grid[position], below))
        if reached:
            candidate, below = min(reached, key=lambda pair: pair[0].cost)
            for which in range(size):
                # With several kinds the others keep their steps, so each may need less than the common share.
                candidate = _lowered(search, candidate, which, below[0] if size == 1 else 0)
            return candidate
    return None


def _at_share(actions: tuple[Action, ...], share: float, takes_loan: bool) -> Candidate:
    return Candidate(actions, tuple(math.ceil(share * action.steps) for action in actions), takes_loan)


def _lowered(search: Search, candidate: Candidate, which: int, above: int) -> Candidate:
    """Return the candidate with the smallest sufficient step of one action, between `above` (exclusive) and its own."""
    while (current := candidate.steps[which]) - above > 1:
        between = sorted({round(step) for step in np.linspace(above + 1, current - 1, GRID)})
        tried = list(_with_steps(candidate, which, between))
        position = search.first(tried)
        if position is None:
            above = between[-1]
        else:
            above = between[position - 1] if position else above
            candidate = tried[position]
            if position == 0:
                break
    return candidate


def _with_steps(candidate: Candidate, which: int, steps: Sequence[int]) -> Iterator[Candidate]:
    for step in steps:
        changed = (*candidate.steps[:which], step, *candidate.steps[which + 1 :])
        yield Candidate(candidate.actions, changed, candidate.takes_loan)


def _path(search: Search, candidate: Candidate, start: Outcome, decimals: int, *, why: str | None = None) -> PathToSafe:
    """Return the path of a candidate, whose rows are scored again on their own."""
    changed = search.changed(candidate)
    scored = search.score([candidate])
    steps = [step for action, k in zip(candidate.actions, candidate.steps, strict=True) for step in action.describe(k)]
    if not candidate.takes_loan and search.loan is not None:
        requested = search.loan.principal_amount or search.loan.credit_limit or 0.0
        text: Text = {"en": "Do without the loan", "zh": "不办理这笔借款"}
        steps.insert(0, Step.of_amount("no_loan", requested, 0.0, text, decimals=decimals))
    before = FeatureValues.of(search.model, search.changed(Candidate()), search.start).by_name(0)
    after = FeatureValues.of(search.model, changed, scored).by_name(0)
    changes = tuple(
        FeatureChange(f.name, f.unit, f.reason, label_of(f), before[f.name], after[f.name])
        for f in search.model.features
        if before[f.name] != after[f.name]
    )
    return PathToSafe(
        is_reachable=why is None,
        threshold=search.policy.threshold,
        start=start,
        reached=outcome_of(scored, 0, search.policy),
        steps=tuple(steps),
        share=candidate.cost,
        changes=changes,
        why=why,
        why_text=None if why is None else WHY[why],
    )
