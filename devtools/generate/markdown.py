"""Parts of a page that are written by a program: between two marks, or the block of text under a heading."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1]
COMMAND = "python -m docs.make"
MADE = f"<!-- Written by `{COMMAND}`; do not edit. -->\n"


def between(page: str, name: str, text: str) -> str:
    """Return a page with a text between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        ValueError: The marks are not there.
    """
    first, last = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, found, rest = page.partition(first)
    _, end, after = rest.partition(last)
    if not found or not end:
        msg = f"the page lacks {first.strip()} and {last.strip()}"
        raise ValueError(msg)
    return f"{before}{first}\n{text}\n{last}{after}"


def fenced(text: str, language: str = "text") -> str:
    """Return a block of text, with a fence that the text itself does not hold."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def in_cell(text: str) -> str:
    """Return a text as it stands in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
