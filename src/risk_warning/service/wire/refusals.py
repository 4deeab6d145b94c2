"""Refusals: every response that is not an answer has one shape, and contains none of a borrower's values.

{"error": {"code": "invalid_field", "message": "…", "field": "instalments[3].due_on", "request_id": "…",
           "more": [{"field": "…", "message": "…"}]}}
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict

from risk_warning.errors import AsOfDateError, RequestError, RiskWarningError

_log = logging.getLogger(__name__)
MOST_FIELDS = 20
"""Maximum number of faults of one request that are listed under `more`."""
_NO_FIELD = "there is no field of this name here; /docs lists those there are"
RETRY_AFTER_SECONDS = "2"
"""When a client may try again after a 503."""
MOST_CHARACTERS = 200
"""Maximum length of a field's name in a refusal; a caller can send a name as long as the body allows."""
Code = Literal[
    "invalid_json",
    "invalid_field",
    "unknown_borrower",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "body_timeout",
    "conflict",
    "body_too_large",
    "unsupported_media_type",
    "rate_limited",
    "unavailable",
    "internal",
]


class FieldFault(TypedDict):
    """What is wrong with one field."""

    field: str
    message: str


class ErrorBody(TypedDict):
    """What went wrong, and who has to act."""

    code: Code
    message: str
    field: str | None
    request_id: str | None
    """None within a batch, which has one id for all borrowers."""
    more: list[FieldFault]


class ErrorAnswer(TypedDict):
    """The shape of every refusal."""

    error: ErrorBody


@dataclass(eq=False)
class Refusal(Exception):
    """The refusal of a request."""

    status: int
    code: Code
    message: str
    field: str | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    more: tuple[FieldFault, ...] = ()

    def __post_init__(self) -> None:
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.headers = {"retry-after": RETRY_AFTER_SECONDS, **self.headers}

    def body(self, request_id: str) -> bytes:
        """Return the refusal as JSON text."""
        return to_json({"error": self.content(request_id)})

    def content(self, request_id: str | None = None) -> ErrorBody:
        """Return the content of `error`."""
        return {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "request_id": request_id,
            "more": list(self.more),
        }


def of_validation(error: ValidationError) -> Refusal:
    """Return the refusal of a body that does not match the request's type: 400 if it is not JSON, else 422."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    if details[0]["type"] == "json_invalid":
        return Refusal(400, "invalid_json", f"The body is not JSON: {_position(details[0]['msg'])}.")
    faults: dict[str, str] = {}
    for detail in details:
        # If no variant of a field's type fits, only the fault of the first variant is reported.
        where = path(detail["loc"], ends_in_name=detail["type"] == "extra_forbidden")
        is_unknown = detail["type"] == "extra_forbidden"
        faults.setdefault(where, _NO_FIELD if is_unknown else detail["msg"].removeprefix("Value error, "))
    (where, message), *others = faults.items()
    where = where[:MOST_CHARACTERS]
    more = tuple(FieldFault(field=name[:MOST_CHARACTERS], message=text) for name, text in others[:MOST_FIELDS])
    return Refusal(422, "invalid_field", f"{where or 'The body'}: {message}.", where or None, more=more)


def of_error(error: RiskWarningError) -> Refusal:
    """Return the refusal for an error: the request is at fault, or the operator has to act."""
    if isinstance(error, RequestError):
        where = None if error.field is None else error.field.replace("borrowers[0]", "profile")
        message = str(error) if where is None or str(error)[0].isupper() else f"{where} {error}."
        return Refusal(422, "invalid_field", message, where)
    if error.http_status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Refusal(422, "invalid_field", str(error), "as_of_date" if isinstance(error, AsOfDateError) else None)
    return Refusal(503, "unavailable", "The service cannot answer now; its log says why. Try again later.")


def log_refused(error: RiskWarningError, refusal: Refusal, request_id: str) -> None:
    """Log an error that only the operator can fix."""
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request %s: %s", request_id, error)


def path(loc: tuple[Any, ...], *, ends_in_name: bool = False) -> str:
    """Return a place in a request, such as `instalments[3].due_on`.

    The variants of a type are left out; a name that the caller sent is never left out.

    >>> path(("instalments", 3, "due_on")), path(("borrower_id", "constrained-str"))
    ('instalments[3].due_on', 'borrower_id')
    >>> path(("date-of-birth",), ends_in_name=True)
    'date-of-birth'
    """
    place = ""
    for i, part in enumerate(loc, start=1):
        if isinstance(part, int):
            place += f"[{part}]"
        elif (ends_in_name and i == len(loc)) or ("-" not in part and part not in ("str", "int", "float", "[key]")):
            place += f".{part}" if place else part
    return place


def _position(message: str) -> str:
    return message.removeprefix("Invalid JSON: ")
