"""Economics: exposures, losses, calls and what they are worth."""
