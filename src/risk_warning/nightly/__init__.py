"""The night: the whole book scored, published, and brought to the watch list."""
