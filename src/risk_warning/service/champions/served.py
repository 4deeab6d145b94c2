"""The served model: it is replaced in one step, so that each answer uses one model from start to end."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from risk_warning.core.policy import Policy
from risk_warning.model.folder import load
from risk_warning.model.policy_in_force import policy_of
from risk_warning.model.risk_model import RiskModel
from risk_warning.review.one_borrower import Question, answer, examine
from risk_warning.service.borrowers import check_book
from risk_warning.settings import Settings

MODEL_SERVED = "model_served"
"""Kind of the event that records which model and policy answer from then on."""


@dataclass(frozen=True)
class Served:
    """A model with its policy."""

    model: RiskModel
    policy: Policy
    source: str
    since: datetime


def serve(folder: Path, source: str, settings: Settings) -> Served:
    """Return the model of the folder, ready to answer without delay.

    Raises
    ------
    ModelError
        The folder is missing, incomplete or altered.
    SettingsError
        The configured policy cannot be used.
    ContractError
        The configured book lacks a column that the model reads.
    """
    model = load(folder, settings.signing.trusted_keys)
    check_book(model, settings)
    served = Served(model, policy_of(model, settings), source, datetime.now(UTC))
    # Values that are computed only once are computed now, not during the first request.
    nobody = Question("nobody", date(2000, 1, 1), {**dict.fromkeys(model.observed.columns, ()), "statements": ()})
    examined = examine(nobody, model, served.policy, settings.book)
    answer(examined)
    model.reasons(examined.scored.x)
    return served


def settle_memory(*, collect: bool) -> None:
    """Exclude the objects that exist now from later garbage collections, which block all answers.

    Measured on a BentoML service with one endpoint: with full collections, one answer in a hundred waited 138 to
    326 ms.
    """
    if collect:
        gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)
