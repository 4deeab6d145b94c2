"""A user's mistake gives one sentence with the next step and its own exit code, and writes no partial output."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lender import Lender

from risk_warning.cli.main import main

Refused = Callable[..., None]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Return a check that a command line ends with this exit code and these words, and leaves no output.

    The check calls the program's `main` in this process, since a new process takes longer than the refusal.
    """
    monkeypatch.chdir(tmp_path)

    def check(code: int, words: str, *arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["risk-warning", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        message = capsys.readouterr().err
        assert ended.value.code == code, message
        assert words in " ".join(message.replace("│", " ").split())
        assert not list(tmp_path.rglob("as_of=*"))

    return check


def test_a_mistake_ends_the_program_without_a_traceback(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "risk-warning"), "check", "nowhere"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "There is no book at nowhere" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_each_mistake_has_its_sentence_and_code(lender: Lender, tmp_path: Path, refused: Refused) -> None:
    book, model = str(lender.book), ("--model", str(lender.model))
    night = ("score", book, "--out", "out", "--as-of")
    refused(4, "There is no book", "score", "nowhere", "--as-of", "2023-06-01", "--out", "out", *model)
    refused(2, "is not a date", *night, "2023-13-45", *model)
    refused(6, "is before the data", *night, "2019-01-01", *model)
    refused(6, "records payments through 2023-12-", *night, "2024-02-20", *model)
    refused(10, "Train one with", *night, "2023-06-01")
    refused(9, "not a model folder", *night, "2023-06-01", "--model", str(tmp_path))
    refused(6, "lies outside the data", "train", book, "--as-of", "2031-01-01")
    refused(7, "is not known yet", "train", book, "--as-of", "2023-12-01")
    refused(7, "no mature month", "train", book, "--from", "2023-12-01")
    refused(3, "longer --horizon-months", "train", book, "--as-of", "2023-06-01", "--horizon-months", "1")
    refused(11, "cannot be used", *night, "2023-06-01", *model, "--db", "sqlite:////proc/nowhere/w.db")
    refused(13, "cannot be written", *night[:2], "--out", "/proc/out", "--as-of", "2023-06-01", *model)
    refused(13, "not an empty folder", "simulate", "--out", str(lender.book), "--borrowers", "10")

    altered = tmp_path / "altered"
    shutil.copytree(lender.model, altered)
    text = (altered / "model.txt").read_text()
    (altered / "model.txt").write_text(text.replace("tree", "Tree", 1))
    refused(9, "was altered", *night, "2023-06-01", "--model", str(altered))

    poorer = tmp_path / "poorer"
    shutil.copytree(lender.book, poorer)
    (poorer / "events.parquet").unlink()
    refused(8, "events.kind", "score", str(poorer), "--out", "out", "--as-of", "2023-06-01", *model)


def test_a_single_class_is_nothing_to_learn_from(tmp_path: Path, refused: Refused) -> None:
    ids = range(50)
    rows = "".join(f"{i},{i},2023-0{month}-28,0\n" for i in ids for month in range(1, 10))
    (tmp_path / "borrowers.csv").write_text("borrower_id\n" + "".join(f"{i}\n" for i in ids))
    (tmp_path / "statements.csv").write_text("loan_id,borrower_id,statement_on,days_past_due\n" + rows)
    refused(7, "0 turn bad; at least 30 who do", "train", ".")


def test_the_night_job_refuses_what_the_verb_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Path(__file__).parents[2] / "pipelines" / "nightly.py"

    def refused_by_job(code: int, words: str, *arguments: str) -> None:
        command = [sys.executable, str(job), "--out", "out", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert done.returncode == code, done.stderr
        assert words in " ".join(done.stderr.replace("│", " ").split())

    refused_by_job(2, "'2023-13-45' is not a date such as 2024-01-31", "nowhere", "--as-of", "2023-13-45")
    refused_by_job(3, "nightly: Name the BOOK, or set book.location")
    refused_by_job(4, "nightly: There is no book at nowhere", "nowhere", "--as-of", "2023-06-01")
    monkeypatch.setenv("RISK_WARNING_BOOK__LOCATION", "elsewhere")
    refused_by_job(4, "nightly: There is no book at elsewhere", "--as-of", "2023-06-01")
    monkeypatch.setenv("RISK_WARNING_BOOK__TIM", "x")
    refused_by_job(3, "nightly: RISK_WARNING_BOOK__TIM names no setting: there is no book.tim")
