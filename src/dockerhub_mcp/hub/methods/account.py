"""The signed-in account and its organizations.

The OpenAPI document omits these methods; Docker's own clients use them.
"""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.types import MaxItems, OrgName, PageNumber, PageSize
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.models import CurrentUser, Organization, Page
from dockerhub_mcp.hub.quoting import quote_name


class GetCurrentUser(Method[CurrentUser]):
    """Read the profile of the signed-in account. Undocumented by Docker, used by its own clients."""

    http = GET("/v2/user/")
    effect = Effect.READ
    scope = Scope.REPO_READ
    area = Area.ACCOUNT
    title = "Get the current user"
    oat_scope = ""
    is_documented = False

    def result_from_sign_in(self, principal: Principal) -> CurrentUser | None:
        """Return the account of an access token, to which the Hub does not show the profile."""
        if principal.kind not in {CredentialKind.PAT, CredentialKind.OAT}:
            return None
        is_organization = principal.kind is CredentialKind.OAT
        note = f"From the sign-in: the Hub shows the profile to no {principal.kind}; the rest is unknown."
        if is_organization:
            note += " The token acts for the organization, not for a user."
        if note not in self._notes:
            self._notes.append(note)
        return CurrentUser(
            username=principal.username,
            uuid=principal.uuid or None,
            type="Organization" if is_organization else "User",
            kind=str(principal.kind),
            scopes=list(principal.scopes) or None,
        )


class ListOrganizations(Method[Page[Organization]]):
    """List the organizations that the signed-in account belongs to.

    Undocumented by Docker, used by its own clients.
    """

    http = GET("/v2/user/orgs")
    effect = Effect.READ
    scope = Scope.REPO_READ
    area = Area.ACCOUNT
    title = "List my organizations"
    is_documented = False

    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class GetOrganization(Method[Organization]):
    """Read the public profile of an organization. Undocumented by Docker, used by its own clients."""

    http = GET("/v2/orgs/{org_name}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.ACCOUNT
    title = "Get organization"
    allows_anonymous = True
    oat_scope = ""
    is_documented = False

    org_name: OrgName

    def explain_result(self, result: Organization, reference: Any = None) -> list[str]:
        """Add that a user was found under the name: the Hub redirects to it."""
        notes = super().explain_result(result, reference)
        if result.type == "User" and not result.orgname:
            notes.append(f"{quote_name(self.org_name)} is a user, not an organization.")
        return notes
