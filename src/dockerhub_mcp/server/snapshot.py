"""Makes what `early` answers with: the SDK's own words, taken from the SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.methods import CATALOGUE
from dockerhub_mcp.server.app import Results, Service, build
from dockerhub_mcp.server.early import MODERN
from dockerhub_mcp.tools.choosing import ALL, Access
from dockerhub_mcp.tools.gates import facts_of
from dockerhub_mcp.tools.registry import Registry

_WORDS = "\u2063instructions\u2063"  # stands where the instructions go
_CLIENT = {"name": "snapshot", "version": "1"}
_LEGACY = "2025-11-25"


def made() -> str:
    """Return the content of `early.json`."""
    return anyio.run(_made)


async def _made() -> str:
    plain, full = await _heard(with_data=False), await _heard(with_data=True)
    facts = [facts_of(method) for method in CATALOGUE]
    content = {
        "facts": [[each.tool, str(each.access), each.area, each.by_default] for each in facts],
        "legacy": {
            "versions": list(HANDSHAKE_PROTOCOL_VERSIONS),
            "initialize": _template(plain["initialize"], _LEGACY),
            "prompts": plain["legacy prompts/list"],
            **_tools(plain["legacy tools/list"], full["legacy tools/list"]),
        },
        "modern": {
            "discover": _template(plain["server/discover"], MODERN),
            "prompts": plain["modern prompts/list"],
            **_tools(plain["modern tools/list"], full["modern tools/list"]),
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


async def _heard(*, with_data: bool) -> dict[str, str]:
    """Return the results of a server with all tools, as the SDK writes them."""
    async with Hub(base_url="http://localhost") as hub:
        service = Service(hub, Registry(access=Access.ADMIN, toolsets=[ALL]))
        server = build(service, results=Results(with_data=with_data), instructions=_WORDS)
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        hello = {"protocolVersion": _LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
        legacy = await _results(server, [("initialize", hello), ("tools/list", {}), ("prompts/list", {})])
        envelope = {"_meta": meta}
        methods = ("server/discover", "tools/list", "prompts/list")
        modern = await _results(server, [(method, envelope) for method in methods])
    return {
        "initialize": legacy["initialize"],
        "server/discover": modern["server/discover"],
        **{f"legacy {method}": legacy[method] for method in ("tools/list", "prompts/list")},
        **{f"modern {method}": modern[method] for method in ("tools/list", "prompts/list")},
    }


async def _results(server: Server[Any], asked: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, str]:
    """Ask a server and return the text of each result."""
    to_server, inbound = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outbound, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    found: dict[str, str] = {}
    async with from_server, anyio.create_task_group() as tasks:
        tasks.start_soon(server.run, inbound, outbound, server.create_initialization_options())
        for number, (method, params) in enumerate(asked):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            await to_server.send(SessionMessage(jsonrpc_message_adapter.validate_python(message)))
            answer = (await from_server.receive()).message
            text = answer.model_dump_json(by_alias=True, exclude_unset=True)
            before = f'{{"jsonrpc":"2.0","id":{number},"result":'
            if not text.startswith(before):
                raise RuntimeError(text)
            found[method] = text[len(before) : -1]
        await to_server.aclose()
    return found


def _template(text: str, version: str) -> list[str]:
    """Cut a result where the instructions and the protocol version stand."""
    first, rest = text.split(json.dumps(_WORDS, ensure_ascii=False))
    second, found, third = rest.partition(json.dumps(version))
    return [first, second, third] if found else [first, rest, ""]


def _tools(plain: str, full: str) -> dict[str, Any]:
    """Cut the list of tools into its beginning, three pieces for each tool, and its end."""
    decoder = json.JSONDecoder()
    opening = '"tools":['
    start = plain.index(opening) + len(opening)
    pieces: dict[str, list[str]] = {}
    at, at_full = start, full.index(opening) + len(opening)
    while plain[at] != "]":
        at += plain[at] == ","
        at_full += full[at_full] == ","
        tool, end = decoder.raw_decode(plain, at)
        _, end_full = decoder.raw_decode(full, at_full)
        pieces[tool["name"]] = _pieces(plain[at:end], full[at_full:end_full])
        at, at_full = end, end_full
    return {"tools": [plain[:start], plain[at:]], "tool": pieces}


def _pieces(plain: str, full: str) -> list[str]:
    """Return the text before the output schema, the output schema, and the text behind it."""
    at = next(number for number, (a, b) in enumerate(zip(plain, full, strict=False)) if a != b)
    at = plain.rindex(',"', 0, at + 2)
    schema = full[at : at + len(full) - len(plain)]
    if plain[:at] + schema + plain[at:] != full:
        raise RuntimeError(full)
    return [plain[:at], schema, plain[at:]]
