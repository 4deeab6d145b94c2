"""Books that the project brings along: the simulated lender and public data."""
