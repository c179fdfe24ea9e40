"""Access levels over a real connection: enabled tools can be listed and called, disabled ones are hidden."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.toolsets import PRESETS
from tests.support.programs import MODES, Connect, make_connect, text_of

ALL = [tool.name for tool in ALL_TOOLS]


@pytest.fixture
def connect(sandbox: Sandbox, sandbox_url: str) -> Connect:
    return make_connect(sandbox, sandbox_url)


def under(access: Access) -> list[str]:
    return [tool.name for tool in ALL_TOOLS if access.includes(tool.access)]


@MODES
@pytest.mark.parametrize(
    ("options", "on", "option"),
    [
        (["--toolsets", "all"], under(Access.READ), "--access"),
        (["--toolsets", "all", "--access", "write"], under(Access.WRITE), "--access admin"),
        (["--toolsets", "all", "--access", "admin"], ALL, None),
        (
            ["--toolsets", "tags,repositories", "--exclude-tools", "check_tag,check_tags"],
            [
                "list_repositories",
                "get_repository",
                "check_repository",
                "verify_immutable_tags",
                "list_repository_groups",
                "list_tags",
                "get_tag",
            ],
            None,
        ),
        (["--tools", "get_tag,login"], ["login", "get_tag"], None),
        (
            ["--toolsets", "developer,scim", "--access", "write"],
            [
                tool.name
                for tool in ALL_TOOLS
                if Access.WRITE.includes(tool.access)
                and (tool.name in PRESETS["developer"].tools or tool.area is Area.SCIM)
            ],
            None,
        ),
    ],
    ids=["read", "write", "admin", "toolsets", "tools", "preset"],
)
async def test_a_disabled_tool_is_hidden_and_refused(
    connect: Connect, sandbox: Sandbox, mode: str, options: list[str], on: list[str], option: str | None
) -> None:
    async with connect(*options, mode=mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == on
        for name in ALL:
            arguments: dict[str, Any] = {"there_is_no_such_argument": 1}
            text = text_of(await client.call_tool(name, arguments))
            refused = f"The tool {name} is switched off on this server" in text
            assert refused is (name not in on), text
            if refused:
                assert (option or "--") in text
            else:
                assert f"{name} was not called" in text
    assert not sandbox.requests


@MODES
async def test_write_is_not_admin(connect: Connect, sandbox: Sandbox, mode: str) -> None:
    async with connect("--access", "write", mode=mode) as client:
        made = await client.call_tool("create_repository", {"name": "acme/brand-new", "is_private": True})
        assert not made.is_error, text_of(made)
        refused = await client.call_tool("delete_repository", {"repository": "acme/brand-new"})
        assert "it needs --access admin (or" in text_of(refused)
        refused = await client.call_tool("remove_org_member", {"org_name": "acme", "username": "ada"})
        assert "it needs --access admin and --toolsets default,members (or" in text_of(refused)
    assert ("acme", "brand-new") in sandbox.state.repositories
