"""A fairness rule that is not met gives a warning wherever a promotion is reported, and refuses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from risk_warning.cli.main import app
from risk_warning.core.digest import sha256
from risk_warning.model.folder import load
from risk_warning.registry.aliases import Named
from risk_warning.stats.clustered import Interval
from risk_warning.studies.promotion import run as promotion
from risk_warning.studies.promotion.calibration import CalibrationEvidence
from risk_warning.studies.promotion.card import governance_card
from risk_warning.studies.promotion.checks import Checks
from risk_warning.studies.promotion.document import GatedDocument, PromotionDocument
from risk_warning.studies.promotion.gate import Gated
from risk_warning.studies.promotion.page import promotion_page
from risk_warning.studies.promotion.rules import Rule
from risk_warning.studies.promotion.run import Promotion, PromotionRequest

RULES = (
    Rule("directions of features kept", True, "0 violated", "0"),
    Rule("selection ratio", False, "0.7512", "at least 0.8", blocks=False),
    Rule("true positive gap", True, "0.0312", "at most 0.1", blocks=False),
)
WARNING = "selection ratio (0.7512; limit: at least 0.8)"
UNKNOWN = "Calibration: The outcome of 10.0% of the 1,000 rows is unknown, and they are left out"


@pytest.fixture(scope="module")
def gated() -> Gated:
    near = Interval(1.0, 0.9, 1.1)
    calibration = CalibrationEvidence(
        dates=(date(2024, 3, 1),),
        rows=900,
        bads=45,
        bad_borrowers=40,
        observed_over_expected=near,
        slope=near,
        by_band=(),
        outcome_unknown=100,
    )
    checks = Checks(
        date(2024, 6, 1),
        parity_compared=200,
        parity_differing=0,
        parity_there=200,
        calibration=calibration,
        held_out=None,
        violations=(),
        archives=(),
    )
    return Gated("2", load(Path(__file__).parents[2] / "models" / "demo"), Named("1", None), RULES, None, checks)


def test_a_warning_refuses_nothing_and_stands_in_the_json(gated: Gated) -> None:
    content = GatedDocument.of(gated).model_dump(mode="json")
    assert gated.passed and gated.failed == "" and content["passed"]
    assert content["warnings"] == [WARNING]
    assert [rule["blocks"] for rule in content["rules"]] == [True, False, False]


def test_the_json_of_a_promotion_is_the_judgement_and_the_request(gated: Gated) -> None:
    blocked = replace(gated, rules=(Rule("no leak suspected", False, "days_late", "none"),))
    request = PromotionRequest(by="R. Lead", reason="a drill", override="a trial")
    for judged, refused in ((gated, False), (blocked, True)):
        content = PromotionDocument.of(Promotion(judged, request, "page", "card")).model_dump(mode="json")
        assert content == GatedDocument.of(judged).model_dump(mode="json") | {
            "overridden": refused,
            "report_sha256": sha256("page"),
            "by": "R. Lead",
            "reason": "a drill",
            "override": "a trial",
        }
        assert (content["version"], content["before"], content["passed"]) == ("2", "1", not refused)


def test_a_rule_that_blocks_refuses(gated: Gated) -> None:
    rules = (*RULES, Rule("calibration error (ECE)", False, "0.0300", "at most 0.02"))
    refused = Gated(gated.number, gated.model, gated.before, rules, None, gated.checks)
    assert not refused.passed and refused.failed == "calibration error (ECE) (0.0300; limit: at most 0.02)"
    assert "does not meet 1 of 2 blocking rules: calibration error (ECE)." in promotion_page(
        refused, "R. Lead", "a drill", None
    )


def test_page_and_card_tell_the_warning(gated: Gated) -> None:
    page = promotion_page(gated, "R. Lead", "a drill", None)
    assert f"meets all blocking rules of the gate (1). Warnings: {WARNING}." in page
    assert UNKNOWN in page
    assert f"Warning, which does not block: {WARNING}." in page and ">warning<" in page and "NOT MET" not in page
    card = governance_card(gated.model, None, RULES, "R. Lead")
    assert "| selection ratio | no (warning) | 0.7512 | at least 0.8 |" in card
    assert "| true positive gap | yes | 0.0312 | at most 0.1 |" in card


def test_the_output_of_promote_tells_the_warning(gated: Gated, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Promotion(gated, PromotionRequest(by="R. Lead", reason="a drill"), "page", "card")
    monkeypatch.setattr(promotion, "promote", lambda *_: made)
    done = CliRunner().invoke(app, ["promote", "2", "--book", "book", "--by", "R. Lead", "--reason", "a drill"])
    assert done.exit_code == 0 and f"Warning, which does not block: {WARNING}." in " ".join(done.stdout.split())
    assert UNKNOWN in " ".join(done.stdout.split())
