"""The nightly job: score the whole book as of a date, publish the scores, and update the watch list."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import Progress

from risk_warning.audit.anchors import anchor, keep
from risk_warning.book import StagedBook, open_book
from risk_warning.book.questions.changes import Expected
from risk_warning.core.policy import Policy
from risk_warning.errors import QuestionError
from risk_warning.model.policy_in_force import policy_of
from risk_warning.nightly.document import RunDocument
from risk_warning.nightly.heartbeat import published, stopped_by
from risk_warning.nightly.publishing import publishing, timed, write_json
from risk_warning.nightly.report import NightReport, StoppedTable, newest_rows, stopped_tables
from risk_warning.settings import Settings
from risk_warning.watchlist.earlier_night import earlier_night
from risk_warning.watchlist.watch_list import Run, check_rerun, open_borrowers, take_in

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel
    from risk_warning.nightly.whole_book import WholeBook


def run_night(
    book: str | Path,
    settings: Settings,
    as_of_date: date,
    out: Path,
    progress: Progress,
    *,
    model: str = "champion",
    all_reasons: bool = False,
    force: bool = False,
) -> NightReport:
    """Score the book, publish to `out/as_of=D`, then update the watch list.

    A run repeated after a crash gives the same result. A book that raises a question publishes nothing and changes
    nothing, unless `score.on_question` is "publish" and the columns that it is about can be left out. Either way, the
    question is written to `home/questions.toml`.

    Raises
    ------
    QuestionError
        The book raises a question that nobody has answered, and the night cannot do without it.
    """
    start = time.monotonic()
    timings: dict[str, float] = {}
    task = progress.add_task("reading the book", total=None)
    before = earlier_night(settings.database_url, as_of_date)
    with ExitStack() as stack:
        # The model's libraries take seconds to import, so the book is read meanwhile.
        loading = stack.enter_context(ThreadPoolExecutor(1)).submit(_load, model, settings)

        def expected() -> Expected:
            progress.update(task, description="loading the model")
            with timed(timings, "load_model"):
                loaded, _ = loading.result()
            return replace(before, levels=levels_of(loaded))

        with timed(timings, "stage"):
            try:
                opened = stack.enter_context(
                    open_book(
                        book,
                        settings.book,
                        data_through=settings.data_through,
                        on_question=settings.score.on_question,
                        expected=expected,
                    )
                )
            except QuestionError as error:
                path = stopped_by(settings.home, out, as_of_date, error)
                raise QuestionError(f"{error} Nothing was published; see {path}.", error.questions) from None
        timings["stage"] -= timings["load_model"]
        with timed(timings, "load_model"):
            loaded, policy = loading.result()

            from risk_warning.nightly.whole_book import score_book

        run = Run(
            as_of_date,
            opened.digest,
            loaded.version,
            policy.version,
            opened.id_type,
            left_out=opened.left_out,
            profile=opened.profile.keeping({one.column for one in opened.left_out}, before.profile),
        )
        check_rerun(settings.database_url, run, force=force)
        progress.update(task, description="scoring", total=opened.n_borrowers)
        with publishing(out, as_of_date) as folder:
            result = score_book(
                opened,
                loaded,
                policy,
                as_of_date,
                folder,
                all_reasons=all_reasons,
                watched=open_borrowers(settings.database_url, as_of_date),
                settings=settings.score,
                minor_unit_decimals=settings.book.minor_unit_decimals,
                advance=lambda done: progress.advance(task, done),
            )
            if opened.quarantine.total or opened.quarantine.cells:
                opened.quarantine.write(folder / "quarantine")
            stopped = stopped_tables(opened, loaded, as_of_date)
            write_json(folder / "run.json", _run_document(opened, loaded, policy, run, result, stopped))
            durations = {**timings, **result.timings}
            write_json(folder / "timings.json", {name: round(seconds, 3) for name, seconds in durations.items()})
        counts = take_in(
            settings.database_url,
            replace(run, scored=result.scored),
            result.sightings,
            policy,
            loaded.target.bad_dpd,
            force=force,
        )
        keep(anchor(settings.database_url), settings.audit_anchor_file)
        published(settings.home, out, as_of_date, opened.open_questions)
        return NightReport(
            as_of_date=as_of_date,
            folder=str(out / f"as_of={as_of_date}"),
            borrowers=opened.n_borrowers,
            scored=result.scored,
            not_scored=result.not_scored,
            set_aside=opened.quarantine.total,
            below_threshold=result.below_threshold,
            bands=result.bands,
            warnings=counts,
            stopped_tables=stopped,
            newest_rows=newest_rows(opened, as_of_date),
            left_out=opened.left_out,
            model_version=loaded.version,
            policy_version=policy.version,
            seconds=time.monotonic() - start,
            policy=policy,
            judged=loaded.provenance.evaluation,
        )


def levels_of(model: RiskModel) -> dict[str, Collection[str]]:
    """Return category `table.column` → values that the model's training book had; also the kinds of events."""
    kinds = {"events.kind": model.observed.event_kinds} if model.observed.event_kinds else {}
    return {**(model.provenance.categories or {}), **kinds}


def _load(model: str, settings: Settings) -> tuple[RiskModel, Policy]:
    from risk_warning.registry.registry import fetch

    loaded = fetch(model, settings)
    return loaded, policy_of(loaded, settings)


def _run_document(
    book: StagedBook,
    model: RiskModel,
    policy: Policy,
    run: Run,
    result: WholeBook,
    stopped: Mapping[str, StoppedTable],
) -> RunDocument:
    return RunDocument(
        as_of_date=run.as_of_date,
        borrowers=book.n_borrowers,
        scored=result.scored,
        not_scored=result.not_scored,
        unknown_days_past_due=result.unknown_dpd,
        below_threshold=result.below_threshold,
        bands=result.bands,
        set_aside={table: book.quarantine.set_aside(table) for table in book.quarantine.counts},
        ignored_columns={table: names for table, names in book.ignored.items() if names},
        book_digest=book.digest,
        data_through=book.data_through,
        stopped_tables=stopped,
        newest_rows=newest_rows(book, run.as_of_date),
        left_out=book.left_out,
        model_version=model.version,
        policy_version=policy.version,
        policy=policy,
    )
