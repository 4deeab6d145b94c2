"""The log of a comparison: its figures, JSON and page in the MLflow run of the model that would take over."""

from __future__ import annotations

import json

from risk_warning.registry.registry import log_to_run, run_of
from risk_warning.settings import Settings
from risk_warning.studies.compare.family import FamilyComparison
from risk_warning.studies.compare.family_page import family_page
from risk_warning.studies.compare.page import compare_page
from risk_warning.studies.compare.result import Comparison


def log_comparison(name_b: str, found: Comparison, settings: Settings) -> str | None:
    """Id of the run that B was recorded in, with the comparison now in it; None where B is a folder, not registered.

    Raises
    ------
    RegistryError
        The registry cannot be reached or refuses.
    """
    run_id = run_of(name_b, settings)
    if run_id is not None:
        stem = f"compare/{found.a.version}_{found.dates[0]}_{found.dates[-1]}"
        texts = {
            f"{stem}.json": json.dumps(found.to_dict() | {"speed": found.speed()}, indent=1),
            f"{stem}.html": compare_page(found),
        }
        log_to_run(run_id, metrics(found), texts, {"compared_with": found.a.version}, settings)
    return run_id


def log_family(found: FamilyComparison, settings: Settings) -> list[str]:
    """Ids of the runs that members were recorded in, with their standing and the whole comparison now in them.

    Raises
    ------
    RegistryError
        The registry cannot be reached or refuses.
    """
    against = found.held_against.model.version
    stem = f"compare/family_{against}_{found.dates[0]}_{found.dates[-1]}"
    texts = {f"{stem}.json": json.dumps(found.to_dict(), indent=1), f"{stem}.html": family_page(found)}
    logged = []
    for member in found.members:
        run_id = run_of(member.name, settings)
        if run_id is not None:
            gain = member.standing.gain
            figures = {f"family.auc.{part}": getattr(gain, part) for part in ("a", "b", "difference", "low", "high")}
            figures["family.first_share"] = member.standing.first_share
            log_to_run(run_id, figures, texts, {"compared_with": against}, settings)
            logged.append(run_id)
    return logged


def metrics(found: Comparison) -> dict[str, float]:
    """The key figures by name, `compare.…`."""
    figures = {"auc": found.auc, **{name: found.differences[name] for name in ("ks", "brier", "capture_top_5pct")}}
    if found.watch:
        figures["in_time_at_capacity"] = found.watch.at_capacity.in_time
        figures["in_time_at_threshold"] = found.watch.at_thresholds.in_time
    if found.balances_at_capacity:
        figures["net_per_1000"] = found.balances_at_capacity.net_per_1000
    named = {
        f"compare.{name}.{part}": float(getattr(figure, part))
        for name, figure in figures.items()
        for part in ("a", "b", "difference", "low", "high")
    }
    return named | {"compare.ece.a": found.a.ece, "compare.ece.b": found.b.ece, "compare.score_psi": found.score_psi}
