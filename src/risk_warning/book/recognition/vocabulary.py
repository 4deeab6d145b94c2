"""The words by which lenders name tables and columns, in English and Chinese.

A name is compared without case, blanks, punctuation and a unit in brackets: "Due Date", "due_date" and "DUE-DATE"
are one name, and so are 应还金额 and 应还金额（元）. The words come from what core-banking exports, credit bureaus
and public loan data call these columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache

from risk_warning.book.mapping.counted import Unit


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ROW_OF_FILE = "row_of_file"
"""Name of the number of a row, where a file has no other id."""
MONTH_OF_QUERY = "month_no"
"""Name of the number of a month, where a query makes rows of months that stand side by side."""
GENERIC_IDS = ("id", "编号", ROW_OF_FILE)
"""Names of the id of whatever a row is."""


TABLE_WORDS: Mapping[str, tuple[str, ...]] = {
    "borrowers": _words("borrowers customers clients members users cust 客户 借款人 用户"),
    "loans": _words("loans contracts accounts agreements facilities credits 借据 贷款 合同 账户"),
    "instalments": _words(
        "instalments installments repayments schedule payments repayplan emi 还款计划 还款明细 还款 分期 期供"
    ),
    "statements": _words("statements bills monthly balances snapshots performance 账单 月末 余额"),
    "events": _words("events log transactions behaviour behavior actions 行为 事件 流水"),
    "contacts": _words("contacts calls outreach collections 联系 催收"),
    "outcomes": _words("outcomes labels targets 结果 标签"),
}
_BORROWER_ID = _words(
    "borrower_id borrower customer_id customer_no customer_number cust_id cust_no client_id client_no member_id "
    "user_id party_id cif cif_no sk_id_curr 客户号 客户编号 客户id 借款人编号 借款人号 用户id 用户编号 会员号 客户代码"
)
_LOAN_ID = _words(
    "loan_id loan_no loan_number loan_ref contract_id contract_no contract_number account_id account_no "
    "account_number acct_no acct_id agreement_id agreement_no facility_id duebill_no due_bill_no iou_no card_id "
    "card_no "
    "sk_id_prev loan_sequence_number 借据号 借据编号 贷款编号 贷款账号 借款编号 合同号 合同编号 账户号 "
    "账号 卡号 贷款号"
)
_DUE_AMOUNT = _words(
    "due_amount amount_due due_amt amt_due instalment_amount installment_amount amt_instalment installment emi "
    "amt_inst_min_regularity "
    "scheduled_amount scheduled_payment payment_due amount_payable 应还金额 应还款额 应还本息 应还总额 期供 月供 "
    "应还款金额"
)
_PAID_AMOUNT = _words(
    "paid_amount amount_paid amt_paid amt_payment actual_amount payment_amount repay_amount repaid_amount "
    "received_amount amount_received received_amt amt_received pay_amt amt_payment_current "
    "实还金额 实际还款金额 实还款额 还款金额 已还金额 还款额"
)
_RECORDED = _words(
    "recorded_on recorded_at recorded_date record_date record_time booked_on booking_date posting_date posted_on "
    "entry_date created_at load_date 记账日期 入账日期 登记日期 录入日期 记录日期 入库日期 记账时间 入账时间 "
    "登记时间 录入时间 记录时间 入库时间 记账日 入账日 登记日 录入日 记录日 入库日"
)
_CREDIT_LIMIT = _words("credit_limit limit limit_bal amt_credit_limit_actual line_amount 授信额度 信用额度 额度")
_KIND = _words("kind event_type event type action event_name 事件类型 事件 类型 行为类型")
_OCCURRED = _words(
    "occurred_at occurred_on event_time event_date event_at timestamp datetime time date transaction_date 发生时间 "
    "事件时间 交易时间 时间 日期 发生日期"
)

COLUMN_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "borrowers": {
        "borrower_id": (*_BORROWER_ID, *GENERIC_IDS),
        "valid_from": _words("valid_from effective_from effective_date 生效日期"),
        "onboarded_on": _words(
            "onboarded_on onboarding_date customer_since registered_on registration_date join_date 注册日期 开户日期 "
            "建档日期 入户日期"
        ),
        "monthly_income": _words("monthly_income income salary income_monthly 月收入 收入 月均收入"),
        "employment_status": _words("employment_status employment employment_type name_income_type 就业状况 工作状态"),
        "occupation": _words("occupation job profession occupation_type 职业"),
        "education": _words("education education_level degree name_education_type 学历 教育程度 文化程度"),
        "region": _words("region province city state addr_state county 地区 省份 城市 所在地"),
        "housing": _words("housing home_ownership housing_type name_housing_type 住房 居住状况 住房情况"),
        "sex": _words("sex gender code_gender 性别"),
        "birth_date": _words("birth_date birthday date_of_birth dob days_birth 出生日期 生日"),
        "age": _words("age 年龄"),
        "marital_status": _words("marital_status marriage marital name_family_status 婚姻状况 婚姻"),
    },
    "loans": {
        "loan_id": (*_LOAN_ID, *GENERIC_IDS),
        "borrower_id": _BORROWER_ID,
        "valid_from": _words("valid_from effective_from effective_date 生效日期"),
        "product": _words(
            "product product_type product_code product_name loan_type name_contract_type 产品 产品类型 产品名称"
        ),
        "opened_on": _words(
            "opened_on open_date opened date_opened origination_date disbursement_date issue_date issue_d issued_date "
            "start_date loan_date funded_on value_date days_decision "
            "放款日期 放款日 起息日 借款日期 贷款发放日 发放日期 开户日期 合同起始日"
        ),
        "closed_on": _words(
            "closed_on close_date closed_date date_closed settlement_date payoff_date days_termination "
            "结清日期 结清日 销户日期"
        ),
        "closed_as": _words("closed_as closing_reason close_reason 结清方式 结清原因"),
        "written_off_on": _words(
            "written_off_on write_off_date writeoff_date charge_off_date charged_off_on 核销日期 核销日"
        ),
        "principal": _words(
            "principal loan_amount loan_amnt amount funded_amnt disbursed_amount original_balance amt_credit "
            "orig_upb 贷款金额 借款金额 放款金额 本金 合同金额 贷款本金"
        ),
        "credit_limit": _CREDIT_LIMIT,
        "annual_rate": _words("annual_rate interest_rate int_rate rate_interest_primary rate apr 年利率 利率 执行利率"),
        "term_months": _words("term_months term tenor loan_term duration cnt_payment 期限 贷款期限 期限月 总期数"),
    },
    "instalments": {
        "loan_id": _LOAN_ID,
        "borrower_id": _BORROWER_ID,
        "instalment_no": _words(
            "instalment_no installment_no instalment_number installment_number num_instalment_number payment_number "
            "payment_no term_no period_no period seq seq_no 期数 期次 期号 还款期数"
        ),
        "due_on": _words(
            "due_on due_date date_due payment_due_date instalment_date installment_date due "
            "days_instalment 应还日期 应还日 应还款日 "
            "应还款日期 还款日 到期日 到期日期 计划还款日"
        ),
        "due_amount": _DUE_AMOUNT,
        "scheduled_on": _words("scheduled_on schedule_date scheduled_at plan_date 计划生成日 计划日 计划日期"),
        "paid_on": _words(
            "paid_on paid_date date_paid payment_date pay_date actual_payment_date repayment_date repaid_on "
            "settled_on paid_at received_on received_date received_d days_entry_payment "
            "实还日期 实还日 实际还款日 实际还款日期 还款日期"
        ),
        "paid_amount": _PAID_AMOUNT,
        "recorded_on": _RECORDED,
    },
    "statements": {
        "loan_id": _LOAN_ID,
        "borrower_id": _BORROWER_ID,
        "statement_on": _words(
            "statement_on statement_date stmt_date bill_date billing_date report_date reporting_date snapshot_date "
            "month_end period_end monthly_reporting_period month months_balance "
            "账单日 账单日期 报告日期 数据日期 统计日期 月末日期"
        ),
        "recorded_on": _RECORDED,
        "balance": _words(
            "balance outstanding_balance outstanding_principal current_balance amt_balance bill_amount bill_amt "
            "current_actual_upb remaining_balance pbal_end_period 余额 账单金额 剩余本金 贷款余额 未还本金"
        ),
        "credit_limit": _CREDIT_LIMIT,
        "due_amount": (*_DUE_AMOUNT, "min_payment", "minimum_due", "minimum_payment", "最低还款额"),
        "paid_amount": _PAID_AMOUNT,
        "days_past_due": _words("days_past_due dpd days_overdue overdue_days days_delinquent sk_dpd 逾期天数"),
        "status": _words(
            "status loan_status account_status delinquency_status current_loan_delinquency_status period_end_lstat "
            "状态 账户状态 "
            "贷款状态 五级分类"
        ),
    },
    "events": {
        "borrower_id": _BORROWER_ID,
        "occurred_at": _OCCURRED,
        "kind": _KIND,
        "amount": _words("amount amt value sum 金额 交易金额"),
        "recorded_at": _RECORDED,
    },
    "contacts": {
        "borrower_id": _BORROWER_ID,
        "occurred_at": ("contacted_at", "contact_date", "call_date", "called_at", "联系时间", *_OCCURRED),
        "kind": ("contact_type", "channel", "渠道", "联系方式", *_KIND),
        "outcome": _words("outcome result 结果 联系结果"),
        "randomised": _words("randomised randomized is_random 随机"),
    },
    "outcomes": {
        "borrower_id": _BORROWER_ID,
        "as_of_date": _words("as_of_date as_of observation_date 观察日 观察日期"),
        "bad": _words("bad is_bad default defaulted target label 是否违约 违约"),
    },
}

WIDE_WORDS: Mapping[str, tuple[str, ...]] = {
    "status": _words("pay pay_status payment_status repayment_status repay_status 还款状态"),
    "days_past_due": _words("late_days days_late 逾期"),
}
"""Names that say a column of statements only where there is one such column a month."""
_UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(("days", "天数"), "days"),
    **dict.fromkeys(("months", "month", "月数"), "months"),
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[\u4e00-\u9fff]+")

_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_DIVISORS = {"分": 100.0, "cent": 100.0, "cents": 100.0, "fen": 100.0, "千元": 0.001, "万元": 0.0001}
_TOTALS = frozenset(("合计", "总计", "小计", "total", "totals", "grandtotal", "sum"))
_LEAST_ALIKE = 0.84
CERTAIN, LIKELY, PERHAPS = 1.0, 0.85, 0.7
"""Strength of a match of names: the word itself; a word inside a longer name; a word that is spelt alike."""


@cache
def plain(name: str) -> str:
    """Return the name without case, blanks, punctuation and brackets.

    >>> plain("Due-Date "), plain("应还金额（元）")
    ('duedate', '应还金额')
    """
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", name)).casefold()
    return "".join(character for character in text if character.isalnum())


def is_generic_id(name: str) -> bool:
    """Whether the name is that of the id of whatever a row is.

    >>> is_generic_id("ID"), is_generic_id("loan_id")
    (True, False)
    """
    return plain(name) in {plain(word) for word in GENERIC_IDS}


@cache
def likeness(name: str, words: tuple[str, ...]) -> float:
    """Return how well a name matches the words for a column, 0 to 1; earlier words win over later ones.

    >>> likeness("paid_date", COLUMN_WORDS["instalments"]["paid_on"]) > 0.9
    True
    >>> likeness("remark", COLUMN_WORDS["instalments"]["paid_on"])
    0.0
    """
    given, best = plain(name), 0.0
    if not given:
        return 0.0
    for rank, word in enumerate(words):
        known, cost = plain(word), 0.001 * rank
        if given == known:
            best = max(best, CERTAIN - cost)
        elif len(known) >= (4 if known.isascii() else 2) and (given.startswith(known) or given.endswith(known)):
            best = max(best, LIKELY - cost)
        elif known.isascii() and len(known) >= 4 and _are_spelt_alike(given, known):
            best = max(best, PERHAPS - cost)
    return best


def divisor_in(name: str) -> float:
    """Return by how much the amounts of a column are divided to be in the currency's unit, as its name says; else 1.

    >>> [divisor_in(name) for name in ("放款金额(分)", "amount_cents", "余额（万元）", "余额(元)", "recent_amount")]
    [100.0, 100.0, 0.0001, 1.0, 1.0]
    """
    bracket = _BRACKETS.search(unicodedata.normalize("NFKC", name))
    unit = bracket[0].strip("(（[【)）]】 ").casefold() if bracket else ""
    last = (_WORD.findall(name) or [""])[-1].casefold()
    return _DIVISORS.get(unit) or _DIVISORS.get(last, 1.0)


def is_total(value: str) -> bool:
    """Whether the text in place of an id says that the row is a total."""
    return same_level(value) in _TOTALS


@cache
def unit_in(name: str) -> Unit | None:
    """Return the unit in which a column counts, if its name says one.

    >>> unit_in("DAYS_INSTALMENT"), unit_in("monthsBalance"), unit_in("due_date")
    ('days', 'months', None)
    """
    units = [_UNITS[word.casefold()] for word in _WORD.findall(name) if word.casefold() in _UNITS]
    return units[0] if units else None


def _are_spelt_alike(one: str, other: str) -> bool:
    compared = SequenceMatcher(None, one, other)
    # The quick ratios are upper bounds.
    return min(compared.real_quick_ratio(), compared.quick_ratio()) >= _LEAST_ALIKE and compared.ratio() >= _LEAST_ALIKE


def table_likeness(name: str, table: str) -> float:
    """Return how well the name of a file matches those of a table, 0 to 1.

    >>> table_likeness("repayment_plan_2023-01.csv", "instalments") > table_likeness("repayment_plan", "loans")
    True
    """
    known = {plain(word).removesuffix("s") for word in TABLE_WORDS[table]}
    # A part of a folder is called as the folder is.
    names = [plain(re.sub(r"\.[a-z]+", "", part)).removesuffix("s") for part in name.casefold().split("/")]
    if any(given in known for given in names):
        return CERTAIN
    return LIKELY if any(word in given for given in names for word in known) else 0.0


@cache
def same_level(value: str) -> str:
    """Return what is the same in two spellings of a category's value: case, blanks and full width do not count.

    >>> same_level("RENTS ") == same_level("rents"), same_level("A+") == same_level("A-")
    (True, False)
    """
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())
