"""Learning: from a book to a fitted and evaluated model."""
