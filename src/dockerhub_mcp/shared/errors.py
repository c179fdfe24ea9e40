"""Errors of the shared store."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The shared store did not carry out a command in time, or is known to be unreachable.

    The command may have been carried out all the same. The message contains no address and no password.
    """
