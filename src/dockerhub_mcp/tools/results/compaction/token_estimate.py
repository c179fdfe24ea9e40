"""An estimate of how many tokens a text takes, to decide which of two forms is shorter."""

from __future__ import annotations

import re

_PIECE = re.compile(r"[^\W\d_]{1,8}|\d{1,3}|[^\w\s]+|_")


def estimate_tokens(text: str) -> int:
    """Return about as many tokens as the tokenizers of language models count: words, numbers and signs."""
    return len(_PIECE.findall(text))
