"""The document of a training: its report as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, Field

from risk_warning.book.attributes import AttributeUse
from risk_warning.document import Document
from risk_warning.model.evaluation import DayBand, Evaluation
from risk_warning.model.provenance import JudgedTwin, LeakSuspect, Making, OpeningRows


def _of(*path: str) -> Any:
    """Return the field that is read from this attribute of the report's model."""
    return Field(validation_alias=AliasPath("model", *path))


class TrainingDocument(Document):
    """The JSON of a `TrainingReport`."""

    model_version: str = _of("version")
    registry_version: int | None
    """Null if the model was not registered."""
    features: tuple[str, ...] = _of("feature_names")
    attributes: AttributeUse | None = _of("provenance", "attributes")
    as_of_dates: tuple[date, ...] = _of("provenance", "as_of_dates")
    evaluation: Evaluation = _of("provenance", "evaluation")
    left_out: Mapping[str, int] = _of("provenance", "left_out")
    rows: int = _of("provenance", "rows")
    bads: int = _of("provenance", "bads")
    bad_borrowers: int = _of("provenance", "bad_borrowers")
    judged_twin: JudgedTwin | None = _of("provenance", "judged_twin")
    by_day_of_month: tuple[DayBand, ...] = _of("provenance", "by_day_of_month")
    leak_suspects: tuple[LeakSuspect, ...] = _of("provenance", "leak_suspects")
    undated_columns: tuple[str, ...] = _of("provenance", "undated_columns")
    openings: OpeningRows | None = _of("provenance", "openings")
    made: Making = _of("provenance", "made")
    data_digest: str = _of("provenance", "data_digest")
    policy_version: str = _of("policy", "version")
    threshold: float = _of("policy", "threshold")
    seconds: Annotated[float, AfterValidator(lambda seconds: round(seconds, 1))]
