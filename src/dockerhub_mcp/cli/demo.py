"""Demonstrate the server: a real MCP client, the real server as a subprocess, the sandbox behind it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, TextContent, Tool

_STYLES = {"title": "1;36", "ask": "1;33", "call": "2", "good": "32", "bad": "31", "dim": "2"}


class _DemoOutput:
    """Write styled lines."""

    def __init__(self, write: Callable[[str], object], *, use_colour: bool) -> None:
        self._write = write
        self._use_colour = use_colour

    def write_line(self, text: str = "", style: str = "") -> None:
        """Write a line, in one of the styles if colours are used."""
        if style and self._use_colour:
            text = f"\x1b[{_STYLES[style]}m{text}\x1b[0m"
        self._write(f"{text}\n")


async def run_demo(write: Callable[[str], object], use_colour: bool) -> int:
    """Call the server as an agent would, and return the exit code: 0 if every step went as expected.

    Args:
        write: Writes a text.
        use_colour: Whether texts may contain ANSI colours.
    """
    output = _DemoOutput(write, use_colour=use_colour)
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "dockerhub_mcp", "--sandbox", "--log-level", "warning"]
    )
    output.write_line("dockerhub-mcp: a real MCP client asks this server about Docker Hub", "title")
    output.write_line("The Hub here is the embedded sandbox: sample data, no account, no network.\n", "dim")
    async with Client(server) as client:
        script = _DemoScript(client, output)
        await script.list_tools()
        await script.pin_image()
        await script.show_invalid_calls()
        await script.show_refused_write()
        await script.show_organization_access()
    if script.failed_steps:
        output.write_line(f"\n{script.failed_steps} step(s) did not go as expected.", "bad")
        return 1
    output.write_line("\nTo add it to your agent, see README.md. For the real Hub, omit --sandbox.", "title")
    return 0


class _DemoScript:
    """The steps of the demo.

    Attributes:
        failed_steps: How many steps did not go as expected.
    """

    def __init__(self, client: Client, output: _DemoOutput) -> None:
        self._client = client
        self._write_line = output.write_line
        self.failed_steps = 0

    async def list_tools(self) -> None:
        """Connect and list the tools."""
        found: list[Tool] = (await self._client.list_tools()).tools
        info = self._client.server_info
        name = f"{info.name} {info.version}" if info else "a server without a name"
        self._write_line(f"1. Connected to {name}, protocol {self._client.protocol_version}", "ask")
        self._write_line(f"   {len(found)} tools, which read and sign in:")
        names = [tool.name for tool in found]
        for start in range(0, len(names), 4):
            self._write_line("   " + "".join(f"{name:26}" for name in names[start : start + 4]).rstrip())

    async def pin_image(self) -> None:
        """Find a tag and its digest."""
        self._write_line("\n2. Which Alpine tags of redis 8.2 exist, and which digest should I pin?", "ask")
        listed = await self._call_tool("list_tags", repository="redis", name="8.2.3-alpine", page_size=5)
        self._write_result(listed)
        found = re.search(r"^(8\.2\.3-alpine[\w.]*) \|", _extract_text(listed), re.MULTILINE)
        tag = found[1] if found else "latest"
        self._check_step(found is not None)
        got = await self._call_tool("get_tag", repository=f"redis:{tag}", fields=["digest"])
        digest = re.search(r"^digest: (sha256:[0-9a-f]{64})$", _extract_text(got), re.MULTILINE)
        self._check_step(digest is not None)
        self._write_line(f"   FROM redis:{tag}@{digest[1] if digest else '?'}", "good")

    async def show_invalid_calls(self) -> None:
        """Show the error messages of invalid calls."""
        self._write_line("\n3. What if the agent makes a mistake?", "ask")
        for arguments in ({"repository": "redis", "page_size": 5000}, {"repository": "redis:8.2-alpin"}):
            tool = "list_tags" if "page_size" in arguments else "get_tag"
            result = await self._call_tool(tool, **arguments)
            self._write_line("   " + _extract_text(result).replace("\n", "\n   "), "bad")
            self._check_step(bool(result.is_error))

    async def show_refused_write(self) -> None:
        """Show that a tool above the access level is refused."""
        self._write_line("\n4. The agent tries to create a repository, without permission.", "ask")
        result = await self._call_tool("create_repository", namespace="acme", name="surprise")
        self._write_line("   " + _extract_text(result).replace("\n", "\n   "), "bad")
        self._check_step(bool(result.is_error))

    async def show_organization_access(self) -> None:
        """Sign in and read what requires an account."""
        self._write_line("\n5. Signed in: who can do what in the organization acme?", "ask")
        for tool, arguments in (
            ("create_auth_token", {}),
            ("list_org_members", {"org_name": "acme", "fields": ["username", "role", "last_seen_at"]}),
            ("list_org_access_tokens", {"name": "acme"}),
        ):
            result = await self._call_tool(tool, **arguments)
            self._write_result(result)
            self._check_step(not result.is_error)

    async def _call_tool(self, tool: str, **arguments: Any) -> CallToolResult:
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        self._write_line(f"   > {tool}({shown})", "call")
        return await self._client.call_tool(tool, arguments)

    def _write_result(self, result: CallToolResult) -> None:
        """Write a result as the agent reads it."""
        for line in _extract_text(result).split("\n"):
            self._write_line(f"   {line}")

    def _check_step(self, passed: bool) -> None:
        self.failed_steps += not passed


def _extract_text(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
