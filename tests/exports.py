"""The corpus of odd exports: what lenders' systems really write, and what should come of each."""

from __future__ import annotations

from export_files import FILES
from export_rows import ROWS
from export_values import VALUES
from export_writing import Case

CASES: tuple[Case, ...] = (*VALUES, *FILES, *ROWS)
