"""Metrics of the service and of the domain, such as latency and scores by band, in Prometheus format."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from risk_warning.review.answer import BorrowerAnswer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)


class Metrics:
    """The metrics of one serving process."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._registry = registry = CollectorRegistry()
        self._routes = frozenset(routes)
        prefix = "risk_warning_"
        self._requests = Counter(f"{prefix}requests", "Requests answered", ["route", "status"], registry=registry)
        self._seconds = Histogram(
            f"{prefix}request_seconds", "Time from arrival to answer", ["route"], buckets=_SECONDS, registry=registry
        )
        self._stages = Histogram(
            f"{prefix}stage_seconds",
            "Time in each stage of an answer: parse, book, score, audit",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._scores = Counter(f"{prefix}scores", "Scores given", ["band", "model_version"], registry=registry)
        self._not_scored = Counter(f"{prefix}not_scored", "Borrowers without a score", ["reason"], registry=registry)
        self._warnings = Counter(f"{prefix}warnings_opened", "Warnings opened", registry=registry)
        self._shadow = Counter(
            f"{prefix}shadow_requests", "Requests handed to the challenger, or dropped", ["outcome"], registry=registry
        )
        self._task_failures = Counter(
            f"{prefix}task_failures", "Failures of background tasks, which are tried again", ["task"], registry=registry
        )
        self._model = Gauge(
            f"{prefix}model_info",
            "1 for the model that answers",
            ["model_version", "policy_version"],
            registry=registry,
        )
        self._serving: tuple[str, str] | None = None

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request by its route; all unknown paths together count as one route."""
        route = path if path in self._routes else "other"
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def spent(self, stage: str, seconds: float) -> None:
        """Record the time that one stage took."""
        self._stages.labels(stage).observe(seconds)

    def given(self, answer: BorrowerAnswer) -> None:
        """Count one borrower's answer."""
        if answer.not_scored is None:
            self._scores.labels(answer.band, answer.model_version).inc()
        else:
            self._not_scored.labels(answer.not_scored).inc()

    def warning_opened(self) -> None:
        """Count an opened warning."""
        self._warnings.inc()

    def shadowed(self, *, handed_over: bool) -> None:
        """Count a request for the challenger, handed over or dropped."""
        self._shadow.labels("handed_over" if handed_over else "dropped").inc()

    def task_failed(self, name: str) -> None:
        """Count a failure of a background task."""
        self._task_failures.labels(name).inc()

    def serving(self, model_version: str, policy_version: str) -> None:
        """Set the model that answers from now on."""
        if self._serving is not None:
            self._model.labels(*self._serving).set(0)
        self._serving = (model_version, policy_version)
        self._model.labels(*self._serving).set(1)

    def text(self) -> bytes:
        """Return all metrics in Prometheus format."""
        return generate_latest(self._registry)
