"""Curves: what a call costs by the tags of a page, calls in flight, accounts, and the length of a list."""
