"""Charts of lanes along their centreline (matplotlib)."""
