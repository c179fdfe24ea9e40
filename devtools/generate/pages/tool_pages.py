"""The pages on tools: what each is, what it takes, and what an agent sees when it calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dockerhub_mcp.hub.api.method import Area, Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.schema import build_tool_entry
from dockerhub_mcp.tools.catalog.tool_table import build_rows
from dockerhub_mcp.tools.gates import required_access
from docs.make.examples import examples
from docs.make.marks import DOCS, MADE, fenced, in_cell
from docs.make.stage import Said, stage

TOOLS = DOCS / "tools"
_LONGEST = 110  # characters of arguments that stand on one line
_TITLES = {
    Area.AUTHENTICATION: "Signing in",
    Area.REPOSITORIES: "Repositories",
    Area.TAGS: "Tags",
    Area.ACCESS_TOKENS: "Personal access tokens",
    Area.ORG_ACCESS_TOKENS: "Organization access tokens",
    Area.MEMBERS: "Members of an organization",
    Area.GROUPS: "Groups (teams)",
    Area.ORG_SETTINGS: "Settings of an organization",
    Area.AUDIT_LOGS: "Audit logs",
    Area.INVITES: "Invitations",
    Area.SCIM: "SCIM",
    Area.SEARCH: "Search, and hardened images",
    Area.ACCOUNT: "Accounts",
}
_INTRODUCTION = """\
Every tool, by toolset. Each page gives the arguments and a call with what the agent sees. The calls were
really made: an MCP client, this server, and the [embedded Hub](../../README.md#the-embedded-hub) at a fixed
time, as the owner of the organization `acme` with every tool on. Only the values of new tokens and the end of
a bearer token are replaced. Where a person is asked first, the question is shown, and the answer was yes.

- **Access** is the least `--access` that the tool needs. **On** tells whether it is on with that alone; the
  others need their toolset named (`--toolsets`).
- **Permission** and **works with** tell what the Hub wants, and from whom.
- `dry_run` on everything that changes something shows the request and sends nothing.
- The same facts for programs: [`tool_schemas/`](../../tool_schemas), one file for each tool.
"""


async def pages() -> dict[Path, str]:
    """Return the index and a page for each area, by path."""
    table = {row[0]: row for row in build_rows()[1:]}
    areas: dict[Area, list[type[Method[Any]]]] = {}
    for method in ALL_METHODS:
        areas.setdefault(method.area, []).append(method)
    found = {TOOLS / "README.md": _index(table)}
    for area, methods in areas.items():
        parts = [f"# {_TITLES[area]}\n\n{MADE}\nToolset `{area}`. [All tools](README.md)\n"]
        parts += [await _tool(method, table[method.tool_name]) for method in methods]
        found[TOOLS / f"{area}.md"] = "\n".join(parts)
    return found


def _index(table: Mapping[str, tuple[str, ...]]) -> str:
    lines = ["| Tool | What it does | Access | On | Toolset |", "| --- | --- | --- | --- | --- |"]
    for method in ALL_METHODS:
        on = "yes" if method.is_enabled_by_default else ""
        cells = [_linked(method), method.title, table[method.tool_name][2], on, f"`{method.area}`"]
        lines.append(f"| {' | '.join(cells)} |")
    return f"# Tools\n\n{MADE}\n{_INTRODUCTION}\n" + "\n".join(lines) + "\n"


def _linked(method: type[Method[Any]]) -> str:
    return f"[`{method.tool_name}`]({method.area}.md#{method.tool_name})"


async def _tool(method: type[Method[Any]], row: tuple[str, ...]) -> str:
    _, route, _, permission, works_with = row
    toolset = (
        "with the default toolset" if method.is_enabled_by_default else f"with `--toolsets {method.area}`"
    )
    words = " ".join(method.build_description().split())
    origin = "" if method.is_documented or "ndocumented" in words else " Not in the official document."
    parts = [
        f"## {method.tool_name}\n",
        f"**{method.title}.** {words}{origin}\n",
        f"`{route}`\n",
        f"- Access: `{required_access(method)}`, {toolset}",
        f"- Permission: {permission}",
        f"- Works with: {works_with}\n",
        _arguments(build_tool_entry(method)["inputSchema"]),
        await _example(method),
    ]
    return "\n".join(parts)


def _arguments(schema: Mapping[str, Any]) -> str:
    properties = schema["properties"]
    if not properties:
        return "No arguments.\n"
    required = schema.get("required", [])
    lines = ["| Argument | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
    for name in sorted(properties, key=lambda name: (name not in required, _order(name))):
        part = properties[name]
        if name in required:
            default = "**required**"
        else:
            default = f"`{json.dumps(part['default'])}`" if "default" in part else ""
        cells = [f"`{name}`", _type(part), default, in_cell(part.get("description", ""))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _order(name: str) -> int:
    """Return where an argument stands: what many tools share comes last."""
    shared = ("page", "page_size", "max_items", "fields", "detail", "dry_run")
    return shared.index(name) + 1 if name in shared else 0


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_items(schema.get('items', {}))}"
    if kind == "object":
        return f"object: {', '.join(f'`{name}`' for name in schema.get('properties', {}))}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind)
    if schema.get("format") == "date-time":
        return "moment, RFC 3339"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{words}, {low:,} to {high:,}"
    if low is not None:
        return f"{words} from {low:,}"
    if longest := schema.get("maxLength"):
        return f"{words}, at most {longest:,} characters"
    return words


def _items(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "object":
        return f"objects: {', '.join(f'`{name}`' for name in schema.get('properties', {}))}"
    return {"string": "texts"}.get(schema.get("type", ""), _type(schema))


async def _example(method: type[Method[Any]]) -> str:
    async with stage("two-factor" if method.tool_name == "complete_2fa_login" else "owner") as on:
        shown = []
        for arguments in examples(on.sandbox)[method.tool_name]:
            if arguments is None:
                await on.call("create_auth_token", {})
                continue
            said = await on.call(method.tool_name, arguments)
            if said.is_error:
                msg = f"the example of {method.tool_name} fails: {said.text}"
                raise ValueError(msg)
            shown.append(_shown(method, arguments, said))
    return "\n".join(shown)


def _shown(method: type[Method[Any]], arguments: Mapping[str, Any], said: Said) -> str:
    heading = "A dry run" if arguments.get("dry_run") else "A call"
    text = f"{heading}:\n\n{fenced(as_call(method.tool_name, arguments), 'json')}\n"
    if said.asked:
        text += f"The person is asked:\n\n{fenced(said.asked[0])}\n"
    elif issubclass(method, Mutation) and not arguments.get("dry_run"):
        text += "Nobody is asked, since nothing is lost. "
    return f"{text}What the agent sees:\n\n{fenced(said.text)}"


def as_call(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return the parameters of a `tools/call`, on one line where that is short."""
    call = {"name": tool, "arguments": arguments}
    line = json.dumps(call, ensure_ascii=False)
    if len(line) <= _LONGEST:
        return line
    lines = [f"    {json.dumps(name)}: {_value(value)}" for name, value in arguments.items()]
    return f'{{\n  "name": "{tool}",\n  "arguments": {{\n' + ",\n".join(lines) + "\n  }\n}"


def _value(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= _LONGEST:
        return line
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n    ")
