"""The training job: opens the book, trains, writes the folder, records it in the registry, and reports."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from risk_warning.book import StagedBook, open_book
from risk_warning.errors import WeakModelError
from risk_warning.learning.recipe import SCORECARD
from risk_warning.learning.request import Request
from risk_warning.learning.training import DEFAULT_FOLDS, train
from risk_warning.learning.tuning import Tuning
from risk_warning.learning.weakness import weakness
from risk_warning.model.folder import save
from risk_warning.model.headline import (
    WITH_INTERVAL,
    against_scorecard,
    calibration_in_words,
    cautions,
    who_was_judged,
    with_interval,
)
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings
from risk_warning.stats.evaluation import MEASURES
from risk_warning.studies.training.page import training_page
from risk_warning.studies.training.recording import record


@dataclass(frozen=True)
class TrainingReport:
    """The result of a training."""

    model: RiskModel
    registry_version: int | None
    """None if the model was not registered."""
    seconds: float
    page: str
    """The report as HTML, as it was logged."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report ready for JSON."""
        model, about = self.model, self.model.about
        return {
            "model_version": model.version,
            "registry_version": self.registry_version,
            "features": list(model.feature_names),
            "attributes": about["attributes"],
            "as_of_dates": about["as_of_dates"],
            "evaluation": about["evaluation"],
            "left_out": about["left_out"],
            "rows": about["rows"],
            "bads": about["bads"],
            "bad_borrowers": about["bad_borrowers"],
            "judged_twin": about["judged_twin"],
            "by_day_of_month": about["by_day_of_month"],
            "leak_suspects": about["leak_suspects"],
            "undated_columns": about["undated_columns"],
            "openings": about["openings"],
            "made": about["made"],
            "data_digest": about["data_digest"],
            "policy_version": model.policy.version,
            "threshold": model.policy.threshold,
            "seconds": round(self.seconds, 1),
        }

    def table(self) -> Table:
        """Return the report as a table for a terminal."""
        about, judged = self.model.about, self.model.about["evaluation"]
        dates = about["as_of_dates"]
        openings = about["openings"]
        apart = {"all": judged, "not past due": judged["dpd_0"]}
        if openings:
            apart["at loan openings"] = judged["openings"]
        table = Table(
            "measure",
            *apart,
            title=f"{self.model.version} (registry version {self.registry_version}), {judged['scheme']}",
            # Column names and reasons come from the lender, so they must not be read as markup.
            caption=Text(
                f"{about['rows']:,} rows, {about['bads']:,} bad, of {about['bad_borrowers']:,} bad borrowers"
                + (f" ({openings['rows']:,} and {openings['bads']:,} at loan openings)" if openings else "")
                + f", {len(self.model.features)} features, "
                f"{len(dates)} as-of date(s) {dates[0]} to {dates[-1]}; threshold {self.model.policy.threshold:.1f}; "
                f"{self.seconds:.0f} s{self._attributes()}"
            ),
        )
        for name in ("n", "bads", "bad_borrowers", "bad_rate", *MEASURES):
            table.add_row(name, *(_figure(measures, name) for measures in apart.values()))
        for name, rival in judged["against"].items():
            if rival is not None:
                gain = rival["clustered"]
                ends = " to ".join("?" if end is None else f"{end:+.4f}" for end in (gain["low"], gain["high"]))
                table.add_row(f"AUC, more than {name}", f"{gain['difference']:+.4f} ({ends})", *[""] * (len(apart) - 1))
        return table

    def sentences(self) -> tuple[str, ...]:
        """Return the conclusions of the training, to be printed below the table."""
        about, judged = self.model.about, self.model.about["evaluation"]
        rival, holds = judged["against"].get(SCORECARD), calibration_in_words(judged)
        lines = (
            f"{holds[0].upper()}{holds[1:]}.",
            against_scorecard(rival and rival["clustered"]),
            who_was_judged(about),
            *cautions(about),
        )
        return tuple(sentence for sentence in lines if sentence)

    def _attributes(self) -> str:
        """Return a line on each kind of attribute, to be printed below the table."""
        use = self.model.attribute_use
        if use is None:
            return ""
        used = (one.column + (f" (allowed: {one.allowed})" if one.allowed else "") for one in use.used)
        kept_out = (f"{one.column} ({one.why})" for one in use.kept_out)
        return f"\nattributes used: {', '.join(used) or 'none'}\nkept out: {', '.join(kept_out) or 'none'}"


def train_model(
    book: str | Path,
    settings: Settings,
    request: Request,
    model_out: Path | None,
    progress: Progress,
    *,
    trials: int | None = None,
    register: bool = True,
    register_anyway: str | None = None,
) -> TrainingReport:
    """Train on the book, write the folder to `model_out` if named, and record it in the registry if `register`.

    `trials` is the number of parameter sets to try for each model, None for none; `register_anyway` is the reason
    for registering even a model that is surely bad.

    Raises
    ------
    WeakModelError
        The model ranks no better than chance, or its PDs are off by a factor of two, and no reason was given.
    """
    start = time.monotonic()
    task = progress.add_task("reading the book", total=None)
    with open_book(book, settings.book, data_through=settings.data_through, today=date.today()) as opened:
        progress.update(task, description="training", total=opened.n_borrowers)
        tuning = None if trials is None else _tuning(opened, settings, request, trials, progress)
        trained = train(opened, settings, request, lambda done: progress.advance(task, done), tuning)
    weak = weakness(trained.model.about["evaluation"])
    if weak is not None and register and register_anyway is None:
        raise WeakModelError(
            f"The model is not registered, since {weak}. Look at the dates and outcomes it was trained on "
            "(`risk-warning check`, `risk-warning target`); to register it all the same, give --register-anyway and "
            "--reason."
        )
    with tempfile.TemporaryDirectory(prefix="risk-warning-") as scratch:
        folder = model_out or Path(scratch) / "model"
        save(trained.model, folder)
        page, number = training_page(trained), None
        if register:
            progress.update(task, description="recording in the registry")
            number = record(trained, folder, settings, page, None if weak is None else register_anyway)
    return TrainingReport(trained.model, number, time.monotonic() - start, page)


def _tuning(book: StagedBook, settings: Settings, request: Request, trials: int, progress: Progress) -> Tuning:
    """Return the parameter search for this book, target and dates, with its own progress bar."""
    single = request.as_of_date is not None or request.folds is not None
    models = (request.folds or DEFAULT_FOLDS) + 1 if single else 1
    task = progress.add_task("tuning", total=models * trials)
    dates = request.as_of_date, request.first, request.last, request.with_openings, request.folds
    belongs_to = json.dumps([book.digest, asdict(request.target), [str(part) for part in dates]])

    def advance(stage: str) -> None:
        progress.update(task, description=stage, advance=1)

    return Tuning(trials, settings.home / "tuning.db", belongs_to, advance)


def _figure(measures: Mapping[str, Any], name: str) -> str:
    """Return a measure, with its interval if it has one."""
    return with_interval(measures, name) if name in WITH_INTERVAL else _shown(measures[name])


def _shown(value: float | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
