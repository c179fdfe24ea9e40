"""Namespaces given as an address of Docker Hub, or with a repository."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.hub.api.pasted_text import strip_quotes

_PREFIX = re.compile(
    r"^(?:https?://)?(?:hub\.docker\.com|docker\.io|index\.docker\.io|@)/?(?:u/|r/|orgs/)?", re.IGNORECASE
)


def normalize_namespace(text: str) -> str:
    """Return a namespace in lower case, without an address around it.

    Raises:
        ValueError: It is a repository.
    """
    name = _PREFIX.sub("", strip_quotes(text)).split("?", 1)[0].strip("/")
    if name == "_":
        return "library"
    owner, slash, rest = name.partition("/")
    if slash and owner and rest:
        msg = f"namespace is a user or organization without repository, such as {quote(owner)}"
        raise ValueError(msg)
    return (name.lower() if name.isascii() else name) or text
