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
    assert all(feature["phrases"] and feature["missing"]["reason"] != feature["reason"] for feature in listed)
    assert len({feature["name"] for feature in listed}) == len(listed)


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_WARNING_SETTINGS", str(tmp_path / "mine.toml"))
    done = run("check", str(tmp_path))
    assert done.returncode == 3
    assert "mine.toml" in done.stderr


def test_a_setting_that_cannot_be_used_is_named_with_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(name: str, value: str) -> str:
        with monkeypatch.context() as environment:
            environment.setenv(name, value)
            done = run("check", str(tmp_path))
        assert done.returncode == 3 and "Traceback" not in done.stderr
        return " ".join(done.stderr.split())

    assert "RISK_WARNING_BOOK cannot be read; a section is set value by value" in said("RISK_WARNING_BOOK", "x")
    assert "There is no setting book.tim; under [book] there are time_zone," in said("RISK_WARNING_BOOK__TIM", "x")
    drain = "RISK_WARNING_SERVICE__DRAIN_SECONDS"
    negative = said(drain, "-1")
    assert (
        "service.drain_seconds: Input should be greater than or equal to 0." in negative and f"in {drain}." in negative
    )


def test_features_fit_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("features").stdout.splitlines()
    assert "Days past due today" in "".join(lines) and max(map(len, lines)) <= 80
    assert "dpd_max_12m" in "".join(lines)


def test_every_error_has_an_exit_code_of_its_own() -> None:
    assert sorted(exit_codes()) == list(range(3, 19))
