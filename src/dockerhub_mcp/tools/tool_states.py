"""Whether each tool is enabled, and whether an account could use it; the doctor and a tool report it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.tools.access import Access


class MissingPermission(StrEnum):
    """What an account lacks; the values are part of the doctor's JSON report."""

    ACCOUNT = "account"
    CREDENTIAL_KIND = "kind of credentials"
    SCOPE = "scope"
    SCIM_TOKEN = "SCIM token"


class CredentialGrants(NamedTuple):
    """What the configured credentials allow.

    Attributes:
        kind: The kind of credentials.
        scopes: The scopes that the Hub named at sign-in.
        has_scim_token: Whether a SCIM token is configured as well.
    """

    kind: CredentialKind
    scopes: Collection[str] = ()
    has_scim_token: bool = False


class ToolState(NamedTuple):
    """Whether a tool is enabled, and whether the account could use it.

    Attributes:
        name: The name of the tool.
        area: The toolset.
        access: The access level that it needs.
        on: Whether it is enabled.
        off_by: What disables it: `excluded`, `gate` (the access level), `chosen` (the list of tools),
            `toolset`, `caller` (the token of the caller) or `headers` (of the request); empty where it is on.
        off: The same in words.
        enable_with: The options of the server that enable it together; empty where it is on, or no option
            does.
        usable: Whether the account could use it if it were on; None where the account is unknown.
        lacks: What the account lacks, a `MissingPermission`; empty where nothing is known to.
        needs: The same in words.
    """

    name: str
    area: str
    access: str
    on: bool
    off_by: str = ""
    off: str = ""
    enable_with: Sequence[str] = ()
    usable: bool | None = True
    lacks: str = ""
    needs: str = ""


class ToolCatalog(Protocol):
    """The tools of a server or of one request."""

    access: Access

    def list_states(self, grants: CredentialGrants | None) -> Sequence[ToolState]:
        """Return the state of every tool, in the order of the reference.

        Args:
            grants: What the account's credentials allow; None where they are unknown.
        """

    def disabled_reason(self, name: str) -> str:
        """Return why a tool is disabled and which option enables it, or an empty string."""
