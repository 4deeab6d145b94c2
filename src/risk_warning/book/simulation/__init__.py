"""A lender that never was, whose truth is known."""
