from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult, TextContent

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server import factory
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.telemetry.observers import Observers, OnMessageEnd, ReceivedMessage
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import make_context

CONTRACT = Path(__file__).parents[2] / "tool_schemas"
MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])


@asynccontextmanager
async def connected(hub: Hub, mode: str, **options: Any) -> AsyncIterator[Client]:
    context = make_context(hub, include_structured=options.pop("with_data", False))
    async with Client(build_server(RequestContext(Registry(**options), context)), mode=mode) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


@MODES
@pytest.mark.parametrize("with_data", [False, True])
async def test_the_list_is_what_the_contract_publishes(make_hub: MakeHub, mode: str, with_data: bool) -> None:
    async with connected(make_hub(), mode, with_data=with_data) as client:
        listed = (await client.list_tools()).tools
    assert len(listed) == len(Registry().tools)
    for tool in listed:
        published = json.loads((CONTRACT / f"{tool.name}.json").read_text("utf-8"))
        if not with_data:
            del published["outputSchema"]
        assert tool.model_dump(by_alias=True, mode="json", exclude_none=True) == published


@MODES
async def test_a_call_returns_text_and_data_if_enabled(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        result = await client.call_tool("get_tag", {"repository": "redis:8.2"})
    assert not result.is_error
    assert result.structured_content is None
    assert "digest: sha256:" in text_of(result)
    assert (result.meta or {})["dockerhub-mcp/untrusted"] == ["name"]
    async with connected(make_hub("owner"), mode, with_data=True) as client:
        both = await client.call_tool("get_tag", {"repository": "redis:8.2"})
    assert text_of(both) == text_of(result)
    assert both.structured_content
    assert f"digest: {both.structured_content['digest']}\n" in text_of(both)


@MODES
async def test_an_unknown_tool_is_invalid_params_with_near_matches(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub(), mode) as client:
        with pytest.raises(MCPError, match="'get_tagg'; did you mean get_tag") as caught:
            await client.call_tool("get_tagg", {})
    assert caught.value.error.code == INVALID_PARAMS


@MODES
async def test_a_disabled_tool_is_hidden_and_refused(make_hub: MakeHub, sandbox: Sandbox, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        assert "create_repository" not in {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("create_repository", {"namespace": "acme", "name": "surprise"})
    assert result.is_error
    assert "--access write" in text_of(result)
    assert not sandbox.requests


@MODES
async def test_progress_is_reported_when_asked_for(make_hub: MakeHub, mode: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async with connected(make_hub("owner"), mode) as client:
        arguments = {"repository": "redis", "max_items": 300}
        await client.call_tool("list_tags", arguments, progress_callback=on_progress)
    assert [done for done, _, _ in seen] == [100, 200, 300]
    assert seen[-1] == (300, 300, "300 of 300 items read")


async def test_progress_never_goes_back_or_past_the_total(
    monkeypatch: pytest.MonkeyPatch, make_hub: MakeHub
) -> None:
    async def call_tool(_: Any, context: ToolContext, *__: Any) -> ToolResult:
        for done, total in ((1, 5), (1, 5), (4, 2), (3, 9), (6, None)):
            await context.report_progress(done, total)
        return ToolResult("done")

    monkeypatch.setattr(factory, "call_tool", call_tool)
    seen: list[tuple[float, float | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
        seen.append((progress, total))

    async with connected(make_hub(), "2026-07-28") as client:
        await client.call_tool("get_tag", {}, progress_callback=on_progress)
    assert seen == [(1, 5), (4, None), (6, None)]


@MODES
async def test_a_cursor_is_invalid(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub(), mode) as client:
        for ask in (client.list_tools, client.list_prompts):
            with pytest.raises(MCPError, match="Unknown cursor") as caught:
                await ask(cursor="page-two")
            assert caught.value.error.code == INVALID_PARAMS


class BrokenRegistry(Registry):
    """A registry that raises an unexpected exception."""

    def find_tool(self, name: str) -> Any:
        msg = f"a secret thing about {name}"
        raise RuntimeError(msg)


@MODES
async def test_an_unexpected_exception_stays_in_the_log(
    make_hub: MakeHub, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Client(
        build_server(RequestContext(BrokenRegistry(), make_context(make_hub()))), mode=mode
    ) as client:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("get_tag", {})
    assert caught.value.error.code == INTERNAL_ERROR
    assert "secret thing" not in str(caught.value.error)
    assert "RuntimeError" not in str(caught.value.error)
    assert "a secret thing about get_tag" in caplog.text


@MODES
async def test_the_server_introduces_itself(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub(), mode) as client:
        await client.list_tools()
        assert client.server_info is None or client.server_info.name == "dockerhub-mcp"


@MODES
async def test_a_former_name_of_a_tool_can_be_called_and_counts_as_the_present_one(
    make_hub: MakeHub, mode: str
) -> None:
    former, present = "scim_get_service_provider_config", "scim_get_provider_config"
    observers, targets = Observers(), []

    class Recorder:
        def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
            targets.append(message.target)
            return lambda _: None

        def on_attempt(self, attempt: RequestAttempt) -> None: ...

    observers.registered.append(Recorder())
    registry = Registry(toolsets=["scim"])
    server = build_server(RequestContext(registry, make_context(make_hub("owner"))), observers=observers)
    async with Client(server, mode=mode) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        results = [await client.call_tool(name, {}) for name in (former, present)]
    assert present in listed
    assert former not in listed
    assert text_of(results[0]) == text_of(results[1])
    assert targets[-2:] == [present, present]
