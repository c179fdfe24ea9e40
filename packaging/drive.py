"""Test an installed server with the SDK's client: `python packaging/drive.py COMMAND ARGUMENT...`.

The server must use the sandbox and offer the default tools. `DRIVE_ENV` is a JSON object of more variables.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextContent

MANIFEST = Path(__file__).parent / "mcpb" / "manifest.json"


async def drive(command: str, arguments: list[str]) -> str:
    """List the tools and call one of them, and return a summary in one line."""
    default_tools = {tool["name"] for tool in json.loads(MANIFEST.read_text("utf-8"))["tools"]}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER", "HUB_"))}
    environment = clean | json.loads(os.environ.get("DRIVE_ENV", "{}"))
    server = StdioServerParameters(command=command, args=arguments, env=environment)
    async with asyncio.timeout(120), Client(server) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("get_tag", {"repository": "redis", "tag": "8.2"})
    text = "".join(part.text for part in result.content if isinstance(part, TextContent))
    found = re.search(r"sha256:[0-9a-f]+", text)
    if result.is_error or found is None or tools != default_tools:
        msg = f"{len(tools)} tools; get_tag said: {text}"
        raise SystemExit(msg)
    return f"{len(tools)} tools; redis:8.2 is {found[0]}"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(drive(sys.argv[1], sys.argv[2:])) + "\n")
