"""Provenance: the record of what a model was made of and how, taken at the end of its training."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from risk_warning.book import StagedBook
from risk_warning.book.attributes import AttributeUse
from risk_warning.core.leaks import Suspect
from risk_warning.core.protected_names import PROTECTED
from risk_warning.learning.training_set import TrainingSet
from risk_warning.learning.undated import undated_columns
from risk_warning.model.evaluation import DayBand, Evaluation
from risk_warning.model.provenance import JudgedTwin, LeakSuspect, Making, OpeningRows, Provenance
from risk_warning.model.typical import typical
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel


def provenance_of(
    book: StagedBook,
    settings: Settings,
    *,
    train_dates: Sequence[date],
    test_dates: Sequence[date],
    learnt: TrainingSet,
    evaluation: Evaluation,
    horizons_left_out: Mapping[int, str],
    by_day: tuple[DayBand, ...],
    suspects: Sequence[Suspect],
    twin: RiskModel | None,
    made: Making,
) -> Provenance:
    """Return the record of a model.

    `evaluation` is that of the `twin`, if there is one; `by_day` and `suspects` are from the model's own rows.
    """
    learnt_on = sorted(train_dates)
    at_opening = learnt.at_opening
    return Provenance(
        as_of_dates=(*learnt_on, *test_dates),
        train_dates=tuple(learnt_on),
        test_dates=tuple(test_dates),
        data_digest=book.digest,
        data_through=book.data_through,
        rows=len(learnt.bad),
        bads=int(learnt.bad.sum()),
        borrowers=len(np.unique(learnt.borrower_id)),
        bad_borrowers=len(np.unique(learnt.borrower_id[learnt.bad])),
        judged_twin=None if twin is None else _twin(twin),
        by_day_of_month=by_day,
        leak_suspects=tuple(LeakSuspect(**vars(suspect), text=suspect.in_words()) for suspect in suspects),
        openings=None
        if evaluation.openings is None
        else OpeningRows(rows=int(at_opening.sum()), bads=int(learnt.bad[at_opening].sum())),
        left_out=learnt.left_out,
        horizons_left_out=horizons_left_out,
        made=made,
        evaluation=evaluation,
        code_version=code_version(),
        protected=tuple(sorted({*PROTECTED, *settings.book.protected})),
        attributes=AttributeUse.of(learnt.features, settings.book.allowed, book.kept_out),
        undated_columns=tuple(undated_columns(learnt.features, book.observed)),
        typical=typical(learnt.x, learnt.features, book.categories),
        categories={f.needs[0]: book.categories.get(f.needs[0], ()) for f in learnt.features if f.is_category},
    )


def _twin(twin: RiskModel) -> JudgedTwin:
    own = twin.provenance
    return JudgedTwin(
        version=twin.version,
        train_dates=own.train_dates,
        test_dates=own.test_dates,
        rows=own.rows,
        bads=own.bads,
        bad_borrowers=own.bad_borrowers,
    )


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
