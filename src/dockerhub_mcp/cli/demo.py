"""The first minute: the real server as a subprocess, a real MCP client, and the sandbox behind it."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, TextContent, Tool

_STYLES = {"title": "1;36", "ask": "1;33", "call": "2", "good": "32", "bad": "31", "dim": "2"}


class _Screen:
    """Writes to standard output, in colour where somebody can see it."""

    def __init__(self, *, plain: bool) -> None:
        wanted = sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
        self._colour = wanted and not plain and not os.environ.get("NO_COLOR")

    def say(self, text: str = "", style: str = "") -> None:
        """Write a line."""
        if style and self._colour:
            text = f"\x1b[{_STYLES[style]}m{text}\x1b[0m"
        try:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except BrokenPipeError:  # nobody reads on, as with `| head`; the rest goes nowhere
            with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
                os.dup2(nothing.fileno(), sys.stdout.fileno())


async def demonstrate(plain: bool = False) -> int:
    """Show a short story and return the exit code: 0 when every step went as it should."""
    screen = _Screen(plain=plain)
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "dockerhub_mcp", "--sandbox", "--log-level", "warning"]
    )
    screen.say("dockerhub-mcp: a real MCP client asks this server about Docker Hub", "title")
    screen.say("The Hub here is the embedded sandbox: sample data, no account, no network.\n", "dim")
    async with Client(server) as client:
        story = _Story(client, screen)
        await story.tools()
        await story.pin()
        await story.mistake()
        await story.refused_write()
        await story.organization()
    if story.failed:
        screen.say(f"\n{story.failed} step(s) did not go as they should.", "bad")
        return 1
    screen.say("\nAdd it to your agent: see README.md. For the real Hub, leave --sandbox away.", "title")
    return 0


class _Story:
    """The steps; `failed` counts those that did not go as they should."""

    def __init__(self, client: Client, screen: _Screen) -> None:
        self._client = client
        self._say = screen.say
        self.failed = 0

    async def tools(self) -> None:
        """Show what an agent is offered."""
        found: list[Tool] = (await self._client.list_tools()).tools
        info = self._client.server_info
        name = f"{info.name} {info.version}" if info else "a server without a name"
        self._say(f"1. Connected to {name}, protocol {self._client.protocol_version}", "ask")
        self._say(f"   {len(found)} tools, all of them for reading and signing in:")
        names = [tool.name for tool in found]
        for start in range(0, len(names), 4):
            self._say("   " + "".join(f"{name:26}" for name in names[start : start + 4]).rstrip())

    async def pin(self) -> None:
        """Search a tag and take its digest."""
        self._say("\n2. Which tags of redis 8.2 on Alpine are there, and what should I pin?", "ask")
        listed = await self._call("list_tags", repository="redis", name="8.2.3-alpine", page_size=5)
        self._show(listed)
        found = re.search(r"^(8\.2\.3-alpine[\w.]*) \|", _text(listed), re.MULTILINE)
        tag = found[1] if found else "latest"
        self._expect(found is not None)
        got = await self._call("get_tag", repository=f"redis:{tag}", fields=["digest"])
        digest = re.search(r"^digest: (sha256:[0-9a-f]{64})$", _text(got), re.MULTILINE)
        self._expect(digest is not None)
        self._say(f"   FROM redis:{tag}@{digest[1] if digest else '?'}", "good")

    async def mistake(self) -> None:
        """Show what an agent reads when something is wrong."""
        self._say("\n3. And when the agent gets something wrong?", "ask")
        for arguments in ({"repository": "redis", "page_size": 5000}, {"repository": "redis:8.2-alpin"}):
            tool = "list_tags" if "page_size" in arguments else "get_tag"
            result = await self._call(tool, **arguments)
            self._say("   " + _text(result).replace("\n", "\n   "), "bad")
            self._expect(bool(result.is_error))

    async def refused_write(self) -> None:
        """Show the gate."""
        self._say("\n4. The agent tries to write; nobody allowed it to.", "ask")
        result = await self._call("create_repository", namespace="acme", name="surprise")
        self._say("   " + _text(result).replace("\n", "\n   "), "bad")
        self._expect(bool(result.is_error))

    async def organization(self) -> None:
        """Ask something that needs an account."""
        self._say("\n5. Signed in: who can do what in the organization acme?", "ask")
        for tool, arguments in (
            ("create_auth_token", {}),
            ("list_org_members", {"org_name": "acme", "fields": ["username", "role", "last_seen_at"]}),
            ("list_org_access_tokens", {"name": "acme"}),
        ):
            result = await self._call(tool, **arguments)
            self._show(result)
            self._expect(not result.is_error)

    async def _call(self, tool: str, **arguments: Any) -> CallToolResult:
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        self._say(f"   > {tool}({shown})", "call")
        return await self._client.call_tool(tool, arguments)

    def _show(self, result: CallToolResult) -> None:
        """Show a result as the agent reads it."""
        for line in _text(result).split("\n"):
            self._say(f"   {line}")

    def _expect(self, went_well: bool) -> None:
        self.failed += not went_well


def _text(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
