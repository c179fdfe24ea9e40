"""Clean-up plans of HTTP servers with one store: made at one, read and carried out at others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from mcp_types import ElicitResult, InputRequiredResult, TextResourceContents

from dockerhub_mcp.sandbox import Sandbox
from tests.support.cleanup_plans import list_deletions, list_names
from tests.support.elicitation import Person
from tests.support.programs import text_of
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.server_clients import MODES
from tests.support.web_servers import Running, served

IMAGE = "milldale/shared-index"
RULES: dict[str, Any] = {"repository": IMAGE, "older_than": "5d"}

DOWN = "the shared store of this server is unavailable"


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with run_redis() as server:
        yield server


@pytest.fixture
async def replicas(
    sandbox: Sandbox, sandbox_url: str, redis_server: RedisServer, tmp_path: Path
) -> AsyncIterator[list[Running]]:
    """Return three servers that share a store and a key."""
    redis_server.execute("FLUSHALL")
    (tmp_path / "key").write_text("0123456789abcdef" * 2)
    owner = sandbox.get_identity("owner")
    environment = {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
        "DOCKERHUB_MCP_STORE_URL": redis_server.url,
    }
    options = {"access": "admin", "toolsets": "cleanup", "sessions": True, "results": "both"}
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                served(environment=environment, state_key_file=str(tmp_path / "key"), **options)
            )
            for _ in range(3)
        ]


@MODES
async def test_a_plan_is_read_and_carried_out_by_another_server(
    replicas: list[Running], sandbox: Sandbox, mode: str
) -> None:
    person = Person()
    first, second, third = replicas
    async with first.client(mode=mode) as client:
        planned = (await client.call_tool("plan_tag_cleanup", RULES)).structured_content or {}
    async with second.client(mode=mode, client={"elicitation_callback": person}) as client:
        [contents] = (await client.read_resource(planned["whole_list"])).contents
        assert isinstance(contents, TextResourceContents)
        assert f"deletes {planned['deletes']} tags of {IMAGE}" in contents.text
        with pytest.raises(MCPError, match="in the store that its replicas share"):
            await client.read_resource("dockerhub://plans/cleanup-" + "0" * 32)
        result = await client.call_tool("apply_tag_cleanup", {"plan_id": planned["plan_id"]})
    assert not result.is_error, text_of(result)
    assert (result.structured_content or {})["deleted"] == planned["deletes"] == 3
    async with third.client(mode=mode) as client:
        again = await client.call_tool("apply_tag_cleanup", {"plan_id": planned["plan_id"]})
    assert again.structured_content == result.structured_content
    assert len(person.asked) == 1
    assert sorted(list_deletions(sandbox)) == ["1.0.0", "1.1", "1.1.0"]
    assert sorted(list_names(sandbox, IMAGE)) == ["1.2", "1.2.0", "latest"]


async def test_the_answer_to_the_question_may_reach_another_server(
    replicas: list[Running], sandbox: Sandbox
) -> None:
    first, second, third = replicas
    async with first.client() as client:
        planned = (await client.call_tool("plan_tag_cleanup", RULES)).structured_content or {}
    arguments = {"plan_id": planned["plan_id"]}
    async with second.client(client={"elicitation_callback": Person()}) as client:
        waiting = await client.session.call_tool("apply_tag_cleanup", arguments, allow_input_required=True)
    assert isinstance(waiting, InputRequiredResult)
    assert list_deletions(sandbox) == []
    async with third.client(client={"elicitation_callback": Person()}) as client:
        result: Any = await client.session.call_tool(
            "apply_tag_cleanup",
            arguments,
            input_responses={"confirm": ElicitResult(action="accept", content={"confirm": True})},
            request_state=waiting.request_state,
            allow_input_required=True,
        )
    assert not result.is_error, text_of(result)
    assert result.structured_content["deleted"] == planned["deletes"]
    assert sorted(list_deletions(sandbox)) == ["1.0.0", "1.1", "1.1.0"]


async def test_without_the_store_no_plan_is_made_or_carried_out(
    replicas: list[Running], redis_server: RedisServer, sandbox: Sandbox
) -> None:
    person = Person()
    async with replicas[0].client(client={"elicitation_callback": person}) as client:
        planned = (await client.call_tool("plan_tag_cleanup", RULES)).structured_content or {}
        redis_server.kill()
        try:
            for name, arguments in (
                ("plan_tag_cleanup", RULES),
                ("apply_tag_cleanup", {"plan_id": planned["plan_id"]}),
            ):
                result = await client.call_tool(name, arguments)
                assert result.is_error
                assert DOWN in text_of(result)
            with pytest.raises(MCPError, match=DOWN):
                await client.read_resource(planned["whole_list"])
        finally:
            redis_server.start()
    assert (person.asked, list_deletions(sandbox)) == ([], [])
