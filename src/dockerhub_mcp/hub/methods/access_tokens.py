"""Personal access tokens. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/access-tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, PageNumber, PageSize, TokenUuid, UtcDatetime
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.models import AccessToken, Acknowledgement, Page
from dockerhub_mcp.hub.models.timestamp import format_day, is_never
from dockerhub_mcp.hub.quoting import list_names, quote_name, quote_text

_SCOPE_RIGHTS = {
    "repo:admin": "read, write and delete all repositories of the account",
    "repo:write": "read and write all repositories of the account",
    "repo:read": "read all repositories of the account, private ones included",
    "repo:public_read": "read public repositories",
}
"""What each scope allows, from the highest."""

TokenLabel = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    Field(description="Name of the token.", examples=["ci server"]),
]


class ListAccessTokens(Method[Page[AccessToken]]):
    """List your personal access tokens: label, scopes, last use and expiry, never the value.

    Needs a password sign-in; the Hub refuses sessions that come from a token.
    """

    http = GET("/v2/access-tokens")
    effect = Effect.READ
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "List personal access tokens"
    accepts_pat = False

    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class GetAccessToken(Method[AccessToken]):
    """Read one of your personal access tokens by its UUID, never its value.

    Needs a password sign-in; the Hub refuses sessions that come from a token.
    """

    http = GET("/v2/access-tokens/{uuid}")
    effect = Effect.READ
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "Get personal access token"
    accepts_pat = False

    uuid: TokenUuid


class CreateAccessToken(Mutation, Method[AccessToken]):
    """Create a personal access token. The Hub shows its value once.

    The user approves first. The value is written to a file if the server has a secrets directory; otherwise
    it enters this conversation. Needs a password sign-in.
    """

    http = POST("/v2/access-tokens")
    effect = Effect.CREATE
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "Create personal access token"
    outcome_tool = "list_access_tokens"
    accepts_pat = False
    secret_field = "token"
    gives = "a token with these scopes, to everyone with its value"

    token_label: TokenLabel
    scopes: Annotated[
        list[Literal["repo:admin", "repo:write", "repo:read", "repo:public_read"]],
        Field(
            min_length=1, description="One is enough; higher ones include lower.", examples=[["repo:read"]]
        ),
    ]
    expires_at: Annotated[
        UtcDatetime | None, Field(description="Expiry, as in 2027-01-31T00:00:00Z; never if left out.")
    ] = None

    async def examine(self, read: StateReader, current: Any) -> str:  # noqa: ARG002
        """Return the account that the token acts for."""
        return read.principal.username

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the token: its label, scopes and expiry, and what it may do."""
        highest = next(scope for scope in _SCOPE_RIGHTS if scope in self.scopes)
        account = f" as {quote_name(facts)}" if facts else ""
        text = f"You create the personal access token {quote_text(self.token_label)} with "
        text += (
            f"{list_names(self.scopes)}: it may {_SCOPE_RIGHTS[highest]}. {describe_expiry(self.expires_at)} "
        )
        return Impact(f"{text}Everyone with its value can use it{account}.", gives=True)


def describe_expiry(expires_at: datetime | None, *, is_expired: bool = False) -> str:
    """Return until when a token works, as a sentence."""
    if expires_at is None or is_never(expires_at):
        return "It never expires."
    end = f"{expires_at:%Y-%m-%d %H:%M} UTC"
    return f"It expired on {end} and no longer works." if is_expired else f"It expires on {end}."


class UpdateAccessToken(Mutation, Method[AccessToken]):
    """Rename, deactivate or reactivate one of your personal access tokens.

    Scopes and expiry cannot be changed. Needs a password sign-in.
    """

    http = PATCH("/v2/access-tokens/{uuid}")
    effect = Effect.UPDATE
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "Update personal access token"
    outcome_tool = "get_access_token"
    accepts_pat = False
    gives = "access again, by re-enabling the token"
    takes = "access, by deactivating the token"
    unasked = "a new label: it is a text"

    uuid: TokenUuid
    token_label: TokenLabel | None = None
    is_active: Annotated[bool | None, Field(description="False revokes its access.", examples=[False])] = None

    def current_state_call(self) -> GetAccessToken:
        """Return the call that reads the token."""
        return GetAccessToken(uuid=self.uuid)

    def assess(self, current: AccessToken, facts: Any) -> Impact:  # noqa: ARG002
        """Describe which token changes, and whether access ends or begins."""
        changes = self.describe_field_changes(current)
        scopes = f" with {list_names(current.scopes)}" if current.scopes else ""
        token = f"The personal access token {quote_text(current.token_label or '?')}{scopes}"
        text = f"{token}: {'; '.join(changes) or 'no field changes'}."
        effect = describe_activation(self.is_active, current.is_active)
        if effect.text:
            text += f" {effect.text}"
        if effect.gives:
            text += f" {describe_expiry(current.expires_at, is_expired=current.is_expired is True)}"
        return replace(effect, text=text, is_change=bool(changes))

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("token_label", "is_active")
        return self


def describe_activation(after: bool | None, before: bool | None) -> Impact:
    """Return what switching a token on or off does; the text may be empty."""
    if after is None:
        return Impact("")
    if after == before:
        return Impact(f"is_active is {str(after).lower()} already.")
    if after:
        return Impact("Everyone with its value can use it again.", gives=True)
    return Impact("Its users lose access.", takes=True)


class DeleteAccessToken(Mutation, NoContent, Method[Acknowledgement]):
    """Delete one of your personal access tokens for good. Needs a password sign-in."""

    http = DELETE("/v2/access-tokens/{uuid}")
    effect = Effect.DELETE
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "Delete personal access token"
    outcome_tool = "list_access_tokens"
    accepts_pat = False
    takes = "the token, and access from its users"

    uuid: TokenUuid

    def current_state_call(self) -> GetAccessToken:
        """Return the call that reads the token."""
        return GetAccessToken(uuid=self.uuid)

    def assess(self, current: AccessToken, facts: Any) -> Impact:
        """Describe the token that is deleted."""
        used = f"last used {day}" if (day := format_day(current.last_used)) else "never used"
        created = f"created {day}, " if (day := format_day(current.created_at)) else ""
        scopes = f"{list_names(current.scopes)}, " if current.scopes else ""
        facts = f"{quote_name(self.uuid)}, {scopes}{created}{used}"
        token = f"The personal access token {quote_text(current.token_label or '?')} ({facts})"
        return Impact(f"{token} is deleted for good; its users lose access.", takes=True)
