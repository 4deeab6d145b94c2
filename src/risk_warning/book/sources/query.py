"""A query over the files of an export: one SELECT in a database that holds these files and reaches nothing else.

In the query a file is a table of its name: `FROM "cards.csv"`, or a pattern of names as in `files`. The query runs in a
database of its own in memory. After the files are there, that database opens no file and loads no extension; its
memory, its spill folder, the query's time and its rows are bounded.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from threading import Timer

import duckdb

from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError

LONGEST_SECONDS = 3_600
MOST_TIMES_AS_MANY = 1_000
"""A query may give so many times as many rows as it reads; a join without a condition gives more."""


@cache
def tables_in(query: str, where: str) -> frozenset[str]:
    """Return the names of the tables that a query reads; names of its own subqueries may be among them.

    `where` is the name of the export in messages.

    Raises
    ------
    BookError
        The query is anything but one SELECT.
    """
    with closing(duckdb.connect(":memory:")) as apart:
        apart.execute("SELECT json_serialize_sql($query)", {"query": query})
        parsed = json.loads(apart.fetchall()[0][0])
    if parsed["error"] or len(parsed["statements"]) != 1:
        raise BookError(f"A query over {where} is not one SELECT that DuckDB understands; correct it in the mapping.")
    return frozenset(_names(parsed["statements"]))


def _names(node: object) -> Iterator[str]:
    """Yield the names of the base tables in the syntax tree of a query."""
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield str(node["table_name"])
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _names(part)


def run_query(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, Relation], query: str, result: str, where: str
) -> None:
    """Run the query on these tables of `con`, and create the temporary table `result` of `con` with its rows.

    Raises
    ------
    BookError
        The query fails, takes too long, or gives far more rows than it reads.
    """
    con.execute("SELECT current_setting('memory_limit'), current_setting('temp_directory')")
    memory, folder = con.fetchall()[0]
    con.execute("SET preserve_insertion_order = true")
    try:
        with tempfile.TemporaryDirectory(dir=folder or None) as spill:
            config = {"memory_limit": memory, "temp_directory": spill, "autoinstall_known_extensions": False}
            with closing(duckdb.connect(":memory:", config=config)) as apart:
                read = sum(_copied(con, apart, name, relation) for name, relation in tables.items())
                apart.execute("SET python_enable_replacements = false")
                apart.execute("SET enable_external_access = false")
                apart.execute("SET lock_configuration = true")
                timer = Timer(LONGEST_SECONDS, apart.interrupt)
                timer.start()
                try:
                    _answered(con, apart, query, result, MOST_TIMES_AS_MANY * max(read, 1), where)
                finally:
                    timer.cancel()
    finally:
        con.execute("SET preserve_insertion_order = false")


def _copied(con: duckdb.DuckDBPyConnection, apart: duckdb.DuckDBPyConnection, name: str, relation: Relation) -> int:
    """Copy a relation of `con` into `apart` as a table, in the order of its rows; return the number of rows."""
    names = ", ".join(quoted(column, relation.types) for column in relation.types)
    select = statement("SELECT {names} FROM {source}", names=names, source=relation.sql)
    apart.register("batches", con.sql(select, params=dict(relation.parameters)).to_arrow_reader())
    apart.execute(statement("CREATE TABLE {name} AS SELECT * FROM batches", name=quoted(name, (name,))))
    apart.unregister("batches")
    apart.execute(statement("SELECT count(*) FROM {name}", name=quoted(name, (name,))))
    return int(apart.fetchall()[0][0])


def _answered(
    con: duckdb.DuckDBPyConnection, apart: duckdb.DuckDBPyConnection, query: str, result: str, most: int, where: str
) -> None:
    try:
        con.register("batches", apart.sql(query).to_arrow_reader())
        con.execute(
            statement(
                "CREATE OR REPLACE TEMP TABLE {result} AS SELECT * FROM batches LIMIT {most}",
                result=result,
                most=str(most + 1),
            )
        )
        con.unregister("batches")
    except (duckdb.Error, OSError):
        # DuckDB's message may contain a borrower's value.
        raise BookError(
            f"A query over {where} cannot be run: a file or column that it names is not there, a value does not have "
            "the form that it expects (columns of text files are text), or it takes too long. Correct it in the "
            "mapping."
        ) from None
    con.execute(statement("SELECT count(*) FROM {result}", result=result))
    if con.fetchall()[0][0] > most:
        raise BookError(
            f"A query over {where} gives more than {MOST_TIMES_AS_MANY:,} times as many rows as it reads; a join in it "
            "probably lacks its condition. Correct it in the mapping."
        )
