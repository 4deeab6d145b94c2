"""Which target: the evidence for a bad definition and a horizon."""
