"""Carry out a clean-up plan: one question, then each tag and manifest with a record before and after."""
