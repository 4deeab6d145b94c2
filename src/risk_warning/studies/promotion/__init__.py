"""Promotion: the gate that decides whether a model may become the champion, and the change of champion itself."""
