"""Output: folders that appear complete or not at all, and files that others cannot read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from risk_warning.errors import OutputError


def private_by_default() -> None:
    """Let whatever this process and its children write be readable by its user alone."""
    os.umask(0o077)


def check_new(folder: Path, option: str) -> None:
    """Check, before long work too, that a new folder can be written here; `option` is the one that names it.

    Raises
    ------
    OutputError
        If it exists and is not an empty folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} exists and is not an empty folder; name another with {option}.")


@contextmanager
def whole_folder(folder: Path, option: str, *, replace: bool = False) -> Iterator[Path]:
    """Yield a folder to fill; it becomes `folder` if the `with` block succeeds, and is deleted if it fails.

    It is filled beside its final place, so that the last step is one rename. With `replace`, a folder that is there is
    replaced, and whatever a killed process left behind is deleted.

    Raises
    ------
    OutputError
        If the folder cannot be written, or exists, is not empty and is not to be replaced.
    """
    if not replace:
        check_new(folder, option)
    prefix = f".{folder.name}-"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if replace:
            for left in folder.parent.glob(f"{prefix}*"):
                shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=prefix) as unfinished:
            whole = Path(unfinished) / "whole"
            whole.mkdir()
            yield whole
            if folder.exists():
                folder.rename(Path(unfinished) / "replaced")
            whole.rename(folder)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}); free it or name another with {option}."
        ) from None
