"""History: the records of borrowers and their loans, and what was known of them on any day."""
