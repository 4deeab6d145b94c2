"""The routes of the application, by what a caller wants: a score, a review, or a page about the service."""
