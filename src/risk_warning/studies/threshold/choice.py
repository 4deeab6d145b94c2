"""Choosing a threshold: the way named becomes a policy version, in its file and in the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from risk_warning.audit.events import append_event
from risk_warning.errors import LabelError
from risk_warning.settings import Settings
from risk_warning.studies.threshold.policy_file import Origin, Written, write_policy
from risk_warning.studies.threshold.result import Thresholds, WayName

POLICY_CHOSEN = "policy_chosen"
"""Kind of the event that says who chose a policy version, when and why."""


def choose(
    found: Thresholds, name: WayName, path: Path, settings: Settings, *, by: str, user: str, reason: str
) -> Written | None:
    """Where the policy of the way was written to; None where the file holds it already.

    Raises
    ------
    LabelError
        No threshold brings more than it costs, so there is none to choose.
    SettingsError, OutputError, DatabaseError
        The file is no policy or cannot be written, or the audit trail cannot; nothing was changed.
    """
    way = found.way(name)
    if way is None:
        why = (
            "the book brings neither instalments nor balances, so nobody's exposure is known"
            if found.exposure_known_ratio is None
            else "at these costs and effects no threshold brings more than it costs"
        )
        raise LabelError(f"There is no threshold of the best benefit to choose: {why}. The policy stays as it is.")
    policy, now = way.cut.policy, datetime.now(UTC)
    in_force = found.in_force.policy
    origin = Origin(
        chosen_by=by,
        chosen_at=now,
        reason=reason,
        rule=way.rule,
        model_version=found.model_version,
        before=in_force.version,
    )

    def announce() -> None:
        append_event(
            settings.database_url,
            actor=user,
            kind=POLICY_CHOSEN,
            subject=policy.version,
            detail={
                "by": by,
                "before": in_force.version,
                "rule": way.rule,
                "reason": reason,
                "model_version": found.model_version,
                "policy": asdict(policy),
            },
        )

    return write_policy(path, policy, in_force, origin, announce)


def in_words(written: Written | None, path: Path, settings: Settings) -> str:
    """What became of it, and what to do next, in a sentence or two."""
    if written is None:
        return f"{path} holds that policy already; nothing was changed."
    configured = settings.policy is not None and settings.policy.resolve() == written.path
    message = (
        f"Policy {written.version} written to {written.path}, in place of {written.before}; both are kept in "
        f"{written.version_path.parent}."
    )
    if configured:
        return f"{message} The next night uses it, and a running service within seconds."
    return f'{message} It is not in force yet: set policy = "{written.path}" in risk_warning.toml.'
