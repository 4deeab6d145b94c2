"""The panel: what was known of each borrower, month by month."""
