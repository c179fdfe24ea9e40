"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

MAX_NAME_CHARS = 100
"""Characters of a misspelt name that are compared; matching longer names takes too long."""
_MAX_LISTED_NAMES = 30


def did_you_mean(name: str, candidates: Sequence[str]) -> str:
    """Return the names most similar to a misspelt one, phrased as the end of a sentence.

    Without a similar name, all candidates are listed if there are at most 30.
    """
    name = name[:MAX_NAME_CHARS]
    matches = get_close_matches(name.lower().replace("-", "_"), candidates, n=3, cutoff=0.5)
    matches = matches or get_close_matches(name.lower(), candidates, n=3, cutoff=0.5)
    if matches:
        return f"; did you mean {' or '.join(matches)}?"
    return f"; there are {', '.join(candidates)}" if len(candidates) <= _MAX_LISTED_NAMES else ""
