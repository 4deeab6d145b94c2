"""The policy file `policy.toml` and, beside it, one file `policies/policy-VERSION.toml` per version.

A version's file is written once and never changes. An answer or a nightly run names its policy version, so the policy
that was in force can always be looked up.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from risk_warning.core.policy import Policy
from risk_warning.errors import OutputError, SettingsError
from risk_warning.model.policy_in_force import policy_in

VERSIONS = "policies"
"""Folder of the versions."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The origin of a policy: who chose it, when, and why."""

    chosen_by: str
    chosen_at: datetime
    reason: str
    rule: str
    """The rule it was chosen by, in words."""
    model_version: str
    before: str
    """Version in force until then."""


@dataclass(frozen=True)
class WrittenPolicy:
    """The files and versions of a policy that was written."""

    path: Path
    version_path: Path
    version: str
    before: str
    """Version the file held before, or the model's proposal if there was no file."""


def write_policy(
    path: Path, policy: Policy, in_force: Policy, origin: Origin, announce: Callable[[], None]
) -> WrittenPolicy | None:
    """Write the policy: first the file of its version, then replace `path` in one step.

    Return where it was written, or None if `path` already holds it. The previous version is kept too. `announce` is
    called immediately before `path` is replaced; if it fails, nothing is changed.

    Raises
    ------
    SettingsError
        If `path` holds something that is not a policy.
    OutputError
        If the folder cannot be written.
    """
    path = path.resolve()
    folder = path.parent / VERSIONS
    version_path = folder / f"policy-{policy.version}.toml"
    with ExitStack() as undo:
        try:
            current = path.read_bytes() if path.exists() else None
            before = _parsed(path, current) if current is not None else in_force
            if current is not None and before.version == policy.version:
                return None
            if not folder.exists():
                folder.mkdir(parents=True)
                undo.callback(folder.rmdir)
            old_path = folder / f"policy-{before.version}.toml"
            heading = f"# Proposed by model {origin.model_version}; in force before {policy.version}."
            proposed = f"{heading}\n{before.to_toml()}"
            chosen = _text(policy, origin).encode()
            for target, content in ((old_path, current or proposed.encode()), (version_path, chosen)):
                if not target.exists():
                    _waiting(target, content).replace(target)
                    undo.callback(target.unlink, missing_ok=True)
            # Check that the folder of the file itself can be written before announcing anything.
            waiting = _waiting(path, chosen)
            undo.callback(waiting.unlink, missing_ok=True)
            announce()
            waiting.replace(path)
            undo.pop_all()
        except OSError as error:
            raise OutputError(
                f"The policy cannot be written to {path} and {folder} ({error.strerror}). Check their permissions, "
                "or name another file with --policy. Nothing was changed."
            ) from None
    return WrittenPolicy(path, version_path, policy.version, before.version)


def _parsed(path: Path, content: bytes) -> Policy:
    try:
        return policy_in(tomllib.loads(content.decode()))
    except ValueError:
        raise SettingsError(f"{path} exists and is not a policy; name another file with --policy.") from None


def _text(policy: Policy, origin: Origin) -> str:
    lines = (
        f"Policy {policy.version} replaces {origin.before}.",
        f"Chosen by: {origin.chosen_by}",
        f"Chosen at: {origin.chosen_at.isoformat(timespec='seconds')}",
        f"Why: {origin.reason}",
        f"How: {origin.rule}, for model {origin.model_version}",
    )
    # A comment ends with its line, and TOML allows no control characters in it.
    printable = (" ".join("".join(c if c.isprintable() else " " for c in line).split()) for line in lines)
    return "".join(f"# {line}\n" for line in printable) + policy.to_toml()


def _waiting(path: Path, content: bytes) -> Path:
    """Write the content to a new file beside `path`, synced to disk, which can then replace `path`."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    waiting = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp lets nobody else read; the service may run as another user.
        waiting.chmod(0o644)
    except OSError:
        waiting.unlink(missing_ok=True)
        raise
    return waiting
