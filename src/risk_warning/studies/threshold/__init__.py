"""Which safety threshold: what each one does and what it is worth."""
