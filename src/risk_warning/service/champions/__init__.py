"""Models in service: the champion, which answers and follows the registry, and the challenger in shadow mode."""
