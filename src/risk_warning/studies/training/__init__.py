"""Training a model: judged, reported and registered."""
