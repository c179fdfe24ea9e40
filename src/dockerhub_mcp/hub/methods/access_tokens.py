"""Personal access tokens. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/access-tokens."""

from __future__ import annotations

from dockerhub_mcp.hub.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.models import AccessToken, Page
from dockerhub_mcp.hub.types import MaxItems, PageNumber, PageSize, TokenUuid


class ListAccessTokens(Method[Page[AccessToken]]):
    """List your personal access tokens: label, scopes, last use and expiry, never the value.

    Needs a password sign-in; the Hub refuses sessions that come from a token.
    """

    http = GET("/v2/access-tokens")
    effect = Effect.READ
    scope = Scope.ACCOUNT
    area = Area.ACCESS_TOKENS
    title = "List personal access tokens"
    pat = False

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
    pat = False

    uuid: TokenUuid
