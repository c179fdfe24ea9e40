"""Confirmation through elicitation, in both protocol generations."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, InputRequiredResult, TextContent

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import EVERYTHING, make_context

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])


def server(hub: Hub, confirm: ConfirmationMode = ConfirmationMode.ASK) -> Any:
    return build_server(RequestContext(EVERYTHING, make_context(hub, confirmation_mode=confirm)))


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


@MODES
async def test_a_confirmed_mutation_is_carried_out(make_hub: MakeHub, sandbox: Sandbox, mode: str) -> None:
    person = Person()
    async with Client(server(make_hub("owner")), mode=mode, elicitation_callback=person) as client:
        result = await client.call_tool("delete_tag", DELETE)
    assert not result.is_error, text_of(result)
    assert len(person.asked) == 1
    assert "acme/storefront:latest (sha256:" in person.asked[0]
    assert not has_latest(sandbox)


@MODES
@pytest.mark.parametrize(
    ("action", "content"),
    [("decline", None), ("cancel", None), ("accept", {"confirm": False}), ("accept", {})],
)
async def test_any_answer_but_acceptance_declines(
    make_hub: MakeHub, sandbox: Sandbox, mode: str, action: str, content: Any
) -> None:
    person = Person(action, content)
    async with Client(server(make_hub("owner")), mode=mode, elicitation_callback=person) as client:
        result = await client.call_tool("delete_tag", DELETE)
    assert result.is_error
    told = "without ticking" if action == "accept" else "The user declined"
    assert told in text_of(result)
    assert has_latest(sandbox)


@MODES
async def test_a_client_that_cannot_ask_is_refused_with_the_remedy(
    make_hub: MakeHub, sandbox: Sandbox, mode: str
) -> None:
    async with Client(server(make_hub("owner")), mode=mode) as client:
        result = await client.call_tool("delete_tag", DELETE)
        assert result.is_error
        assert "--confirm never" in text_of(result)
        assert has_latest(sandbox)
    async with Client(server(make_hub("owner"), ConfirmationMode.NEVER), mode=mode) as client:
        assert not (await client.call_tool("delete_tag", DELETE)).is_error
    assert not has_latest(sandbox)


async def test_the_state_is_sealed_and_bound_to_the_call(make_hub: MakeHub, sandbox: Sandbox) -> None:
    async with Client(server(make_hub("owner")), mode="2026-07-28", elicitation_callback=Person()) as client:
        waiting = await first_round(client, DELETE)
        assert waiting.request_state
        assert "question" not in waiting.request_state
        other = {"repository": "acme/docs", "tag": "latest"}
        for arguments, state in (
            (other, waiting.request_state),
            (DELETE, waiting.request_state[:-4] + "AAAA"),
        ):
            with pytest.raises(MCPError, match="Invalid or expired requestState"):
                await second_round(client, arguments, state)
        unasked = await second_round(client, DELETE, None)
        assert isinstance(unasked, InputRequiredResult)
        assert has_latest(sandbox)


async def test_an_answer_counts_once(make_hub: MakeHub, sandbox: Sandbox) -> None:
    async with Client(server(make_hub("owner")), mode="2026-07-28", elicitation_callback=Person()) as client:
        waiting = await first_round(client, DELETE)
        tags = list(sandbox.state.repositories["acme", "storefront"].tags)
        done = await second_round(client, DELETE, waiting.request_state)
        assert isinstance(done, CallToolResult)
        assert not done.is_error
        sandbox.state.repositories["acme", "storefront"].tags[:] = tags
        again = await second_round(client, DELETE, waiting.request_state)
        assert again.is_error, "the user is not asked a second time without a word to the agent"
        told = text_of(again)
        assert told.startswith("delete_tag was not sent by this call: the user's answer counts once")
        assert "another call with the same answer has used it. See the result of that call" in told
        assert "acme/storefront:latest (sha256:" in told
        assert has_latest(sandbox)
        done = await client.call_tool("delete_tag", DELETE)
        assert not done.is_error, "a new question"


async def test_a_decline_is_final(make_hub: MakeHub, sandbox: Sandbox) -> None:
    async with Client(server(make_hub("owner")), mode="2026-07-28", elicitation_callback=Person()) as client:
        waiting = await first_round(client, DELETE)
        declined = await client.session.call_tool(
            "delete_tag",
            DELETE,
            input_responses={"confirm": ElicitResult(action="decline")},
            request_state=waiting.request_state,
        )
        assert "The user declined" in text_of(declined)
        late = await second_round(client, DELETE, waiting.request_state)
        assert late.is_error
        assert has_latest(sandbox)


async def test_an_answer_to_another_question_is_asked_again(make_hub: MakeHub, sandbox: Sandbox) -> None:
    arguments = {"repository": "acme/storefront"}
    async with Client(server(make_hub("owner")), mode="2026-07-28", elicitation_callback=Person()) as client:
        session = client.session
        waiting = await session.call_tool("delete_repository", arguments, allow_input_required=True)
        assert isinstance(waiting, InputRequiredResult)
        sandbox.state.repositories["acme", "storefront"].description = "Something else now"
        yes = ElicitResult(action="accept", content={"confirm": True})
        second = await session.call_tool(
            "delete_repository",
            arguments,
            input_responses={"confirm": yes},
            request_state=waiting.request_state,
            allow_input_required=True,
        )
        assert isinstance(second, InputRequiredResult)
    assert ("acme", "storefront") in sandbox.state.repositories


@MODES
async def test_changing_counters_do_not_invalidate_an_answer(
    make_hub: MakeHub, sandbox: Sandbox, mode: str
) -> None:
    person = Person()
    repository = sandbox.state.repositories["acme", "storefront"]

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        repository.pull_count += 1_000
        return await person(context, params)

    async with Client(server(make_hub("owner")), mode=mode, elicitation_callback=answer) as client:
        result = await client.call_tool("delete_repository", {"repository": "acme/storefront"})
    assert not result.is_error, text_of(result)
    assert len(person.asked) == 1


@MODES
async def test_a_state_that_changes_before_the_answer_is_asked_about_again(
    make_hub: MakeHub, sandbox: Sandbox, mode: str
) -> None:
    person = Person()
    repository = sandbox.state.repositories["acme", "billing-api"]

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        if not person.asked:
            repository.immutable_tags_rules = (*repository.immutable_tags_rules, "release-.*")
        return await person(context, params)

    async with Client(server(make_hub("owner")), mode=mode, elicitation_callback=answer) as client:
        arguments = {"repository": "acme/billing-api", "immutable_tags": False}
        result = await client.call_tool("update_immutable_tags", arguments)
    assert not result.is_error, text_of(result)
    assert len(person.asked) == 2
    assert "release-.*" in person.asked[1]
    assert "release-.*" in repository.immutable_tags_rules
