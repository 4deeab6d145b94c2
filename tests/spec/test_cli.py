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
    assert "there is no book.tim; under [book] there are location," in said("RISK_WARNING_BOOK__TIM", "x")
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
    assert sorted(exit_codes()) == list(range(3, 20))


def test_help_lists_the_verbs_by_what_one_is_doing_in_the_order_of_a_first_day() -> None:
    text = run("--help").stdout
    panels = ["Bring a book", "Train and judge", "Run", "Serve", "Keep"]
    places = [text.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places)
    train_and_judge = text[places[1] : places[2]]
    verbs = ["target", "train", "compare", "threshold", "backtest", "models", "propose", "promote", "rollback", "adopt"]
    verbs.append("sign")
    assert [
        line.split()[1] for line in train_and_judge.splitlines() if line.startswith("│ ") and line[2] != " "
    ] == verbs


def test_one_option_means_one_thing_everywhere() -> None:
    import typer

    from risk_warning.cli.main import app

    metavars: dict[str, set[str | None]] = {}
    for name, verb in typer.main.get_group(app).commands.items():
        for one in [verb, *getattr(verb, "commands", {}).values()]:
            for parameter in one.params:
                for option in parameter.opts:
                    if option.startswith("--"):
                        metavars.setdefault(option, set()).add(parameter.metavar)
            positional = [p.metavar for p in one.params if p.param_type_name == "argument"]
            assert "[BOOK]" not in positional or positional == ["[BOOK]"], name
    shared = ("--as-of", "--from", "--to", "--report", "--by", "--reason", "--db", "--json", "--effect", "--book")
    for option in (*shared, "--model-out"):
        assert len(metavars[option]) == 1, (option, metavars[option])
    assert metavars["--report"] == {"FILE"} and metavars["--out"] == {"DIR"}


def test_a_range_that_ends_before_it_begins_is_refused_with_its_own_sentence(tmp_path: Path) -> None:
    for verb in (["target"], ["train"], ["backtest", "--recipes", "none.toml"]):
        done = run(*verb[:1], str(tmp_path), *verb[1:], "--from", "2024-03-01", "--to", "2024-01-01")
        assert done.returncode == 2
        assert "is after" in " ".join(done.stderr.replace("│", " ").split())


def test_what_can_be_refused_is_refused_before_the_long_work(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes.txt").write_text("mine")
    done = run("train", str(tmp_path / "no-book"), "--model-out", str(tmp_path / "model"))
    assert done.returncode == 13 and "not an empty folder" in done.stderr
    done = run("train", str(tmp_path / "no-book"), "--no-register")
    assert done.returncode == 2 and "--model-out" in done.stderr
    done = run("threshold", str(tmp_path / "no-book"), "--reason", "why not")
    assert done.returncode == 2 and "--choose" in done.stderr


def test_the_book_may_come_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("check")
    assert done.returncode == 3 and "book.location" in done.stderr
    monkeypatch.setenv("RISK_WARNING_BOOK__LOCATION", str(tmp_path / "elsewhere"))
    done = run("check")
    assert done.returncode == 4 and "elsewhere" in done.stderr


def test_status_says_what_is_there_and_creates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RISK_WARNING_HOME", raising=False)
    lines = json.loads(run("status", "--json").stdout)
    assert lines["home"] == f"{tmp_path / '.risk_warning'} (not there yet)"
    assert lines["last night"] == "none" and lines["champion"].startswith("none")
    assert any("a run from another folder starts a second home" in text for text in lines["warnings"])
    assert run("models").stdout.startswith("No model yet")
    assert run("runs").stdout.startswith("No run yet")
    assert list(tmp_path.iterdir()) == []


def test_the_user_cannot_be_invented_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass
    import os
    import pwd

    from risk_warning.cli.actor import actor

    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert getpass.getuser() == "somebody-else"
    assert actor("sqlite://") == pwd.getpwuid(os.getuid()).pw_name
