"""What the Hub said in an error body. It has many forms, and not all are JSON.

`{"message", "errinfo"}`, `{"detail"}`, `{"fields", "text"}`, `{"errors": [{"code", "message"}]}`,
`{"field": ["…"]}`, `{"__all__": ["…"]}`, an HTML page of a proxy, bare text, or nothing at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from dockerhub_mcp.hub.redaction import plain

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(r"<(?:!doctype|html|head|body|title|center|div|script|style|h1|p)\b", re.IGNORECASE)
_ERRINFO = re.compile(r"\"errinfo\"\s*:\s*(?:\{[^{}]*(?:\}|\Z)|\w+)\s*,?\s*")  # in JSON that is broken off
_ADDRESS = re.compile(r"\b\w{2,9}://[^\s\"'<>\\]+")
_PUBLIC = re.compile(
    r"https://(?:(?:www|hub|docs|app|login|status)\.docker\.com|www\.dockerstatus\.com)(?:[/?#]|$)"
)
_READ = 64 * 1024  # more than this of an error is not looked at
_READ_PAGE = 4 * 1024  # nor this of a page: its tags are searched for in time that grows with the square


def said(content: bytes, redact: Callable[[str], str] = str) -> str:
    """Return the words of an error body, one line of at most 300 characters, or an empty string.

    `errinfo` is left out on purpose: it names internal addresses, and so do some messages. Secrets are taken
    out before the line is tidied and cut, since half of one would not be found any more.
    """
    text = content[:_READ].decode("utf-8", "replace").strip()
    if not text:
        return ""
    try:
        text = "; ".join(dict.fromkeys(_words(json.loads(text))))
    except (ValueError, RecursionError):
        text = _ERRINFO.sub("", text)
    if text.startswith("<") or _PAGE.search(text):
        text = text[:_READ_PAGE]
        title = _TITLE.search(text)
        text = _TAGS.sub(" ", title[1] if title else text)
    return plain(redact(without_addresses(text)))


def without_addresses(text: str) -> str:
    """Return the text without addresses other than Docker's public ones; some messages name internal ones."""
    return _ADDRESS.sub(_public, text)


def _public(address: re.Match[str]) -> str:
    return address[0] if _PUBLIC.match(address[0]) else "(an address)"


def ticket(content: bytes) -> str | None:
    """Return the two-factor ticket of a refused sign-in, which asks for the second step."""
    try:
        data = json.loads(content[:_READ])
    except (ValueError, RecursionError):
        return None
    found = data.get("login_2fa_token") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None


def _words(data: Any) -> list[str]:
    match data:
        case str():
            return [data] if data.strip() else []
        case list():
            return [word for item in data for word in _words(item)]
        case dict():
            return _words_of_object(data)
        case _:
            return []


def _words_of_object(data: dict[str, Any]) -> list[str]:
    words = [str(data[key]) for key in ("message", "detail", "text") if data.get(key)]
    words += _words(data.get("errors"))
    fields = data.get("fields")
    if not words or fields:
        known = {"message", "detail", "text", "errors", "errinfo", "error", "code", "login_2fa_token"}
        named = fields if isinstance(fields, dict) else {k: v for k, v in data.items() if k not in known}
        for name, value in named.items():
            label = "" if name in {"__all__", "non_field_errors"} else f"{name}: "
            words += [f"{label}{word}" for word in _words(value)]
    return words
