"""Numbers within hand-written sentences that follow from the code, such as how many tools there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_NUMBER = r"\d[\d,]*"


def replace_counts(page: str, phrases: Iterable[str], counts: Mapping[str, int]) -> str:
    """Return a page with the numbers of each phrase replaced by their current values.

    Args:
        page: The text of the page.
        phrases: Parts of sentences with the names of counts in braces, such as `{tools} tools`. Line breaks
            of the page do not matter.
        counts: The current values by name.

    Raises:
        ValueError: The page lacks a phrase.
    """
    for phrase in phrases:
        names = _PLACEHOLDER.findall(phrase)
        pattern = _compile_phrase(phrase)
        if not pattern.search(page):
            msg = f"the page lacks the phrase {phrase!r}; correct the page, or PHRASES in devtools/generate"
            raise ValueError(msg)

        def replace(found: re.Match[str], names: list[str] = names) -> str:
            text, end = "", found.start()
            for place, name in enumerate(names, 1):
                text += found.string[end : found.start(place)] + f"{counts[name]:,}"
                end = found.end(place)
            return text + found.string[end : found.end()]

        page = pattern.sub(replace, page)
    return page


def round_to(value: int, step: int) -> int:
    """Return the value rounded to a multiple of the step, for sentences that say "about"."""
    return round(value / step) * step


def _compile_phrase(phrase: str) -> re.Pattern[str]:
    texts = _PLACEHOLDER.split(phrase)[::2]
    escaped = [r"\s+".join(map(re.escape, re.split(r"\s+", text))) for text in texts]
    return re.compile(r"(?<![\d,])" + f"({_NUMBER})".join(escaped))
