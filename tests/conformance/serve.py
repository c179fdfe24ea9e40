"""The fixtures as a process behind the HTTP stack of the real server."""

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
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.server.http.app_config import HTTPAppConfig
from dockerhub_mcp.server.http.asgi import create_http_app
from dockerhub_mcp.server.http.auth.gatekeeper import Gatekeeper
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.auth.tool_filter import RequestToolFilter
from dockerhub_mcp.server.http.auth.verifier import Caller
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.runtime.run import ListenConfig, run_http_server
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from tests.conformance.fixtures import build_fixtures


@asynccontextmanager
async def application(web: HTTPAppConfig, drain: ShutdownEvent) -> AsyncIterator[ASGIApp]:
    """Create the application of the real server with the fixtures, which never call the Hub."""
    server, end_streams = build_fixtures()
    async with Hub() as hub:
        app = create_http_app(
            lambda: server,
            web,
            host_policy=HostOriginPolicy((), (), loopback_only=True),
            gatekeeper=Gatekeeper(
                verifiers=(),
                anonymous_caller=Caller("", Access.READ),
                challenge="",
                tool_context=ToolContext(hub),
                account_pool=None,
                tool_filter=RequestToolFilter(Registry()),
                throttle=Throttle(),
            ),
            readiness=ReadinessCheck(hub.check_connection),
            shutdown_event=drain,
            on_shutdown=[end_streams],
        )
        async with app as made:
            yield made


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="port; 0 for a free one")
    parser.add_argument("--sessions", action="store_true", help="keep sessions, as for protocol 2025-11-25")
    options = parser.parse_args()
    # The suite needs logging and sampling, which the protocol has deprecated.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    configure_logging("warning", as_json=False, redact=Redactor())
    web = HTTPAppConfig(sessions=options.sessions)
    listen = ListenConfig(port=options.port, grace_period=5)

    def announce(url: str) -> None:
        sys.stderr.write(f"The fixtures listen at {url}{web.path}\n")

    return run_http_server(listen, lambda drain: application(web, drain), announce=announce)


if __name__ == "__main__":
    sys.exit(main())
