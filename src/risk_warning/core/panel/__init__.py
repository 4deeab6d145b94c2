"""The panel: monthly signals of borrowers as known on an as-of date."""
