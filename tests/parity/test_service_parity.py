"""On one date a borrower gets the same answer to the last bit one by one, by id, in a batch and in the nightly run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas
import pytest
from bodies import Json, as_duckdb, bodies
from counts import count
from lender import Lender
from rich.progress import Progress
from serving import serving

from risk_warning.nightly.run import run_night
from risk_warning.settings import Settings

AS_OF = date(2023, 10, 1)
POINTS = 0.01
"""Two exact explanation methods may differ by up to this many points."""
BATCH = 100


@pytest.mark.slow
def test_the_service_answers_what_the_night_publishes(
    lender: Lender, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    settings = Settings(home=tmp_path / "night", db=f"sqlite:///{tmp_path / 'w.db'}")
    with Progress(disable=True) as progress:
        run_night(lender.book, settings, AS_OF, tmp_path, progress, model=str(lender.model), all_reasons=True)
    night = pandas.read_parquet(tmp_path / f"as_of={AS_OF}" / "scores")
    scored = night.loc[night["score"].notna(), "borrower_id"].tolist()
    # Nine of ten have a score; the others include every reason for no score.
    others = night[night["score"].isna()].groupby("not_scored").head(count(50))
    chosen = sorted(scored[: count(1800)] + others["borrower_id"].tolist())
    published = night.set_index("borrower_id").loc[chosen]
    assert set(published["not_scored"].dropna()) >= {"no_open_loan", "past_due", "written_off"}
    book = as_duckdb(lender.book, tmp_path / "book.duckdb")
    request_bodies = bodies(lender.book, AS_OF, chosen)
    limits = {"service__book": str(book), "service__rate_limit": "100000/second"}
    with (
        serving(tmp_path / "service", model=str(lender.model), no_auth="1", **limits) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        one_by_one = [answered(client, "/score", body) for body in request_bodies]
        by_id = [
            answered(client, "/score_by_id", {k: b[k] for k in ("borrower_id", "as_of_date")}) for b in request_bodies
        ]
        together: list[Json] = []
        for start in range(0, len(request_bodies), BATCH):
            batch = answered(client, "/score_batch", {"borrowers": request_bodies[start : start + BATCH]})
            together += [item["answer"] for item in batch["answers"]]
    for borrower, *answers in zip(chosen, one_by_one, by_id, together, strict=True):
        for answer in answers:
            same(answer, published.loc[borrower])
    record_property("parity", f"{len(chosen):,} borrowers, alone, by id, in batches and in the night: the same answer")


def answered(client: httpx.Client, route: str, body: Json) -> Json:
    response = client.post(route, json=body)
    assert response.status_code == 200, response.text
    content: Json = response.json()
    return content


def same(answer: Json, published: Any) -> None:
    if answer["not_scored"] is not None:
        assert answer["not_scored"] == published["not_scored"]
        assert answer["pd"] is None and answer["score"] is None
        return
    for name in ("pd", "score", "band", "below_threshold", "model_version", "policy_version"):
        assert answer[name] == published[name], name
    codes = [published[f"reason_{k}"] for k in range(1, 5) if isinstance(published[f"reason_{k}"], str)]
    assert [reason["code"] for reason in answer["reasons"]] == codes
    points = [published[f"reason_{k}_points"] for k in range(1, len(codes) + 1)]
    assert np.abs(np.array([reason["points"] for reason in answer["reasons"]]) - points).max(initial=0) <= POINTS
