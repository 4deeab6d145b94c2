"""The error types of the package: each maps to one exit code and one HTTP status.

Every error caused by a user's mistake is a `RiskWarningError`. Its message is one sentence that names the problem,
the place and the next step, and never contains a borrower's values. Any other exception that reaches the user is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class RiskWarningError(Exception):
    """Base class of all errors that a user can cause or fix."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 503
    """Status of the HTTP response: 4xx if the request is at fault, 503 if the operator has to act."""
    meaning: ClassVar[str] = "something went wrong that has no code of its own"


class SettingsError(RiskWarningError):
    exit_code = 3
    meaning = "the settings, the policy file or an option cannot be used"


class BookError(RiskWarningError):
    exit_code = 4
    meaning = "the book cannot be read: a wrong path, a missing table or column, an empty table"


class BookQualityError(RiskWarningError):
    exit_code = 5
    meaning = "too many rows of a table are bad"


class AsOfDateError(RiskWarningError):
    exit_code = 6
    http_status = 422
    meaning = "the as-of date lies outside the data"


class LabelError(RiskWarningError):
    exit_code = 7
    meaning = "there is nothing to learn from: no mature outcome, a single class, or too few bads"


class ContractError(RiskWarningError):
    exit_code = 8
    http_status = 422
    meaning = "the book lacks what the model was trained on"


class ModelError(RiskWarningError):
    exit_code = 9
    meaning = "the model folder is missing, incomplete or altered"


class RegistryError(RiskWarningError):
    exit_code = 10
    meaning = "the model registry cannot be reached or does not know the name"


class DatabaseError(RiskWarningError):
    exit_code = 11
    meaning = "the watch list database is locked, unwritable or of another version"


class RerunError(RiskWarningError):
    exit_code = 12
    meaning = "the date is older than the last run, or was run with another book, model or policy"


class OutputError(RiskWarningError):
    exit_code = 13
    meaning = "the output cannot be written"


class DownloadError(RiskWarningError):
    exit_code = 14
    meaning = "a download failed or is not the file that was expected"


class AnsweredAlreadyError(DatabaseError):
    """A decision with this idempotency key or request id is already stored; the caller receives the stored one."""

    http_status = 409


class AuditError(RiskWarningError):
    exit_code = 15
    meaning = "the audit trail was altered or is incomplete"


class RequestError(RiskWarningError):
    """The rows sent for a single borrower cannot be used; `field` says which, such as `instalments[3].due_on`."""

    exit_code = 16
    http_status = 422
    meaning = "a request for one borrower cannot be answered as it stands"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class GateError(RiskWarningError):
    exit_code = 17
    meaning = "the gate refuses the model"


class WeakModelError(RiskWarningError):
    exit_code = 18
    meaning = "the trained model ranks no better than chance, or its PDs are far off; it was not registered"


class QuestionError(RiskWarningError):
    """The book raises questions; `questions` maps the code of each to its sentence, empty if only a mapping helps."""

    exit_code = 19
    meaning = "the book raises a question that its mapping or a setting has to answer first; nothing was published"

    def __init__(self, message: str, questions: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.questions = questions or {}


def exit_codes() -> dict[int, str]:
    """Return exit code → meaning, for the README's table and `--help`; 0 is success, 2 is a wrong command line."""
    return {k.exit_code: k.meaning for k in sorted(RiskWarningError.__subclasses__(), key=lambda k: k.exit_code)}
