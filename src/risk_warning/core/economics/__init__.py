"""Economics: exposures, losses, and the cost and value of calls."""
