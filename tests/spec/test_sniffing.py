"""The first text that is not ASCII tells the encoding of a file, also far down in a long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk_warning.book.recognition.parts import parts_of
from risk_warning.book.recognition.sniffing import SeveralEncodingsError, sniff
from risk_warning.book.sources.export import export_at
from risk_warning.book.staged import staging_connection
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

HEADER = "客户号|地区|月收入\n"
ROW = "K{number:06d}|北京市朝阳区|5200.50\n"


def written(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_a_long_file_is_cut_between_characters(shift: int, encoding: str, tmp_path: Path) -> None:
    text = "x" * shift + HEADER + "".join(ROW.format(number=number) for number in range(15_000))
    sniffed = sniff(written(tmp_path / "borrowers.txt", text, encoding))
    assert (sniffed.layout.encoding, sniffed.layout.separator, sniffed.layout.skip_lines) == (encoding, "|", 0)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_text_that_comes_late_tells_the_encoding(encoding: str, tmp_path: Path) -> None:
    ascii_rows = "".join(f"K{number:06d}|north|5200.50\n" for number in range(40_000))
    text = "borrower_id|region|monthly_income\n" + ascii_rows + "".join(ROW.format(number=n) for n in range(300))
    assert sniff(written(tmp_path / "borrowers.txt", text, encoding)).layout.encoding == encoding


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "客户编号|loan_id|opened_on\n" + "K1|L1|2021-05-25\n" * 9_000),
        ("gb18030", "借据号|product|放款日|limit\n" + "0|auto|2021年05月25日|NULL\n" * 9_000),
        ("gb18030", "id,name\n1,王伟\n2,李娜\n3,刘堃\n"),
        ("big5", "客戶編號,loan_id,地區\n" + "1,a,b\n" * 50),
        ("cp1252", "id,name,city\n" + "1,Mueller,Koeln\n" * 50 + "51,Groß,Köln\n"),
        ("cp1252", "id,due_amount\n" + "1,£500.00\n" * 50),
        ("cp1252", "id,due_amount\n" + "1,500.00 €\n" * 50),
        ("cp1252", "id,nome\n1,Conceição\n2,São Paulo\n"),
    ],
)
def test_few_words_among_many_numbers_tell_the_encoding(encoding: str, text: str, tmp_path: Path) -> None:
    assert sniff(written(tmp_path / "loans.txt", text, encoding)).layout.encoding == encoding


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    names = ["имя", "город", "Иван", "Пётр", "Москва", "Казань"]
    path = written(tmp_path / "loans.txt", "id,city\n" + "".join(f"1,{name}\n" for name in names), "cp1251")
    with pytest.raises(BookError, match="no known encoding"):
        sniff(path)
    assert sniff(path, "cp1251").layout.encoding == "cp1251"


def test_a_word_that_several_encodings_fit_is_asked_about_unless_another_file_tells(tmp_path: Path) -> None:
    written(tmp_path / "borrowers.csv", "borrower_id,地区\n" + "1,a\n" * 50, "gb18030")
    with pytest.raises(SeveralEncodingsError, match=r"may be text in Big5 or Latin-1 .* or GB18030 \(GBK\);"):
        sniff(tmp_path / "borrowers.csv")
    written(tmp_path / "loans.csv", "loan_id,客户编号\n" + "1,1\n" * 50, "gb18030")
    with staging_connection(BookSettings()) as con:
        parts = parts_of(con, export_at(con, str(tmp_path), tmp_path, "public"))
        assert {part.name: part.place.layout.encoding for part in parts} == dict.fromkeys(
            ["borrowers.csv", "loans.csv"], "gb18030"
        )


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="a line of more than 131,072 characters"):
        sniff(written(tmp_path / "borrowers.txt", "x" * 600_000, "utf-8"))
    for text, encoding in ((" \n", "utf-8"), ("", "utf-8"), ("", "utf-8-sig"), ("", "utf-16"), ("\n\n", "utf-8-sig")):
        with pytest.raises(BookError, match="is empty"):
            sniff(written(tmp_path / "loans.txt", text, encoding))
