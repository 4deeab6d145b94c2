"""The served model: what answers now, changed in one step, so that an answer has one model from first to last."""

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
"""Kind of the event that says which model and policy answer from now on."""


@dataclass(frozen=True)
class Served:
    """A model with the policy that goes with it."""

    model: RiskModel
    policy: Policy
    source: str
    since: datetime


def serve(folder: Path, source: str, settings: Settings) -> Served:
    """The model of the folder, ready to answer at once.

    Raises
    ------
    ModelError
        The folder is missing, incomplete or altered.
    SettingsError
        The configured policy cannot be used.
    ContractError
        The configured book lacks what the model reads.
    """
    model = load(folder)
    check_book(model, settings)
    served = Served(model, policy_of(model, settings), source, datetime.now(UTC))
    # What is computed once is computed now, not while somebody waits.
    nobody = Question("nobody", date(2000, 1, 1), {**dict.fromkeys(model.observed.columns, ()), "statements": ()})
    examined = examine(nobody, model, served.policy, settings.book)
    answer(examined)
    model.reasons(examined.scored.x)
    return served


def settle_memory(*, collect: bool) -> None:
    """Nothing comes back; what lives now is left out of later searches for garbage, which would stop every answer.

    Seen on a BentoML service of one endpoint: with all of it searched, an answer in a hundred waited 138 to 326 ms.
    """
    if collect:
        gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)
