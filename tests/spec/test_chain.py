"""A chain of rows: each row's hash covers the row and, through the hash before it, everything that came before."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from risk_warning.audit.chain import START, row_hash
from risk_warning.core.digest import canonical_json

ROW = {"id": 7, "chain": "main", "seq": 1, "subject": "张伟", "as_of_date": date(2023, 10, 1), "key": None}
TEXT = '{"as_of_date":"2023-10-01","chain":"main","key":null,"seq":1,"subject":"张伟"}'


def test_the_hash_is_sha256_over_the_hash_before_and_the_columns_in_order_of_name() -> None:
    assert row_hash(START, ROW) == hashlib.sha256(("0" * 64 + TEXT).encode("utf-8")).hexdigest()
    assert row_hash(START, dict(reversed(ROW.items()))) == row_hash(START, ROW)


def test_the_first_row_follows_64_zeros() -> None:
    assert START == "0" * 64


@pytest.mark.parametrize("column", ["chain", "seq", "subject", "as_of_date", "key"])
def test_every_column_counts(column: str) -> None:
    assert row_hash(START, ROW | {column: "other"}) != row_hash(START, ROW)


def test_a_missing_column_is_not_an_empty_one() -> None:
    assert row_hash(START, {name: ROW[name] for name in ROW if name != "key"}) != row_hash(START, ROW)


def test_the_row_before_counts() -> None:
    assert row_hash("1" * 64, ROW) != row_hash(START, ROW)


def test_the_databases_own_number_and_the_stored_hashes_do_not_count() -> None:
    stored = ROW | {"id": 8, "prev_hash": START, "hash": "f" * 64}
    assert row_hash(START, stored) == row_hash(START, ROW)


def test_the_same_values_are_the_same_text_whatever_their_order() -> None:
    assert (
        canonical_json({"b": 1, "a": [2.5, "é"]})
        == canonical_json({"a": [2.5, "é"], "b": 1})
        == '{"a":[2.5,"é"],"b":1}'
    )
