"""Drives an installed server with the SDK's client: `python packaging/drive.py COMMAND ARGUMENT...`.

Lists the tools and calls one of them, on the embedded Hub. `DRIVE_ENV` is a JSON object of further variables.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextContent


async def drive(command: str, arguments: list[str]) -> str:
    """Return in a line what the server did."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER", "HUB_"))}
    environment = clean | json.loads(os.environ.get("DRIVE_ENV", "{}"))
    server = StdioServerParameters(command=command, args=arguments, env=environment)
    async with asyncio.timeout(120), Client(server) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("get_tag", {"repository": "redis", "tag": "8.2"})
    text = "".join(part.text for part in result.content if isinstance(part, TextContent))
    found = re.search(r"sha256:[0-9a-f]+", text)
    if result.is_error or found is None or len(tools) < 20:  # noqa: PLR2004 - the default has 22
        msg = f"{len(tools)} tools; get_tag said: {text}"
        raise SystemExit(msg)
    return f"{len(tools)} tools; redis:8.2 is {found[0]}"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(drive(sys.argv[1], sys.argv[2:])) + "\n")
