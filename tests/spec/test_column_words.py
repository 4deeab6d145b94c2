"""The words by which a lender's own column is recognised."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from proposing import proposal_at

from risk_warning.book.recognition.writing import mapping_text

WHEN_RECORDED = [
    *("".join(word) for word in product(("记账", "入账", "登记", "录入", "记录", "入库"), ("日期", "时间", "日"))),
    "recorded_date",
    "record_date",
    "系统登记日期",
]
EXPORT = {
    "客户": "客户号,注册日期\nB1,2023-01-05\nB2,2023-02-07\n",
    "借据": "借据号,客户号,放款日期\nL1,B1,2023-01-10\nL2,B2,2023-02-10\n",
    "还款计划": "借据号,期次,应还日期,应还金额,实还日期,{}\nL1,1,2023-02-10,100,2023-02-09,2023-02-11\n"
    "L2,1,2023-03-10,90,2023-03-10,2023-03-11\n",
    "账单": "借据号,账单日,逾期天数,{}\nL1,2023-02-28,0,2023-03-02\nL2,2023-03-31,3,2023-04-01\n",
    "事件": "客户号,发生时间,事件类型,{}\nB1,2023-02-09 08:15:00,登录,2023-02-10 01:00:00\n"
    "B2,2023-02-10 09:30:00,还款,2023-02-11 01:00:00\n",
}


@pytest.mark.parametrize("name", WHEN_RECORDED)
def test_when_a_row_was_recorded_is_recognised(name: str, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    for table, text in EXPORT.items():
        (tmp_path / "export" / f"{table}.csv").write_text(text.format(name), encoding="utf-8")
    proposal = proposal_at(tmp_path)
    lines = mapping_text(proposal).splitlines()
    assert not proposal.questions
    assert [line.split(" = ")[0] for line in lines if f'"{name}"' in line] == [
        "recorded_on",
        "recorded_on",
        "recorded_at",
    ]
