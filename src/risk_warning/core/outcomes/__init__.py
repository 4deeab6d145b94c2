"""Outcomes: the target, and which borrowers turned bad when."""
