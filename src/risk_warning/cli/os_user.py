"""The user of this process."""

from __future__ import annotations

import os
import pwd


def os_user() -> str:
    """Return the user's name from the operating system, or the number if it has none, as in many containers.

    Environment variables such as LOGNAME are ignored: anyone can set them.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name[:64]
    except KeyError:
        return f"uid {os.getuid()}"
