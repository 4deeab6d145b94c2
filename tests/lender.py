"""A small simulated lender with a model of its book, shared by the tests of one run."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rich.progress import Progress

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.request import Request
from risk_warning.model.folder import assemble, save
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.aliases import Named, rename
from risk_warning.settings import Settings
from risk_warning.studies.promotion.run import adopt
from risk_warning.studies.training.run import train_model


@dataclass(frozen=True)
class Lender:
    """Paths of the book, the model folder and the home folder with the registry."""

    book: Path
    model: Path
    home: Path


def save_anew(model: RiskModel, folder: Path) -> Path:
    """Save the model to the folder, with a version computed from its content; return the folder."""
    named = assemble(
        model.fitted,
        horizons=model.horizons,
        names=model.feature_names,
        observed=model.observed,
        scorecard=model.scorecard,
        policy=model.policy,
        target=model.target,
        provenance=replace(model.provenance, judged_twin=None),
        trained_on=date(2024, 1, 1),
    )
    save(named, folder)
    return folder


def lender_in(folder: Path) -> Lender:
    """Return the lender in the folder; the first process to call this makes it."""
    folder.mkdir(exist_ok=True)
    made = Lender(folder / "book", folder / "model", folder / "home")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.model.exists():
            simulate(8000, 24, 3, made.book)
            with Progress(disable=True) as progress:
                request = Request(target=TargetSpec())
                settings = Settings(home=made.home)
                train_model(made.book, settings, request, made.model, progress)
                # The tests of promotion cover the judgement of a first champion by the gate.
                rename(Named(None, None), Named("1", None), settings)
                on_record(settings)
    return made


def on_record(settings: Settings) -> Settings:
    """Record the registry's champion in the audit trail of these settings; return them."""
    adopt("@champion", settings, by="tests", reason="the tests of promotion cover its judgement")
    return settings
