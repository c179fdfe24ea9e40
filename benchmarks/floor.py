"""The baseline of the benchmarks: a minimal server on the SDK alone, with one tool that calls the Hub.

It runs as a script and imports nothing of this project. It validates no arguments, explains no errors, shapes
no results, and knows no accounts.
"""

from __future__ import annotations

import argparse
import os
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


def build_server() -> Server[Any]:
    """Return the server, with its own client of the Hub."""
    hub = httpx.AsyncClient(base_url=os.environ["DOCKERHUB_API_URL"])

    async def list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[TOOL])

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        response = await hub.get((params.arguments or {})["path"])
        return types.CallToolResult(content=[types.TextContent(type="text", text=response.text)])

    return Server("floor", version="1", on_list_tools=list_tools, on_call_tool=call_tool)


async def serve_stdio() -> None:
    """Serve one client over stdio."""
    server = build_server()
    async with stdio_server() as (inbound, outbound):
        await server.run(inbound, outbound, server.create_initialization_options())


def build_app() -> Starlette:
    """Return the ASGI application."""
    return build_server().streamable_http_app(stateless_http=True)


def serve_http() -> None:
    """Serve many clients over HTTP, on a free port."""
    import uvicorn  # noqa: PLC0415 - not needed over stdio

    uvicorn.run(build_app(), port=0, access_log=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", action="store_true")
    if parser.parse_args().http:
        serve_http()
    else:
        anyio.run(serve_stdio)
