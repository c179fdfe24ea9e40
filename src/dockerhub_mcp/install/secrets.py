"""Recognize secrets in the text of a host's file: those of any server, not only of this one."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from dockerhub_mcp.hub.redaction import MASK, Redactor

_NAMES = (
    r"token|secret|password|passwd|passphrase|api[-_]?key|private[-_]?key|authorization|credential|cookie"
)
_NAMED_VALUE = re.compile(
    rf"""((?:(?:{_NAMES})[\w-]*|[\w-]*(?:[-_]pat|[-_]pass|[-_]pwd|[-_]auth))["']?\s*[:=]\s*["']"""
    rf"""|--[\w-]*(?:{_NAMES}|key)[\w-]*["']\s*,\s*["']"""
    rf"""|["']--[\w-]*(?:{_NAMES}|key)[\w-]*=|["'](?:-e|--env=)?\w*(?:{_NAMES})\w*=)[^"'\n]+""",
    re.IGNORECASE,
)
_KNOWN_TOKEN = re.compile(
    r"\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|sk-[\w-]{16,}"
    r"|AKIA[A-Z0-9]{16}|AIza[\w-]{30,}|hf_\w{16,}|npm_\w{16,})"
)
_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>$]*:[^\s/?#\"'<>$]*(?=@)")
_redact_tokens = Redactor()


def mask_secrets(text: str, known: Collection[str] = ()) -> str:
    """Return a text with secrets masked; references to variables, and names of files, are kept.

    Args:
        text: A text, such as that of a file.
        known: Secrets that are known to be in it, also as they are written in JSON.
    """
    for secret in sorted(known, key=len, reverse=True):
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            text = text.replace(form, MASK)
    text = _USER_INFO.sub(MASK, _NAMED_VALUE.sub(_mask_value, text))
    return _redact_tokens(_KNOWN_TOKEN.sub(MASK, text))


def holds_secret(text: str) -> bool:
    """Return whether a text seems to hold a secret."""
    return mask_secrets(text) != text


def holds_token(text: str) -> bool:
    """Return whether a text holds one of Docker's access tokens, or a JWT."""
    return _redact_tokens(text) != text


def _mask_value(match: re.Match[str]) -> str:
    value = match[0][len(match[1]) :]
    return match[0] if value.startswith("$") or "_FILE" in match[1] else f"{match[1]}{MASK}"
