"""Books that come with the project: the simulated lender and public data."""
