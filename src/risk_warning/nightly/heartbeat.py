"""The heartbeat of the nightly job: `HOME/heartbeat.json`, and `HOME/questions.toml` where a question is open.

A night that a question stops leaves the published scores, the watch list and the service as they are. The heartbeat
says since when they are what they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import tomlkit
from pydantic import Field

from risk_warning.book.questions.changes import KINDS
from risk_warning.book.questions.question import BookQuestion
from risk_warning.document import Document, json_text
from risk_warning.errors import OutputError, QuestionError

QUESTIONS = "questions.toml"


class Heartbeat(Document):
    """The last thing that the nightly job did."""

    at: datetime = Field(description="when, UTC")
    as_of_date: date = Field(description="the night that was run")
    out: str = Field(description="folder of the published nights")
    outcome: Literal["published", "question"]
    questions: tuple[str, ...] = Field(
        default=(), description="codes of the questions that stopped it, or whose columns it left out"
    )
    latest_published: date | None = Field(description="as-of date of the latest scores published there")
    age_days: int | None = Field(description="days from the latest scores to the night that was run")


def published(home: Path, out: Path, as_of_date: date, open_questions: Sequence[BookQuestion]) -> None:
    """Record that the night was published, and which questions are still open.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    questions = {one.code: one.sentence() for one in open_questions}
    _beat(home, out, as_of_date, "published", tuple(questions))
    if questions:
        _ask(home, f"Questions of the night of {as_of_date}; it was published without their columns.", questions)
    else:
        (home / QUESTIONS).unlink(missing_ok=True)


def stopped_by(home: Path, out: Path, as_of_date: date, error: QuestionError) -> Path:
    """Record that questions stopped the night, and return the file in which they can be answered.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    _beat(home, out, as_of_date, "question", tuple(error.questions))
    what = f"Questions that stopped the night of {as_of_date}; nothing was published."
    return _ask(home, what, error.questions, otherwise=str(error))


def _ask(home: Path, what: str, questions: Mapping[str, str], otherwise: str = "") -> Path:
    """Write the questions, with the answers to fill in; `otherwise` is what to say if there is none to answer."""
    document = tomlkit.document()
    document.add(tomlkit.comment(what))
    document.add(
        tomlkit.comment("Correct the export or its mapping, or fill in by and why of what is as it should be,")
    )
    document.add(tomlkit.comment("put it into risk_warning.toml, and run the night again."))
    if not questions:
        document.add(tomlkit.comment(otherwise))
    answers = tomlkit.table(is_super_table=True)
    for code, sentence in questions.items():
        answer = tomlkit.table()
        answer.add(tomlkit.comment(sentence))
        answer.update({"by": "", "why": "", "share": 1.0})
        if code.rpartition(".")[2] in KINDS:
            answer["until"] = date.today()
        answers.append(code, answer)
    book = tomlkit.table(is_super_table=True)
    book.append("answers", answers)
    document.append("book", book)
    path = home / QUESTIONS
    _write(path, tomlkit.dumps(document))
    return path


def _beat(
    home: Path, out: Path, as_of_date: date, outcome: Literal["published", "question"], questions: tuple[str, ...]
) -> None:
    nights = sorted(folder.name.removeprefix("as_of=") for folder in out.glob("as_of=*") if folder.is_dir())
    latest = date.fromisoformat(nights[-1]) if nights else None
    beat = Heartbeat(
        at=datetime.now(UTC),
        as_of_date=as_of_date,
        out=str(out),
        outcome=outcome,
        questions=questions,
        latest_published=latest,
        age_days=None if latest is None else (as_of_date - latest).days,
    )
    _write(home / "heartbeat.json", json_text(beat) + "\n")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        raise OutputError(f"{path} cannot be written; free the folder, or set home to another.") from None
