"""The least server on the SDK as it comes, with one tool that asks the Hub: what speed is compared with.

It is run as a script, and imports nothing of ours. It takes no argument apart, explains no error, shapes no
result, and knows no account.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx2 as httpx
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

if TYPE_CHECKING:
    from starlette.applications import Starlette

TOOL = types.Tool(
    name="get",
    description="Read something from the Hub by its path.",
    input_schema={
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)


def build() -> Server[Any]:
    """Make the server, with its client of the Hub."""
    hub = httpx.AsyncClient(base_url=os.environ["DOCKERHUB_API_URL"])

    async def list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[TOOL])

    async def call(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        answer = await hub.get((params.arguments or {})["path"])
        return types.CallToolResult(content=[types.TextContent(type="text", text=answer.text)])

    return Server("floor", version="1", on_list_tools=list_tools, on_call_tool=call)


async def serve_stdio() -> None:
    """Serve one client."""
    server = build()
    async with stdio_server() as (inbound, outbound):
        await server.run(inbound, outbound, server.create_initialization_options())


def application() -> Starlette:
    """Make the application of one process."""
    return build().streamable_http_app(stateless_http=True)


def serve_http(workers: int) -> None:
    """Serve many clients."""
    import uvicorn  # noqa: PLC0415 - the other transport does not need it

    uvicorn.run(
        "floor:application",
        factory=True,
        port=0,
        workers=workers,
        access_log=False,
        app_dir=str(Path(__file__).parent),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if options.http:
        serve_http(options.workers)
    else:
        anyio.run(serve_stdio)
