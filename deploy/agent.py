"""An example of an agent: asks the server for the digest of each image, and prints the pinned references.

    MCP_URL=http://127.0.0.1:8000/mcp MCP_TOKEN_FILE=agent-token python3 deploy/agent.py redis:8.2

It needs only the MCP SDK, which the server's image contains.
"""  # noqa: INP001 - a script

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import httpx2 as httpx
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent


async def pin_images(images: list[str], url: str, token: str) -> list[str]:
    """Return each image pinned by its digest, as in a Dockerfile."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as server,
    ):
        return [await pin_image(image, server) for image in images]


async def pin_image(image: str, server: Client) -> str:
    """Return one image pinned by its digest, or the server's explanation of why there is none."""
    repository, _, tag = image.partition(":")
    result = await server.call_tool("get_tag", {"repository": repository, "tag": tag or "latest"})
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    digest = re.search(r"^digest: (sha256:[0-9a-f]{64})$", text, re.MULTILINE)
    return f"{image}@{digest[1]}" if digest and not result.is_error else f"{image}: {text}"


def main() -> None:
    """Print the images named on the command line, pinned."""
    url = os.environ.get("MCP_URL", "http://127.0.0.1:8000/mcp")
    token = Path(os.environ.get("MCP_TOKEN_FILE", "/run/secrets/agent-token")).read_text("utf-8").strip()
    try:
        pinned = asyncio.run(pin_images(sys.argv[1:] or ["redis:8.2"], url, token))
    except* (MCPError, httpx.HTTPError) as errors:
        reason: BaseException = errors
        while isinstance(reason, BaseExceptionGroup):
            reason = reason.exceptions[0]
        sys.exit(f"{url}: {reason}")
    sys.stdout.write("\n".join(pinned) + "\n")


if __name__ == "__main__":
    main()
