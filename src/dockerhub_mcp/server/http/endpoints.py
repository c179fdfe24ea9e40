"""Describe the applications at the paths of the server, and pass each request to its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

SSE_PATH, MESSAGES_PATH = "/sse", "/messages/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The application at one path.

    Attributes:
        app: Serves requests that have passed all middleware.
        methods: The HTTP methods that it supports.
        method_hint: The error message for another method.
    """

    app: ASGIApp
    methods: tuple[str, ...]
    method_hint: str


def describe_streamable_http(app: ASGIApp, *, sessions: bool) -> Endpoint:
    """Return the endpoint of streamable HTTP; GET and DELETE belong to sessions."""
    if sessions:
        return Endpoint(app, ("GET", "POST", "DELETE"), "Only GET, POST and DELETE.")
    return Endpoint(
        app,
        ("POST",),
        "Only POST: this server keeps no sessions (--sessions), so there is no stream to open or end.",
    )


def describe_legacy_sse(open_stream: ASGIApp, post_message: ASGIApp) -> dict[str, Endpoint]:
    """Return both endpoints of HTTP+SSE by path."""
    return {
        SSE_PATH: Endpoint(
            open_stream,
            ("GET",),
            "Only GET: this is the stream of the HTTP+SSE transport; streamable HTTP has its own path.",
        ),
        MESSAGES_PATH: Endpoint(
            post_message,
            ("POST",),
            "Only POST: this path receives messages of the HTTP+SSE transport.",
        ),
    }


def dispatch_by_path(endpoints: Mapping[str, Endpoint]) -> ASGIApp:
    """Return the innermost application, which passes each request to the endpoint of its path."""

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoints[scope["path"]].app(scope, receive, send)

    return dispatch
