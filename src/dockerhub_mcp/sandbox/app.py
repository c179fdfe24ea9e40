"""The sandbox and its ASGI application."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dockerhub_mcp.sandbox.admin import ADMIN_ROUTES, SandboxAdmin
from dockerhub_mcp.sandbox.auth import BearerTokenIssuer, LoginLockout, TwoFactorTickets
from dockerhub_mcp.sandbox.context import SandboxHub
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN, Identity
from dockerhub_mcp.sandbox.data.sample import build_sample_state
from dockerhub_mcp.sandbox.errors import SandboxHTTPError
from dockerhub_mcp.sandbox.faults import Faults
from dockerhub_mcp.sandbox.limits import RateLimits
from dockerhub_mcp.sandbox.middleware import SandboxMiddleware, is_hub_path
from dockerhub_mcp.sandbox.registry.app import build_registry_app
from dockerhub_mcp.sandbox.registry.context import SandboxRegistry
from dockerhub_mcp.sandbox.registry.pull_limits import PullLimits
from dockerhub_mcp.sandbox.registry.tag_editor import TagEditor
from dockerhub_mcp.sandbox.registry.tokens import RegistryTokenIssuer
from dockerhub_mcp.sandbox.request_log import RecordedRequest, RequestLog
from dockerhub_mcp.sandbox.routes import HUB_ROUTES

NOT_FOUND_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>404 : Docker</title></head>
<body><h1>404</h1><p>This page does not exist</p></body>
</html>
"""
"""The page for a path outside of the API."""


class Sandbox:
    """An embedded Docker Hub with sample data.

    Attributes:
        app: The ASGI application.
        state: The data, which may be inspected and changed.
        faults: The faults that make the sandbox misbehave.
        identities: The user names and secrets to log in with, by name of the identity.
        scim_token: The bearer token for the SCIM API of the organization acme.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        token_lifetime: float = 600.0,
        anonymous_limit: int | None = 180,
        signed_in_limit: int | None = 600,
        anonymous_tag_offset: int = 1000,
        anonymous_repository_offset: int = 100,
        anonymous_search_offset: int = 200,
        anonymous_pull_limit: int | None = 100,
        personal_pull_limit: int | None = 200,
    ) -> None:
        """Build a sandbox with new sample data.

        Args:
            now: The clock, in seconds since the epoch.
            token_lifetime: The lifetime of bearer tokens in seconds.
            anonymous_limit: The requests per minute of all anonymous callers together; None for no limit.
            signed_in_limit: The requests per minute of each account; None for no limit.
            anonymous_tag_offset: The number of tags that anonymous callers may page through.
            anonymous_repository_offset: The number of repositories that anonymous callers may page through.
            anonymous_search_offset: The number of results of the older search that anonymous callers may page
                through.
            anonymous_pull_limit: The pulls in six hours of each IP address; None for no limit.
            personal_pull_limit: The pulls in six hours of each account without an organization; None for no
                limit.
        """
        self.state = build_sample_state(now())
        self.faults = Faults()
        self.identities: dict[str, Identity] = dict(IDENTITIES)
        self.scim_token = SCIM_TOKEN
        self._request_log = RequestLog()
        self._tag_editor = TagEditor(self.state, now)
        self._token_issuer = BearerTokenIssuer(self.state, now, token_lifetime)
        self._registry_token_issuer = RegistryTokenIssuer(now)
        routed_app = Starlette(
            routes=[*HUB_ROUTES, *ADMIN_ROUTES],
            exception_handlers={
                SandboxHTTPError: _handle_sandbox_error,
                HTTPException: _handle_http_exception,
            },
        )
        routed_app.router.redirect_slashes = False
        routed_app.state.admin = SandboxAdmin(
            identities=self.identities,
            scim_token=self.scim_token,
            faults=self.faults,
            token_issuer=self._token_issuer,
            registry_token_issuer=self._registry_token_issuer,
            request_log=self._request_log,
            tag_editor=self._tag_editor,
        )
        hub = routed_app.state.hub = SandboxHub(
            state=self.state,
            now=now,
            token_issuer=self._token_issuer,
            login_lockout=LoginLockout(now),
            two_factor_tickets=TwoFactorTickets(now),
            anonymous_tag_offset=anonymous_tag_offset,
            anonymous_repository_offset=anonymous_repository_offset,
            anonymous_search_offset=anonymous_search_offset,
        )
        limits = RateLimits(now, anonymous_limit, signed_in_limit)
        pull_limits = PullLimits(now, anonymous_pull_limit, personal_pull_limit)
        registry = SandboxRegistry(self.state, self._registry_token_issuer, pull_limits)
        self.app = SandboxMiddleware(
            app=routed_app,
            registry_app=build_registry_app(hub, registry),
            token_issuer=self._token_issuer,
            registry_token_issuer=self._registry_token_issuer,
            faults=self.faults,
            rate_limits=limits,
            request_log=self._request_log,
            tag_editor=self._tag_editor,
        )

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last 10,000 requests to the Hub and the registry, oldest first; the list may be changed."""
        return self._request_log.entries

    @property
    def login_count(self) -> int:
        """The number of login requests, failed ones included."""
        return self._request_log.login_count

    def get_identity(self, name: str) -> Identity:
        """Return an identity by name.

        Raises:
            KeyError: There is no identity with this name.
        """
        return self.identities[name]

    def push_tag(self, reference: str) -> None:
        """Push a new image to a tag such as `milldale/controller:edge`, as another client does.

        Raises:
            ValueError: There is no such repository.
        """
        self._tag_editor.apply(push=[reference])

    def remove_tag(self, reference: str) -> None:
        """Remove a tag, as another client does; a missing tag is no error.

        Raises:
            ValueError: There is no such repository.
        """
        self._tag_editor.apply(remove=[reference])

    def revoke_bearer_tokens(self) -> None:
        """Invalidate all bearer tokens issued so far, those of the registry included."""
        self._token_issuer.revoke_all()
        self._registry_token_issuer.revoke_all()


async def _handle_sandbox_error(_request: Request, error: Exception) -> Response:
    http_error = cast("SandboxHTTPError", error)
    return JSONResponse(http_error.body, http_error.status, http_error.headers, http_error.media_type)


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    http_error = cast("HTTPException", error)
    redirect_path = _find_redirect_path(request, http_error.status_code)
    if redirect_path is not None:
        return RedirectResponse(request.url.replace(path=redirect_path), HTTPStatus.MOVED_PERMANENTLY)
    if http_error.status_code == HTTPStatus.NOT_FOUND:
        if is_hub_path(request.url.path):
            return JSONResponse({"message": "404: Page Not Found"}, HTTPStatus.NOT_FOUND)
        return HTMLResponse(NOT_FOUND_PAGE, HTTPStatus.NOT_FOUND)
    body = {"message": http_error.detail.lower(), "errinfo": None}
    return JSONResponse(body, http_error.status_code, http_error.headers)


def _find_redirect_path(request: Request, status: int) -> str | None:
    """Return the same path with or without its trailing slash, if the Hub has a route for it."""
    path = request.url.path
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and any(
        # Some older paths end in a slash, and accept changes only there.
        route.path.endswith("/")
        and request.method in (route.methods or ())
        and route.path_regex.match(f"{path}/") is not None
        for route in HUB_ROUTES
    ):
        return f"{path}/"
    if status == HTTPStatus.NOT_FOUND and request.method in {"GET", "HEAD"} and path.endswith("/"):
        stripped = path.rstrip("/")
        if any(route.path_regex.match(stripped) for route in HUB_ROUTES):
            return stripped
    return None
