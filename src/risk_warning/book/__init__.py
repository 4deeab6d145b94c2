"""The book: a lender's tables, read, checked, and handed to the core in its own types."""

from risk_warning.book.quarantine import Quarantine
from risk_warning.book.staged import StagedBook, open_book

__all__ = ["Quarantine", "StagedBook", "open_book"]
