"""The nightly run: score the whole book, publish the scores, and update the watch list."""
