"""Comparisons of two or more models on the same borrowers and dates."""
