"""Benchmarks, which are run by hand in the checkout: `python -m benchmarks.<name>`."""
