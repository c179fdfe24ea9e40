"""Check secrets that are sent in a header. Uses only the standard library."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.errors import CredentialError

_HEADER_TOKEN = re.compile(r"[\x21-\x7e]+")  # visible ASCII, without spaces


def is_header_token(secret: str) -> bool:
    """Tell whether a bearer token can stand in the Authorization header."""
    return _HEADER_TOKEN.fullmatch(secret) is not None


def check_header_token(secret: str, variable: str) -> str:
    """Return a token that can be sent in a header.

    Args:
        secret: The token.
        variable: The environment variable that it comes from, for the message.

    Raises:
        CredentialError: It has other characters than visible ASCII; the message quotes none of it.
    """
    if is_header_token(secret):
        return secret
    what = f"The token of {variable} has characters that cannot be sent in a header."
    why = "It may hold a line break, a space, a typographic quotation mark or another special character."
    raise CredentialError(what, why=why, remedy="Copy the token again, as one word and without quotes.")
