"""Organization access tokens.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/org-access-tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.impact import Impact, StateReader, read_as_editor
from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, NonEmptyString, OrgName, PageNumber, PageSize, UtcDatetime
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.access_tokens import describe_activation, describe_expiry
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.methods.repository_reads import CheckRepository
from dockerhub_mcp.hub.models import Acknowledgement, OrgAccessToken, OrgAccessTokenDetail, Page
from dockerhub_mcp.hub.models.timestamp import format_day
from dockerhub_mcp.hub.quoting import list_names, quote_name, quote_text

_MAX_CHECKED_REPOSITORIES = 20
_PUBLIC_REPOSITORIES = "*/*/public"

TokenId = Annotated[
    str,
    NonEmptyString,
    Field(
        description="Id from list_org_access_tokens.",
        examples=["a7a5ef25-8889-43a0-8cc7-f2a94268e861"],
    ),
]
OrgTokenLabel = Annotated[str, NonEmptyString, Field(description="Name of the token.", examples=["deploy"])]
OrgTokenDescription = Annotated[
    str | None,
    StringConstraints(max_length=200),
    Field(description="What it is for, at most 200 characters.", examples=["Pulls for staging"]),
]


class TokenResource(BaseModel):
    """What an organization access token may do, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["TYPE_REPO", "TYPE_ORG"]
    path: Annotated[str, Field(min_length=1, description="org/repository, org/*, or the organization.")]
    scopes: Annotated[list[str], Field(min_length=1, description="Such as scope-image-pull.")]


OrgTokenResources = Annotated[
    list[TokenResource],
    Field(
        min_length=1,
        description="What it may do, and where.",
        examples=[[{"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}]],
    ),
]


class ListOrgAccessTokens(Method[Page[OrgAccessToken]]):
    """List the access tokens of an organization: creator, last use and expiry, never the value.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{name}/access-tokens")
    introduced = "2025-03-25"
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "List organization access tokens"
    accepts_pat = False

    name: OrgName
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class GetOrgAccessToken(Method[OrgAccessTokenDetail]):
    """Read one access token of an organization with its scopes and resources, never its value.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{org_name}/access-tokens/{access_token_id}")
    introduced = "2025-03-25"
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Get organization access token"
    accepts_pat = False
    is_enabled_by_default = False

    org_name: OrgName
    access_token_id: TokenId


class CreateOrgAccessToken(Mutation, Method[OrgAccessTokenDetail]):
    """Create an access token of an organization. The Hub shows its value once.

    The user approves first. The value is written to a file if the server has a secrets directory; otherwise
    it enters this conversation. Needs an owner's password sign-in.
    """

    http = POST("/v2/orgs/{name}/access-tokens")
    introduced = "2025-03-25"
    effect = Effect.CREATE
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Create organization access token"
    outcome_tool = "list_org_access_tokens"
    accepts_pat = False
    secret_field = "token"
    gives = "a token with these scopes on these resources, to everyone with its value"

    name: OrgName
    label: OrgTokenLabel
    resources: OrgTokenResources
    description: OrgTokenDescription = None
    expires_at: Annotated[
        UtcDatetime | None,
        Field(description="Expiry, as in 2027-01-31T00:00:00Z; never if left out. Cannot be changed later."),
    ] = None

    async def examine(self, read: StateReader, current: Any) -> list[str]:  # noqa: ARG002
        """Check the resources, and return the repositories among them that do not exist.

        Raises:
            HubError: The Hub would refuse the call.
        """
        _check_resources(self.name, self.resources)
        await read_as_editor(read, ListOrgAccessTokens(name=self.name))
        return await _find_missing_repositories(read, self.resources)

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the token: its label, resources and expiry."""
        # The permissions come last: a long question is cut at its end.
        text = f"You create the access token {quote_text(self.label)} of {quote_name(self.name)}. "
        text += f"{describe_expiry(self.expires_at)} Everyone with its value can use it for "
        text += f"{_format_permissions(_list_permissions(self.resources))}."
        return Impact(f"{text}{_describe_missing(facts)}", gives=True)


class UpdateOrgAccessToken(Mutation, Method[OrgAccessTokenDetail]):
    """Rename, deactivate, reactivate or re-scope an access token of an organization.

    resources replaces all of them. The expiry cannot be changed. Needs an owner's password sign-in.
    """

    http = PATCH("/v2/orgs/{org_name}/access-tokens/{access_token_id}")
    introduced = "2025-03-25"
    effect = Effect.UPDATE
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Update organization access token"
    outcome_tool = "get_org_access_token"
    accepts_pat = False
    gives = "scopes or resources, or access again by re-enabling the token"
    takes = "scopes or resources, or access by deactivating the token"
    unasked = "a new label or description: these are texts"

    org_name: OrgName
    access_token_id: TokenId
    label: OrgTokenLabel | None = None
    description: OrgTokenDescription = None
    resources: OrgTokenResources | None = None
    is_active: Annotated[bool | None, Field(description="False revokes its access.", examples=[False])] = None

    def current_state_call(self) -> GetOrgAccessToken:
        """Return the call that reads the token."""
        return GetOrgAccessToken(org_name=self.org_name, access_token_id=self.access_token_id)

    async def examine(self, read: StateReader, current: OrgAccessTokenDetail | None) -> list[str]:
        """Check the token and the resources, and return the repositories among them that do not exist.

        Raises:
            InvalidRequest: The Hub would refuse the call.
        """
        if current is not None and current.is_expired:
            what = f"The access token {quote_text(current.label or '?')} has expired; nothing was sent."
            raise InvalidRequest(what, why="It can only be deleted.", remedy="Create another one.")
        _check_resources(self.org_name, self.resources or [])
        return await _find_missing_repositories(read, self.resources or [])

    def assess(self, current: OrgAccessTokenDetail, facts: Any) -> Impact:
        """Describe which permissions end and begin, and the other changes."""
        effect = describe_activation(self.is_active, current.is_active)
        changes = self.model_copy(update={"resources": None}).describe_field_changes(current)
        is_change, gives, takes = bool(changes), effect.gives, effect.takes
        if self.resources is not None:
            new, old = _list_permissions(self.resources), _list_permissions(current.resources or [])
            changes.append(f"permissions added: {_format_permissions(new - old)}")
            changes.append(f"permissions removed: {_format_permissions(old - new)}")
            is_change, gives, takes = (
                is_change or new != old,
                gives or bool(new - old),
                takes or bool(old - new),
            )
        if effect.gives and (held := self.resources or current.resources):
            changes.append(f"its permissions: {_format_permissions(_list_permissions(held))}")
        text = f"The access token {quote_text(current.label or '?')} of {quote_name(self.org_name)}: "
        text += f"{'; '.join(changes) or 'no field changes'}."
        if effect.text:
            text += f" {effect.text}"
        if gives:
            text += f" {describe_expiry(current.expires_at, is_expired=current.is_expired is True)}"
        return Impact(f"{text}{_describe_missing(facts)}", gives=gives, takes=takes, is_change=is_change)

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("label", "description", "resources", "is_active")
        return self


def _check_resources(org: str, resources: Iterable[TokenResource]) -> None:
    """Check that resources belong to an organization.

    Raises:
        InvalidRequest: One does not.
    """
    for each in resources:
        owner, _, repository = each.path.partition("/")
        is_repository = each.path == _PUBLIC_REPOSITORIES or (owner == org and bool(repository))
        if not (is_repository if each.type == "TYPE_REPO" else each.path == org):
            what = f"The path {quote_name(each.path)} does not fit {each.type} in {quote_name(org)}; "
            what += "nothing was sent."
            remedy = "Give a repository of the organization, all of them (its name and /*), or "
            remedy += f"{_PUBLIC_REPOSITORIES} with TYPE_REPO, or the organization with TYPE_ORG."
            raise InvalidRequest(what, remedy=remedy)


_Permission = tuple[str, str]  # the path and the scope


def _list_permissions(resources: Iterable[Any]) -> set[_Permission]:
    return {(str(each.path), str(scope)) for each in resources for scope in each.scopes or []}


def _format_permissions(permissions: set[_Permission]) -> str:
    """Return the scopes of each path, with what a path with asterisks means."""
    scopes: dict[str, list[str]] = {}
    for path, scope in sorted(permissions):
        scopes.setdefault(path, []).append(scope)
    parts = [
        f"{list_names(held, len(held))} on {quote_name(path)}{_describe_wildcard(path)}"
        for path, held in scopes.items()
    ]
    return "; ".join(parts) or "none"


def _describe_wildcard(path: str) -> str:
    if path == _PUBLIC_REPOSITORIES:
        return " (all public repositories of Docker Hub)"
    return " (all its repositories, future ones included)" if path.endswith("/*") else ""


async def _find_missing_repositories(read: StateReader, resources: Iterable[TokenResource]) -> list[str]:
    """Return the repositories that do not exist, or that the account cannot see."""
    paths = dict.fromkeys(
        each.path for each in resources if each.type == "TYPE_REPO" and "*" not in each.path
    )
    missing = []
    for path in list(paths)[:_MAX_CHECKED_REPOSITORIES]:
        namespace, slash, repository = path.partition("/")
        if slash and namespace and repository and "/" not in repository:
            answer = await read(CheckRepository(namespace=namespace, repository=repository))
            if answer is None or answer.exists:
                continue
        missing.append(path)
    return missing


def _describe_missing(paths: Sequence[str] | None) -> str:
    if not paths:
        return ""
    verb = "does not exist, or is" if len(paths) == 1 else "do not exist, or are"
    return f" Note: {list_names(paths)} {verb} not visible to this account."


class DeleteOrgAccessToken(Mutation, NoContent, Method[Acknowledgement]):
    """Delete an access token of an organization for good. Needs an owner's password sign-in."""

    http = DELETE("/v2/orgs/{org_name}/access-tokens/{access_token_id}")
    introduced = "2025-03-25"
    effect = Effect.DELETE
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Delete organization access token"
    outcome_tool = "list_org_access_tokens"
    accepts_pat = False
    takes = "the token, and access from its users"

    org_name: OrgName
    access_token_id: TokenId

    def current_state_call(self) -> GetOrgAccessToken:
        """Return the call that reads the token."""
        return GetOrgAccessToken(org_name=self.org_name, access_token_id=self.access_token_id)

    def assess(self, current: OrgAccessTokenDetail, facts: Any) -> Impact:
        """Describe the token that is deleted."""
        used = f"last used {day}" if (day := format_day(current.last_used_at)) else "never used"
        created = f"created {day}, " if (day := format_day(current.created_at)) else ""
        facts = f"{quote_name(self.access_token_id)}, {created}{used}"
        token = (
            f"The access token {quote_text(current.label or '?')} of {quote_name(self.org_name)} ({facts})"
        )
        return Impact(f"{token} is deleted for good; its users lose access.", takes=True)
