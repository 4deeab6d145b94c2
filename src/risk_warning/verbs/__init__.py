"""Families of verbs: each module is one, with its own `app`."""
