"""Mask secrets in the messages that commands write before, or without, a client of the Hub."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dockerhub_mcp.hub.redaction import Redactor

_SECRET_VARIABLE = re.compile(r"(?:^|_)(?:TOKEN|PAT|SECRET|PASSWORD|PASSWD|API_?KEY)$", re.IGNORECASE)
_MIN_LENGTH = 8  # characters; shorter values, such as `true`, occur in ordinary messages


def create_message_redactor(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that masks tokens, user info in URLs, and the secrets in environment variables."""
    redactor = Redactor()
    for name, value in environment.items():
        if len(value.strip()) >= _MIN_LENGTH and _SECRET_VARIABLE.search(name):
            redactor.add_secret(value.strip())
    return redactor.redact_log


def quote_word(word: str, *, may_be_secret: bool) -> str:
    """Return a word of the command line for a message, or a description of it."""
    return "a word (not shown, as it may be a secret)" if may_be_secret else repr(word)
