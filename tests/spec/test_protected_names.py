"""What a column's name says: protected names in English and Chinese, and names that only look like one."""

from __future__ import annotations

import pytest

from risk_warning.core.protected_names import CONTRACT, NAME, SETTING, NeverModelled, may_say_age, parts, says_protected

PROTECTED = [
    "x_sex",
    "x_Gender",
    "x_genderCode",
    "x_is_female",
    "x_male",
    "x_customer_age",
    "x_ageYears",
    "x_AGE2",
    "x_customer_age_at_account_opening",
    "x_dob",
    "x_DOBYear",
    "x_birthdt",
    "x_date_of_birth_year",
    "x_ethnicity",
    "x_race",
    "x_nationality",
    "x_religion",
    "x_marital_state",
    "x_marriage",
    "x_spouse_income",
    "x_pregnancy",
    "x_disability",
    "x_id_card",
    "x_IDCard",
    "x_id_number",
    "x_identity",
    "x_passport_no",
    "x_xingbie",
    "x_性别",
    "x_客户性別",
    "x_男",
    "x_女",
    "x_民族",
    "x_种族",
    "x_国籍",
    "x_出生年月",
    "x_生日",
    "x_年龄段",
    "x_婚姻状况",
    "x_已婚",
    "x_宗教",
    "x_怀孕",
    "x_残疾",
    "x_身份证号",
]
HARMLESS = [
    "x_usage",
    "x_average",
    "x_message",
    "x_percentage",
    "x_stage",
    "x_mortgage",
    "x_language",
    "x_trace",
    "x_embrace",
    "x_sexton",
    "x_agency",
    "x_page",
    "x_averageBalance",
    "x_MORTGAGE",
    "x_email",
    "x_identifier",
    "x_id",
    "x_card_id",
    "x_terrace",
    "x_essex_branch",
    "x_donation",
    "x_loan_age",
    "x_vehicle_age_years",
    "x_子女数",
    "x_账户年龄",
    "x_账龄",
    "x_额度",
]


@pytest.mark.parametrize("name", PROTECTED)
def test_a_name_that_says_a_protected_attribute_matches(name: str) -> None:
    assert says_protected(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_name_that_only_holds_the_letters_does_not(name: str) -> None:
    assert not says_protected(name)


def test_a_name_is_read_in_parts() -> None:
    assert parts("x_genderCode2_AGEBand") == ("gender", "code", "age", "band")
    assert parts("X_ＳＥＸ") == ("sex",)


def test_years_may_be_ages_but_not_those_of_a_loan() -> None:
    assert may_say_age("x_years") and may_say_age("x_how_old")
    assert not may_say_age("x_term_years") and not may_say_age("x_loan_years") and not may_say_age("x_grade")


def test_the_reason_is_the_contract_the_setting_or_the_name() -> None:
    rule = NeverModelled(protected=frozenset({"faith", "region"}), allowed=frozenset({"x_age_band"}))
    columns = ["sex", "region", "x_faith", "x_gender", "x_sex", "x_age_band", "x_grade", "onboarded_on"]
    assert rule.among(columns) == {
        "region": SETTING,
        "sex": CONTRACT,
        "x_faith": SETTING,
        "x_gender": NAME,
        "x_sex": NAME,
    }
    assert "x_gender" in rule and "x_age_band" not in rule


def test_the_names_of_the_contract_mean_what_the_contract_says() -> None:
    assert "marriage_bonus" not in NeverModelled(frozenset())
    assert "x_marriage_bonus" in NeverModelled(frozenset())
