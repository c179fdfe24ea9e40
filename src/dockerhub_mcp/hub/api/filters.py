"""Values of filters: other spellings of the Hub's own words, comma-separated lists, and suggestions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dockerhub_mcp.hub.redaction import to_single_line

T = TypeVar("T")

BADGES = ("official", "verified_publisher", "open_source", "hardened", "none")
SEARCH_TYPES = ("image", "helm", "plugin", "extension", "dhi", "model")
CONTENT_TYPES = ("image", "plugin", "helm", "volume", "wasm", "compose", "unrecognized", "model")

BADGE_ALIASES = {
    "official_image": "official",
    "official_images": "official",
    "docker_official": "official",
    "docker_official_image": "official",
    "docker_official_images": "official",
    "verified": "verified_publisher",
    "verified_publishers": "verified_publisher",
    "publisher": "verified_publisher",
    "open_source_program": "open_source",
    "opensource": "open_source",
    "oss": "open_source",
    "sponsored_oss": "open_source",
    "docker_sponsored_open_source": "open_source",
    "dhi": "hardened",
    "hardened_image": "hardened",
    "hardened_images": "hardened",
    "docker_hardened_images": "hardened",
}
TYPE_ALIASES = {
    "images": "image",
    "container": "image",
    "container_image": "image",
    "docker_image": "image",
    "chart": "helm",
    "charts": "helm",
    "helm_chart": "helm",
    "helm_charts": "helm",
    "plugins": "plugin",
    "extensions": "extension",
    "models": "model",
    "ai_model": "model",
    "volumes": "volume",
    "hardened": "dhi",
    "docker_hardened_image": "dhi",
}

_MAX_SHOWN_CHARS = 60


def quote(text: str, max_chars: int = _MAX_SHOWN_CHARS) -> str:
    """Return the text of a caller in quotes, on one line and cut to a length."""
    return f"'{to_single_line(text, max_chars)}'"


def normalize_word(text: str) -> str:
    """Return a word in the Hub's spelling: lower case with underscores."""
    return re.sub(r"[\s_-]+", "_", text.strip().lower())


def normalize_slug(text: str) -> str:
    """Return the slug of a category, such as `databases-and-storage` for `Databases & Storage`."""
    return re.sub(r"[\s_-]+", "-", text.strip().lower().replace("&", " and ").strip())


def find_alias(aliases: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that returns the Hub's word for another spelling, and unknown words as they are."""

    def find(text: str) -> str:
        word = normalize_word(text)
        return aliases.get(word, word)

    return find


def normalize_list(value: Any, normalize: Callable[[str], str]) -> Any:
    """Return a comma-separated list with each part normalized, or a value of another type as it is."""
    if isinstance(value, str):
        parts: Iterable[Any] = value.split(",")
    elif isinstance(value, list) and all(isinstance(part, str) for part in value):
        parts = value
    else:
        return value
    names = [normalize(part) for part in parts if part.strip()]
    return ",".join(dict.fromkeys(name for name in names if name))


def split_list(value: str | None) -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part for part in (value or "").split(",") if part]


def describe_unknown_values(name: str, value: str | None, known: Sequence[str]) -> list[str]:
    """Return a sentence for the parts of a list that are not among the known values."""
    unknown = [part for part in split_list(value) if part not in known]
    if not unknown:
        return []
    return [f"{name} {quote(', '.join(unknown))} is not a known value{suggest(unknown[0], known)}."]


def describe_ignored_filter(
    name: str, value: str | None, items: Sequence[T], matches: Callable[[T, str], bool]
) -> list[str]:
    """Return a sentence where items do not match a filter: the Hub ignores parameters that it does not know.

    Args:
        name: The name of the filter.
        value: Its value, or None where the call has none.
        items: The items that the Hub returned.
        matches: Tells whether an item matches a value.
    """
    if not value:
        return []
    wrong = sum(not matches(item, value) for item in items)
    if not wrong:
        return []
    return [f"The Hub did not apply {name}={quote(value)}: {wrong} of {len(items)} do not match."]


def normalize_search(text: str) -> str:
    """Return a text to search for without the `*` of a pattern and the `@` before a name."""
    return text.strip().strip("*%").removeprefix("@") or text


def normalize_searches(arguments: dict[str, Any]) -> dict[str, Any]:
    """Normalize the arguments `search` and `username` of a call, if they are text."""
    normalized = dict(arguments)
    for name in ("search", "username"):
        if isinstance(text := normalized.get(name), str):
            normalized[name] = normalize_search(text.lower() if name == "username" else text)
    return normalized


def suggest(name: str, known: Sequence[str], max_listed: int = 12) -> str:
    """Return the known values close to a name, or all where they are few, as the end of a sentence."""
    from difflib import get_close_matches  # noqa: PLC0415 - most values need no suggestion

    matches = get_close_matches(name[:100], known, n=3, cutoff=0.6)
    if not matches:
        matches = [each for each in known if name and name in each][:5]
    if matches:
        return f"; did you mean {' or '.join(matches)}"
    return f"; there are {', '.join(known)}" if len(known) <= max_listed else ""
