"""About: the origin and evaluation of a model, as recorded in its `model.json`."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from risk_warning.book import StagedBook
from risk_warning.book.attributes import AttributeUse
from risk_warning.core.leaks import Suspect
from risk_warning.core.protected_names import PROTECTED
from risk_warning.learning.training_set import TrainingSet
from risk_warning.learning.undated import undated_columns
from risk_warning.model.typical import typical
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel

_OF_TWIN = ("train_dates", "test_dates", "rows", "bads", "bad_borrowers")
"""What a model records about the twin that was evaluated in its place."""


def about(
    book: StagedBook,
    settings: Settings,
    *,
    train_dates: Sequence[date],
    test_dates: Sequence[date],
    learnt: TrainingSet,
    evaluation: Mapping[str, Any],
    horizons_left_out: Mapping[str, str],
    by_day: Sequence[Mapping[str, Any]],
    suspects: Sequence[Suspect],
    twin: RiskModel | None,
    making: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the record, ready for JSON.

    `openings`: rows and bads learnt from at loan openings, None if not requested. `evaluation` is that of the `twin`,
    if there is one; `by_day` and `suspects` are from the model's own rows.
    """
    learnt_on = sorted(train_dates)
    at_opening = learnt.at_opening
    return {
        "as_of_dates": [day.isoformat() for day in (*learnt_on, *test_dates)],
        "train_dates": [day.isoformat() for day in learnt_on],
        "test_dates": [day.isoformat() for day in test_dates],
        "data_digest": book.digest,
        "data_through": book.data_through.isoformat(),
        "rows": len(learnt.bad),
        "bads": int(learnt.bad.sum()),
        "borrowers": len(np.unique(learnt.borrower_id)),
        "bad_borrowers": len(np.unique(learnt.borrower_id[learnt.bad])),
        "judged_twin": None
        if twin is None
        else {"version": twin.version, **{name: twin.about[name] for name in _OF_TWIN}},
        "by_day_of_month": list(by_day),
        "leak_suspects": [{**asdict(suspect), "text": suspect.in_words()} for suspect in suspects],
        "openings": {"rows": int(at_opening.sum()), "bads": int(learnt.bad[at_opening].sum())}
        if evaluation["openings"]
        else None,
        "left_out": learnt.left_out,
        "horizons_left_out": dict(horizons_left_out),
        "made": dict(making),
        "evaluation": dict(evaluation),
        "code_version": code_version(),
        "protected": sorted({*PROTECTED, *settings.book.protected}),
        "attributes": asdict(AttributeUse.of(learnt.features, settings.book.allowed, book.kept_out)),
        "undated_columns": undated_columns(learnt.features, book.observed),
        "typical": typical(learnt.x, learnt.features, book.categories),
    }


def code_version() -> str:
    """Return the version of the program, with the git commit if it runs from a checkout."""
    release = version("risk-warning")
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "rev-parse", "--short=12", "HEAD"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return release
    return f"{release}+{commit}"
