"""The fixtures as a process, over the HTTP side of the real server: the same guards, streams and ending."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp import MCPDeprecationWarning
from starlette.types import ASGIApp

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.logs import set_up_logs
from dockerhub_mcp.server.http.asgi import Web, web_app
from dockerhub_mcp.server.http.auth.gatekeeper import Entrance
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.auth.tool_filter import Narrowing
from dockerhub_mcp.server.http.auth.verifier import Caller
from dockerhub_mcp.server.http.middleware.host_check import Front
from dockerhub_mcp.server.http.readiness import Readiness
from dockerhub_mcp.server.http.runtime.run import Listen, serve_http
from dockerhub_mcp.server.http.runtime.shutdown import Drain
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.gates import Access
from dockerhub_mcp.tools.mutations.execute import Writing
from tests.conformance.fixtures import build_fixtures


@asynccontextmanager
async def application(web: Web, drain: Drain) -> AsyncIterator[ASGIApp]:
    """Make the application as the real server does; its fixtures never call the Hub."""
    server, end_streams = build_fixtures()
    async with Hub() as hub:
        app = web_app(
            server,
            web,
            front=Front((), (), local=True),
            entrance=Entrance(
                verifiers=(),
                everybody=Caller("", Access.READ),
                challenge="",
                hub=hub,
                identities=None,
                narrowing=Narrowing(Registry()),
                writing=Writing(),
                throttle=Throttle(),
            ),
            readiness=Readiness(hub.reach),
            drain=drain,
            on_drain=[end_streams],
        )
        async with app as made:
            yield made


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="port; 0 for a free one")
    parser.add_argument("--sessions", action="store_true", help="keep sessions, as for protocol 2025-11-25")
    options = parser.parse_args()
    # The suite wants logging and sampling, which the protocol is about to drop.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    set_up_logs("warning", as_json=False, redact=Redactor())
    web = Web(sessions=options.sessions)
    listen = Listen(port=options.port, grace=5)

    def announce(url: str) -> None:
        sys.stderr.write(f"The fixtures listen at {url}{web.path}\n")

    return serve_http(listen, lambda drain: application(web, drain), announce=announce)


if __name__ == "__main__":
    sys.exit(main())
