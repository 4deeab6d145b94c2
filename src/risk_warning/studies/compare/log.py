"""Logging of a comparison: its figures, JSON and page go to the MLflow run of the model that would take over."""

from __future__ import annotations

from risk_warning.document import json_text
from risk_warning.registry.registry import log_to_run, run_of
from risk_warning.settings import Settings
from risk_warning.stats.delong import Difference
from risk_warning.studies.compare.document import TimedComparisonDocument
from risk_warning.studies.compare.family import FamilyComparison
from risk_warning.studies.compare.family_document import FamilyDocument
from risk_warning.studies.compare.family_page import family_page
from risk_warning.studies.compare.page import compare_page
from risk_warning.studies.compare.result import Comparison


def log_comparison(name_b: str, comparison: Comparison, settings: Settings) -> str | None:
    """Log the comparison to B's run and return the run's id; None if B is a folder and not registered.

    Raises
    ------
    RegistryError
        If the registry cannot be reached or refuses the request.
    """
    run_id = run_of(name_b, settings)
    if run_id is not None:
        stem = f"compare/{comparison.a.version}_{comparison.dates[0]}_{comparison.dates[-1]}"
        texts = {
            f"{stem}.json": json_text(TimedComparisonDocument.of(comparison)),
            f"{stem}.html": compare_page(comparison),
        }
        log_to_run(run_id, metrics(comparison), texts, {"compared_with": comparison.a.version}, settings)
    return run_id


def log_family(comparison: FamilyComparison, settings: Settings) -> list[str]:
    """Log each member's standing and the whole comparison to the member's run, and return the ids of the runs.

    Raises
    ------
    RegistryError
        If the registry cannot be reached or refuses the request.
    """
    against = comparison.reference.model.version
    stem = f"compare/family_{against}_{comparison.dates[0]}_{comparison.dates[-1]}"
    texts = {f"{stem}.json": json_text(FamilyDocument.of(comparison)), f"{stem}.html": family_page(comparison)}
    logged = []
    for member in comparison.members:
        run_id = run_of(member.name, settings)
        if run_id is not None:
            figures = _parts("family.auc", member.standing.gain) | {"family.first_share": member.standing.first_share}
            log_to_run(run_id, figures, texts, {"compared_with": against}, settings)
            logged.append(run_id)
    return logged


def metrics(comparison: Comparison) -> dict[str, float]:
    """Return the key figures by name, `compare.…`."""
    figures = {
        "auc": comparison.auc,
        **{name: comparison.differences[name] for name in ("ks", "brier", "capture_top_5pct")},
    }
    if comparison.watch:
        figures["in_time_at_capacity"] = comparison.watch.at_capacity.in_time
        figures["in_time_at_threshold"] = comparison.watch.at_thresholds.in_time
    if comparison.economics.at_capacity:
        figures["net_per_1000"] = comparison.economics.at_capacity.net_per_1000
    named = {
        "compare.ece.a": comparison.a.ece,
        "compare.ece.b": comparison.b.ece,
        "compare.score_psi": comparison.score_psi,
    }
    for name, figure in figures.items():
        named |= _parts(f"compare.{name}", figure)
    return named


def _parts(name: str, figure: Difference) -> dict[str, float]:
    parts = {"a": figure.a, "b": figure.b, "difference": figure.difference, "low": figure.low, "high": figure.high}
    return {f"{name}.{part}": value for part, value in parts.items()}
