"""The measurements: each function takes one round of one of them."""
