"""Verification of the audit trail: what was changed, forged, cut off or hidden in the database."""
