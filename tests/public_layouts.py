"""Four public layouts of loan data: columns as their documentation has them, rows made here from a seed.

- UCI's default of credit card clients: one row a card, six months side by side.
- Home Credit: days and months counted from the day of an application.
- LendingClub's payments made to investors (PMTHIST): one file, one row a loan and month.
- The credit card approval data: months counted from the last one, codes of how late a card is.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

Cell = str | int | float | None
Row = Mapping[str, Cell]
CLIENTS = 300
_WEAK = 0.3
"""Share of borrowers who are late far more often than the others."""
UCI_MONTHS = range(1, 7)
UCI_STATUS = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")
UCI = (
    *("ID", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", *UCI_STATUS),
    *(f"BILL_AMT{k}" for k in UCI_MONTHS),
    *(f"PAY_AMT{k}" for k in UCI_MONTHS),
    "default.payment.next.month",
)
_BUILDING = (
    *("APARTMENTS", "BASEMENTAREA", "YEARS_BEGINEXPLUATATION", "YEARS_BUILD", "COMMONAREA", "ELEVATORS", "ENTRANCES"),
    *("FLOORSMAX", "FLOORSMIN", "LANDAREA", "LIVINGAPARTMENTS", "LIVINGAREA", "NONLIVINGAPARTMENTS", "NONLIVINGAREA"),
)
APPLICATION_TRAIN = (
    *("SK_ID_CURR", "TARGET", "NAME_CONTRACT_TYPE", "CODE_GENDER", "FLAG_OWN_CAR", "FLAG_OWN_REALTY", "CNT_CHILDREN"),
    *("AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "NAME_TYPE_SUITE", "NAME_INCOME_TYPE"),
    *("NAME_EDUCATION_TYPE", "NAME_FAMILY_STATUS", "NAME_HOUSING_TYPE", "REGION_POPULATION_RELATIVE", "DAYS_BIRTH"),
    *("DAYS_EMPLOYED", "DAYS_REGISTRATION", "DAYS_ID_PUBLISH", "OWN_CAR_AGE", "FLAG_MOBIL", "FLAG_EMP_PHONE"),
    *("FLAG_WORK_PHONE", "FLAG_CONT_MOBILE", "FLAG_PHONE", "FLAG_EMAIL", "OCCUPATION_TYPE", "CNT_FAM_MEMBERS"),
    *("REGION_RATING_CLIENT", "REGION_RATING_CLIENT_W_CITY", "WEEKDAY_APPR_PROCESS_START", "HOUR_APPR_PROCESS_START"),
    *("REG_REGION_NOT_LIVE_REGION", "REG_REGION_NOT_WORK_REGION", "LIVE_REGION_NOT_WORK_REGION"),
    *("REG_CITY_NOT_LIVE_CITY", "REG_CITY_NOT_WORK_CITY", "LIVE_CITY_NOT_WORK_CITY", "ORGANIZATION_TYPE"),
    *("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"),
    *(f"{name}_{kind}" for kind in ("AVG", "MODE", "MEDI") for name in _BUILDING),
    *("FONDKAPREMONT_MODE", "HOUSETYPE_MODE", "TOTALAREA_MODE", "WALLSMATERIAL_MODE", "EMERGENCYSTATE_MODE"),
    *("OBS_30_CNT_SOCIAL_CIRCLE", "DEF_30_CNT_SOCIAL_CIRCLE", "OBS_60_CNT_SOCIAL_CIRCLE", "DEF_60_CNT_SOCIAL_CIRCLE"),
    *("DAYS_LAST_PHONE_CHANGE", *(f"FLAG_DOCUMENT_{k}" for k in range(2, 22))),
    *(f"AMT_REQ_CREDIT_BUREAU_{span}" for span in ("HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR")),
)
PREVIOUS_APPLICATION = (
    *("SK_ID_PREV", "SK_ID_CURR", "NAME_CONTRACT_TYPE", "AMT_ANNUITY", "AMT_APPLICATION", "AMT_CREDIT"),
    *("AMT_DOWN_PAYMENT", "AMT_GOODS_PRICE", "WEEKDAY_APPR_PROCESS_START", "HOUR_APPR_PROCESS_START"),
    *("FLAG_LAST_APPL_PER_CONTRACT", "NFLAG_LAST_APPL_IN_DAY", "RATE_DOWN_PAYMENT", "RATE_INTEREST_PRIMARY"),
    *("RATE_INTEREST_PRIVILEGED", "NAME_CASH_LOAN_PURPOSE", "NAME_CONTRACT_STATUS", "DAYS_DECISION"),
    *("NAME_PAYMENT_TYPE", "CODE_REJECT_REASON", "NAME_TYPE_SUITE", "NAME_CLIENT_TYPE", "NAME_GOODS_CATEGORY"),
    *("NAME_PORTFOLIO", "NAME_PRODUCT_TYPE", "CHANNEL_TYPE", "SELLERPLACE_AREA", "NAME_SELLER_INDUSTRY"),
    *("CNT_PAYMENT", "NAME_YIELD_GROUP", "PRODUCT_COMBINATION", "DAYS_FIRST_DRAWING", "DAYS_FIRST_DUE"),
    *("DAYS_LAST_DUE_1ST_VERSION", "DAYS_LAST_DUE", "DAYS_TERMINATION", "NFLAG_INSURED_ON_APPROVAL"),
)
INSTALLMENTS_PAYMENTS = (
    *("SK_ID_PREV", "SK_ID_CURR", "NUM_INSTALMENT_VERSION", "NUM_INSTALMENT_NUMBER", "DAYS_INSTALMENT"),
    *("DAYS_ENTRY_PAYMENT", "AMT_INSTALMENT", "AMT_PAYMENT"),
)
CREDIT_CARD_BALANCE = (
    *("SK_ID_PREV", "SK_ID_CURR", "MONTHS_BALANCE", "AMT_BALANCE", "AMT_CREDIT_LIMIT_ACTUAL"),
    *("AMT_DRAWINGS_ATM_CURRENT", "AMT_DRAWINGS_CURRENT", "AMT_DRAWINGS_OTHER_CURRENT", "AMT_DRAWINGS_POS_CURRENT"),
    *("AMT_INST_MIN_REGULARITY", "AMT_PAYMENT_CURRENT", "AMT_PAYMENT_TOTAL_CURRENT", "AMT_RECEIVABLE_PRINCIPAL"),
    *("AMT_RECIVABLE", "AMT_TOTAL_RECEIVABLE", "CNT_DRAWINGS_ATM_CURRENT", "CNT_DRAWINGS_CURRENT"),
    *("CNT_DRAWINGS_OTHER_CURRENT", "CNT_DRAWINGS_POS_CURRENT", "CNT_INSTALMENT_MATURE_CUM", "NAME_CONTRACT_STATUS"),
    *("SK_DPD", "SK_DPD_DEF"),
)
POS_CASH_BALANCE = (
    *("SK_ID_PREV", "SK_ID_CURR", "MONTHS_BALANCE", "CNT_INSTALMENT", "CNT_INSTALMENT_FUTURE"),
    *("NAME_CONTRACT_STATUS", "SK_DPD", "SK_DPD_DEF"),
)
BUREAU_BALANCE = ("SK_ID_BUREAU", "MONTHS_BALANCE", "STATUS")
PMTHIST = (
    *("LOAN_ID", "PBAL_BEG_PERIOD", "PRNCP_PAID", "INT_PAID", "FEE_PAID", "DUE_AMT", "RECEIVED_AMT", "RECEIVED_D"),
    *("PERIOD_END_LSTAT", "MONTH", "PBAL_END_PERIOD", "MOB", "CO", "COAMT", "InterestRate", "IssuedDate"),
    *("MONTHLYCONTRACTAMT", "dti", "State", "HomeOwnership", "MonthlyIncome", "EarliestCREDITLine"),
    *("OpenCREDITLines", "TotalCREDITLines", "RevolvingCREDITBalance", "RevolvingLineUtilization", "Inquiries6M"),
    *("DQ2yrs", "MonthsSinceDQ", "PublicRec", "MonthsSinceLastRec", "EmploymentLength", "currentpolicy", "grade"),
    *("term", "APPL_FICO_BAND", "Last_FICO_BAND", "VINTAGE", "PCO_RECOVERY", "PCO_COLLECTION_FEE"),
)
APPLICATION_RECORD = (
    *("ID", "CODE_GENDER", "FLAG_OWN_CAR", "FLAG_OWN_REALTY", "CNT_CHILDREN", "AMT_INCOME_TOTAL", "NAME_INCOME_TYPE"),
    *("NAME_EDUCATION_TYPE", "NAME_FAMILY_STATUS", "NAME_HOUSING_TYPE", "DAYS_BIRTH", "DAYS_EMPLOYED", "FLAG_MOBIL"),
    *("FLAG_WORK_PHONE", "FLAG_PHONE", "FLAG_EMAIL", "OCCUPATION_TYPE", "CNT_FAM_MEMBERS"),
)
CREDIT_RECORD = ("ID", "MONTHS_BALANCE", "STATUS")
_NO_DAY = 365243
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _write(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV; a column that a row lacks is empty."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_uci(folder: Path) -> None:
    """Write UCI_Credit_Card.csv."""
    _write(folder / "UCI_Credit_Card.csv", UCI, uci_rows())


def uci_rows() -> list[dict[str, Cell]]:
    chance = random.Random(2005)
    rows = []
    for number in range(1, CLIENTS + 1):
        late = 0
        row: dict[str, Cell] = {
            "ID": number,
            "LIMIT_BAL": 10_000 * chance.randint(1, 50),
            "AGE": chance.randint(21, 70),
        }
        row |= {"SEX": chance.randint(1, 2), "EDUCATION": chance.randint(1, 4), "MARRIAGE": chance.randint(1, 3)}
        for k in reversed(UCI_MONTHS):
            late = late + 1 if chance.random() < (0.6 if late else 0.08) else 0
            bill = chance.randint(0, 9_000)
            row |= {UCI_STATUS[k - 1]: late or chance.choice((-2, -1, 0)), f"BILL_AMT{k}": bill}
            row[f"PAY_AMT{k}"] = 0 if late else chance.randint(0, bill)
        row["default.payment.next.month"] = int(late > 1)
        rows.append(row)
    return rows


def write_home_credit(folder: Path) -> None:
    """Write six of Home Credit's files."""
    chance = random.Random(2018)
    applications: list[Row] = []
    previous: list[Row] = []
    payments: list[Row] = []
    cards: list[Row] = []
    cash: list[Row] = []
    for client in range(100_002, 100_002 + CLIENTS):
        applications.append(_application(client, chance))
        for k in range(chance.randint(1, 3)):
            loan = 10 * client + k
            ids = {"SK_ID_PREV": loan, "SK_ID_CURR": client}
            decided, granted = -chance.randint(300, 2_000), chance.random() < 0.75
            decision = "Approved" if granted else chance.choice(("Refused", "Canceled"))
            is_card = granted and chance.random() < 0.3
            kind = "Revolving loans" if is_card else "Consumer loans"
            term, amount = chance.choice((6, 10, 12)), 90.0 * chance.randint(20, 400)
            paid = _instalments(ids, decided, term, amount, chance) if granted and not is_card else []
            payments += paid
            cards += _card_months(ids, decided, chance) if is_card else []
            cash += (
                [{**ids, "MONTHS_BALANCE": decided // 30, "CNT_INSTALMENT": float(term), "SK_DPD": 0}] if paid else []
            )
            last = decided + 30 * term
            ended = last + 9 if paid and last < -60 else _NO_DAY
            previous.append(
                {
                    **{**ids, "NAME_CONTRACT_TYPE": kind, "AMT_CREDIT": amount, "NAME_CONTRACT_STATUS": decision},
                    **{"RATE_DOWN_PAYMENT": round(chance.random(), 6), "RATE_INTEREST_PRIMARY": None},
                    **{"DAYS_DECISION": decided, "CNT_PAYMENT": float(term) if granted else None},
                    **{"DAYS_FIRST_DUE": float(decided + 30), "DAYS_LAST_DUE": float(last)},
                    **{"DAYS_TERMINATION": float(ended), "DAYS_FIRST_DRAWING": float(_NO_DAY)},
                }
            )
    _write(folder / "application_train.csv", APPLICATION_TRAIN, applications)
    _write(folder / "previous_application.csv", PREVIOUS_APPLICATION, previous)
    _write(folder / "installments_payments.csv", INSTALLMENTS_PAYMENTS, payments)
    _write(folder / "credit_card_balance.csv", CREDIT_CARD_BALANCE, cards)
    _write(folder / "POS_CASH_balance.csv", POS_CASH_BALANCE, cash)
    bureau = [{"SK_ID_BUREAU": 5_000_000 + k // 4, "MONTHS_BALANCE": -(k % 4), "STATUS": "C"} for k in range(400)]
    _write(folder / "bureau_balance.csv", BUREAU_BALANCE, bureau)


def _application(client: int, chance: random.Random) -> Row:
    row: dict[str, Cell] = {"SK_ID_CURR": client, "TARGET": int(chance.random() < 0.08), "CODE_GENDER": "F"}
    row |= {"NAME_CONTRACT_TYPE": "Cash loans", "AMT_INCOME_TOTAL": 4_500.0 * chance.randint(10, 60)}
    row |= {"NAME_INCOME_TYPE": chance.choice(("Working", "Pensioner")), "NAME_HOUSING_TYPE": "House / apartment"}
    row |= {"NAME_EDUCATION_TYPE": chance.choice(("Higher education", "Secondary / secondary special"))}
    row |= {"NAME_FAMILY_STATUS": chance.choice(("Married", "Widow")), "DAYS_BIRTH": -chance.randint(8_000, 25_000)}
    row |= {"DAYS_EMPLOYED": chance.choice((_NO_DAY, -chance.randint(30, 5_000))), "OCCUPATION_TYPE": "Drivers"}
    row |= {"REGION_POPULATION_RELATIVE": round(chance.random() / 20, 6), "REGION_RATING_CLIENT": chance.randint(1, 3)}
    row |= {f"EXT_SOURCE_{k}": round(chance.random(), 6) for k in (1, 2, 3)}
    return row | {f"FLAG_DOCUMENT_{k}": int(k == 3) for k in range(2, 22)}


def _instalments(ids: Row, decided: int, term: int, amount: float, chance: random.Random) -> list[Row]:
    """Return the instalments that fell due before day 0; some are paid in two parts, and the last may be unpaid."""
    due_amount = round(1.2 * amount / term, 2)
    rows = []
    for number in range(1, term + 1):
        due = decided + 30 * number
        if due >= 0:
            break
        row = {**ids, "NUM_INSTALMENT_VERSION": 1.0, "NUM_INSTALMENT_NUMBER": number, "DAYS_INSTALMENT": float(due)}
        paid = due + (chance.randint(1, 25) if chance.random() < 0.1 else -chance.randint(0, 12))
        row["AMT_INSTALMENT"] = due_amount
        if paid >= 0:
            rows.append(row)
        elif chance.random() < 0.05:
            half = round(due_amount / 2, 2)
            rows.append({**row, "DAYS_ENTRY_PAYMENT": float(paid - 1), "AMT_PAYMENT": half})
            rows.append({**row, "DAYS_ENTRY_PAYMENT": float(paid), "AMT_PAYMENT": round(due_amount - half, 2)})
        else:
            rows.append({**row, "DAYS_ENTRY_PAYMENT": float(paid), "AMT_PAYMENT": due_amount})
    return rows


def _card_months(ids: Row, decided: int, chance: random.Random) -> list[Row]:
    limit, rows, late = 45_000 * chance.randint(1, 6), list[Row](), 0
    for month in range(decided // 30 + 1, 0):
        balance = round(limit * chance.random(), 2)
        late = late + 30 if chance.random() < (0.5 if late else 0.04) else 0
        row: dict[str, Cell] = {
            **ids,
            "MONTHS_BALANCE": month,
            "AMT_BALANCE": balance,
            "NAME_CONTRACT_STATUS": "Active",
        }
        row |= {"AMT_CREDIT_LIMIT_ACTUAL": limit, "AMT_INST_MIN_REGULARITY": round(balance / 20, 2), "SK_DPD": late}
        rows.append(row | {"AMT_PAYMENT_CURRENT": 0.0 if late else round(balance / 10, 2), "SK_DPD_DEF": 0})
    return rows


def write_lending_club(folder: Path) -> None:
    """Write PMTHIST_ALL_201712.csv: 36 months of each loan, or until it is paid or charged off."""
    chance = random.Random(2014)
    rows: list[Row] = []
    for loan in range(12_000_001, 12_000_001 + CLIENTS):
        issued, principal = 12 * 2013 + chance.randint(0, 20), 100.0 * chance.randint(30, 300)
        rate, due = round(0.06 + 0.15 * chance.random(), 4), round(principal / 36 * 1.2, 2)
        fixed: dict[str, Cell] = {"LOAN_ID": loan, "InterestRate": rate, "IssuedDate": _month(issued), "term": 36}
        fixed |= {
            "MONTHLYCONTRACTAMT": due,
            "State": chance.choice(("VA", "CA", "TX")),
            "grade": "B",
            "VINTAGE": "14Q1",
        }
        fixed |= {"HomeOwnership": chance.choice(("RENT", "MORTGAGE")), "MonthlyIncome": 50.0 * chance.randint(50, 200)}
        fixed |= {"EarliestCREDITLine": "OCT1994", "EmploymentLength": "10+ years", "dti": 22.08, "currentpolicy": 1}
        fixed |= {"APPL_FICO_BAND": "675-679", "OpenCREDITLines": 17, "RevolvingCREDITBalance": 23_483}
        left, missed, is_weak = principal, 0, chance.random() < _WEAK
        for mob in range(1, min(36, 12 * 2016 + 6 - issued) + 1):
            missed = missed + 1 if chance.random() < (0.6 if missed else 0.12 if is_weak else 0.004) else 0
            received = 0.0 if missed else due
            ending = 0.0 if mob == 36 and not missed else max(round(left - received / 1.2, 2), 0.0)
            state = ("Current", "Late (16-30 days)", *["Late (31-120 days)"] * 3, "Default", "Charged Off")[missed]
            state = "Fully Paid" if ending == 0 and not missed else state
            state = "In Grace Period" if missed == 1 and chance.random() < 0.5 else state
            row: dict[str, Cell] = {**fixed, "MOB": mob, "MONTH": _month(issued + mob), "PBAL_BEG_PERIOD": left}
            row |= {"DUE_AMT": due, "RECEIVED_AMT": received, "PBAL_END_PERIOD": ending, "PERIOD_END_LSTAT": state}
            row |= {"RECEIVED_D": None if missed else _month(issued + mob), "FEE_PAID": 0.0, "CO": int(missed == 6)}
            row |= {"Last_FICO_BAND": chance.choice(("665-669", "700-704")), "COAMT": left if missed == 6 else 0.0}
            rows.append(row)
            left = ending
            if missed == 6:
                break
    _write(folder / "PMTHIST_ALL_201712.csv", PMTHIST, rows)


def _month(number: int) -> str:
    return f"{_MONTHS[number % 12]}{number // 12}"


def write_card_approval(folder: Path) -> None:
    """Write application_record.csv and credit_record.csv."""
    chance = random.Random(2020)
    applications: list[Row] = []
    months: list[Row] = []
    for client in range(5_008_804, 5_008_804 + CLIENTS):
        row: dict[str, Cell] = {"ID": client, "CODE_GENDER": chance.choice(("F", "M")), "CNT_CHILDREN": 0}
        row |= {"AMT_INCOME_TOTAL": 4_500.0 * chance.randint(10, 60), "NAME_INCOME_TYPE": "Working", "FLAG_MOBIL": 1}
        row |= {"NAME_EDUCATION_TYPE": "Higher education", "NAME_FAMILY_STATUS": "Married", "FLAG_OWN_CAR": "Y"}
        row |= {"NAME_HOUSING_TYPE": "With parents", "DAYS_BIRTH": -chance.randint(8_000, 25_000)}
        row |= {"DAYS_EMPLOYED": chance.choice((_NO_DAY, -chance.randint(30, 5_000))), "CNT_FAM_MEMBERS": 2.0}
        applications.append(row)
        late, is_weak = 0, chance.random() < _WEAK
        for month in range(-chance.randint(12, 40), 1):
            late = min(late + 1, 5) if chance.random() < (0.5 if late else 0.15 if is_weak else 0.01) else 0
            status = str(late) if late else chance.choice(("C", "X", "0"))
            months.append({"ID": client, "MONTHS_BALANCE": month, "STATUS": status})
    _write(folder / "application_record.csv", APPLICATION_RECORD, applications)
    _write(folder / "credit_record.csv", CREDIT_RECORD, months)


LAYOUTS: Mapping[str, Callable[[Path], None]] = {
    "uci": write_uci,
    "home_credit": write_home_credit,
    "lending_club": write_lending_club,
    "card_approval": write_card_approval,
}
