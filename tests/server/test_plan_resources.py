"""The resource with every tag of a clean-up plan."""

from __future__ import annotations

import pytest
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextContent, TextResourceContents

from tests.support.fixture_types import MakeHub
from tests.support.server_clients import MODES, connected


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


async def make_plan(client: Client, **arguments: object) -> str:
    result = await client.call_tool("plan_tag_cleanup", {"repository": "milldale/controller", **arguments})
    [line] = [line for line in text_of(result).split("\n") if line.startswith("whole_list: ")]
    return line.removeprefix("whole_list: ")


@MODES
async def test_the_whole_list_has_every_tag(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        uri = await make_plan(client, older_than="180d", keep_newest=5, max_delete=3000)
        [contents] = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    title, _, *rows = contents.text.split("\n")
    assert f"deletes {len(rows):,} tags of milldale/controller" in title
    assert len(rows) > 1000
    assert all(row.count(" | ") == 3 for row in rows)


@MODES
async def test_a_plan_that_is_unknown_or_disabled(make_hub: MakeHub, mode: str) -> None:
    uri = "dockerhub://plans/cleanup-" + "0" * 32
    async with connected(make_hub("owner"), mode) as client:
        with pytest.raises(MCPError, match="has no plan"):
            await client.read_resource(uri)
    async with connected(make_hub("owner"), mode, exclude_tools=["plan_tag_cleanup"]) as client:
        with pytest.raises(MCPError, match="plan_tag_cleanup"):
            await client.read_resource(uri)


@MODES
async def test_a_namespace_may_be_called_plans(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        with pytest.raises(MCPError, match="No repository plans/app"):
            await client.read_resource("dockerhub://plans/app")
