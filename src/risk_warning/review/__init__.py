"""Loan review: one borrower's score, reasons, what-if and path to safe."""
