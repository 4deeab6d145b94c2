"""The role of PostgreSQL that the page *Security* gives the service: it adds to the trail and changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from databases import databases
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from trails import NOV, REASON, decision, written

from risk_warning.audit.api_keys import create
from risk_warning.audit.verification.run import verify
from risk_warning.core.warning_reason import WarningReason
from risk_warning.errors import DatabaseError
from risk_warning.watchlist.between_nights import WarningToOpen
from risk_warning.watchlist.stored import FirstSeen

REFUSED = (
    "UPDATE decisions SET role = 'admin'",
    "DELETE FROM audit_events",
    "TRUNCATE decision_contents",
    "UPDATE decision_contents SET answer = NULL",
    "ALTER TABLE decisions DISABLE TRIGGER ALL",
    "DROP TRIGGER decisions_no_change ON decisions",
    "INSERT INTO api_keys (key_id, name, role, secret_digest, created_at) VALUES ('0', 'x', 'admin', '0', '0')",
    "UPDATE warnings SET outcome = 'closed'",
    "DELETE FROM runs",
)


def test_the_service_may_add_to_the_trail_and_change_nothing(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    (grants,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    with databases("postgresql", tmp_path) as new:
        owner = new()
        create(owner, name="loan-system", role="scorer", rate_limit=None, expires_on=None, actor="li")
        engine = create_engine(owner)
        with engine.begin() as connection:
            connection.exec_driver_sql(grants)
        engine.dispose()
        service = make_url(owner).set(username="risk_warning_service").render_as_string(hide_password=False)
        reason: tuple[WarningReason, ...] = (REASON,)
        answers = {"opened": "{}", "already_open": "{}", "as_of_date_too_old": "{}"}
        opening = WarningToOpen("3", NOV, FirstSeen(470.0, "red", None, reason), answers)
        written(service, decision("r1"), decision("r2", as_of_date=NOV, answer=opening)).close()
        engine = create_engine(service)
        for statement in REFUSED:
            with engine.connect() as connection, pytest.raises(ProgrammingError, match=r"must be owner|denied"):
                connection.execute(text(statement))
        engine.dispose()
        with pytest.raises(DatabaseError):
            create(service, name="mine", role="admin", rate_limit=None, expires_on=None, actor="li")
        result = verify(owner)
        assert result.whole and result.rows["decisions"] == 2
