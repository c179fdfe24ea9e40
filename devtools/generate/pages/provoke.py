"""What a module of error messages maps its headings to."""

from collections.abc import Awaitable, Callable

Provoke = Callable[[], Awaitable[str]]
"""Provokes an error and returns its message."""
