"""The sandbox itself, and its routes."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from dockerhub_mcp.sandbox import admin
from dockerhub_mcp.sandbox.auth import BearerTokenIssuer, LoginLockout, TwoFactorTickets
from dockerhub_mcp.sandbox.context import SandboxHub
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN, Identity
from dockerhub_mcp.sandbox.data.sample import build_sample_state
from dockerhub_mcp.sandbox.errors import SandboxHTTPError
from dockerhub_mcp.sandbox.faults import Faults
from dockerhub_mcp.sandbox.limits import RateLimits
from dockerhub_mcp.sandbox.middleware import RecordedRequest, SandboxMiddleware
from dockerhub_mcp.sandbox.routes import HUB_ROUTES

MAX_RECORDED_REQUESTS = 10_000
LOGIN_PATHS = {"/v2/auth/token", "/v2/users/login", "/v2/users/2fa-login"}


class Sandbox:
    """A Hub in the box.

    `app` is the ASGI application, `state` its data, `faults` the switches that make it misbehave, and
    `scim_token` the bearer that opens SCIM for the organization acme.
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
    ) -> None:
        self.state = build_sample_state(now())
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self.login_count = 0
        self.identities: dict[str, Identity] = dict(IDENTITIES)
        self.scim_token = SCIM_TOKEN
        self._token_issuer = BearerTokenIssuer(self.state, now, token_lifetime)
        routes: list[BaseRoute] = [*HUB_ROUTES, *admin.ADMIN_ROUTES]
        inner = Starlette(
            routes=routes,
            exception_handlers={
                SandboxHTTPError: _handle_sandbox_error,
                HTTPException: _handle_http_exception,
            },
        )
        inner.router.redirect_slashes = False
        inner.state.sandbox = self
        inner.state.hub = SandboxHub(
            state=self.state,
            now=now,
            token_issuer=self._token_issuer,
            login_lockout=LoginLockout(now),
            two_factor_tickets=TwoFactorTickets(now),
            anonymous_tag_offset=anonymous_tag_offset,
            anonymous_repository_offset=anonymous_repository_offset,
        )
        limits = RateLimits(now, anonymous_limit, signed_in_limit)
        self.app = SandboxMiddleware(inner, self._token_issuer, self.faults, limits, self._record_request)

    def get_identity(self, name: str) -> Identity:
        """Somebody to be."""
        return self.identities[name]

    def revoke_bearer_tokens(self) -> None:
        """Make every bearer token issued so far worthless."""
        self._token_issuer.revoke_all()

    def _record_request(self, request: RecordedRequest) -> None:
        self.requests.append(request)
        del self.requests[:-MAX_RECORDED_REQUESTS]
        if request.method == "POST" and request.path in LOGIN_PATHS:
            self.login_count += 1


async def _handle_sandbox_error(_request: Request, error: Exception) -> Response:
    refused = cast("SandboxHTTPError", error)
    return JSONResponse(refused.body, refused.status, refused.headers, refused.media_type)


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    path = request.url.path
    if refused.status_code in {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
    } and _has_trailing_slash_route(request):
        # Some paths end in a slash, and to write there is no other way.
        return RedirectResponse(request.url.replace(path=f"{path}/"), HTTPStatus.MOVED_PERMANENTLY)
    if (
        refused.status_code == HTTPStatus.NOT_FOUND
        and request.method in {"GET", "HEAD"}
        and path.endswith("/")
    ):
        shorter = path.rstrip("/")
        if any(route.path_regex.match(shorter) for route in HUB_ROUTES):
            return RedirectResponse(request.url.replace(path=shorter), HTTPStatus.MOVED_PERMANENTLY)
    words = "not found" if refused.status_code == HTTPStatus.NOT_FOUND else refused.detail.lower()
    return JSONResponse({"message": words, "errinfo": None}, refused.status_code, refused.headers)


def _has_trailing_slash_route(request: Request) -> bool:
    longer = f"{request.url.path}/"
    return any(
        route.path.endswith("/")
        and request.method in (route.methods or ())
        and route.path_regex.match(longer) is not None
        for route in HUB_ROUTES
    )
