"""Statistics that know nothing of lending: pure, arrays in, arrays out."""
