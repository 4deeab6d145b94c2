"""A reason says only what was observed, and is true of every value that can have it, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bodies import Json

from risk_warning.core.features import Feature, registry
from risk_warning.core.features.phrase import VALUE, Phrase
from risk_warning.core.features.tenure import category, numeric
from risk_warning.core.features.value import CountOf, MonthsSince, Slope, Spread, Streak, ValueDifference
from risk_warning.core.features.words import label_of, phrase_of, reason_of, words_of
from risk_warning.core.wording import FeatureValue
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel
from risk_warning.review.explanation import explain
from risk_warning.review.one_borrower import Examined, answer, examine
from risk_warning.service.wire.inputs import question_in
from risk_warning.settings import BookSettings

ROOT = Path(__file__).parents[2]
SETTINGS = BookSettings()
OWN = (numeric("borrower_x_staff"), numeric("statement_x_points"), category("borrowers.x_segment"))
FEATURES = {feature.name: feature for feature in (*registry(), *OWN)}
LONGEST_LABEL = 70
"""Number of letters that fit into the waterfall."""


@pytest.mark.parametrize(
    ("name", "value", "en", "zh"),
    [
        ("dpd_now", 12.0, "Days past due today: 12 days", "目前逾期天数：12天"),
        ("dpd_now", 0.0, "Nothing is past due today", "目前没有逾期"),
        ("dpd_now", None, "Days past due today: not known", "目前逾期天数：未知"),
        (
            "dpd_max_3m",
            0.0,
            "Nothing past due seen at the last 3 month ends, today included",
            "近3个月末（含今日）未见逾期",
        ),
        (
            "months_past_due_6m",
            2.0,
            "Month ends past due, of the last 6 with today's: 2",
            "近6个月末（含今日）中逾期的月数：2个月",
        ),
        ("months_since_past_due", 0.0, "Past due today", "目前有逾期"),
        ("months_since_past_due", 4.0, "Latest month end past due: 4 months ago", "最近一次月末逾期：4个月前"),
        ("months_since_past_due", None, "Nothing past due seen at a month end in 24 months", "近24个月月末未见逾期"),
        (
            "dpd_change_3m",
            -3.5,
            "Mean days past due, last 3 month ends against the 9 before: 3.5 days less",
            "近3个月末（含今日）平均逾期天数（较此前9个月末）：减少3.5天",
        ),
        (
            "days_late_latest",
            26.0,
            "An instalment of the latest month due was settled, or stands unpaid, 26 days after its due date",
            "最近到期月有一期在到期日后26天结清，或至今未还已过26天",
        ),
        (
            "days_late_latest",
            -1.0,
            "The instalments of the latest month due were settled 1 day or more before their due dates",
            "最近到期月的分期均在到期日前1天或更早结清",
        ),
        (
            "days_late_mean_3m",
            -2.5,
            "Mean days late or overdue (at most 120) over the last 3 months: 2.5 days early",
            "近3个月平均迟还或逾期天数（至多120天）：提前2.5天",
        ),
        (
            "days_late_max_6m",
            120.0,
            "Most days late or overdue (at most 120) in the last 6 months: 120 days or more",
            "近6个月最长迟还或逾期天数（至多120天）：120天或更多",
        ),
        (
            "days_late_drift_1m",
            1.25,
            "Mean days late or overdue, last month against the 6 before: 1.25 days more",
            "近1个月平均迟还或逾期天数（较此前6个月）：增加1.25天",
        ),
        (
            "late_share_change_3m",
            -0.25,
            "Instalments settled late or overdue, last 3 months against 9 before: 25 percentage points less",
            "近3个月到期分期中迟还或逾期未还的比例（较此前9个月）：减少25个百分点",
        ),
        (
            "card_paid_to_due_3m",
            1.1,
            "Paid on cards and accounts against what was due in the last 3 months: 110 %",
            "近3个月信用卡及账户还款与应还之比：110%",
        ),
        (
            "card_paid_to_due_3m",
            None,
            "No card or account statement with an amount due in the last 3 months",
            "近3个月没有列明应还款的信用卡或账户账单",
        ),
        (
            "undrawn_amount",
            -12_345.0,
            "Drawn beyond the credit limit on the latest statements: 123.45",
            "最近账单超出授信额度：123.45",
        ),
        (
            "utilisation_slope_6m",
            0.012,
            "Trend of the use of the credit limit over the last 6 months: up by 1.2 percentage points a month",
            "近6个月额度使用率的趋势：增加1.2个百分点／月",
        ),
        ("loan_credit_limit", None, "No open loan or card states a credit limit", "没有列明授信额度的在用借款或信用卡"),
        (
            "salary_amount_growth_1m",
            0.735,
            "Salary a month, last month against the mean of the 6 before: 26.5 % lower",
            "近1个月月均工资（较此前6个月月均）：低26.5%",
        ),
        (
            "salary_amount_growth_3m",
            1.2,
            "Salary a month, last 3 months against the mean of the 9 before: 20 % higher",
            "近3个月月均工资（较此前9个月月均）：高20%",
        ),
        (
            "salary_amount_growth_1m",
            0.0,
            "No salary amount seen in the last month, unlike in the 6 months before",
            "近1个月未见工资金额，此前6个月有",
        ),
        (
            "salary_amount_growth_1m",
            None,
            "No salary amount seen in the 6 months before the last month",
            "近1个月之前的6个月未见工资金额",
        ),
        (
            "balance_growth_3m",
            2.4,
            "Balance of cards and accounts, last 3 months against the 9 before: 2.4 times as much",
            "近3个月信用卡及账户平均余额（较此前9个月平均）：为其2.4倍",
        ),
        ("payment_failed_count_3m", 1.0, "Failed direct debits in the last 3 months: 1", "近3个月扣款失败：1次"),
        ("payment_failed_count_1m", 0.0, "No failed direct debit in the last month", "近1个月没有扣款失败"),
        (
            "months_since_external_enquiry",
            0.0,
            "Latest credit enquiry elsewhere: within the last month",
            "最近一次在其他机构的信贷查询：最近一个月内",
        ),
        (
            "months_since_external_enquiry",
            1.0,
            "Latest credit enquiry elsewhere: 1 to 2 months ago",
            "最近一次在其他机构的信贷查询：1至2个月前",
        ),
        ("outstanding_to_income_ratio", None, "No monthly income above 0 is known", "没有已知且大于零的月收入"),
        ("housing", "rents", "Profile, housing: rents", "客户资料（住房）：rents"),
        ("housing", None, "Profile, housing: not stated", "客户资料（住房）：未填写"),
        ("x_segment", "{value}", "Profile, segment: {value}", "客户资料（x_segment）：{value}"),
        (
            "borrower_x_staff",
            -0.00012,
            "The lender's attribute borrower_x_staff: −0.0001",
            "机构自有属性 borrower_x_staff：−0.0001",
        ),
        ("borrower_x_staff", 7.0, "The lender's attribute borrower_x_staff: 7", "机构自有属性 borrower_x_staff：7"),
    ],
)
def test_what_a_value_says(name: str, value: FeatureValue, en: str, zh: str) -> None:
    assert words_of(FEATURES[name], value, 2) == {"en": en, "zh": zh}


def plausible(feature: Feature) -> tuple[float, ...]:
    """Return values a borrower may have: the lowest, around 0 and 1, in the middle and high."""
    of, unit = feature.value, feature.unit
    if isinstance(of, CountOf | MonthsSince | Streak) or unit in ("loans", "events", "instalments"):
        return 0.0, 1.0, 2.0, 5.0, 24.0
    if isinstance(of, Spread):
        return 0.0, 0.25, 1.0, 30.0
    if isinstance(of, Slope) or (isinstance(of, ValueDifference) and unit != "minor units"):
        return -120.0, -0.75, -0.00001, 0.0, 0.00001, 0.25, 1.0, 90.0
    if feature.reason == "payment_timing" and unit == "days":
        return -31.0, -2.5, -1.0, 0.0, 1.0, 26.0, 120.0
    if feature.name in BELOW_ZERO or feature.reason == "lender_attribute":
        return -250.0, -0.75, 0.0, 0.5, 0.735, 1.0, 1.5, 2.0, 2.4, 1_234_567.0
    return 0.0, 0.0004, 0.5, 0.735, 1.0, 1.5, 2.0, 2.4, 800.0


BELOW_ZERO = {"undrawn_amount", "balance_now", "balance_mean_6m", "balance_growth_3m", "balance_to_income_ratio"}
"""Features of amounts that may be negative, in the borrower's favour."""
Condition = Callable[[float, float], bool]
"""Whether words can be true of a value, given the value that means "as before": 0, or 1 for a ratio to before."""
CLAIMS: tuple[tuple[str, str, Condition], ...] = (
    (r"^(No|Nothing)\b|are settled$|did not vary", r"没有|未见|均已结清|已用完", lambda v, _: v == 0),
    (r"about the same|steady", r"大致相同|基本不变", lambda v, same: abs(v - same) <= 0.005),
    (r"(?<!or) more$|up by|higher$", r"：增加|：高", lambda v, same: v > same),
    (r" less$|down by|lower$", r"：减少|：低", lambda v, same: v < same),
    (r"times as much", r"为其.*倍", lambda v, same: same == 1 and v >= 2),
    (r"below zero", r"：为负", lambda v, _: v < 0),
    (r"nothing, unlike", r"：为零", lambda v, _: v == 0),
    (r" early", r"提前", lambda v, _: v < 0),
    (r" after its due date", r"到期日后", lambda v, _: v > 0),
    (r"before their due dates", r"到期日前", lambda v, _: v <= -1),
    (r"by their due dates", r"到期日或之前", lambda v, _: v <= 0),
    (r"Drawn beyond", r"超出授信额度", lambda v, _: v < 0),
    (r"within the last month", r"最近一个月内", lambda v, _: v == 0),
    (r"^(30 or more days past|Past) due today$", r"^目前有?逾期", lambda v, _: v == 0),
    (r" ago$", r"前$", lambda v, _: v >= 1),
    (r"early or more$", r"：提前.*或更多$", lambda v, _: v <= -31),
    (r": (?!.*early).* or more$", r"：(?!提前).*或更多$", lambda v, _: v >= 2),
    (r"not (known|stated|observed)", r"未知|未填写|未观测", lambda v, _: False),
)
"""Words in both languages, and the values for which they are true, written independently of the declarations."""


def claims(feature: Feature, value: float) -> Iterator[set[str]]:
    """Yield the claims of a value's words in English, then in Chinese, each as its English words in `CLAIMS`."""
    for language, text in words_of(feature, value, 2).items():
        said = text.removeprefix(label_of(feature)[language])
        yield {en for en, zh, _ in CLAIMS if re.search(en if language == "en" else zh, said)}


def test_no_words_of_any_feature_are_contradicted_by_the_value_that_carries_them() -> None:
    made: set[str] = set()
    for feature in FEATURES.values():
        if feature.is_category:
            continue
        same = 1.0 if feature.unit == "ratio to before" else 0.0
        for value in plausible(feature):
            assert phrase_of(feature, value).holds(value), (feature.name, value)
            english, chinese = claims(feature, value)
            assert english == chinese, (feature.name, value, words_of(feature, value, 2))
            false = [en for en, _, is_true_of in CLAIMS if en in english and not is_true_of(value, same)]
            assert not false, (feature.name, value, words_of(feature, value, 2))
            made |= english
    assert made == {en for en, _, _ in CLAIMS[:-1]}


NUMBERS = re.compile(r"−?[\d,]+(?:\.\d+)?")
SCALE = {"ratio": 100.0, "ratio a year": 100.0, "ratio difference": 100.0, "ratio difference a month": 100.0}


def test_the_number_in_the_words_is_the_value() -> None:
    for feature in FEATURES.values():
        if feature.is_category or feature.unit == "ratio to before" or isinstance(feature.value, MonthsSince):
            continue
        for value in plausible(feature):
            expected = abs(value) * SCALE.get(feature.unit, 0.01 if feature.unit == "minor units" else 1.0)
            for language, text in words_of(feature, value, 2).items():
                said = text.removeprefix(label_of(feature)[language])
                if re.match("[:：]", said) and (numbers := NUMBERS.findall(said)):
                    number = float(numbers[0].lstrip("−").replace(",", ""))
                    assert number == pytest.approx(expected, abs=0.051), (feature.name, value, text)


@pytest.mark.parametrize("ratio", [0.0004, 0.735, 0.95, 1.0, 1.05, 1.265, 1.999, 2.0, 118.07])
def test_a_ratio_to_before_says_the_change_and_not_the_ratio(ratio: float) -> None:
    for feature in FEATURES.values():
        if feature.unit == "ratio to before":
            said = words_of(feature, ratio, 2)["en"].removeprefix(feature.text_en)
            if ratio == 1.0:
                assert said == ": about the same"
            elif ratio < 1:
                assert said == f": {100 - 100 * ratio:.4g} % lower".replace("99.96", "100")
            elif ratio < 2:
                assert said == f": {100 * ratio - 100:.3g} % higher"
            else:
                assert said == f": {ratio:.1f} times as much".replace("2.0", "2")


def test_a_feature_without_words_for_a_value_is_a_mistake_of_its_declaration() -> None:
    gap = replace(FEATURES["dpd_now"], phrases=(Phrase("late", "迟", low=1.0),))
    with pytest.raises(ValueError, match="dpd_now declares no words"):
        words_of(gap, 0.0, 2)


def test_a_category_says_its_value_and_nothing_else() -> None:
    for feature in FEATURES.values():
        if feature.is_category:
            assert feature.phrases == (VALUE,)
            assert words_of(feature, "A", 2) == {"en": f"{feature.text_en}: A", "zh": f"{feature.text_zh}：A"}


def test_a_missing_value_has_words_and_a_reason_of_its_own() -> None:
    observed = {feature.reason for feature in FEATURES.values()}
    for feature in FEATURES.values():
        words = words_of(feature, None, 2)
        assert reason_of(feature, None) not in observed
        assert re.search(r"^No |^Nothing |not (known|stated|fall)|fewer than", words["en"]), words
        assert re.search(r"没有|未见|未知|未填写|不足|并非都", words["zh"]), words
        assert "observed" not in words["en"] and "观测" not in words["zh"]


CLAIMING = r"\b(not|no|low|lower|high|higher|little|much|many|several|recently|worse|risen)\b"


def test_what_is_measured_is_named_once_and_claims_nothing() -> None:
    for language in ("en", "zh"):
        labels = [label_of(feature)[language] for feature in FEATURES.values()]
        assert len(set(labels)) == len(labels)
        for label in labels:
            assert len(label) <= LONGEST_LABEL, label
    for feature in FEATURES.values():
        assert not re.search(CLAIMING, feature.text_en)


@pytest.fixture(scope="module")
def model() -> RiskModel:
    return load(ROOT / "models" / "demo")


def curl() -> Json:
    """Return the body of the README's request."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    match = re.search(r"/score -H 'Content-Type: application/json' -d '(.+?)'\n", readme, re.DOTALL)
    assert match is not None
    body: Json = json.loads(match[1])
    return body


def scored(body: Json, model: RiskModel) -> Examined:
    return examine(question_in(json.dumps(body), SETTINGS), model, model.policy, SETTINGS)


def said_of(body: Json, model: RiskModel) -> dict[str, str]:
    """Return what the value of each feature says in the explanation."""
    examined = scored(body, model)
    assert examined.is_scored
    return {c.feature: c.text["en"] for c in explain(model, examined.rows, examined.scored).contributions}


def test_the_first_request_of_the_readme_is_told_only_what_was_observed(model: RiskModel) -> None:
    reasons = answer(scored(curl(), model)).reasons
    assert reasons[0].code == "payment_timing", "each instalment was paid later than the one before"
    for reason in reasons:
        assert "observed" not in reason.text["en"] and "未观测" not in reason.text["zh"]
        assert reason.code == reason_of(FEATURES[reason.feature], reason.value)
        assert reason.text == words_of(FEATURES[reason.feature], reason.value, 2)


def test_a_borrower_without_a_card_paid_nothing_little_on_it(model: RiskModel) -> None:
    said = said_of(curl(), model)
    assert said["card_paid_to_due_12m"] == "No card or account statement with an amount due in the last 12 months"
    assert said["utilisation_now"].startswith("No card or account statement")
    examined = scored(curl(), model)
    reasons = {c.feature: c.reason for c in explain(model, examined.rows, examined.scored).contributions}
    assert reasons["card_paid_to_due_12m"] == reasons["limit_now"] == "card_unknown"


def test_an_unpaid_instalment_was_not_paid_late(model: RiskModel) -> None:
    body = {**curl(), "as_of_date": "2024-05-31"}
    del body["instalments"][3]["paid_on"]
    said = said_of(body, model)
    assert said["days_late_latest"] == (
        "An instalment of the latest month due was settled, or stands unpaid, 26 days after its due date"
    )
    assert not any("paid late" in words.lower() for words in said.values())


def test_points_of_contributions_with_one_code_sum_to_the_reasons_points(model: RiskModel) -> None:
    examined = scored(curl(), model)
    contributions = explain(model, examined.rows, examined.scored).contributions
    for reason in answer(examined).reasons:
        own = {c.feature: c.points for c in contributions if c.reason == reason.code}
        assert sum(own.values()) == pytest.approx(reason.points, abs=1e-6)
        assert own[reason.feature] == pytest.approx(reason.feature_points, abs=1e-6) == min(own.values())
