"""No method that gives rights or takes something away is sent unasked, in both protocol generations."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client
from mcp_types import TextContent

from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.workflows import WORKFLOWS
from dockerhub_mcp.tools.workflows.base import Workflow
from tests.support.elicitation import Person
from tests.support.fixture_types import MakeHub
from tests.support.impacts import build_impact_cases
from tests.support.tool_calls import EVERYTHING, changes, make_context

WRITES: tuple[type[Mutation | Workflow], ...] = (
    *(each for each in ALL_METHODS if issubclass(each, Mutation)),
    *WORKFLOWS,
)
POWERFUL = {each.tool_name for each in WRITES if each.gives or each.takes}


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
@pytest.mark.parametrize("can_ask", [True, False])
async def test_no_method_that_gives_or_takes_is_sent_unasked(
    make_hub: MakeHub, sandbox: Sandbox, mode: str, can_ask: bool
) -> None:
    hub = make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))
    server = build_server(RequestContext(EVERYTHING, make_context(hub)))  # with the default policy
    person = Person("decline")
    options: dict[str, Any] = {"elicitation_callback": person} if can_ask else {}
    tried = set()
    async with Client(server, mode=mode, **options) as client:
        for case in build_impact_cases(sandbox):
            if not (case.gives or case.takes):
                continue
            tried.add(case.tool)
            person.asked.clear()
            result = await client.call_tool(case.tool, case.arguments)
            text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
            assert result.is_error, text
            assert len(person.asked) == (1 if can_ask else 0)
            assert all(word in text for word in case.words), text
            assert ("--confirm never" in text) is not can_ask
            assert set(changes(sandbox)) <= {"POST /v2/invites/bulk"}  # whether the Hub takes a custom role
    assert tried | {"apply_tag_cleanup"} == POWERFUL  # which needs a plan; see below
    assert len(sandbox.state.organizations["acme"].invitees) == 2


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_harmless_changes_need_no_client_that_can_ask(
    make_hub: MakeHub, sandbox: Sandbox, mode: str
) -> None:
    server = build_server(
        RequestContext(
            EVERYTHING, make_context(make_hub("owner", scim_token=StaticSecret(sandbox.scim_token)))
        )
    )
    async with Client(server, mode=mode) as client:
        for case in build_impact_cases(sandbox):
            if case.gives or case.takes:
                continue
            sent = len(changes(sandbox))
            result = await client.call_tool(case.tool, case.arguments)
            assert not result.is_error, result.content
            assert len(changes(sandbox)) == sent + 1


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
@pytest.mark.parametrize("can_ask", [True, False])
async def test_no_tag_of_a_plan_is_deleted_unasked(
    make_hub: MakeHub, sandbox: Sandbox, mode: str, can_ask: bool
) -> None:
    server = build_server(RequestContext(EVERYTHING, make_context(make_hub("owner"))))
    person = Person("decline")
    options: dict[str, Any] = {"elicitation_callback": person} if can_ask else {}
    async with Client(server, mode=mode, **options) as client:
        rules = {"repository": "milldale/shared-index", "older_than": "180d"}
        plan = (await client.call_tool("plan_tag_cleanup", rules)).structured_content or {}
        assert plan["deletes"] == 3
        result = await client.call_tool("apply_tag_cleanup", {"plan_id": plan["plan_id"]})
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    assert result.is_error, text
    assert len(person.asked) == (1 if can_ask else 0)
    assert ("--confirm never" in text) is not can_ask
    assert changes(sandbox) == []
