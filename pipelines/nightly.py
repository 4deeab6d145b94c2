"""The night job: score the book as of today, publish, update the watch list. Schedule it after the day's load.

    python pipelines/nightly.py BOOK OUT [AS_OF_DATE]

It may be killed and run again at any time. Exit codes are those of `risk-warning`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from rich.progress import Progress

from risk_warning.errors import RiskWarningError
from risk_warning.nightly.run import run_night
from risk_warning.settings import load_settings


def main(book: str, out: str, as_of: str | None = None) -> int:
    as_of_date = date.fromisoformat(as_of) if as_of else date.today()
    try:
        with Progress(disable=not sys.stderr.isatty()) as progress:
            report = run_night(book, load_settings(), as_of_date, Path(out), progress)
    except RiskWarningError as error:
        print(f"nightly: {error}", file=sys.stderr)
        return error.exit_code
    print(report.line())
    return 0


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
