"""One id for each request: in the log, in the audit log and in error messages."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.elicitation import Elicitor
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.sdk import create_sdk_server
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.request_context import get_current_request, get_request_id
from tests.support.audit_logs import read_outcomes
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import EVERYTHING, FakeUser, make_context
from tests.support.tool_calls import call as call_directly
from tests.support.web_servers import call, routed, served

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
ID = re.compile(r"[0-9a-f]{12}")


@pytest.fixture
def logged() -> Iterator[Any]:
    """Configure logging, and return the lines logged since the last call."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("debug", as_json=True, redact=Redactor())
    stream = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)

    def look() -> list[dict[str, Any]]:
        lines = stream.getvalue().splitlines()
        stream.seek(0)
        stream.truncate()
        return [json.loads(line) for line in lines]

    yield look
    logging.captureWarnings(False)  # noqa: FBT003
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)


@MODES
async def test_every_line_of_a_call_has_its_id_and_no_two_calls_share_one(
    make_hub: MakeHub, logged: Any, mode: str
) -> None:
    async with Client(
        build_server(RequestContext(Registry(), ToolContext(make_hub("owner")))), mode=mode
    ) as client:
        await client.call_tool("list_tags", {"repository": "redis", "max_items": 250})
        first = [line for line in logged() if line["logger"].startswith("dockerhub_mcp")]
        await client.call_tool("get_tag", {"repository": "redis:8.2"})
        second = [line for line in logged() if line["logger"].startswith("dockerhub_mcp")]
    assert len([line for line in first if line["message"] == "hub answered"]) == 4  # sign-in and three pages
    (one,), (other,) = ({line["request_id"] for line in lines} for lines in (first, second))
    assert ID.fullmatch(one)
    assert one != other
    assert get_request_id() == ""
    assert get_current_request().id == ""


@MODES
async def test_the_audit_log_has_the_request_id_of_the_log(
    make_hub: MakeHub, tmp_path: Path, logged: Any, mode: str
) -> None:
    journal = AuditLog(tmp_path / "journal")
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER, audit_log=journal)
    async with Client(build_server(RequestContext(EVERYTHING, context)), mode=mode) as client:
        await client.call_tool("delete_tag", {"repository": "acme/mailer", "tag": "latest"})
    journal.close()
    [entry] = read_outcomes(tmp_path / "journal")
    (wrote,) = (line for line in logged() if line["message"] == "wrote")
    assert ID.fullmatch(entry["request_id"])
    assert wrote["request_id"] == entry["request_id"]


async def test_a_mutation_outside_a_request_has_an_id(make_hub: MakeHub, tmp_path: Path, logged: Any) -> None:
    journal = AuditLog(tmp_path / "journal")
    context = make_context(make_hub("owner"), confirmer=FakeUser(), audit_log=journal)
    await call_directly(context, "delete_tag", repository="acme/mailer", tag="latest")
    journal.close()
    [entry] = read_outcomes(tmp_path / "journal")
    (wrote,) = (line for line in logged() if line["message"] == "wrote")
    assert ID.fullmatch(entry["request_id"])
    assert wrote["request_id"] == entry["request_id"]


@MODES
@pytest.mark.parametrize(
    "fault",
    [{"status": 500, "body": "{}"}, {"status": 200, "body": "<html>", "content_type": "text/html"}],
    ids=["5xx", "html"],
)
async def test_server_errors_of_the_hub_name_the_request(
    make_hub: MakeHub, sandbox: Sandbox, logged: Any, mode: str, fault: dict[str, Any]
) -> None:
    sandbox.faults.add(**fault)
    async with Client(build_server(RequestContext(Registry(), ToolContext(make_hub()))), mode=mode) as client:
        result = await client.call_tool("get_tag", {"repository": "redis:8.2"})
    (named,) = re.findall(r"\(Request ([0-9a-f]{12}) in this server's log\.\)$", result.content[0].text)  # type: ignore[union-attr]
    assert named in {line["request_id"] for line in logged() if line["message"] == "a call failed"}


async def test_errors_that_the_caller_can_correct_name_no_request(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    async with Client(
        build_server(RequestContext(Registry(), ToolContext(make_hub()))), mode="2026-07-28"
    ) as client:
        for arguments in ({}, {"repository": "none-such:9"}, {"repository": "redis", "tag": "../x"}):
            result = await client.call_tool("get_tag", arguments)
            assert result.is_error
            assert "in the log" not in result.content[0].text  # type: ignore[union-attr]
    assert sandbox.requests


@MODES
async def test_internal_errors_name_the_request(logged: Any, mode: str) -> None:
    async def fail(*_: object) -> Any:
        msg = "with a secret"
        raise RuntimeError(msg)

    server = create_sdk_server(
        Elicitor(), instructions="", find_input_schema=lambda _: None, on_list_tools=fail, on_call_tool=fail
    )
    async with Client(server, mode=mode) as client:
        with pytest.raises(MCPError, match=r"the server's log has details under [0-9a-f]{12}") as caught:
            await client.list_tools()
    assert "secret" not in str(caught.value)
    (line,) = (line for line in logged() if line["message"] == "a handler failed")
    assert line["request_id"] in str(caught.value)
    assert "RuntimeError" in line["trace"]


async def test_over_http_authentication_and_call_share_an_id(logged: Any) -> None:
    async with served(sandbox=True, sessions=True) as web:
        asked = call("get_tag", repository="redis:8.2")
        async with web.http() as http:
            await http.post("/mcp", json=asked, headers=routed(asked))
            await http.post("/mcp", json=asked, headers={**routed(asked), "host": "evil.example"})
        async with web.client(mode="legacy") as client:
            for _ in range(2):
                await client.call_tool("get_repository", {"repository": "redis"})
                await client.call_tool("get_repository", {"repository": "nginx"})
    lines = [line for line in logged() if line["logger"].startswith("dockerhub_mcp")]
    (rejected,) = (line for line in lines if line["message"] == "rejected")
    assert ID.fullmatch(rejected["request_id"])
    asked_for = [line["request_id"] for line in lines if line["message"] == "hub answered"]
    assert len(set(asked_for)) == 3  # the tag with its sign-in, and two repositories
    assert rejected["request_id"] not in asked_for


async def test_the_hubs_own_request_id_is_logged(make_hub: MakeHub, sandbox: Sandbox, logged: Any) -> None:
    sandbox.faults.add(
        status=200, body="{}", headers={"CF-Ray": "8f00-FRA", "X-Request-Id": "abc\u0085def"}, times=1
    )
    hub = make_hub()
    for _ in range(2):
        await call_directly(hub, "get_repository", repository="redis")
    first, second = (line for line in logged() if line["message"] == "hub answered")
    assert first["hub_request_id"].startswith("abc")
    assert "\u0085" not in first["hub_request_id"]
    assert "hub_request_id" not in second


def test_lines_of_libraries_and_warnings_are_json_too(logged: Any) -> None:
    import warnings  # noqa: PLC0415

    logging.getLogger("uvicorn.error").error("a library speaks")
    logging.getLogger("mcp.server").warning("so does the SDK")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)  # noqa: FBT003 - it was on before the block, which forgets it
        logging.captureWarnings(True)  # noqa: FBT003
        warnings.warn("a warning", UserWarning, stacklevel=1)
        logging.captureWarnings(False)  # noqa: FBT003
    lines = logged()
    assert [line["logger"] for line in lines] == ["uvicorn.error", "mcp.server", "py.warnings"]
    assert all("request_id" not in line for line in lines)
