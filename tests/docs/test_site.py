"""The documentation builds without a warning, and every command on its pages runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lender import Lender

from risk_warning.datasets.simulation.lender import simulate

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
TESTED = re.compile(r"<!-- tested in (\S+) -->\n```sh\n(.*?)```", re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_site_builds_strictly(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    for page in ("begin", "cli", "exit-codes", "settings", "api", "architecture"):
        assert (tmp_path / f"{page}.html").is_file()
    fetched = re.findall(r'(?:src|href)="(https?://[^"]+)"', (tmp_path / "begin.html").read_text(encoding="utf-8"))
    assert [url for url in fetched if url.endswith((".js", ".css", ".woff2"))] == []


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate a book of the same months as on the pages, but smaller: tests check the commands, not the figures."""
    folder = tmp_path_factory.mktemp("pages") / "book"
    simulate(2_500, 24, 3, folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs(page: str, book: Path, lender: Lender, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for elsewhere, commands in TESTED.findall(text):
        verb = re.search(r"risk-warning (\S+)|make (\S+)|curl|bentoml|python (\S+)", commands)
        assert (ROOT / elsewhere).is_file() and verb is not None, (page, elsewhere)
    script = "\n".join(BLOCK.findall(TESTED.sub("", text)))
    if not script.strip():
        return
    (tmp_path / "book").symlink_to(book)
    (tmp_path / "model").symlink_to(lender.model)
    shutil.copytree(lender.home, tmp_path / ".risk_warning")
    # The lender's audit trail is sealed with the key of the tests.
    kept = "RISK_WARNING_AUDIT__KEY_FILE"
    own = {name: value for name, value in os.environ.items() if name == kept or not name.startswith("RISK_WARNING_")}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**own, "PATH": f"{Path(sys.executable).parent}:{own['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
