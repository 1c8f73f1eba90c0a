"""Sites: validated layers in one metric CRS, and their readers."""
