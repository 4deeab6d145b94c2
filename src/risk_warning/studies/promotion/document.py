"""The JSON of the gate's judgement and of a promotion; the audit trail keeps that of a promotion."""

from __future__ import annotations

from pydantic import AliasPath, Field

from risk_warning.document import Document
from risk_warning.studies.promotion.rules import Rule


class GatedDocument(Document):
    """A registered version, and the gate's judgement of it."""

    version: str = Field(validation_alias="number")
    """Number in the registry."""
    model_version: str = Field(validation_alias=AliasPath("model", "version"))
    before: str | None = Field(validation_alias=AliasPath("before", "champion"))
    """Number of the champion; null if there is none."""
    passed: bool
    """Whether every blocking rule is met."""
    rules: tuple[Rule, ...]
    warnings: tuple[str, ...]
    """The non-blocking rules that are not met, in words."""
    cautions: tuple[str, ...]
    """Caveats on the calibration figures, in sentences."""


class PromotionDocument(Document):
    """A promotion: the gate's judgement, as in `GatedDocument`, and the request."""

    version: str = Field(validation_alias=AliasPath("gated", "number"))
    model_version: str = Field(validation_alias=AliasPath("gated", "model", "version"))
    before: str | None = Field(validation_alias=AliasPath("gated", "before", "champion"))
    passed: bool = Field(validation_alias=AliasPath("gated", "passed"))
    rules: tuple[Rule, ...] = Field(validation_alias=AliasPath("gated", "rules"))
    warnings: tuple[str, ...] = Field(validation_alias=AliasPath("gated", "warnings"))
    cautions: tuple[str, ...] = Field(validation_alias=AliasPath("gated", "cautions"))
    overridden: bool
    """Whether the request overrides a refusal."""
    report_sha256: str = Field(validation_alias="digest")
    """Hex digits."""
    by: str = Field(validation_alias=AliasPath("request", "by"))
    """The person responsible, as claimed."""
    reason: str = Field(validation_alias=AliasPath("request", "reason"))
    override: str | None = Field(validation_alias=AliasPath("request", "override"))
    """Reason for overriding a refusal; null if none is given."""
