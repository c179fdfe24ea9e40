"""Writes what the documents take from the code and from real runs: `python -m docs.make` in the checkout."""
