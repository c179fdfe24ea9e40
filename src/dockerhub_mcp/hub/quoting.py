"""Quoting of texts that a question to the user contains, so that they cannot pass for the question itself.

Untrusted are names, labels and descriptions on the Hub, and the arguments of an agent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from dockerhub_mcp.hub.redaction import to_single_line

MAX_QUOTED_CHARS = 300
"""Longer than every name, which is quoted whole."""
_MAX_LISTED_NAMES = 20
_BARE_NAME = re.compile(r"[\w.@/*+:-]*[\w@/*+-]", re.ASCII)  # a period at the end would look doubled


def quote_name(name: object, max_chars: int = MAX_QUOTED_CHARS) -> str:
    """Return a name bare where it is a single plain word, and quoted like a text otherwise."""
    text = str(name)
    return text if len(text) <= max_chars and _BARE_NAME.fullmatch(text) else quote_text(text, max_chars)


def quote_text(text: object, max_chars: int = MAX_QUOTED_CHARS) -> str:
    """Return a text in JSON quotes on one line, without invisible characters and openings of comments."""
    line = to_single_line(str(text), max_chars).replace("<!", "< !").replace("<?", "< ?")
    return json.dumps(line, ensure_ascii=False)


def list_names(names: Iterable[object], max_names: int = _MAX_LISTED_NAMES) -> str:
    """Return names separated by commas, the first ones if there are many."""
    quoted = [quote_name(name) for name in names]
    more = len(quoted) - max_names
    return ", ".join(quoted[:max_names]) + (f" and {more} more" if more > 0 else "")
