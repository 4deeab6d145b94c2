"""Sources: where the tables of a book come from."""
