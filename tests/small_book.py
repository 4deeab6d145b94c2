"""A book of a few rows in CSV, to which a test adds its own."""

from __future__ import annotations

from pathlib import Path

BOOK = {
    "borrowers": "borrower_id,monthly_income,valid_from\n1,100,\n2,100,\n3,100,\n",
    "loans": "loan_id,borrower_id,opened_on\n10,1,2024-01-01\n20,2,2024-01-01\n30,3,2024-01-01\n",
    "instalments": "loan_id,instalment_no,due_on,due_amount,paid_on,paid_amount\n10,1,2024-02-01,50,2024-02-01,\n",
    "statements": "loan_id,statement_on,balance,due_amount,recorded_on\n10,2024-01-31,5,1,\n",
    "events": "borrower_id,occurred_at,kind,amount\n1,2024-01-05,login,\n",
    "outcomes": "borrower_id,as_of_date,bad\n1,2024-03-01,0\n",
}


def write(folder: Path, **extra: str) -> Path:
    for name, text in BOOK.items():
        (folder / f"{name}.csv").write_text(text + extra.get(name, ""), encoding="utf-8")
    return folder
