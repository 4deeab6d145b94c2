"""The model registry: versions, aliases and references."""
