"""Credentials that are passed to a sign-in as arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockerhub_mcp.hub.auth.credentials import Credentials
from dockerhub_mcp.hub.auth.secret_checks import check_name, check_secret
from dockerhub_mcp.hub.redaction import Redactor

if TYPE_CHECKING:
    from dockerhub_mcp.hub.methods.authentication import SignInMethod


def read_explicit_credentials(method: SignInMethod, redactor: Redactor) -> Credentials | None:
    """Return the credentials among the arguments of a sign-in; None to use the configured ones.

    Args:
        method: The sign-in.
        redactor: Masks the secret from here on.

    Raises:
        CredentialError: The name or the secret cannot be one.
    """
    explicit = method.get_explicit_credentials()
    if explicit is None:
        return None
    name, secret = explicit
    redactor.add_secret(secret.strip())
    check_name(name.strip(), f"The argument {method.name_argument}")
    check_secret(secret.strip(), f"The argument {method.secret_argument}")
    return Credentials.from_strings(name, secret)
