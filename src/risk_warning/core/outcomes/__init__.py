"""Outcomes: the prediction target, and which borrowers turned bad and when."""
