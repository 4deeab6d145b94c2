"""Tenure and profile: how long the borrower has been known, and the details they gave the lender."""

from __future__ import annotations

from risk_warning.core.features.declare import Family, Feature
from risk_warning.core.features.phrase import NUMBER, Missing
from risk_warning.core.features.value import Code, Now, Total
from risk_warning.core.history.profile import CATEGORIES
from risk_warning.core.panel.panel import code_signal

FAMILY = Family("tenure and profile", [])
_add = FAMILY.add

_add(
    "tenure_days",
    Now("tenure_days"),
    unit="days",
    null="onboarding date unknown",
    monotone=0,
    reason="history_length",
    en="Time as a customer",
    zh="成为客户的时间",
    missing=Missing("Date of becoming a customer: not known", "成为客户的日期：未知"),
)
_add(
    "oldest_loan_days",
    Now("oldest_loan_days"),
    unit="days",
    null="no loan yet",
    monotone=0,
    reason="history_length",
    en="Time since the first loan or card was opened",
    zh="首笔借款或信用卡开立至今",
    missing=Missing("No loan or card was opened before", "此前没有开立借款或信用卡", "no_loan_before"),
)
_add(
    "history_months",
    Now("history_months"),
    unit="months",
    null="never",
    monotone=0,
    reason="history_length",
    en="Months of history, of the last 24",
    zh="近24个月中有历史的月数",
    phrases=(NUMBER,),
)
_add(
    "record_months",
    Now("record_months"),
    unit="months",
    null="never",
    monotone=0,
    reason="history_length",
    en="Months with a record, of the last 24",
    zh="近24个月中有记录的月数",
    phrases=(NUMBER,),
)
_add(
    "monthly_income",
    Now("monthly_income"),
    unit="minor units",
    null="income unknown",
    monotone=-1,
    reason="income",
    en="Monthly income",
    zh="月收入",
)

_ZH = {
    "product": "产品",
    "employment_status": "就业状况",
    "occupation": "职业",
    "education": "学历",
    "region": "地区",
    "housing": "住房",
}


def category(source: str) -> Feature:
    """Return the feature of a category attribute `table.column`: its code.

    The model turns the code into an ordered target code.
    """
    table, name = source.split(".", 1)
    words = name.removeprefix("x_").replace("_", " ")
    words_zh = _ZH.get(name, name)
    is_of_loan = table == "loans"
    return Feature(
        name=name,
        family=FAMILY.name,
        unit="category",
        null_means="not stated",
        monotone=1,
        reason="profile",
        text_en=f"Loan or card opened last, {words}" if is_of_loan else f"Profile, {words}",
        text_zh=f"最近开立的借款或信用卡（{words_zh}）" if is_of_loan else f"客户资料（{words_zh}）",
        value=Code(source),
        is_category=True,
        missing=Missing("{what}: not stated", "{what}：未填写"),
    )


def numeric(signal: str) -> Feature:
    """Return the feature of a lender's own numeric `x_…` signal: its level, or its latest value if it is monthly."""
    return Feature(
        name=signal,
        family=FAMILY.name,
        unit="as the lender's",
        null_means="not observed",
        monotone=0,
        reason="lender_attribute",
        text_en=f"The lender's attribute {signal}",
        text_zh=f"机构自有属性 {signal}",
        value=Now(signal),
        missing=Missing("{what}: not stated", "{what}：未填写"),
    )


CODE_MONTHS = (3, 6, 12)
_UNFIT = str.maketrans(dict.fromkeys('",:[]{} \t\n', "_"))
"""Characters that LightGBM does not accept in a feature's name."""


def months_in_code(column: str, code: str) -> tuple[Feature, ...]:
    """Return the features of a statement text code: in how many recent months a loan of the borrower had it."""
    return tuple(
        Feature(
            name=f"{column}={code}_months_{months}m".translate(_UNFIT),
            family=FAMILY.name,
            unit="months",
            null_means=f"no statement with a {column} was observed then",
            monotone=0,
            reason="account_status" if column == "status" else "lender_attribute",
            text_en=f"Months with {column} {code} in the last {months} months",
            text_zh=f"近{months}个月中{column}为{code}的月数",
            value=Total(code_signal(column, code), months),
            phrases=(NUMBER,),
            missing=Missing(
                f"No statement with a {column} seen in the last {months} months",
                f"近{months}个月未见有{column}的账单",
                "card_unknown",
            ),
        )
        for months in CODE_MONTHS
    )


CATEGORY_SOURCES = ("loans.product", *(f"borrowers.{name}" for name in CATEGORIES))
