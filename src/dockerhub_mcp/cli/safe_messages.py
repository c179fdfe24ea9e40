"""Words of the command line in error messages."""

from __future__ import annotations


def quote_word(word: str, *, may_be_secret: bool) -> str:
    """Return a word of the command line for a message, or a description of it."""
    return "a word (not shown, as it may be a secret)" if may_be_secret else repr(word)
