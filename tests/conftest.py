"""Fixtures and hooks that several folders of tests share."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

# Two workers that each spin on every core slow each other tenfold. Set this before LightGBM loads.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# All tests seal with one key: a key file in each test's home would not fit the databases that tests share.
if "RISK_WARNING_AUDIT__KEY_FILE" not in os.environ:
    _folder = Path(tempfile.mkdtemp(prefix="risk_warning_"))
    atexit.register(shutil.rmtree, _folder)
    (_folder / "audit.key").write_text(f"{secrets.token_hex(32)}\n")
    os.environ["RISK_WARNING_AUDIT__KEY_FILE"] = str(_folder / "audit.key")

import pytest
from lender import Lender, lender_in


@pytest.fixture(scope="session")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Lender:
    """Return the simulated lender that all workers of a test run share."""
    base = Path(tmp_path_factory.getbasetemp())
    return lender_in((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "lender")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests of all workers measured (`record_property`), at the end of a run."""
    figures = [figure for report in terminalreporter.getreports("passed") for figure in report.user_properties]
    if figures:
        terminalreporter.section("measured on the way")
    for name, value in figures:
        terminalreporter.write_line(f"{name}: {value}")
