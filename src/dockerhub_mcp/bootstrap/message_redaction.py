"""Mask the secrets of the environment in messages, also before there is a client of the Hub."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from dockerhub_mcp.hub.redaction import Redactor

_SECRET_VARIABLE = re.compile(r"(?:^|_)(?:TOKEN|PAT|SECRET|PASSWORD|PASSWD|API_?KEY)$", re.IGNORECASE)
_MIN_LENGTH = 8  # characters; shorter values, such as `true`, occur in ordinary messages


def create_message_redactor(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that masks tokens, user info in URLs, and the secrets in environment variables."""
    redactor = Redactor()
    for name, value in environment.items():
        if len(value.strip()) >= _MIN_LENGTH and _SECRET_VARIABLE.search(name):
            redactor.add_secret(value.strip())
    for password in find_url_passwords(environment):
        redactor.add_secret(password)
    return redactor.redact_log


def find_url_passwords(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the passwords in the URLs of proxies and of the shared store, as they are written and decoded."""
    for name, value in environment.items():
        if name.upper().endswith(("_PROXY", "_STORE_URL")) and "@" in value:
            from urllib.parse import unquote  # noqa: PLC0415 - hosts wait until the program has started

            password = value.partition("://")[2].rpartition("@")[0].partition(":")[2]
            yield from {password, unquote(password)} - {""}


def quote_address(text: str) -> str:
    """Return a rejected address as the end of a sentence; empty where it may hold a password."""
    return "" if ":" in text.rpartition("@")[0] else f", not {text!r}"
