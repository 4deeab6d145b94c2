"""Questions: what in a book is readable and yet hardly true, and what the lender says about it."""
