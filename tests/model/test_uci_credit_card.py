"""Training on the published card data gives figures that anybody can compare with the literature."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from published import UCI_DATA, needs_uci_data

from risk_warning.settings import PROTECTED


def run(folder: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / "risk-warning"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
@needs_uci_data
def test_uci_credit_card_out_of_borrower(tmp_path: Path) -> None:
    run(tmp_path, "import", "uci-credit-card", "--file", str(UCI_DATA), "--out", "book")
    options = ("--as-of", "2005-10-01", "--horizon-months", "1", "--folds", "5", "--json")
    everyone = json.loads(run(tmp_path, "train", "book", *options, "--eligible-max-dpd", "any"))
    judged = everyone["evaluation"]
    assert judged["scheme"] == "out-of-borrower"
    assert judged["n"] == 30_000
    assert not set(everyone["features"]) & set(PROTECTED)
    assert 0.785 <= judged["auc"] <= 0.795  # a higher value shows a leak
    assert judged["ks"] >= 0.43
    assert judged["ece"] <= 0.01
    assert 0.9 <= judged["calibration_slope"] <= 1.1
    assert 0.9 <= judged["observed_over_expected"] <= 1.1
    early = json.loads(run(tmp_path, "train", "book", *options))["evaluation"]
    assert early["n"] == 23_182
    assert 0.68 <= early["auc"] <= 0.74
