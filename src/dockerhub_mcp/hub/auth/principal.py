"""The account that requests are made as."""

from __future__ import annotations

from typing import NamedTuple

from dockerhub_mcp.hub.api.enums import CredentialKind


class Principal(NamedTuple):
    """The account that a request was made as; the username is empty for an anonymous one."""

    username: str
    kind: CredentialKind
    fixed_identity: bool = False
    """Whether calls cannot change the account, so that advice to sign in would be of no use."""
    scopes: tuple[str, ...] = ()
    """The scopes that the bearer token claims; empty where they are unknown."""
    uuid: str = ""
    """The identifier of the account, where the bearer token claims one."""

    @property
    def is_anonymous(self) -> bool:
        """Whether requests are sent without credentials."""
        return self.kind is CredentialKind.ANONYMOUS

    def __str__(self) -> str:
        if self.is_anonymous:
            return "an anonymous caller"
        return f"{self.username} (signed in with {self.kind.with_article})"
