"""The audit trail: decisions, events and API keys."""
