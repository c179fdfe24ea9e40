"""The ASGI application of the registry."""

from http import HTTPStatus
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dockerhub_mcp.sandbox.context import SandboxHub
from dockerhub_mcp.sandbox.errors import SandboxHTTPError
from dockerhub_mcp.sandbox.registry.context import SandboxRegistry
from dockerhub_mcp.sandbox.registry.errors import unsupported_error
from dockerhub_mcp.sandbox.registry.routes import REGISTRY_ROUTES


def build_registry_app(hub: SandboxHub, registry: SandboxRegistry) -> Starlette:
    """Return the application that serves the registry of the accounts and repositories of a Hub."""
    app = Starlette(
        routes=REGISTRY_ROUTES,
        exception_handlers={SandboxHTTPError: _handle_registry_error, HTTPException: _handle_http_exception},
    )
    app.router.redirect_slashes = False
    app.state.hub, app.state.registry = hub, registry
    return app


async def _handle_registry_error(request: Request, error: Exception) -> Response:
    http_error = cast("SandboxHTTPError", error)
    response = JSONResponse(http_error.body, http_error.status, http_error.headers)
    return _drop_body(response) if request.method == "HEAD" else response


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    if cast("HTTPException", error).status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return await _handle_registry_error(request, unsupported_error())
    return PlainTextResponse("404 page not found\n", 404)


def _drop_body(response: Response) -> Response:
    """Return the response to a HEAD request: the same headers and no body."""
    response.body = b""
    return response
