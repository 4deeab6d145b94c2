"""A model lists the attributes it reads, and one that reads a protected attribute does not score without a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lender import save_anew
from training_rows import rows

from risk_warning.book import open_book
from risk_warning.book.attributes import AttributeUse, KeptOut, UsedAttribute
from risk_warning.core import features
from risk_warning.core.horizons import Horizons
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.policy import Policy
from risk_warning.core.scorecard import Scorecard
from risk_warning.errors import ContractError, ModelError, SettingsError
from risk_warning.learning.fit import fit
from risk_warning.learning.recipe import Recipe
from risk_warning.model.card import card
from risk_warning.model.folder import assemble, load, save
from risk_warning.model.provenance import Provenance
from risk_warning.model.risk_model import RiskModel
from risk_warning.reports import Table
from risk_warning.service.borrowers import check_book
from risk_warning.settings import BookSettings, Settings
from risk_warning.studies.training.attributes_section import attributes_section

OBSERVED = Observed(
    {"borrowers": frozenset({"borrower_id", "x_age_band"}), "statements": frozenset({"days_past_due", "balance"})},
    numeric=frozenset({"borrowers.x_age_band"}),
)
COLUMN = "borrowers.x_age_band"
REASON = "asked for by the supervisor"
DEMO = Path(__file__).parents[2] / "models" / "demo"


def use(reason: str | None) -> AttributeUse:
    return AttributeUse((UsedAttribute(COLUMN, reason),), (KeptOut("borrowers.x_club", "values: F/M"),))


def provenance(reason: str | None) -> Provenance:
    """Return the provenance that a training records, with these attributes and without a twin."""
    return replace(
        load(DEMO).provenance,
        protected=("age", "sex"),
        undated_columns=(),
        attributes=use(reason),
        judged_twin=None,
    )


@pytest.fixture(scope="module")
def model() -> RiskModel:
    chosen = features.supported(OBSERVED, frozenset())
    random = np.random.default_rng(0)
    x = random.normal(size=(2000, len(chosen))).astype(np.float32)
    bad = random.random(2000) < 1 / (1 + np.exp(2 - x[:, 0]))
    return assemble(
        fit(replace(rows(2000), features=chosen, x=x, bad=bad), None, {}, Recipe()).fitted,
        horizons=Horizons.only(3),
        names=tuple(feature.name for feature in chosen),
        observed=OBSERVED,
        scorecard=Scorecard(),
        policy=Policy(threshold=560, red_below=530, yellow_below=590),
        target=TargetSpec(),
        provenance=provenance(REASON),
        trained_on=date(2024, 6, 1),
    )


def test_a_folder_with_a_protected_attribute_is_loaded_only_with_its_reason(model: RiskModel, tmp_path: Path) -> None:
    save(model, tmp_path / "allowed")
    assert load(tmp_path / "allowed").provenance.attributes == use(REASON)
    save_anew(replace(model, provenance=provenance(None)), tmp_path / "not_allowed")
    with pytest.raises(ModelError, match=f"uses the protected attribute {COLUMN} and must not score anyone"):
        load(tmp_path / "not_allowed")


def test_the_card_repeats_the_reason_and_says_what_was_kept_out_and_why(model: RiskModel) -> None:
    text = card(model)
    assert f"Attributes used: {COLUMN}." in text
    assert f"- `{COLUMN}` looks protected but is used: {REASON}" in text
    assert "| `borrowers.x_club` | values: F/M |" in text
    of_before = card(replace(model, provenance=replace(model.provenance, attributes=None)))
    assert "Never entered: age, sex." in of_before


def test_the_training_report_lists_both() -> None:
    table = attributes_section(use(REASON)).blocks[0]
    assert isinstance(table, Table)
    assert table.rows == (
        (COLUMN, "used", f"allowed: {REASON}"),
        ("borrowers.x_club", "kept out", "values: F/M"),
    )


def test_a_service_whose_settings_do_not_allow_it_does_not_start(model: RiskModel) -> None:
    with pytest.raises(SettingsError, match=f"reads {COLUMN}, which the settings keep out of models as protected"):
        check_book(model, Settings())
    check_book(model, Settings(book=BookSettings(allowed={"x_age_band": REASON})))


def test_a_book_that_keeps_a_column_out_says_so_to_a_model_that_reads_it(model: RiskModel, tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text("borrower_id,x_age_band\n1,30\n")
    (tmp_path / "statements.csv").write_text(
        "loan_id,borrower_id,statement_on,days_past_due,balance\n1,1,2024-01-31,0,5\n"
    )
    with (
        open_book(tmp_path, BookSettings()) as book,
        pytest.raises(ContractError, match=rf"reads {COLUMN}, which this book keeps out of models .*\(name\)"),
    ):
        model.observed_in(book)
    with open_book(tmp_path, BookSettings(allowed={"x_age_band": REASON})) as book:
        assert model.observed_in(book).has("borrowers", "x_age_band")


def test_the_codes_of_a_column_that_the_book_lacks_are_not_read(model: RiskModel) -> None:
    columns = {**model.observed.columns, "statements": model.observed.columns["statements"] | {"status"}}
    coded = replace(model, observed=replace(model.observed, columns=columns, codes={"statements.status": ("A", "B")}))
    assert coded.observed_among(columns).codes == {"statements.status": ("A", "B")}
    assert coded.observed_among(model.observed.columns).codes == {}
