"""Recognition: how a lender's export becomes a book, proposed from the names and values of its columns."""
