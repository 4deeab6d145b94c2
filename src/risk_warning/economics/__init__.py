"""Economics of a book: assumptions from the settings, losses from its own payments."""
