"""Personal access tokens. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/access-tokens."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, PageNumber, PageSize, TokenUuid, UtcDatetime
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.models import AccessToken, Acknowledgement, Page
from dockerhub_mcp.hub.models.timestamp import format_day
from dockerhub_mcp.hub.redaction import to_single_line

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

    It is written to a file if the server has a secrets directory; otherwise it enters this conversation,
    after the user approves. Needs a password sign-in.
    """

    http = POST("/v2/access-tokens")
    effect = Effect.CREATE
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "Create personal access token"
    outcome_tool = "list_access_tokens"
    accepts_pat = False
    secret_field = "token"

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

    uuid: TokenUuid
    token_label: TokenLabel | None = None
    is_active: Annotated[bool | None, Field(description="False revokes its access.", examples=[False])] = None

    def current_state_call(self) -> GetAccessToken:
        """Return the call that reads the token."""
        return GetAccessToken(uuid=self.uuid)

    def loss_text(self, current: Any) -> str:
        """Describe which token changes, and whether access ends."""
        text = f"{to_single_line(repr(current.token_label))}: {super().loss_text(current)}"
        return f"{text} Its users lose access." if self.is_active is False else text

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("token_label", "is_active")
        return self


class DeleteAccessToken(Mutation, NoContent, Method[Acknowledgement]):
    """Delete one of your personal access tokens for good. Needs a password sign-in."""

    http = DELETE("/v2/access-tokens/{uuid}")
    effect = Effect.DELETE
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "Delete personal access token"
    outcome_tool = "list_access_tokens"
    accepts_pat = False

    uuid: TokenUuid

    def current_state_call(self) -> GetAccessToken:
        """Return the call that reads the token."""
        return GetAccessToken(uuid=self.uuid)

    def loss_text(self, current: Any) -> str:
        """Describe the token that is deleted."""
        used = f"last used {day}" if (day := format_day(current.last_used)) else "never used"
        created = f"created {day}, " if (day := format_day(current.created_at)) else ""
        scopes = f"{', '.join(current.scopes)}, " if current.scopes else ""
        label = to_single_line(str(current.token_label))
        facts = f"{self.uuid}, {scopes}{created}{used}"
        token = f"The personal access token {label!r} ({facts})"
        return f"{token} is deleted for good; its users lose access."
