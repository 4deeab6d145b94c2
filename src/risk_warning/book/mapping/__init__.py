"""Mapping: a lender's own tables and columns, read as those of a book."""
