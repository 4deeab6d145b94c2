"""The retraining job: train on all mature months, judge out of time, register. Schedule it monthly.

    python pipelines/retrain.py BOOK

The first model registered becomes `champion`; a later one stands beside it until somebody promotes it.
"""

from __future__ import annotations

import sys

from rich.progress import Progress

from risk_warning.core.target import TargetSpec
from risk_warning.errors import RiskWarningError
from risk_warning.jobs.training import train_model
from risk_warning.model.training import Request
from risk_warning.settings import load_settings


def main(book: str) -> int:
    try:
        with Progress(disable=not sys.stderr.isatty()) as progress:
            report = train_model(book, load_settings(), Request(target=TargetSpec()), None, progress)
    except RiskWarningError as error:
        print(f"retrain: {error}", file=sys.stderr)
        return error.exit_code
    judged = report.model.about["evaluation"]
    print(
        f"{report.model.version}, registry version {report.registry_version}: AUC {judged['auc']:.3f}, "
        f"observed over expected {judged['observed_over_expected']:.2f} on {judged['n']:,} rows out of time"
    )
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
