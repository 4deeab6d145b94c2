"""The life of a warning, night by night. Threshold 560, margin 10, seven days."""

from __future__ import annotations

from datetime import date

import pytest

from risk_warning.core.lifecycle import Seen, WarningStep, step
from risk_warning.core.policy import Policy

POLICY = Policy(threshold=560, red_below=530, yellow_below=590)
TONIGHT = date(2024, 6, 10)


@pytest.mark.parametrize(
    ("score", "dpd", "is_open", "safe_since", "expected"),
    [
        (559.999, 0, False, None, WarningStep("opened", None)),
        (560.0, 0, False, None, None),
        (550.0, 29, False, None, WarningStep("opened", None)),
        (550.0, 30, False, None, None),  # a case for collections: nothing to warn about
        (550.0, None, False, None, WarningStep("opened", None)),
        (None, None, False, None, None),
        (550.0, 0, True, None, WarningStep("kept", None)),
        (565.0, 0, True, date(2024, 6, 1), WarningStep("kept", None)),  # safe, but not by the margin: the streak ends
        (570.0, 0, True, None, WarningStep("kept", TONIGHT)),
        (570.0, 0, True, date(2024, 6, 4), WarningStep("kept", date(2024, 6, 4))),  # six days
        (570.0, 0, True, date(2024, 6, 3), WarningStep("closed", date(2024, 6, 3))),  # seven days
        (None, None, True, date(2024, 6, 1), WarningStep("kept", None)),  # no longer scored
        (None, 30, True, None, WarningStep("handed_over", None)),
        (None, 29, True, None, WarningStep("kept", None)),
    ],
)
def test_a_step(
    score: float | None, dpd: float | None, is_open: bool, safe_since: date | None, expected: WarningStep | None
) -> None:
    seen = Seen("b", score, None if score is not None else "past_due", dpd)
    transition = step(seen, is_open=is_open, safe_since=safe_since, as_of_date=TONIGHT, policy=POLICY, bad_dpd=30)
    assert transition == expected
