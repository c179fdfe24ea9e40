"""Build `responses.json` from the responses of the SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage
from mcp_types import SERVER_INFO_META_KEY, jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.prompts.catalog import PROMPTS
from dockerhub_mcp.server.protocol import MODERN_VERSION
from dockerhub_mcp.server.resources import RESOURCES, TEMPLATES
from dockerhub_mcp.skills import EXTENSION_ID
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.hub_mcp.naming import HUB_MCP
from dockerhub_mcp.tools.results.tool_result import ResultOptions
from dockerhub_mcp.tools.toolsets import ALL_TOOLSETS

_INSTRUCTIONS_MARKER = "\u2063instructions\u2063"  # replaced by the instructions
_CLIENT_INFO = {"name": "snapshot", "version": "1"}
_LEGACY_VERSION = "2025-11-25"
_LIST_RESULT_KEYS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}
"""The list requests, with the key of the list in their results."""


def build_snapshot() -> str:
    """Return the content of `responses.json`."""
    return anyio.run(_build_snapshot)


async def _build_snapshot() -> str:
    plain, full = await _collect_results(with_data=False), await _collect_results(with_data=True)
    content = {
        "versions": list(HANDSHAKE_PROTOCOL_VERSIONS),
        "server_info": _find_server_info(plain["modern tools/list"]),
        "handshakes": {
            "initialize": _split_handshakes(
                plain["initialize"], plain["initialize with skills"], _LEGACY_VERSION
            ),
            "server/discover": _split_handshakes(
                plain["server/discover"], plain["server/discover with skills"], MODERN_VERSION
            ),
        },
        "lists": {method: _split_lists(method, plain, full) for method in _LIST_RESULT_KEYS},
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _find_server_info(result: str) -> str:
    """Return the information on the server that the SDK adds to each modern result."""
    server_info = json.loads(result)["_meta"][SERVER_INFO_META_KEY]
    return json.dumps(server_info, ensure_ascii=False, separators=(",", ":"))


async def _collect_results(*, with_data: bool) -> dict[str, str]:
    """Return the results of a server with all tools, serialized by the SDK."""
    async with Hub(base_url="http://localhost") as hub:
        context = ToolContext(hub, result_options=ResultOptions(include_structured=with_data))
        registry = Registry(access=Access.ADMIN, toolsets=[ALL_TOOLSETS], names=HUB_MCP)
        server = build_server(RequestContext(registry, context), instructions=_INSTRUCTIONS_MARKER)
        legacy = await _request_results(
            server, [("initialize", _build_hello({})), *((method, {}) for method in _LIST_RESULT_KEYS)]
        )
        modern = await _request_results(
            server, [(method, _build_envelope({})) for method in ("server/discover", *_LIST_RESULT_KEYS)]
        )
        skills: dict[str, Any] = {"extensions": {EXTENSION_ID: {}}}
        with_skills = [
            await _request_results(server, [request])
            for request in (
                ("initialize", _build_hello(skills)),
                ("server/discover", _build_envelope(skills)),
            )
        ]
    return {
        "initialize": legacy["initialize"],
        "server/discover": modern["server/discover"],
        **{f"{method} with skills": text for results in with_skills for method, text in results.items()},
        **{f"legacy {method}": legacy[method] for method in _LIST_RESULT_KEYS},
        **{f"modern {method}": modern[method] for method in _LIST_RESULT_KEYS},
    }


def _build_hello(capabilities: dict[str, Any]) -> dict[str, Any]:
    return {"protocolVersion": _LEGACY_VERSION, "capabilities": capabilities, "clientInfo": _CLIENT_INFO}


def _build_envelope(capabilities: dict[str, Any]) -> dict[str, Any]:
    return {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        }
    }


async def _request_results(
    server: Server[Any], requests: Sequence[tuple[str, dict[str, Any]]]
) -> dict[str, str]:
    """Send requests to a server and return the text of each result."""
    to_server, inbound = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outbound, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    results: dict[str, str] = {}
    async with from_server, anyio.create_task_group() as tasks:
        tasks.start_soon(server.run, inbound, outbound, server.create_initialization_options())
        for number, (method, params) in enumerate(requests):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            await to_server.send(SessionMessage(jsonrpc_message_adapter.validate_python(message)))
            response = (await from_server.receive()).message
            text = response.model_dump_json(by_alias=True, exclude_unset=True)
            prefix = f'{{"jsonrpc":"2.0","id":{number},"result":'
            if not text.startswith(prefix):
                raise RuntimeError(text)
            results[method] = text[len(prefix) : -1]
        await to_server.aclose()
    return results


def _split_handshakes(plain: str, with_skills: str, version: str) -> list[str]:
    """Split a result where clients that declare skills get more, at the instructions and at the version.

    Returns:
        The text before what they get, what they get, and the text up to the instructions, up to the version
        and behind it.
    """
    marker = json.dumps(_INSTRUCTIONS_MARKER, ensure_ascii=False)
    pairs = enumerate(zip(plain, with_skills, strict=False))
    position = next(position for position, (a, b) in pairs if a != b)
    skills = with_skills[position : position + len(with_skills) - len(plain)]
    before, rest = plain[:position], plain[position:]
    if before + skills + rest != with_skills or marker in before:
        raise RuntimeError(with_skills)
    middle, rest = rest.split(marker)
    between, found, end = rest.partition(json.dumps(version))
    return [before, skills, middle, between, end] if found else [before, skills, middle, rest, ""]


def _split_lists(
    method: str, without_schemas: dict[str, str], with_schemas: dict[str, str]
) -> dict[str, Any]:
    """Return the entries of a list, and for each generation the text before and behind them.

    Entries of tools are by name, in three parts around the output schema. Other entries are pairs of the
    tools of which one must be enabled (empty if the entry needs none) and the text.
    """
    needs: dict[str, list[list[str]]] = {
        "prompts/list": [list(prompt.all_tools) for prompt in PROMPTS],
        "resources/list": [[] for _ in RESOURCES],
        "resources/templates/list": [[each.tool] for each in TEMPLATES],
    }
    key = _LIST_RESULT_KEYS[method]
    before, entries, after = _split_list(without_schemas[f"legacy {method}"], key)
    modern_before, modern_entries, modern_after = _split_list(without_schemas[f"modern {method}"], key)
    if list(map(json.loads, entries)) != list(map(json.loads, modern_entries)):
        raise RuntimeError(method)
    found: Any
    if method == "tools/list":
        _, full_entries, _ = _split_list(with_schemas[f"legacy {method}"], key)
        names = [json.loads(each)["name"] for each in entries]
        found = dict(zip(names, map(_split_output_schema, entries, full_entries), strict=True))
    else:
        found = list(zip(needs[method], entries, strict=True))
    return {"entries": found, "legacy": [before, after], "modern": [modern_before, modern_after]}


def _split_list(text: str, key: str) -> tuple[str, list[str], str]:
    """Split a result into the text before a list, the text of each item, and the text behind the list."""
    decoder = json.JSONDecoder()
    opening = f'"{key}":['
    start = position = text.index(opening) + len(opening)
    entries = []
    while text[position] != "]":
        position += text[position] == ","
        _, end = decoder.raw_decode(text, position)
        entries.append(text[position:end])
        position = end
    return text[:start], entries, text[position:]


def _split_output_schema(without_schema: str, with_schema: str) -> list[str]:
    """Return the text before the output schema, the output schema, and the text behind it."""
    pairs = enumerate(zip(without_schema, with_schema, strict=False))
    difference = next(position for position, (a, b) in pairs if a != b)
    start = without_schema.rindex(',"', 0, difference + 2)
    schema = with_schema[start : start + len(with_schema) - len(without_schema)]
    head, tail = without_schema[:start], without_schema[start:]
    if head + schema + tail != with_schema:
        raise RuntimeError(with_schema)
    return [head, schema, tail]
