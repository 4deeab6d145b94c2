"""The routes of the service, and who may use them."""

from __future__ import annotations

MAY: dict[tuple[str, str], str] = {
    ("POST", "/score"): "scorer reviewer risk admin",
    ("POST", "/score_by_id"): "scorer reviewer risk admin",
    ("POST", "/score_batch"): "scorer reviewer risk admin",
    ("POST", "/explain"): "reviewer risk admin",
    ("POST", "/what_if"): "reviewer risk admin",
    ("GET", "/model"): "scorer reviewer risk admin",
    ("GET", "/metrics"): "risk admin",
    ("GET", "/docs"): "scorer reviewer risk admin",
    ("GET", "/openapi.json"): "scorer reviewer risk admin",
}
"""Route → the roles that may use it, as in the README."""
HEALTH = ("/healthz", "/livez", "/readyz")
ELSEWHERE = (
    ("GET", "/"),
    ("GET", "/static_content/swagger-ui.css"),
    ("GET", "/docs.json"),
    ("GET", "/no/such/route"),
    ("POST", "/readyz/../score"),
    ("POST", "//score"),
    ("POST", "/score/"),
    ("DELETE", "/score"),
    ("OPTIONS", "/score"),
    ("HEAD", "/model"),
)
"""Other requests that a client without a key may try."""
