"""The threshold study: what each safety threshold does, and what it is worth."""
