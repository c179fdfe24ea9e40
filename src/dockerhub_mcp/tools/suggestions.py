"""Suggest the name that a misspelled one probably stands for. Needs the standard library alone."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

MAX_NAME_LENGTH = 100
"""Characters of a name that are looked at, and repeated in a message."""

_MAX_LISTED_NAMES = 30


def did_you_mean(name: str, candidates: Sequence[str]) -> str:
    """Return the candidates closest to a name, as the end of a sentence.

    Without a close match, all candidates are listed if there are at most 30; otherwise the text is empty.
    """
    name = name[:MAX_NAME_LENGTH]
    matches = get_close_matches(name.lower().replace("-", "_"), candidates, n=3, cutoff=0.5)
    matches = matches or get_close_matches(name.lower(), candidates, n=3, cutoff=0.5)
    if not matches:
        return f"; there are {', '.join(candidates)}" if len(candidates) <= _MAX_LISTED_NAMES else ""
    return f"; did you mean {' or '.join(matches)}?"
