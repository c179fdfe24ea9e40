"""Measurements, which are run by hand: `python -m benchmarks.<name>` in the checkout."""
