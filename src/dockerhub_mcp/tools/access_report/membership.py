"""What an account belongs to and may reach, as far as the Hub shows it to the account itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from dockerhub_mcp.hub import CredentialKind, Hub, HubError
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.methods import (
    CheckRepository,
    ListOrganizations,
    ListRepositories,
    ScimGetProviderConfig,
)
from dockerhub_mcp.hub.models import Organization, RepositorySummary
from dockerhub_mcp.hub.quoting import quote_name

_PAGE_SIZE = 100
_MAX_ORGANIZATIONS = 10
_PROBE = {"namespace": "library", "repository": "hello-world"}


async def describe_organizations(hub: Hub, principal: Principal) -> str:
    """Return the organizations of a user with the user's role in each; empty for an organization's token.

    Raises:
        HubError: They could not be read.
    """
    if principal.kind in {CredentialKind.ANONYMOUS, CredentialKind.OAT}:
        return ""
    page = await hub.send(ListOrganizations(page_size=_PAGE_SIZE))
    names = [_describe_organization(organization) for organization in page.results]
    count = max(page.count or 0, len(names))
    more = count - len(names[:_MAX_ORGANIZATIONS])
    listed = ", ".join(names[:_MAX_ORGANIZATIONS]) or "none"
    return f"{listed} and {more} more (list_organizations)" if more > 0 else listed


async def describe_token_resources(hub: Hub, principal: Principal) -> str:
    """Return what an organization's token reaches, as far as it can be seen; empty for other credentials.

    Raises:
        HubError: The repositories that the token lists could not be read.
    """
    if principal.kind is not CredentialKind.OAT:
        return ""
    unknown = "the Hub shows them to owners only (get_org_access_token)"
    organization = principal.username
    page = await hub.send(ListRepositories(namespace=organization, page_size=_PAGE_SIZE))
    listed = _count_repositories(organization, page.results, page.count)
    return f"{unknown}; the token lists {listed}, and may read more"


async def probe_rate_limit(hub: Hub) -> None:
    """Send one small request where none has told the rate limit yet.

    Raises:
        HubError: The Hub cannot be reached, or refuses the account.
    """
    if hub.rate_limit is None:
        await hub.send(CheckRepository(**_PROBE))


async def has_scim_token(hub: Hub) -> bool:
    """Tell whether the client has a token for the SCIM methods; nothing is sent."""
    with suppress(HubError):
        await hub.check_account(ScimGetProviderConfig())
        return True
    return False


def _describe_organization(organization: Organization) -> str:
    name = quote_name(organization.orgname or organization.username or "?")
    role: Any = (organization.model_extra or {}).get("user_role")
    return f"{name} ({quote_name(role)})" if isinstance(role, str) and role else name


def _count_repositories(namespace: str, repositories: list[RepositorySummary], count: int | None) -> str:
    private = sum(repository.is_private is True for repository in repositories)
    total = max(count or 0, len(repositories))
    first = "" if total == len(repositories) else f" of the first {len(repositories)}"
    noun = "repository" if total == 1 else "repositories"
    return f"{total} {noun} of {quote_name(namespace)} ({private or 'none'}{first} private)"
