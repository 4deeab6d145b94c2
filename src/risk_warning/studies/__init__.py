"""Studies: one question of the risk team a folder."""
