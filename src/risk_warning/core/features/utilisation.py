"""Utilisation and balance: how much of the limit is drawn, and where it is going."""

from __future__ import annotations

import numpy as np

from risk_warning.core.features import windows as w
from risk_warning.core.features.declare import Family
from risk_warning.core.panel import ratio

FAMILY = Family("utilisation and balance", [])
_add = FAMILY.add
_NEEDS = "balance credit_limit"
_NULL = "no balance with a limit was observed then"


_add(
    "utilisation_now",
    lambda p: w.latest(p.utilisation, 3),
    needs=_NEEDS,
    unit="ratio",
    null=_NULL,
    monotone=1,
    reason="high_utilisation",
    en="Most of the limit is used",
    zh="额度使用率高",
)
for _m in (3, 6, 12):
    _add(
        f"utilisation_mean_{_m}m",
        lambda p, m=_m: w.mean(p.utilisation, m),
        needs=_NEEDS,
        unit="ratio",
        null=_NULL,
        monotone=1,
        reason="high_utilisation",
        en=f"Most of the limit is used over {_m} months",
        zh=f"近{_m}个月额度使用率高",
    )
    _add(
        f"utilisation_max_{_m}m",
        lambda p, m=_m: w.largest(p.utilisation, m),
        needs=_NEEDS,
        unit="ratio",
        null=_NULL,
        monotone=0,
        reason="high_utilisation",
        en=f"The limit was nearly used up within {_m} months",
        zh=f"近{_m}个月额度曾接近用满",
    )
_add(
    "utilisation_change_1m",
    lambda p: w.change(p.utilisation, 1, 3),
    needs=_NEEDS,
    unit="ratio",
    null=_NULL,
    monotone=0,
    reason="rising_utilisation",
    en="Uses more of the limit than in the three months before",
    zh="额度使用率较此前3个月上升",
)
_add(
    "utilisation_change_3m",
    lambda p: w.change(p.utilisation, 3, 9),
    needs=_NEEDS,
    unit="ratio",
    null=_NULL,
    monotone=0,
    reason="rising_utilisation",
    en="Uses more of the limit than before",
    zh="额度使用率较以往上升",
)
_add(
    "utilisation_slope_6m",
    lambda p: w.slope(p.utilisation, 6),
    needs=_NEEDS,
    unit="ratio a month",
    null="fewer than three months observed",
    monotone=0,
    reason="rising_utilisation",
    en="Uses more of the limit month by month",
    zh="额度使用率逐月上升",
)
_add(
    "utilisation_spread_12m",
    lambda p: w.spread(p.utilisation, 12),
    needs=_NEEDS,
    unit="ratio",
    null="fewer than two months observed",
    monotone=0,
    reason="high_utilisation",
    en="Use of the limit swings from month to month",
    zh="额度使用率波动大",
)
_add(
    "months_nearly_full_6m",
    lambda p: w.count_of(p.utilisation >= 0.9, p.utilisation, 6),
    needs=_NEEDS,
    unit="months",
    null=_NULL,
    monotone=1,
    reason="high_utilisation",
    en="Months with over 90 % of the limit used",
    zh="多个月额度使用超过90%",
)
_add(
    "limit_now",
    lambda p: w.latest(p["credit_limit"], 3),
    needs="credit_limit",
    unit="minor units",
    null="no limit was observed",
    monotone=-1,
    reason="small_limit",
    en="A small credit limit",
    zh="授信额度较低",
)
_add(
    "limit_change_6m",
    lambda p: ratio(w.mean(p["credit_limit"], 3), w.mean(p["credit_limit"], 9, 3)),
    needs="credit_limit",
    unit="ratio",
    null="no limit was observed then",
    monotone=0,
    reason="small_limit",
    en="The credit limit has changed",
    zh="授信额度有变化",
)
_add(
    "undrawn_amount",
    lambda p: (w.latest(p["credit_limit"], 3) - w.latest(p["balance"], 3)).astype(np.float32),
    needs=_NEEDS,
    unit="minor units",
    null=_NULL,
    monotone=-1,
    reason="high_utilisation",
    en="Little of the limit is left",
    zh="剩余额度少",
)
_add(
    "balance_now",
    lambda p: w.latest(p["balance"], 3),
    needs="balance",
    unit="minor units",
    null="no balance was observed",
    monotone=0,
    reason="balance",
    en="The card's balance",
    zh="信用卡余额",
)
_add(
    "balance_mean_6m",
    lambda p: w.mean(p["balance"], 6),
    needs="balance",
    unit="minor units",
    null="no balance was observed",
    monotone=0,
    reason="balance",
    en="The card's balance over six months",
    zh="近6个月信用卡余额",
)
_add(
    "balance_growth_3m",
    lambda p: ratio(w.mean(p["balance"], 3), w.mean(p["balance"], 9, 3)),
    needs="balance",
    unit="ratio",
    null="no balance before",
    monotone=0,
    reason="rising_utilisation",
    en="The balance has grown against the months before",
    zh="余额较以往增长",
)
_add(
    "balance_to_income_ratio",
    lambda p: ratio(w.latest(p["balance"], 3), p["monthly_income"]),
    needs="balance monthly_income",
    unit="ratio",
    null="no balance or income known",
    monotone=0,
    reason="debt_burden",
    en="The card's balance is high for the income",
    zh="信用卡余额相对收入偏高",
)
