"""A service that cannot answer does not start: it prints one sentence, exits with the error's code and uses no port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import httpx
import pytest
from lender import Lender
from serving import ROOT, serving

from risk_warning.book.sql import statement
from risk_warning.errors import ContractError
from risk_warning.model.folder import load
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import NAME
from risk_warning.service.borrowers import check_book
from risk_warning.settings import ServiceSettings, Settings


def refused(home: Path, port: int, **settings: str) -> tuple[int, str]:
    """Return (exit code, error output) of a service that does not start."""
    kept = "RISK_WARNING_AUDIT__KEY_FILE"
    environment = {k: v for k, v in os.environ.items() if k == kept or not k.startswith("RISK_WARNING_")}
    environment |= {"RISK_WARNING_HOME": str(home), "BENTOML_HOME": str(home / "bentoml")}
    environment |= {f"RISK_WARNING_{name.upper()}": value for name, value in settings.items()}
    command = [str(Path(sys.executable).parent / "bentoml"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, " ".join(done.stderr.split())


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    yield number
    with socket.socket() as still_free:
        still_free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        still_free.bind(("127.0.0.1", number))


def book_without(lender: Lender, table: str, place: Path) -> str:
    """Write the lender's book without one table to a DuckDB file; return its path."""
    with closing(duckdb.connect(str(place))) as con:
        for path in sorted(lender.book.glob("*.parquet")):
            if path.stem not in (table, "truth"):
                create = statement("CREATE TABLE {name} AS SELECT * FROM read_parquet($path)", name=path.stem)
                con.execute(create, {"path": str(path)})
    return str(place)


@pytest.mark.slow
def test_a_registry_without_a_champion_ends_the_start(tmp_path: Path, port: int) -> None:
    champion = f"models:/{NAME}@champion"
    code, said = refused(tmp_path / "none", port, model=champion)
    assert (code, "Train one with" in said) == (10, True)
    with registry(Settings(home=tmp_path / "home")) as client:
        client.create_registered_model(NAME)
    code, said = refused(tmp_path / "home", port, model=champion)
    assert (code, f"The registry has no model champion of {NAME}" in said) == (10, True)


@pytest.mark.slow
def test_a_book_that_lacks_what_the_model_reads_ends_the_start(lender: Lender, tmp_path: Path, port: int) -> None:
    book = book_without(lender, "events", tmp_path / "poorer.duckdb")
    code, said = refused(tmp_path / "home", port, model=str(lender.model), service__book=book)
    assert (code, "events.kind" in said) == (8, True)


@pytest.mark.slow
def test_a_book_that_is_not_there_ends_the_start(tmp_path: Path, port: int) -> None:
    code, said = refused(tmp_path / "home", port, service__book=str(tmp_path / "no.duckdb"))
    assert (code, "no.duckdb, where nothing is" in said) == (3, True)


@pytest.mark.slow
def test_a_port_in_use_is_named(lender: Lender, tmp_path: Path) -> None:
    with serving(tmp_path / "home", model=str(lender.model), no_auth="1") as server:
        code, said = refused(tmp_path / "other", server.port, model=str(lender.model))
        assert (code, f"cannot listen on 127.0.0.1 port {server.port}" in said) == (3, True)
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_book_database_that_is_down_holds_up_no_start(lender: Lender, caplog: pytest.LogCaptureFixture) -> None:
    down = ServiceSettings(book="postgresql://nobody@127.0.0.1:9/none")
    check_book(load(lender.model), Settings(service=down))
    assert "/score_by_id cannot answer" in caplog.text


def test_a_model_is_held_against_the_columns_of_the_book(lender: Lender, tmp_path: Path) -> None:
    model = load(lender.model)
    whole = ServiceSettings(book=book_without(lender, "nothing", tmp_path / "whole.duckdb"))
    check_book(model, Settings(service=whole))
    poorer = ServiceSettings(book=book_without(lender, "events", tmp_path / "poorer.duckdb"))
    with pytest.raises(ContractError, match=r"events\.kind"):
        check_book(model, Settings(service=poorer))
