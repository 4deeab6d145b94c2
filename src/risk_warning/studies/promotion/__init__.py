"""Whether a model may become the champion, and making it so."""
