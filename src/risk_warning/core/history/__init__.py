"""History: what is recorded of borrowers and their loans, and what was known of it on any day."""
