"""Extract the message from an error body, which has many forms.

`{"message", "errinfo"}`, `{"detail"}`, `{"fields", "text"}`, `{"errors": [{"code", "message"}]}`,
`{"field": ["…"]}`, `{"__all__": ["…"]}`, an HTML page of a proxy, plain text, or nothing at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from dockerhub_mcp.hub.redaction import to_single_line

_HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
_HTML_START = re.compile(r"<(?:!doctype|html|head|body|title|center|div|script|style|h1|p)\b", re.IGNORECASE)
_ERRINFO = re.compile(r"\"errinfo\"\s*:\s*(?:\{[^{}]*(?:\}|\Z)|\w+)\s*,?\s*")  # in truncated JSON
_URL = re.compile(r"\b\w{2,9}://[^\s\"'<>\\]+")
_PUBLIC_URL = re.compile(
    r"https://(?:(?:www|hub|docs|app|login|status)\.docker\.com|www\.dockerstatus\.com)(?:[/?#]|$)"
)
_MAX_BODY_LENGTH = 64 * 1024  # bytes of an error body that are read
_MAX_HTML_LENGTH = 4 * 1024  # characters of a page; searching for tags takes quadratic time


def error_message(content: bytes, redact: Callable[[str], str] = str) -> str:
    """Return the message of an error body, one line of at most 300 characters, or an empty string.

    `errinfo` and internal URLs in messages are left out, since they expose Docker's infrastructure.

    Args:
        content: The response body.
        redact: Removes known secrets. It runs before the line is shortened, since a partial secret would not
            be recognized.
    """
    text = content[:_MAX_BODY_LENGTH].decode("utf-8", "replace").strip()
    if not text:
        return ""
    try:
        text = "; ".join(dict.fromkeys(_collect_messages(json.loads(text))))
    except (ValueError, RecursionError):
        text = _ERRINFO.sub("", text)
    if text.startswith("<") or _HTML_START.search(text):
        text = text[:_MAX_HTML_LENGTH]
        title = _HTML_TITLE.search(text)
        text = _HTML_TAGS.sub(" ", title[1] if title else text)
    return to_single_line(redact(redact_internal_urls(text)))


def redact_internal_urls(text: str) -> str:
    """Replace URLs other than Docker's public ones; some messages name internal ones."""
    return _URL.sub(_mask_internal_url, text)


def _mask_internal_url(match: re.Match[str]) -> str:
    return match[0] if _PUBLIC_URL.match(match[0]) else "(a URL)"


def two_factor_ticket(content: bytes) -> str | None:
    """Return the two-factor ticket in the body of a sign-in that needs a second step, or None."""
    try:
        data = json.loads(content[:_MAX_BODY_LENGTH])
    except (ValueError, RecursionError):
        return None
    found = data.get("login_2fa_token") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None


def _collect_messages(data: Any) -> list[str]:
    match data:
        case str():
            return [data] if data.strip() else []
        case list():
            return [message for item in data for message in _collect_messages(item)]
        case dict():
            return _collect_object_messages(data)
        case _:
            return []


def _collect_object_messages(data: dict[str, Any]) -> list[str]:
    messages = [str(data[key]) for key in ("message", "detail", "text") if data.get(key)]
    messages += _collect_messages(data.get("errors"))
    fields = data.get("fields")
    if not messages or fields:
        known = {"message", "detail", "text", "errors", "errinfo", "error", "code", "login_2fa_token"}
        named = fields if isinstance(fields, dict) else {k: v for k, v in data.items() if k not in known}
        for name, value in named.items():
            label = "" if name in {"__all__", "non_field_errors"} else f"{name}: "
            messages += [f"{label}{message}" for message in _collect_messages(value)]
    return messages
