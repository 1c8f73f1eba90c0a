"""The catalogue of rules as data, and its loader."""
