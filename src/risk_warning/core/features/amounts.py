"""Payment amount: how much of the amount owed is paid."""

from __future__ import annotations

from risk_warning.core.features.absence import no_statement, none_due, not_due_in_both, not_on_both
from risk_warning.core.features.declare import Family, span
from risk_warning.core.features.phrase import DIFFERENCE_OF_RATIOS, NUMBER, Phrase, at_zero
from risk_warning.core.features.value import CountOf, Mean, Ratio, Smallest, Total, change

FAMILY = Family("payment amount", [])
_add = FAMILY.add
_DUE = "no instalment fell due then"
_BALANCE = "no statement with a balance to pay then"
_MOST_OF_BALANCE = 2.0
"""The panel caps the amount paid of a balance at this many times the balance."""


def _paid_to_due(kind: str, months: int, start: int = 0) -> Ratio:
    return Ratio(Total(f"{kind}_paid_amount", months, start), Total(f"{kind}_due_amount", months, start))


for _m in (1, 3, 6, 12):
    _add(
        f"instalment_paid_to_due_{_m}m",
        _paid_to_due("instalment", _m),
        unit="ratio",
        null=_DUE,
        monotone=-1,
        reason="instalment_payment",
        en=f"Paid on instalments of what fell due in {span(_m)}",
        zh=f"近{_m}个月分期还款与到期应还之比",
        phrases=at_zero(
            f"Nothing was paid on instalments in {span(_m)}, though some fell due",
            f"近{_m}个月有分期到期，但没有还款",
        ),
        missing=none_due(_m),
    )
_add(
    "instalment_paid_to_due_change_3m",
    _paid_to_due("instalment", 3) - _paid_to_due("instalment", 9, 3),
    unit="ratio difference",
    null=_DUE,
    monotone=0,
    reason="instalment_payment",
    en="Paid on instalments of what fell due, last 3 months against 9 before",
    zh="近3个月分期还款与到期应还之比（较此前9个月）",
    phrases=DIFFERENCE_OF_RATIOS,
    missing=not_due_in_both(3, 9),
)
for _m in (3, 6):
    _add(
        f"partial_share_{_m}m",
        Ratio(Total("partial_count", _m), Total("due_count", _m)),
        unit="ratio",
        null=_DUE,
        monotone=1,
        reason="part_payment",
        en=f"Instalments of {span(_m)} paid in parts",
        zh=f"近{_m}个月到期分期中分多次还款的比例",
        phrases=at_zero(f"No instalment of {span(_m)} was paid in parts", f"近{_m}个月到期分期没有分多次还款"),
        missing=none_due(_m),
    )
    _add(
        f"unpaid_share_{_m}m",
        Ratio(Total("instalment_unpaid_amount", _m), Total("instalment_due_amount", _m)),
        unit="ratio",
        null=_DUE,
        monotone=1,
        reason="instalment_payment",
        en=f"Unpaid part of the instalments of {span(_m)}",
        zh=f"近{_m}个月到期分期中未还金额的比例",
        phrases=at_zero(f"The instalments of {span(_m)} are settled", f"近{_m}个月到期分期均已结清"),
        missing=none_due(_m),
    )
for _m in (1, 3, 6, 12):
    _add(
        f"card_paid_to_due_{_m}m",
        _paid_to_due("statement", _m),
        unit="ratio",
        null="no statement with an amount due then",
        monotone=-1,
        reason="card_payment",
        en=f"Paid on cards and accounts against what was due in {span(_m)}",
        zh=f"近{_m}个月信用卡及账户还款与应还之比",
        phrases=at_zero(
            f"Nothing was paid on cards and accounts in {span(_m)}, though some was due",
            f"近{_m}个月信用卡及账户有应还款，但没有还款",
        ),
        missing=no_statement("an amount due", "应还款", _m),
    )
for _m in (1, 3, 6, 12):
    _add(
        f"card_paid_to_balance_{_m}m",
        Mean("card_paid_to_balance", _m),
        unit="ratio",
        null=_BALANCE,
        monotone=-1,
        reason="card_payment",
        en=f"Paid a month of the balance before it, mean over {span(_m)}",
        zh=f"近{_m}个月每月还款占上月余额的平均比例",
        phrases=(
            Phrase("{what}: {value} or more", "{what}：{value}或更多", low=_MOST_OF_BALANCE),
            *at_zero(
                f"Nothing was paid of card and account balances in {span(_m)}", f"近{_m}个月没有偿还信用卡或账户余额"
            ),
        ),
        missing=no_statement("a balance to pay", "待还余额", _m),
    )
_add(
    "card_paid_to_balance_min_6m",
    Smallest("card_paid_to_balance", 6),
    unit="ratio",
    null=_BALANCE,
    monotone=-1,
    reason="card_payment",
    en="Least paid in a month of the balance before it, of the last 6",
    zh="近6个月中单月还款占上月余额的最低比例",
    phrases=(
        Phrase("{what}: {value} or more", "{what}：{value}或更多", low=_MOST_OF_BALANCE),
        *at_zero("Nothing was paid of the balance in one of the last 6 months", "近6个月中有一月没有偿还余额"),
    ),
    missing=no_statement("a balance to pay", "待还余额", 6),
)
_add(
    "card_paid_to_balance_change_3m",
    change("card_paid_to_balance", 3, 9),
    unit="ratio difference",
    null=_BALANCE,
    monotone=0,
    reason="card_payment",
    en="Paid a month of the balance before it, last 3 months against 9 before",
    zh="近3个月每月还款占上月余额的平均比例（较此前9个月）",
    phrases=DIFFERENCE_OF_RATIOS,
    missing=not_on_both("balance to pay", "待还余额", 3, 9),
)
for _m in (1, 3, 6):
    _add(
        f"card_paid_amount_mean_{_m}m",
        Mean("statement_paid_amount", _m),
        unit="minor units",
        null="no statement then",
        monotone=-1,
        reason="card_payment",
        en=f"Paid a month on cards and accounts, mean over {span(_m)}",
        zh=f"近{_m}个月信用卡及账户月均还款额",
        phrases=at_zero(f"Nothing was paid on cards and accounts in {span(_m)}", f"近{_m}个月信用卡及账户没有还款"),
        missing=no_statement("payments", "还款额", _m),
    )
_add(
    "card_paid_amount_min_6m",
    Smallest("statement_paid_amount", 6),
    unit="minor units",
    null="no statement then",
    monotone=-1,
    reason="card_payment",
    en="Least paid on cards and accounts in a month, of the last 6",
    zh="近6个月信用卡及账户单月最低还款额",
    phrases=at_zero(
        "Nothing was paid on cards and accounts in one of the last 6 months", "近6个月中有一月信用卡及账户没有还款"
    ),
    missing=no_statement("payments", "还款额", 6),
)
_add(
    "card_paid_to_limit_6m",
    Ratio(Mean("statement_paid_amount", 6), Mean("credit_limit", 6)),
    unit="ratio",
    null="no statement with payments and a limit then",
    monotone=-1,
    reason="card_payment",
    en="Paid a month against the credit limit, mean over the last 6 months",
    zh="近6个月月均还款额与授信额度之比",
    phrases=at_zero("Nothing was paid against the credit limit in the last 6 months", "近6个月授信额度项下没有还款"),
    missing=no_statement("payments and a credit limit", "还款额与授信额度", 6),
)
_add(
    "card_unpaid_months_6m",
    CountOf("statement_paid_amount", "<=", 0, months=6),
    unit="months",
    null="no statement then",
    monotone=0,
    reason="card_payment",
    en="Months without a payment on cards and accounts, of the last 6",
    zh="近6个月中信用卡及账户没有还款的月数",
    phrases=at_zero(
        "No month without a payment on cards and accounts seen in the last 6",
        "近6个月未见信用卡及账户没有还款的月份",
        NUMBER,
    ),
    missing=no_statement("payments", "还款额", 6),
)
