"""Documents: the JSON in which results leave the package.

A result is a frozen dataclass that knows nothing of JSON. Its document is a pydantic model that reads the result's
attributes and properties by name, so that the keys, units and nulls of the JSON are written down once, and typed.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json


class Document(BaseModel):
    """The JSON of one kind of result.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Share:
    ...     n: int
    ...     bads: int
    ...     @property
    ...     def bad_rate(self) -> float:
    ...         return self.bads / self.n
    >>> class ShareDocument(Document):
    ...     n: int
    ...     bad_rate: float
    >>> ShareDocument.of(Share(n=4, bads=1))
    ShareDocument(n=4, bad_rate=0.25)
    """

    model_config = ConfigDict(from_attributes=True, frozen=True, extra="forbid")

    @classmethod
    def of(cls, result: object) -> Self:
        """Return the document of a result."""
        return cls.model_validate(result)


def json_text(content: Any) -> str:
    """Return documents and plain values as JSON text, indented; NaN and infinity are null, dates in ISO format.

    >>> print(json_text({"day": None, "auc": float("nan")}))
    {
     "day": null,
     "auc": null
    }
    """
    return to_json(content, indent=1, inf_nan_mode="null").decode()
