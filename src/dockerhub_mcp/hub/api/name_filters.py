"""Filters by a part of a name, for callers that give a pattern, a digest or a reference instead."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.hub.api.pasted_text import strip_quotes

_GLOB = re.compile(r"[*?]")
_REGEX = re.compile(r"[\\^$|()\[\]{}+]|\.\*")
_SURELY_REGEX = re.compile(r"^(\^|\.[*+])|\$$|\\")
_DIGEST = re.compile(r"@?[a-z0-9]+:[0-9a-f]{12,}", re.IGNORECASE)
_FOREIGN = re.compile(r"[^\w.-]", re.ASCII)
_EXAMPLE = "such as name='8.2'"


def normalize_tag_filter(text: str, repository: str, notes: list[str]) -> str | None:
    """Return the substring to filter tag names by, or None where every name matches.

    Args:
        text: The filter as the caller wrote it, possibly a pattern.
        repository: The name of the repository, which may stand before the tag as in `redis:8.2`.
        notes: Receives a sentence where the substring matches more than the pattern.

    Raises:
        ValueError: No tag name can match.
    """
    text = strip_quotes(text)
    prefix, colon, rest = text.rpartition(":")
    if colon and rest and repository and prefix.rsplit("/", 1)[-1] == repository:
        text = rest
    if is_digest(text):
        msg = (
            f"name {quote(text, 24)} is a digest, and the Hub finds tags by a part of their name only; list "
            "the newest tags without name and compare the digests"
        )
        raise ValueError(msg)
    if "," in text:
        msg = f"name takes one part of a tag name, {_EXAMPLE}; call once for each of {quote(text)}"
        raise ValueError(msg)
    return _normalize_part(text, "tag", notes)


def normalize_repository_filter(text: str, namespace: str, notes: list[str]) -> str | None:
    """Return the substring to filter repository names by, in lower case as all are, or None.

    Args:
        text: The filter as the caller wrote it, possibly a pattern or with the namespace.
        namespace: The namespace that is listed.
        notes: Receives a sentence where the substring matches more than the pattern.

    Raises:
        ValueError: No name can match.
    """
    text = strip_quotes(text).lower()
    owner, slash, rest = text.rpartition("/")
    if slash and owner == namespace.strip().lower():
        text = rest
    elif slash and not _REGEX.search(text):
        msg = f"name is without the namespace; give namespace={quote(owner)} and name={quote(rest)}"
        raise ValueError(msg)
    return _normalize_part(text, "repository", notes)


def is_digest(text: str) -> bool:
    """Tell whether a text is a digest, such as `sha256:` with hexadecimal digits."""
    return _DIGEST.fullmatch(text.strip()) is not None


def validate_tag_name(text: str) -> str:
    """Return a tag name.

    Raises:
        ValueError: It is a digest or a pattern, which no tag is named.
    """
    if is_digest(text):
        msg = "must be a tag name (list the tags to compare their digests)"
        raise ValueError(msg)
    if re.fullmatch(r"[\w.*?-]*[*?][\w.*?-]*", text, re.ASCII):
        part = max(_GLOB.split(text), key=len).strip(".-_")
        hint = f"list_tags with name={quote(part)} finds such tags" if part else "list_tags lists the tags"
        msg = f"must be one exact tag name ({hint})"
        raise ValueError(msg)
    return text


def _normalize_part(text: str, subject: str, notes: list[str]) -> str | None:
    if not (_GLOB.search(text) or _REGEX.search(text)):
        if text and _FOREIGN.search(text):
            msg = (
                f"no {subject} name contains {_FOREIGN.findall(text)[0]!r}; name is a part of one, {_EXAMPLE}"
            )
            raise ValueError(msg)
        return text
    part, is_exact = _find_literal_part(text)
    if part is None:
        msg = f"name is a plain part of a {subject} name, {_EXAMPLE}; {quote(text)} is a pattern"
        raise ValueError(msg)
    if not part:
        if not is_exact:
            notes.append(f"The Hub takes no patterns such as {quote(text)}: all names are listed.")
        return None
    if not is_exact:
        notes.append(
            f"The Hub takes no patterns such as {quote(text)}: names containing {quote(part)} are listed."
        )
    return part


def _find_literal_part(pattern: str) -> tuple[str | None, bool]:
    """Return the longest part that each match of a pattern contains, and whether it means the same.

    It returns None without a certain part, and an empty text where the pattern matches every name.
    """
    # `8.*` is a glob after a digit, and `alpine.*` a regular expression after a letter.
    text = re.sub(r"^\^|\$$", "", re.sub(r"^/(.+)/[a-z]*$", r"\1", pattern))
    text = re.sub(r"\\d[+*]?|\[0-9\][+*]?|\[\^?[\w.-]+\][+*]?", "*", text)
    text = re.sub(r"(?<!\\)\.[*+]" if _SURELY_REGEX.search(pattern) else r"(?<=[^\d])\.[*+]", "*", text)
    text = re.sub(r"\\([.\-_])", r"\1", text)
    if re.search(r"[\\^$|()\[\]{}+]", text):
        return None, False
    parts = [part for part in re.split(r"[*?]+", text) if part]
    if not parts:
        return "", re.fullmatch(r"[\^.*+$/]*", pattern) is not None
    part = max(parts, key=len)
    if _FOREIGN.search(part):
        return None, False
    return part, pattern.startswith(("*", ".*")) and pattern.endswith("*") and len(parts) == 1
