"""Loan review: what a reviewer asks beyond the score, by scoring changed rows with the very same function."""
