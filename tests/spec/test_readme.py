"""The README says what the code does."""

from __future__ import annotations

from pathlib import Path

from risk_warning.errors import exit_codes

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_every_exit_code_stands_in_the_readme_with_its_meaning() -> None:
    for code, meaning in exit_codes().items():
        assert f"| {code} | {meaning} |" in README
