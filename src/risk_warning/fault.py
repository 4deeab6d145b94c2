"""Faults: what is wrong with settings, a policy or a recipe, for a sentence to the user."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a file."""

    path: tuple[str, ...]
    """Names from the outermost section to the field; empty if the fault lies in no single field."""
    message: str
    is_unknown: bool
    """Whether there is no field of this name."""

    @property
    def place(self) -> str:
        """The path as one text, such as `book.time_zone`."""
        return ".".join(self.path)


def first_fault(error: ValidationError) -> Fault:
    """Return the first fault of a failed validation.

    >>> from pydantic import BaseModel
    >>> class Limits(BaseModel):
    ...     days: int
    >>> try:
    ...     Limits.model_validate({"days": "many"})
    ... except ValidationError as error:
    ...     print(first_fault(error).place, "|", first_fault(error).message)
    days | Input should be a valid integer, unable to parse string as an integer
    """
    first = error.errors(include_input=False, include_url=False)[0]
    return Fault(
        path=tuple(str(part) for part in first["loc"]),
        message=first["msg"].removeprefix("Value error, "),
        # Models call an unknown name "extra", dataclasses an unexpected argument.
        is_unknown=first["type"] in ("extra_forbidden", "unexpected_keyword_argument"),
    )
