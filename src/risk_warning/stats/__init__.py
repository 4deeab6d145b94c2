"""Statistics without lending concepts: pure functions from arrays to arrays."""
