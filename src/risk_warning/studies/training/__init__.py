"""The training study: trains a model, evaluates it, reports on it and registers it."""
