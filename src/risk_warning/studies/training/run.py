"""The training job: opens the book, trains, writes the folder, records it in the registry, and reports."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

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
from risk_warning.model.evaluation import Performance
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
from risk_warning.reports.numbers import measure_text
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

    def table(self) -> Table:
        """Return the report as a table for a terminal."""
        provenance, judged = self.model.provenance, self.model.provenance.evaluation
        dates, openings = provenance.as_of_dates, provenance.openings
        apart: dict[str, Performance] = {"all": judged, "not past due": judged.dpd_0}
        if judged.openings is not None:
            apart["at loan openings"] = judged.openings
        table = Table(
            "measure",
            *apart,
            title=f"{self.model.version} (registry version {self.registry_version}), {judged.scheme}",
            # Column names and reasons come from the lender, so they must not be read as markup.
            caption=Text(
                f"{provenance.rows:,} rows, {provenance.bads:,} bad, of {provenance.bad_borrowers:,} bad borrowers"
                + (f" ({openings.rows:,} and {openings.bads:,} at loan openings)" if openings is not None else "")
                + f", {len(self.model.features)} features, "
                f"{len(dates)} as-of date(s) {dates[0]} to {dates[-1]}; threshold {self.model.policy.threshold:.1f}; "
                f"{self.seconds:.0f} s{self._attributes()}"
            ),
        )
        for name in ("n", "bads", "bad_borrowers", "bad_rate", *MEASURES):
            table.add_row(name, *(_figure(measures, name) for measures in apart.values()))
        for name, rival in judged.against.items():
            if rival is not None:
                gain = rival.clustered
                ends = " to ".join("?" if end is None else f"{end:+.4f}" for end in (gain.low, gain.high))
                table.add_row(f"AUC, more than {name}", f"{gain.difference:+.4f} ({ends})", *[""] * (len(apart) - 1))
        return table

    def sentences(self) -> tuple[str, ...]:
        """Return the conclusions of the training, to be printed below the table."""
        provenance = self.model.provenance
        rival = provenance.evaluation.against.get(SCORECARD)
        holds = calibration_in_words(provenance.evaluation)
        lines = (
            f"{holds[0].upper()}{holds[1:]}.",
            against_scorecard(None if rival is None else rival.clustered),
            who_was_judged(provenance),
            *cautions(provenance),
        )
        return tuple(sentence for sentence in lines if sentence)

    def _attributes(self) -> str:
        """Return a line on each kind of attribute, to be printed below the table."""
        use = self.model.provenance.attributes
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
    weak = weakness(trained.model.provenance.evaluation)
    if weak is not None and register and register_anyway is None:
        raise WeakModelError(
            f"The model is not registered: {weak}. Look at the dates and outcomes it was trained on "
            "(`risk-warning check`, `risk-warning target`); to register it anyway, give --register-anyway and --reason."
        )
    with tempfile.TemporaryDirectory(prefix="risk-warning-") as scratch:
        folder = model_out or Path(scratch) / "model"
        save(trained.model, folder, settings.signing.key_file)
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


def _figure(measures: Performance, name: str) -> str:
    """Return a measure, with its interval if it has one."""
    return with_interval(measures, name) if name in WITH_INTERVAL else measure_text(measures.value(name))
