"""Who sits at the keyboard."""

from __future__ import annotations

import getpass
import os


def os_user() -> str:
    """The user's name at the operating system, or their number where they have none, as in many containers."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
