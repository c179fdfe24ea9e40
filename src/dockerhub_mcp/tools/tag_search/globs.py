"""Patterns of tag names: globs, which match whole names and are case-sensitive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate

MAX_GLOBS = 20
MAX_GLOB_CHARS = 128
_GLOB = re.compile(r"(?:[\w.*?-]|\[!?[\w.-]+\])+", re.ASCII)
_REGEX = re.compile(r"[\\^$|(){}+]|^\.\*")
_WILDCARD = re.compile(r"[*?]|\[[^\]]*\]")
_EXAMPLE = "such as '8.*' or '*-alpine*'"
_MIN_LITERAL_CHARS = 2


def validate_globs(globs: list[str] | None) -> list[str] | None:
    """Return globs.

    Raises:
        ValueError: There are too many, or one is a regular expression or nothing that a name can match.
    """
    if globs is not None and len(globs) > MAX_GLOBS:
        msg = f"takes at most {MAX_GLOBS} globs"
        raise ValueError(msg)
    return None if globs is None else [_validate_glob(glob.strip()) for glob in globs]


def _validate_glob(text: str) -> str:
    if len(text) > MAX_GLOB_CHARS:
        msg = f"a glob has at most {MAX_GLOB_CHARS} characters, as tags have"
        raise ValueError(msg)
    if _REGEX.search(text):
        msg = f"takes globs, {_EXAMPLE}, not regular expressions; several globs are alternatives"
        raise ValueError(msg)
    if not _GLOB.fullmatch(text):
        msg = f"takes globs of tag names, {_EXAMPLE}, without the name of the repository"
        raise ValueError(msg)
    return text


class GlobSet:
    """Globs of which a name matches any.

    The standard library's expressions never backtrack over a `*`, so the time is linear in the name.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        self.globs = tuple(dict.fromkeys(globs))
        self._expressions = [re.compile(translate(glob)) for glob in self.globs]

    def __bool__(self) -> bool:
        return bool(self.globs)

    def matches(self, name: str) -> bool:
        """Tell whether a name matches one of the globs."""
        return any(expression.match(name) for expression in self._expressions)


def find_name_part(globs: Iterable[str]) -> str:
    """Return the longest text that each name matching one of the globs contains; empty without one."""
    globs = list(globs)
    if not globs:
        return ""
    first, *others = ([part for part in _WILDCARD.split(glob) if part] for glob in globs)
    shared = [part for part in first if all(any(part in other for other in parts) for parts in others)]
    part = max(shared, key=len, default="")
    return part if len(part) >= _MIN_LITERAL_CHARS else ""


def looks_like_regex(glob: str) -> bool:
    """Tell whether a glob would also make sense as a regular expression, as `alpine.*` does."""
    return re.search(r"[A-Za-z]\.\*", glob) is not None
