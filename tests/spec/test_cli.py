"""The command line: exit codes, and never a traceback for a user's mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from risk_warning.core.features import FAMILIES
from risk_warning.errors import exit_codes


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "risk-warning"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_book_that_is_not_there_ends_with_its_own_code_and_one_sentence(tmp_path: Path) -> None:
    done = run("check", str(tmp_path / "nowhere"))
    assert done.returncode == 4
    assert "There is no book at" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_book_with_too_many_bad_rows_is_shown_and_refused(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text("borrower_id\n1\n")
    (tmp_path / "statements.csv").write_text("loan_id,borrower_id,statement_on\n1,1,2024-13-45\n1,1,2024-01-31\n")
    done = run("check", str(tmp_path), "--json")
    assert done.returncode == 5
    assert "statement_on" in json.loads(done.stdout)["problem"]


def test_features_are_listed_with_all_that_is_declared() -> None:
    listed = json.loads(run("features", "--json").stdout)
    assert len(listed) >= 80
    assert {feature["family"] for feature in listed} == set(FAMILIES)
    assert all(feature["text_en"] and feature["text_zh"] and feature["null_means"] for feature in listed)
    assert len({feature["name"] for feature in listed}) == len(listed)


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_WARNING_SETTINGS", str(tmp_path / "mine.toml"))
    done = run("check", str(tmp_path))
    assert done.returncode == 3
    assert "mine.toml" in done.stderr


def test_every_error_has_an_exit_code_of_its_own() -> None:
    assert sorted(exit_codes()) == list(range(3, 17))
