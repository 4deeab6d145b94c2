"""Tenure and profile: how long the borrower is known, and what they told the lender."""

from __future__ import annotations

from risk_warning.core.features.declare import Family, Feature
from risk_warning.core.features.value import Code, Now, Total
from risk_warning.core.panel import code_signal
from risk_warning.core.profile import CATEGORIES

FAMILY = Family("tenure and profile", [])
_add = FAMILY.add

_add(
    "tenure_days",
    Now("tenure_days"),
    unit="days",
    null="onboarding date unknown",
    monotone=0,
    reason="short_history",
    en="A short time as a customer",
    zh="成为客户时间较短",
)
_add(
    "oldest_loan_days",
    Now("oldest_loan_days"),
    unit="days",
    null="no loan yet",
    monotone=0,
    reason="short_history",
    en="The first loan is recent",
    zh="首笔借款时间较短",
)
_add(
    "history_months",
    Now("history_months"),
    unit="months",
    null="never",
    monotone=0,
    reason="short_history",
    en="A short history",
    zh="历史较短",
)
_add(
    "record_months",
    Now("record_months"),
    unit="months",
    null="never",
    monotone=0,
    reason="short_history",
    en="Few months with a record",
    zh="有记录的月份较少",
)
_add(
    "monthly_income",
    Now("monthly_income"),
    unit="minor units",
    null="income unknown",
    monotone=-1,
    reason="income",
    en="A low income",
    zh="收入较低",
)


def category(source: str) -> Feature:
    """The feature of a category attribute `table.column`: its code, which the model makes an ordered target code."""
    name = source.split(".", 1)[1]
    return Feature(
        name=name,
        family=FAMILY.name,
        unit="category",
        null_means="not stated",
        monotone=1,
        reason="profile",
        text_en=f"Profile: {name.removeprefix('x_').replace('_', ' ')}",
        text_zh=f"客户资料：{name}",
        value=Code(source),
        is_category=True,
    )


def numeric(signal: str) -> Feature:
    """The feature of a lender's own numeric `x_…` signal: its level, or its latest value where it is monthly."""
    return Feature(
        name=signal,
        family=FAMILY.name,
        unit="as the lender's",
        null_means="not observed",
        monotone=0,
        reason="lender_attribute",
        text_en=f"The lender's attribute {signal}",
        text_zh=f"机构自有属性：{signal}",
        value=Now(signal),
    )


CODE_MONTHS = (3, 6, 12)
_UNFIT = str.maketrans(dict.fromkeys('",:[]{} \t\n', "_"))
"""Characters that LightGBM does not take in a feature's name."""


def months_in_code(column: str, code: str) -> tuple[Feature, ...]:
    """The features of a text code of statements: in how many of the last months a loan of the borrower had it."""
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
        )
        for months in CODE_MONTHS
    )


CATEGORY_SOURCES = ("loans.product", *(f"borrowers.{name}" for name in CATEGORIES))
