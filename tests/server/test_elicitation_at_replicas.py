"""Test that each confirmed change is made once when the answer reaches several replicas at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult, ElicitResult, InputRequiredResult

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.elicitation import Elicitor
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.shared.confirmations import StoredAnswers
from tests.support.elicitation import Person
from tests.support.impacts import ImpactCase, build_impact_cases
from tests.support.programs import text_of
from tests.support.shared_states import UnreliableState
from tests.support.tool_calls import EVERYTHING, changes, make_context

KEY = b"0123456789abcdef" * 2
YES = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
CASES = [case for case in build_impact_cases(Sandbox()) if case.gives or case.takes]


@asynccontextmanager
async def replicas(count: int) -> AsyncIterator[tuple[Sandbox, UnreliableState, list[Client]]]:
    """Connect a client with each replica; each has a Hub client of its own."""
    sandbox, state = Sandbox(), UnreliableState()
    sandbox.state.personal_access_tokens[0].is_active = True
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(count):
            hub = Hub(
                Credentials.from_strings("ada", "sandbox-password-ada"),
                base_url="http://localhost",
                httpx_transport=httpx.ASGITransport(app=sandbox.app),
                scim_token=StaticSecret(sandbox.scim_token),
            )
            await stack.enter_async_context(hub)
            elicitor = Elicitor([KEY], used_answers=StoredAnswers(state))
            server = build_server(RequestContext(EVERYTHING, make_context(hub)), elicitor=elicitor)
            client = Client(server, mode="2026-07-28", elicitation_callback=Person())
            clients.append(await stack.enter_async_context(client))
        yield sandbox, state, clients


async def send(client: Client, case: ImpactCase, **answer: Any) -> CallToolResult | InputRequiredResult:
    result: CallToolResult | InputRequiredResult = await client.session.call_tool(
        case.tool, case.arguments, allow_input_required=True, **answer
    )
    return result


async def ask(client: Client, case: ImpactCase) -> str:
    question = await send(client, case)
    assert isinstance(question, InputRequiredResult)
    assert question.request_state
    return question.request_state


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.tool}-{case.words[0]}")
async def test_each_change_is_made_once(case: ImpactCase) -> None:
    """Compared with a server that is alone: several requests for one change are sent once each as well."""
    async with replicas(1) as (sandbox, _, [client]):
        request_state = await ask(client, case)
        previews = changes(sandbox)  # of custom roles, by the Hub
        done = await send(client, case, input_responses=YES, request_state=request_state)
        assert isinstance(done, CallToolResult)
        is_expected = is_done(done)
        expected = [each for each in changes(sandbox) if each not in previews]
        assert expected
    async with replicas(3) as (sandbox, state, clients):
        answer = {"input_responses": YES, "request_state": await ask(clients[0], case)}
        results = await asyncio.gather(*(send(client, case, **answer) for client in clients))
        late = await send(clients[1], case, **answer)
        assert [each for each in changes(sandbox) if each not in previews] == expected
        assert sum(is_done(result) for result in results) == is_expected
        assert not is_done(late)
        assert len({key for command, key in state.commands if command == "claim"}) == 1


def is_done(result: CallToolResult | InputRequiredResult) -> bool:
    """Tell whether a call made its change; a change that was made already is none."""
    if isinstance(result, InputRequiredResult) or result.is_error:
        return False
    return not text_of(result).startswith("Nothing changes, and nothing was sent")


async def test_an_unclaimed_answer_sends_nothing() -> None:
    for case in CASES:
        async with replicas(1) as (sandbox, state, [client]):
            request_state = await ask(client, case)
            previews = changes(sandbox)
            state.is_down = True
            refused = await send(client, case, input_responses=YES, request_state=request_state)
            assert isinstance(refused, CallToolResult)
            assert refused.is_error
            assert text_of(refused).startswith(f"{case.tool} was not sent: the server cannot record that a")
            assert changes(sandbox) == previews * 2
