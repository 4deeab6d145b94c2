"""The page of a night: how many are below the threshold, who needs a call and why, and how far to trust the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from risk_warning.core.policy import BANDS, BANDS_ZH, Policy
from risk_warning.nightly.report import NightReport
from risk_warning.reports import (
    Bin,
    Block,
    Cards,
    Chip,
    Figure,
    Lines,
    Listing,
    Note,
    Scale,
    Section,
    Table,
    histogram,
    page,
)
from risk_warning.reports.numbers import signed
from risk_warning.settings import Settings
from risk_warning.watchlist.open_warnings import OpenWarning, read_watch_list

_LISTED = 25
_BINS = 60
_FILLS = {"red": "#b3261e", "orange": "#c96a00", "yellow": "#8f7600", "green": "#2e7d32"}
_MEASURES = (
    ("auc", "AUC: chance that a bad scores below a good"),
    ("ks", "KS"),
    ("observed_over_expected", "bads observed over bads expected"),
    ("calibration_slope", "calibration slope (1 is ideal)"),
    ("capture_top_5pct", "share of bads among the riskiest 5 %"),
)


def night_page(night: NightReport, settings: Settings) -> str:
    """Return the page of a published night as HTML; the watch list is the one after the latest night.

    Raises
    ------
    DatabaseError
        If the watch list cannot be read.
    """
    scores = pyarrow.parquet.read_table(Path(night.folder) / "scores", columns=["score"]).column(0)
    warnings = read_watch_list(settings.database_url).warnings
    change, judged = night.warnings, night.judged
    verdict = (
        f"{night.below_threshold:,} of {night.scored:,} borrowers are below the safety threshold of "
        f"{night.policy.threshold:.0f} points."
    )
    cards = Cards(
        (
            ("borrowers scored", f"{night.scored:,}"),
            ("not scored", f"{night.borrowers - night.scored:,}"),
            ("new warnings", f"{change['opened']:,}"),
            ("kept", f"{change['kept']:,}"),
            ("closed", f"{change['closed']:,}"),
            ("handed over", f"{change['handed_over']:,}"),
        )
    )
    stale = tuple(
        Note(
            f"The table {name} stops on {table.last_day}, {table.silent_days} days before; "
            f"{table.stale_features} features of the model use it.",
            is_warning=True,
        )
        for name, table in night.stopped_tables.items()
    )
    left_out = tuple(
        Note(f"The scores are made without {one.words()}: nobody has answered this question.", is_warning=True)
        for one in night.left_out
    )
    sections = [
        Section("Scores", _scores(scores.drop_null().to_numpy(), night.policy)),
        Section(
            "Who needs a call, and why",
            _watch_list(warnings),
            "The lowest scores first, each reason with its points. A low score opens help before the due date; it is "
            "never a penalty.",
        ),
        Section(
            "Not scored",
            (Table(("why", "borrowers"), tuple(_not_scored(night.not_scored))),),
        ),
        Section(
            "How far to trust it",
            (
                Table(
                    ("", "all", "not past due"),
                    tuple(
                        (label, f"{judged.value(name):.3f}", f"{judged.dpd_0.value(name):.3f}")
                        for name, label in _MEASURES
                    ),
                ),
            ),
            f"Measured {judged.scheme.replace('_', ' ')} on {judged.n:,} rows that the judged model did not "
            "learn from.",
        ),
    ]
    basis = (
        f"Model {night.model_version}, policy {night.policy_version}, {night.set_aside:,} rows of the book set aside. "
        f"Newest rows: {', '.join(f'{name} {day}' for name, day in night.newest_rows.items())}."
    )
    return page(f"Watch list as of {night.as_of_date}", verdict, sections, basis=basis, top=(cards, *stale, *left_out))


def _scores(scores: NDArray[np.floating], policy: Policy) -> tuple[Block, ...]:
    if not len(scores):
        return (Note("Nobody was scored."),)
    low, high = float(np.floor(scores.min() / 20) * 20), float(np.ceil(scores.max() / 20) * 20)
    counts, edges = np.histogram(scores, _BINS, (low, max(high, low + 20)))
    bands = policy.bands((edges[:-1] + edges[1:]) / 2)
    bins = [
        Bin(float(left), float(right), int(count), BANDS[band])
        for left, right, count, band in zip(edges[:-1], edges[1:], counts, bands, strict=True)
    ]
    drawn = histogram(
        "Borrowers by score",
        bins,
        Scale.of_range("score", low, max(high, low + 20)),
        Scale.of_numbers("borrowers", float(counts.max())),
        fills={band: _FILLS[band] for band in BANDS},
        mark=(policy.threshold, "safety threshold"),
    )
    return (Figure(drawn, "A higher score is safer; the fill is the band."),)


def _watch_list(warnings: Sequence[OpenWarning]) -> tuple[Block, ...]:
    rows = tuple(
        (
            str(warning.borrower_id),
            Chip(f"{warning.band} {BANDS_ZH[warning.band]}", _FILLS[warning.band]),
            f"{warning.score:.0f}",
            _change(warning),
            Lines(tuple((signed(r.points, 0), r.text["en"], r.text["zh"]) for r in warning.reasons)),
        )
        for warning in warnings
        if warning.score is not None and warning.band is not None
    )
    if not rows:
        return (Note("No warning is open."),)
    listing = Listing(("borrower", "band", "score", "change", "why (points)"), rows[:_LISTED], frozenset({2, 3}))
    if len(rows) <= _LISTED:
        return (listing,)
    return listing, Note(f"The {_LISTED} lowest of {len(rows):,}; all of them: risk-warning watchlist --json")


def _change(warning: OpenWarning) -> str:
    if warning.event == "opened":
        return "new"
    return "–" if warning.change is None else signed(warning.change, 0)


def _not_scored(reasons: Mapping[str, int]) -> list[tuple[str, str]]:
    rows = [(reason.replace("_", " "), f"{count:,}") for reason, count in reasons.items() if count]
    return rows or [("nobody", "0")]
