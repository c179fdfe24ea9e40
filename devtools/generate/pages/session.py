"""Real calls: an MCP client, this server and the embedded Hub, in one process and at a fixed time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.auth.credentials import CredentialSource, StaticSecret
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.factory import RequestContext, ResultOptions, build_server
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.gates import Access
from dockerhub_mcp.tools.mutations.confirmation import Decision
from dockerhub_mcp.tools.results.results import DEFAULT_MAX_BYTES

NOW = 1_760_000_012.5
_LIFETIME = 1e9
"""Seconds that a bearer is good for: more than lie between the sandbox's time and ours."""
_MASKS = (
    (re.compile(r"(expires_at: )20[4-9]\d-[^\n]+"), r"\g<1>2025-10-09T09:03:32Z"),
    (re.compile(r"\b(dckr_[po]at_)sandbox_[0-9a-f]{16}\b"), r"\1..."),
    (re.compile(r"(\(Request )[0-9a-f]{12}(?= in the log)"), r"\g<1>4f2a9c81d06e"),
)


def everything() -> Registry:
    """Return all tools, all of them on."""
    return Registry(access=Access.ADMIN, toolsets=["all"])


@dataclass
class Said:
    """What came of a call.

    Attributes:
        text: What the agent sees.
        is_error: Whether it was marked as an error.
        asked: What the person was asked before.
    """

    text: str
    is_error: bool
    asked: list[str] = field(default_factory=list)


@dataclass
class Stage:
    """A client that is connected; `call` calls a tool."""

    client: Client
    sandbox: Sandbox
    _asked: list[str]

    async def call(self, tool: str, arguments: dict[str, Any]) -> Said:
        """Call a tool as an agent does."""
        self._asked.clear()
        result: CallToolResult = await self.client.call_tool(tool, arguments)
        text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
        return Said(masked(text), bool(result.is_error), [masked(asked) for asked in self._asked])


@asynccontextmanager
async def stage(
    identity: str | None = "owner",
    *,
    registry: Registry | None = None,
    person: Decision | None = Decision.ACCEPTED,
    credentials: CredentialSource | None = None,
    sandbox: Sandbox | None = None,
    scim: bool = True,
    timeout: float = 30.0,  # noqa: ASYNC109 - of each request to the Hub
    room: int = DEFAULT_MAX_BYTES,
) -> AsyncIterator[Stage]:
    """Connect a client to a server with a sandbox of its own.

    Args:
        identity: One of the sandbox's identities; None is nobody.
        registry: Which tools are on; all of them by default.
        person: What the person behind the client says to everything; None where nobody can be asked.
        credentials: Others than those of an identity.
        sandbox: A sandbox of other settings.
        scim: Whether the SCIM token is configured.
        timeout: Seconds that a request to the Hub may take.
        room: Bytes of text that a result may have.
    """
    sandbox = sandbox or Sandbox(now=lambda: NOW, token_lifetime=_LIFETIME)
    if identity is not None:
        whom = sandbox.get_identity(identity)
        credentials = Credentials.from_strings(whom.username, whom.secret)
    results = ResultOptions(max_bytes=room, cache_ttl=0)  # what is kept says the time of day
    asked: list[str] = []

    async def answer(
        context: ClientRequestContext,  # noqa: ARG001 - the SDK's own signature
        params: ElicitRequestParams,
    ) -> ElicitResult:
        asked.append(params.message)
        if person is Decision.DECLINED:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"confirm": person is Decision.ACCEPTED})

    async with (
        Hub(
            credentials,
            base_url="http://localhost",
            httpx_transport=httpx.ASGITransport(app=sandbox.app),
            scim_token=StaticSecret(sandbox.scim_token) if scim else None,
            retry_policy=RetryPolicy(base_delay=0.001, max_delay=0.01),
            timeout=timeout,
        ) as hub,
        Client(
            build_server(RequestContext(hub, registry or everything()), result_options=results),
            elicitation_callback=answer if person else None,
        ) as client,
    ):
        yield Stage(client, sandbox, asked)


def masked(text: str) -> str:
    """Return a text with what differs in every run as it might be: tokens, ends of bearers, request ids."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text
