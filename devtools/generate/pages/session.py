"""Calls for the documents: an MCP client, this server and the sandbox in one process, at a fixed time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from devtools.generate.frozen_clock import NOW, get_frozen_datetime
from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.auth.credentials import CredentialSource
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.registry import RegistryClient, RegistryServer
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.cleanup.memory_plans import MemoryPlans
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Decision
from dockerhub_mcp.tools.results.tool_result import DEFAULT_MAX_BYTES, ResultOptions

_ORIGIN = "http://localhost"
_PLAN_KEY = b"documents"  # so that plans have the same identifiers each time
_TOKEN_LIFETIME = 1e9
"""Lifetime of bearer tokens in seconds: longer than the time between the sandbox's fixed clock and today."""
_RANDOM_VALUES = (
    (re.compile(r"(expires_at: )20[4-9]\d-[^\n]+"), r"\g<1>2025-10-09T09:03:32Z"),
    (re.compile(r"\b(dckr_[po]at_)sandbox_[0-9a-f]{16}\b"), r"\1..."),
    (re.compile(r"(\(Request )[0-9a-f]{12}\b"), r"\g<1>4f2a9c81d06e"),
)


def build_full_registry() -> Registry:
    """Return a registry in which every tool is on."""
    return Registry(access=Access.ADMIN, toolsets=["all"])


@dataclass
class ShownResult:
    """The result of a call as a document shows it.

    Attributes:
        text: What the agent sees.
        is_error: Whether the result is marked as an error.
        questions: What the user was asked to confirm before.
    """

    text: str
    is_error: bool
    questions: list[str] = field(default_factory=list)


@dataclass
class Session:
    """A connected client and the sandbox behind its server."""

    client: Client
    sandbox: Sandbox
    _questions: list[str]

    async def call_tool(self, tool: str, arguments: dict[str, Any]) -> ShownResult:
        """Call a tool as an agent does."""
        self._questions.clear()
        result: CallToolResult = await self.client.call_tool(tool, arguments)
        text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
        questions = [mask_random_values(question) for question in self._questions]
        return ShownResult(mask_random_values(text), bool(result.is_error), questions)


@asynccontextmanager
async def open_session(
    identity: str | None = "owner",
    *,
    registry: Registry | None = None,
    decision: Decision | None = Decision.ACCEPTED,
    credentials: CredentialSource | None = None,
    sandbox: Sandbox | None = None,
    with_scim_token: bool = True,
    request_timeout: float = 300.0,
    max_result_bytes: int = DEFAULT_MAX_BYTES,
    httpx_transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Session]:
    """Connect a client to a server with its own sandbox.

    Args:
        identity: The sandbox identity to sign in as; None for an anonymous caller.
        registry: The tools and which of them are on; all by default.
        decision: The user's answer to every confirmation; None for a client that cannot ask.
        credentials: Credentials other than those of an identity.
        sandbox: A sandbox with settings of its own.
        with_scim_token: Whether the SCIM token is configured.
        request_timeout: Timeout of a request to the Hub, in seconds.
        max_result_bytes: Limit of a result's text, in bytes.
        httpx_transport: Handles requests in place of the sandbox.
    """
    sandbox = sandbox or Sandbox(now=lambda: NOW, token_lifetime=_TOKEN_LIFETIME)
    if identity is not None:
        account = sandbox.get_identity(identity)
        credentials = Credentials.from_strings(account.username, account.secret)
    # Without a cache, since a cached result shows the time of day.
    result_options = ResultOptions(max_bytes=max_result_bytes)
    questions: list[str] = []

    async def answer_question(
        context: ClientRequestContext,  # noqa: ARG001 - the SDK's signature
        params: ElicitRequestParams,
    ) -> ElicitResult:
        questions.append(params.message)
        if decision is Decision.DECLINED:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"confirm": decision is Decision.ACCEPTED})

    retry_policy = RetryPolicy(base_delay=0.001, max_delay=0.01)
    transport = httpx_transport or httpx.ASGITransport(app=sandbox.app)
    pool = ConnectionPool(timeout=request_timeout, httpx_transport=transport)
    server = RegistryServer(
        pool, url=_ORIGIN, timeout=request_timeout, retry_policy=retry_policy, has_limit_preview=True
    )

    def get_registry_client(hub: Hub) -> RegistryClient:
        return RegistryClient.for_account(server, hub.account)

    async with (
        aclosing(pool),
        Hub(
            credentials,
            base_url=_ORIGIN,
            pool=pool,
            scim_token=StaticSecret(sandbox.scim_token) if with_scim_token else None,
            retry_policy=retry_policy,
            timeout=request_timeout,
        ) as hub,
        Client(
            build_server(
                RequestContext(
                    registry or build_full_registry(),
                    ToolContext(
                        hub,
                        result_options=result_options,
                        clock=get_frozen_datetime,
                        registry_for=get_registry_client,
                        plans=CleanupPlans(MemoryPlans(_PLAN_KEY)),
                    ),
                )
            ),
            elicitation_callback=answer_question if decision else None,
        ) as client,
    ):
        yield Session(client, sandbox, questions)


def mask_random_values(text: str) -> str:
    """Return a text with fixed values for new tokens, ends of bearer tokens and request ids."""
    for pattern, replacement in _RANDOM_VALUES:
        text = pattern.sub(replacement, text)
    return text
