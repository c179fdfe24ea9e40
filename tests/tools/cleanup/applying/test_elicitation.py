"""Clean-ups by the SDK's client in both protocol generations: two calls, and one question."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from tests.support.cleanup_plans import list_deletions, list_names
from tests.support.elicitation import Person
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import make_image_context
from tests.support.programs import text_of
from tests.support.server_clients import MODES
from tests.support.tool_calls import EVERYTHING

IMAGE = "milldale/shared-index"
RULES: dict[str, Any] = {"repository": IMAGE, "older_than": "5d", "untagged": True}
ASK, NEVER = ConfirmationMode.ASK, ConfirmationMode.NEVER


class Connect:
    """Connects clients of a server of the sandbox."""

    def __init__(self, make_hub: MakeHub, sandbox: Sandbox) -> None:
        self._make_hub, self._sandbox = make_hub, sandbox

    def __call__(self, mode: str, person: Person | None, confirm: ConfirmationMode = ASK) -> Client:
        context = make_image_context(self._sandbox, self._make_hub("owner"), confirmation_mode=confirm)
        server = build_server(RequestContext(EVERYTHING, context))
        return Client(server, mode=mode, elicitation_callback=person)


@pytest.fixture
def connect(make_hub: MakeHub, sandbox: Sandbox) -> Connect:
    return Connect(make_hub, sandbox)


async def plan(client: Client) -> dict[str, Any]:
    result = await client.call_tool("plan_tag_cleanup", RULES)
    assert not result.is_error, text_of(result)
    return dict(result.structured_content or {})


async def apply(client: Client, planned: dict[str, Any], **arguments: Any) -> CallToolResult:
    return await client.call_tool("apply_tag_cleanup", {"plan_id": planned["plan_id"], **arguments})


@MODES
async def test_two_calls_and_one_question(connect: Connect, sandbox: Sandbox, mode: str) -> None:
    person = Person()
    async with connect(mode, person) as client:
        planned = await plan(client)
        result = await apply(client, planned)
        again = await apply(client, planned)
    assert planned["deletes"] == 3
    count = planned["deletes"] + planned["deleted_manifests"]
    for each in (result, again):
        assert not each.is_error, text_of(each)
        assert (each.structured_content or {})["deleted"] == count
    assert sorted(list_names(sandbox, IMAGE)) == ["1.2", "1.2.0", "latest"]
    assert len(list_deletions(sandbox)) == count
    [question] = person.asked
    assert (
        f"3 tags of {IMAGE} and {planned['deleted_manifests']} images without a tag (which frees up to "
        in question
    )
    assert (
        "are deleted; this cannot be undone. The tags are 1.0.0, 1.1, 1.1.0; the oldest is 1.0.0, pushed "
        in question
    )
    assert question.count("3 tags stay: 2 with the digest of a kept tag, 1 by keep_matching.") == 1
    assert "dry_run" not in question
    assert planned["plan_id"] not in question, "a user has no use for it"


@MODES
@pytest.mark.parametrize(
    ("action", "content"), [("decline", None), ("cancel", None), ("accept", {"confirm": False})]
)
async def test_without_a_yes_nothing_is_deleted_and_the_plan_stays(
    connect: Connect, sandbox: Sandbox, mode: str, action: str, content: Any
) -> None:
    person = Person(action, content)
    async with connect(mode, person) as client:
        planned = await plan(client)
        result = await apply(client, planned)
        assert result.is_error
        assert list_deletions(sandbox) == []
        told = "without ticking" if action == "accept" else "The user declined"
        assert told in text_of(result)
        person.action, person.content = "accept", {"confirm": True}
        assert not (await apply(client, planned)).is_error
    assert len(person.asked) == 2


@MODES
async def test_a_client_that_cannot_ask_is_told_what_to_do(
    connect: Connect, sandbox: Sandbox, mode: str
) -> None:
    async with connect(mode, None) as client:
        planned = await plan(client)
        for arguments in ({}, {"confirm_count": planned["deletes"] + planned["deleted_manifests"]}):
            result = await apply(client, planned, **arguments)
            assert result.is_error
            assert "--confirm never" in text_of(result)
    assert list_deletions(sandbox) == []


@MODES
async def test_without_questions_the_right_count_is_needed(
    connect: Connect, sandbox: Sandbox, mode: str
) -> None:
    person = Person()
    async with connect(mode, person, NEVER) as client:
        planned = await plan(client)
        count = planned["deletes"] + planned["deleted_manifests"]
        for arguments in ({}, {"confirm_count": planned["deletes"]}, {"confirm_count": count + 1}):
            result = await apply(client, planned, **arguments)
            assert result.is_error
            assert "confirm_count" in text_of(result)
            assert "Nothing was sent." in text_of(result)
            assert list_deletions(sandbox) == []
        assert not (await apply(client, planned, confirm_count=count)).is_error
    assert person.asked == []
