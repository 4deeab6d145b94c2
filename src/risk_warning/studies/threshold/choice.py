"""Choose a threshold: write its policy version to a file and record the choice in the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from risk_warning.audit.events import append_event
from risk_warning.errors import LabelError
from risk_warning.settings import Settings
from risk_warning.studies.threshold.policy_file import Origin, WrittenPolicy, write_policy
from risk_warning.studies.threshold.result import Thresholds, WayName

POLICY_CHOSEN = "policy_chosen"
"""Kind of the audit event that records who chose a policy version, when and why."""


def choose(
    evidence: Thresholds, name: WayName, path: Path, settings: Settings, *, by: str, user: str, reason: str
) -> WrittenPolicy | None:
    """Write the policy of the named way to `path` and record the choice in the audit trail.

    Return where it was written, or None if the file already holds that policy.

    Raises
    ------
    LabelError
        If no threshold brings more than it costs, so that there is none to choose.
    SettingsError, OutputError, DatabaseError
        If the file is not a policy, or if the file or the audit trail cannot be written. Nothing is changed then.
    """
    way = evidence.way(name)
    if way is None:
        why = (
            "the book has neither instalments nor balances, so no exposure is known"
            if evidence.exposure_known_ratio is None
            else "at these costs and effects, no threshold brings more than it costs"
        )
        raise LabelError(f"There is no threshold with the best benefit to choose: {why}. The policy is unchanged.")
    policy, now = way.cut.policy, datetime.now(UTC)
    in_force = evidence.in_force.policy
    origin = Origin(
        chosen_by=by,
        chosen_at=now,
        reason=reason,
        rule=way.rule,
        model_version=evidence.model_version,
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
                "model_version": evidence.model_version,
                "policy": asdict(policy),
            },
        )

    return write_policy(path, policy, in_force, origin, announce)


def in_words(written: WrittenPolicy | None, path: Path, settings: Settings) -> str:
    """Return what was written and what to do next, in a sentence or two."""
    if written is None:
        return f"{path} already holds this policy; nothing was changed."
    configured = settings.policy is not None and settings.policy.resolve() == written.path
    message = (
        f"Policy {written.version} is written to {written.path} and replaces {written.before}; both are kept in "
        f"{written.version_path.parent}."
    )
    if configured:
        return f"{message} The next nightly run uses it, and a running service switches to it within seconds."
    return f'{message} It is not in force yet: set policy = "{written.path}" in risk_warning.toml.'
