"""A client of a sandbox whose next answer a test can replace."""

from __future__ import annotations

import json
from typing import Any

import httpx2 as httpx

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.sandbox import Fault, Sandbox
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call


class Recording(httpx.AsyncBaseTransport):
    """The way to the sandbox, which keeps the last request and its answer."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = httpx.ASGITransport(app=sandbox.app)
        self.path, self.verb, self.status, self.body = "", "", 0, b""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._sandbox.handle_async_request(request)
        self.body = await response.aread()
        self.path, self.verb, self.status = (
            request.url.raw_path.decode(),
            request.method,
            response.status_code,
        )
        return httpx.Response(response.status_code, headers=response.headers, content=self.body)


class Telling:
    """A client of the sandbox, and the way to let the sandbox answer something else."""

    def __init__(self, sandbox: Sandbox, make_hub: MakeHub) -> None:
        self.sandbox, self.wire = sandbox, Recording(sandbox)
        self.hub: Hub = make_hub(
            "owner", scim_token=StaticSecret(sandbox.scim_token), httpx_transport=self.wire
        )
        self.arguments = arguments_of(sandbox)
        for tool in ("list_tags", "list_audit_logs", "list_repositories"):
            self.arguments[tool]["page_size"] = 3

    async def ask(self, tool: str, **arguments: Any) -> Any:
        return await call(self.hub, tool, **{**self.arguments[tool], **arguments})

    async def body_of(self, tool: str) -> Any:
        """Return what the sandbox says to a call, as JSON."""
        self.sandbox.faults.clear()
        assert not (await self.ask(tool)).is_error
        return json.loads(self.wire.body)

    def tell(self, body: str, *, status: int = 200, content_type: str = "application/json") -> None:
        """Let the sandbox answer this to the request that was sent last."""
        fault = Fault(match=self.wire.path, status=status, body=body, content_type=content_type)
        self.sandbox.faults.rules[:] = [fault]
