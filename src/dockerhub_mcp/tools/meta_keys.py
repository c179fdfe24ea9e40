"""The keys of this project in `_meta` of tools and results. Needs the standard library only."""

from __future__ import annotations

META_PREFIX = "dockerhub-mcp/"
"""The prefix of the keys."""

UNTRUSTED_META_KEY = META_PREFIX + "untrusted"
"""The key in `_meta` of a result that lists the fields with text written by third parties."""
