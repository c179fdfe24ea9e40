"""Rewrite the JSON bodies of the Hub's responses."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

UNKNOWN_VALUE = "something-new"
NEVER_NULL_FIELDS = {
    *("id", "uuid", "name", "namespace", "username", "userName", "orgname"),
    *("account", "action", "label", "token_label", "invitee"),
}
ENUM_FIELDS = {
    *("repository_type", "status_description", "tag_status", "status"),
    *("content_type", "role", "type", "affiliation"),
}
COLLECTION_FIELDS = ("results", "logs", "data", "invitees", "Resources")
"""The fields that hold the entries of a list; of a list's body, only the entries change."""


def replace_fields(content: Any, values: Mapping[str, Any]) -> Any:
    """Return an object with other values in fields that it already has."""
    if not isinstance(content, dict):
        return content
    return {name: values.get(name, value) for name, value in content.items()}


def remove_fields(content: Any, names: Collection[str]) -> Any:
    """Return an object without some of its fields."""
    if not isinstance(content, dict):
        return content
    return {name: value for name, value in content.items() if name not in names}


def replace_next_origin(content: Any, origin: str) -> Any:
    """Return the body of a list with another origin in its `next`."""
    if not isinstance(content, dict) or not content.get("next"):
        return content
    new, old = urlsplit(origin), urlsplit(content["next"])
    return content | {"next": urlunsplit((new.scheme, new.netloc, old.path, old.query, old.fragment))}


def corrupt_entries(content: Any, *, nulls: bool, unknown_words: bool) -> Any:
    """Return a body with nulls or unknown words in its fields; of a list, only the entries change."""
    if isinstance(content, dict):
        for name in COLLECTION_FIELDS:
            if isinstance(content.get(name), list):
                entries = [_corrupt_value(entry, nulls, unknown_words) for entry in content[name]]
                return content | {name: entries}
    return _corrupt_value(content, nulls, unknown_words)


def _corrupt_value(content: Any, nulls: bool, unknown_words: bool) -> Any:
    if isinstance(content, list):
        return [_corrupt_value(entry, nulls, unknown_words) for entry in content]
    if not isinstance(content, dict):
        return content
    return {name: _corrupt_field(name, value, nulls, unknown_words) for name, value in content.items()}


def _corrupt_field(name: str, value: Any, nulls: bool, unknown_words: bool) -> Any:
    if unknown_words and name in ENUM_FIELDS and isinstance(value, str):
        return UNKNOWN_VALUE
    if nulls and name not in NEVER_NULL_FIELDS:
        return None
    return _corrupt_value(value, nulls, unknown_words)
