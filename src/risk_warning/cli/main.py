"""The command line of `risk-warning`.

Each verb imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from risk_warning.cli import audit, import_data, keys
from risk_warning.cli.backtest import backtest
from risk_warning.cli.check import check
from risk_warning.cli.compare import compare
from risk_warning.cli.convert import convert
from risk_warning.cli.demo import demo
from risk_warning.cli.features import features
from risk_warning.cli.init import init
from risk_warning.cli.map import map_export
from risk_warning.cli.models import models
from risk_warning.cli.promote import adopt, promote, propose, rollback
from risk_warning.cli.replay import replay
from risk_warning.cli.runs import runs
from risk_warning.cli.score import score
from risk_warning.cli.sign import sign
from risk_warning.cli.simulate import simulate
from risk_warning.cli.status import status
from risk_warning.cli.target import target
from risk_warning.cli.terminal import Terminal
from risk_warning.cli.threshold import threshold
from risk_warning.cli.train import train
from risk_warning.cli.watchlist import watchlist
from risk_warning.errors import RiskWarningError, exit_codes
from risk_warning.output import private_by_default

_EXITS = "\n\n".join(f"{code}  {meaning}" for code, meaning in exit_codes().items())
app = typer.Typer(
    name="risk-warning",
    help="Early warning of overdue payments: a lender's tables in, a watch list with reasons out.",
    epilog=f"Exit codes: 0 success, 2 a wrong command line;\n\n{_EXITS}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_BRING, _TRAIN, _RUN, _SERVE, _KEEP = "Bring a book", "Train and judge", "Run", "Serve", "Keep"
for panel, verbs in (
    (_BRING, (demo, init, map_export, check, convert, simulate, features)),
    (_TRAIN, (target, train, compare, threshold, backtest, models, propose, promote, rollback, adopt, sign)),
    (_RUN, (score, watchlist, runs)),
    (_SERVE, (replay,)),
    (_KEEP, (status,)),
):
    for verb in verbs:
        app.command(verb.__name__.removesuffix("_export"), rich_help_panel=panel)(verb)
app.add_typer(import_data.app, name="import", rich_help_panel=_BRING)
app.add_typer(keys.app, name="keys", rich_help_panel=_SERVE)
app.add_typer(audit.app, name="audit", rich_help_panel=_KEEP)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"risk-warning {version('risk-warning')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the verb and end the process with its exit code."""
    private_by_default()
    try:
        app()
    except RiskWarningError as error:
        Terminal(stderr=True, soft_wrap=True).print(f"risk-warning: {error}", style="red")
        sys.exit(error.exit_code)
