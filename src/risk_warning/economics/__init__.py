"""Economics of a book: assumptions from the settings, and losses from its own payments."""
