"""Learning: from a book to a fitted and judged model."""
