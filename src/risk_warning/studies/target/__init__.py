"""The target study: evidence for choosing a bad definition and a horizon."""
