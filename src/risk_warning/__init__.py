"""Early warning of overdue payments: a lender's tables in, a watch list with reasons out."""

__version__ = "0.1.0"
