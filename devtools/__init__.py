"""The documents; `make` holds what writes the parts of them that come from the code or from real runs."""
