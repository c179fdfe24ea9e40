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
from dockerhub_mcp.server.factory import Results, Service, build
from dockerhub_mcp.server.prompts.catalog import PROMPTS
from dockerhub_mcp.server.resources import RESOURCES, TEMPLATES
from dockerhub_mcp.server.stdio.fast_start import MODERN
from dockerhub_mcp.tools.access import ALL, Access
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.gates import facts_of

_WORDS = "\u2063instructions\u2063"  # stands where the instructions go
_CLIENT = {"name": "snapshot", "version": "1"}
_LEGACY = "2025-11-25"
_LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}
"""What is listed, and where it stands in the result."""


def made() -> str:
    """Return the content of `fast_start.json`."""
    return anyio.run(_made)


async def _made() -> str:
    plain, full = await _heard(with_data=False), await _heard(with_data=True)
    facts = [facts_of(method) for method in CATALOGUE]
    content = {
        "facts": [[each.tool, str(each.access), each.area, each.by_default] for each in facts],
        "legacy": {
            "versions": list(HANDSHAKE_PROTOCOL_VERSIONS),
            "initialize": _template(plain["initialize"], _LEGACY),
            "lists": _lists("legacy", plain, full),
        },
        "modern": {
            "discover": _template(plain["server/discover"], MODERN),
            "lists": _lists("modern", plain, full),
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
        legacy = await _results(server, [("initialize", hello), *((method, {}) for method in _LISTS)])
        envelope = {"_meta": meta}
        modern = await _results(server, [(method, envelope) for method in ("server/discover", *_LISTS)])
    return {
        "initialize": legacy["initialize"],
        "server/discover": modern["server/discover"],
        **{f"legacy {method}": legacy[method] for method in _LISTS},
        **{f"modern {method}": modern[method] for method in _LISTS},
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


def _lists(generation: str, plain: dict[str, str], full: dict[str, str]) -> dict[str, list[Any]]:
    """Return of each list its beginning, its entries, and its end.

    Of the tools each entry is three pieces, by its name; of the others it is the tools of which one must be
    on, or none, and the text.
    """
    needs: dict[str, list[list[str]]] = {
        "prompts/list": [list(prompt.needs) for prompt in PROMPTS],
        "resources/list": [[] for _ in RESOURCES],
        "resources/templates/list": [[each.tool] for each in TEMPLATES],
    }
    found: dict[str, list[Any]] = {}
    for method, key in _LISTS.items():
        text = plain[f"{generation} {method}"]
        before, entries, after = _cut(text, key)
        if method == "tools/list":
            _, whole, _ = _cut(full[f"{generation} {method}"], key)
            names = [json.loads(each)["name"] for each in entries]
            pieces = map(_pieces, entries, whole)
            found[method] = [before, dict(zip(names, pieces, strict=True)), after]
        else:
            found[method] = [before, list(zip(needs[method], entries, strict=True)), after]
    return found


def _cut(text: str, key: str) -> tuple[str, list[str], str]:
    """Cut a result into what stands before a list, the text of each item, and what stands behind it."""
    decoder = json.JSONDecoder()
    opening = f'"{key}":['
    start = at = text.index(opening) + len(opening)
    entries = []
    while text[at] != "]":
        at += text[at] == ","
        _, end = decoder.raw_decode(text, at)
        entries.append(text[at:end])
        at = end
    return text[:start], entries, text[at:]


def _pieces(plain: str, full: str) -> list[str]:
    """Return the text before the output schema, the output schema, and the text behind it."""
    at = next(number for number, (a, b) in enumerate(zip(plain, full, strict=False)) if a != b)
    at = plain.rindex(',"', 0, at + 2)
    schema = full[at : at + len(full) - len(plain)]
    if plain[:at] + schema + plain[at:] != full:
        raise RuntimeError(full)
    return [plain[:at], schema, plain[at:]]
