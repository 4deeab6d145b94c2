"""A night that SIGKILL ends in the middle of scoring publishes nothing, and it can run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest
from lender import Lender

NIGHT = "2023-11-01"


def night(lender: Lender, folder: Path) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).parent / "risk-warning"), "score", str(lender.book), "--as-of", NIGHT]
    # Use many small chunks, so that the signal arrives in the middle of scoring.
    environment = {**os.environ, "RISK_WARNING_SCORE__BORROWERS_PER_CHUNK": "100"}
    options = ["--out", "out", "--model", str(lender.model), "--db", "sqlite:///w.db"]
    return subprocess.Popen([*command, *options], cwd=folder, env=environment, stdout=subprocess.PIPE)


@pytest.mark.slow
def test_a_killed_night_publishes_nothing_and_runs_again(lender: Lender, tmp_path: Path) -> None:
    killed = night(lender, tmp_path)
    out = tmp_path / "out"
    while not list(out.glob(".as_of=*/whole/scores/part-00003.parquet")):
        assert killed.poll() is None, "the night ended before it could be killed"
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert not list(out.glob("as_of=*"))
    again = night(lender, tmp_path)
    again.communicate()
    assert again.returncode == 0
    assert [folder.name for folder in out.iterdir()] == [f"as_of={NIGHT}"]
    scores = pandas.read_parquet(out / f"as_of={NIGHT}" / "scores")
    assert scores["borrower_id"].is_unique
    assert len(scores) == 8000
