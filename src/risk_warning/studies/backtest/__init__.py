"""Which recipe would have kept winning."""
