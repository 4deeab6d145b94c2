"""The retraining job: build → train → compare with the champion → gate → propose. Schedule it monthly.

    python pipelines/retrain.py BOOK [NIGHTS]

NIGHTS is the folder that `score --out` wrote to; its archived features are compared with the book. A model that passes
the gate becomes `challenger`: it scores beside the champion until a person promotes it. This includes the first model,
which is not compared with another. Exit codes are those of `risk-warning`; 17: the gate would refuse the model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import Progress

from risk_warning.cli.actor import actor
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import GateError, RiskWarningError
from risk_warning.learning.request import Request
from risk_warning.settings import load_settings
from risk_warning.studies.promotion.gate import gate, propose
from risk_warning.studies.training.run import train_model


@contextmanager
def stage(name: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - start:.1f} s")


def main(book: str, nights: str | None = None) -> int:
    settings = load_settings()
    try:
        with Progress(disable=not sys.stderr.isatty()) as progress:
            with stage("build and train"):
                report = train_model(book, settings, Request(target=TargetSpec()), None, progress)
            judged = report.model.provenance.evaluation
            print(
                f"{report.model.version}, registry version {report.registry_version}: AUC {judged.auc:.3f}, "
                f"observed over expected {judged.observed_over_expected:.2f} on {judged.n:,} rows out of time"
            )
            number = str(report.registry_version)
            with stage("compare with the champion, and gate"):
                gated = gate(number, book, settings, Path(nights) if nights else None, progress)
            for rule in gated.rules:
                print(rule.in_words())
            if not gated.passed:
                raise GateError(f"the gate would refuse version {number}; it stays registered and is not proposed.")
            with stage("propose"):
                print(propose(gated, settings, actor(settings.database_url)))
    except RiskWarningError as error:
        print(f"retrain: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
