"""The pages on tools: what each does, its arguments, and example calls with what the agent sees."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devtools.generate.markdown import (
    GENERATED_NOTICE,
    escape_cell,
    format_code_block,
    format_table,
    replace_section,
)
from devtools.generate.pages.examples import PLANNED_CLEANUP, build_examples
from devtools.generate.pages.session import Session, ShownResult, open_session
from devtools.generate.paths import DOCS
from dockerhub_mcp.hub.api.method import Area
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.tool_table import HEADER, build_rows
from dockerhub_mcp.tools.tool import Tool

FOLDER = DOCS / "tools"
_MAX_LINE = 110
"""Characters of arguments that fit on one line."""
_SHARED_ARGUMENTS = ("page", "page_size", "max_items", "fields", "detail", "dry_run")
"""Arguments of many tools, which come last in the table of each."""
_TITLES = {
    Area.AUTHENTICATION: "Authentication",
    Area.REPOSITORIES: "Repositories",
    Area.TAGS: "Tags",
    Area.ACCESS_TOKENS: "Personal access tokens",
    Area.ORG_ACCESS_TOKENS: "Organization access tokens",
    Area.MEMBERS: "Organization members",
    Area.GROUPS: "Groups (teams)",
    Area.ORG_SETTINGS: "Organization settings",
    Area.AUDIT_LOGS: "Audit logs",
    Area.INVITES: "Invitations",
    Area.SCIM: "SCIM",
    Area.SEARCH: "Search and hardened images",
    Area.ACCOUNT: "Accounts",
    Area.IMAGES: "Images",
    Area.REVIEWS: "Reviews",
    Area.CLEANUP: "Clean-up",
}


async def build_pages() -> dict[Path, str]:
    """Return the index and a page for each toolset, by path."""
    table = {row[0]: row for row in build_rows()[1:]}
    areas: dict[Area, list[Tool]] = {}
    for tool in ALL_TOOLS:
        areas.setdefault(tool.area, []).append(tool)
    index = FOLDER / "README.md"
    pages = {index: replace_section(index.read_text("utf-8"), "tools", _render_table(table))}
    for area, tools in areas.items():
        title = f"# {_TITLES[area]}\n\n{GENERATED_NOTICE}\nToolset `{area}`. [All tools](README.md)\n"
        sections = [await _render_tool(tool, table[tool.name]) for tool in tools]
        pages[FOLDER / f"{area}.md"] = "\n".join([title, *sections])
    return pages


def _render_table(table: Mapping[str, tuple[str, ...]]) -> str:
    """Return the table of all tools, each with a link to its section."""
    header = ("Tool", "Method and path", "Toolset", "Access", "On", *HEADER[4:])
    rows = []
    for tool in ALL_TOOLS:
        _, route, area, access, permission, *others = table[tool.name]
        link = f"[`{tool.name}`]({area}.md#{tool.name})"
        on = "yes" if tool.is_enabled_by_default else ""
        rows.append((link, f"`{route}`", area, access, on, permission, *others))
    return format_table(header, rows)


async def _render_tool(tool: Tool, row: tuple[str, ...]) -> str:
    _, route, _, _, permission, decision, credentials, reference = row
    toolset = "in the toolset `default`"
    if not tool.is_enabled_by_default:
        toolset = f"with `--toolsets default,{tool.area}`"
    description = " ".join(tool.description.split())
    if not tool.is_documented and "ndocumented" not in description:
        description += " Not in the official API reference."
    parts = [
        f"## {tool.name}\n",
        f"**{tool.title}.** {description}\n",
        f"`{route}`\n",
        f"- Access: `{tool.access}`, {toolset}",
        f"- Permission: {f'`{permission}`, ' if permission else ''}decided by {decision}",
        f"- Works with: {credentials}",
        f"- API reference: {reference}\n",
        _render_arguments(tool.input_schema),
        await _render_examples(tool),
    ]
    return "\n".join(parts)


def _render_arguments(schema: Mapping[str, Any]) -> str:
    properties = schema["properties"]
    if not properties:
        return "No arguments.\n"
    required = schema.get("required", [])
    rows = []
    for name in sorted(properties, key=lambda name: (name not in required, _sort_key(name))):
        argument = properties[name]
        default = f"`{json.dumps(argument['default'])}`" if "default" in argument else ""
        rows.append(
            (
                f"`{name}`",
                _describe_type(argument),
                "**required**" if name in required else default,
                escape_cell(argument.get("description", "")),
            )
        )
    return format_table(("Argument", "Type", "Default", "Meaning"), rows)


def _sort_key(name: str) -> int:
    return _SHARED_ARGUMENTS.index(name) + 1 if name in _SHARED_ARGUMENTS else 0


def _describe_type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_describe_items(schema.get('items', {}))}"
    if kind == "object":
        return f"object: {', '.join(f'`{name}`' for name in schema.get('properties', {}))}"
    if schema.get("format") == "date-time":
        return "time, RFC 3339"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{kind}, {low:,} to {high:,}"
    if low is not None:
        return f"{kind} from {low:,}"
    if longest := schema.get("maxLength"):
        return f"{kind}, at most {longest:,} characters"
    return kind


def _describe_items(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "object":
        return f"objects: {', '.join(f'`{name}`' for name in schema.get('properties', {}))}"
    return {"string": "strings"}.get(schema.get("type", ""), _describe_type(schema))


async def _render_examples(tool: Tool) -> str:
    identity = "two-factor" if tool.name == "complete_2fa_login" else "owner"
    async with open_session(identity) as session:
        shown = []
        for arguments in build_examples(session.sandbox)[tool.name]:
            if arguments is None:
                await session.call_tool("create_auth_token", {})
                continue
            if tool.name == "apply_tag_cleanup":
                arguments = {"plan_id": await _plan_cleanup(session)}  # noqa: PLW2901 - the id of a real plan
            result = await session.call_tool(tool.name, arguments)
            if result.is_error:
                msg = f"the example of {tool.name} fails: {result.text}"
                raise ValueError(msg)
            shown.append(_render_example(tool, arguments, result))
    return "\n".join(shown)


async def _plan_cleanup(session: Session) -> str:
    """Plan the clean-up of the example, and return the identifier of the plan."""
    plan = await session.call_tool("plan_tag_cleanup", PLANNED_CLEANUP)
    found = re.search(r"^plan_id: (\S+)$", plan.text, re.MULTILINE)
    if found is None:
        msg = f"the example of plan_tag_cleanup names no plan: {plan.text}"
        raise ValueError(msg)
    return found[1]


def _render_example(tool: Tool, arguments: Mapping[str, Any], result: ShownResult) -> str:
    heading = "A dry run" if arguments.get("dry_run") else "A call"
    text = f"{heading}:\n\n{format_code_block(format_call(tool.name, arguments), 'json')}\n"
    if result.questions:
        text += f"The user is asked:\n\n{format_code_block(result.questions[0])}\n"
    elif tool.is_mutation and not arguments.get("dry_run"):
        text += "No confirmation is needed: this gives no rights and loses nothing. "
    return f"{text}The agent sees:\n\n{format_code_block(result.text)}"


def format_call(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return the parameters of a `tools/call` request as JSON, on one line where that is short."""
    call = {"name": tool, "arguments": arguments}
    line = json.dumps(call, ensure_ascii=False)
    if len(line) <= _MAX_LINE:
        return line
    lines = [f"    {json.dumps(name)}: {_format_value(value)}" for name, value in arguments.items()]
    return f'{{\n  "name": "{tool}",\n  "arguments": {{\n' + ",\n".join(lines) + "\n  }\n}"


def _format_value(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= _MAX_LINE:
        return line
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n    ")
