"""What comes from elsewhere is shown without secrets and cannot steer a terminal."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from risk_warning.cli.terminal import Terminal
from risk_warning.shown import shown_url, visible

SECRET = "s3cret"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{SECRET}@db/book",
        f"postgresql+psycopg://ann:{SECRET}@db:5432/book?sslmode=require",
        f"postgresql://db/book?user=ann&password={SECRET}",
        f"postgresql://db/book?sslpassword={SECRET}&application_name=risk",
        f"adbc:snowflake:ann:x@account/db?token={SECRET}",
        f"https://mlflow.example/?access_token={SECRET}",
        f"s3://bucket/folder?secret_key={SECRET}&region=eu",
        f"s3://bucket/folder?AWS_SECRET_ACCESS_KEY={SECRET}",
        f"host=db password={SECRET} user=ann",
        f"host=db password='{SECRET} with a blank' user=ann",
        f"sqlite:///watchlist.db?key={SECRET}",
        f"http://ann:a:{SECRET}@mlflow:5000",
    ],
)
def test_no_secret_of_an_address_is_shown(url: str) -> None:
    assert SECRET not in shown_url(url) and "***" in shown_url(url)


@pytest.mark.parametrize("url", ["sqlite:///home/watchlist.db", "postgresql://ann@db/book", "s3://bucket/a=b/c", "a b"])
def test_an_address_without_a_secret_is_shown_as_it_is(url: str) -> None:
    assert shown_url(url) == url


def printed(*values: object) -> str:
    terminal, written = Terminal(), io.StringIO()
    terminal.file = written
    for value in values:
        terminal.print(value)
    return written.getvalue()


@pytest.mark.parametrize("text", ["[/x]", "[bold]x", "[link=file:///etc/passwd]x[/link]", ":bomb:", "[[]]"])
def test_markup_of_a_lender_is_text(text: str) -> None:
    table = Table("borrower", title=text, caption=text)
    table.add_row(text)
    assert printed(text, table).count(text) == 4


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "a\x08b", "\u202egnp.exe", "\x00", "\x7f"]
)
def test_control_characters_are_shown_as_escapes(text: str) -> None:
    table = Table("borrower", title=text)
    table.add_row(text)
    shown = printed(text, table)
    assert not set(text) & set(shown) - set("ab[2J]0;title31mgnp.exe")
    assert visible(text).isprintable() and "\\" in visible(text)
    assert visible("张三\tA-1\n") == "张三\tA-1\n"
    assert visible("a\nb", in_line=True) == "a\\nb"
