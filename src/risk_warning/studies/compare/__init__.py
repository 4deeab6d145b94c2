"""Two models, or many, on the same borrowers and dates."""
