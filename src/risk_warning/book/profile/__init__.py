"""The profile of a book: what its tables hold as they were read, for a person who looks at them for the first time."""
