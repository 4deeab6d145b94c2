"""The book: a lender's tables, read, checked, and converted to the types of the core."""

from risk_warning.book.quarantine import Quarantine
from risk_warning.book.staged import StagedBook, open_book

__all__ = ["Quarantine", "StagedBook", "open_book"]
