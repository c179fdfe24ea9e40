"""Prompts that a person picks from a menu."""
