"""Help of `dockerhub-mcp call`: an overview of all tools, and the arguments of one."""

from __future__ import annotations

import argparse
import functools
import json
import shlex
import textwrap
from typing import Any

from dockerhub_mcp.cli.call.argument_names import Schema, list_positionals
from dockerhub_mcp.cli.call.parser import (
    PROGRAM,
    CallParser,
    build_parser,
)
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.tools.access import ToolFilter, ToolInfo
from dockerhub_mcp.tools.catalog.tool_lists import list_all_tools
from dockerhub_mcp.tools.tool import Tool

_INTRODUCTION = f"""\
Call one tool as an agent would: the same arguments, access control, confirmations and results. The result is
written to standard output, everything else to standard error.

  {PROGRAM} get_tag redis:8.2
  {PROGRAM} list_tags redis --name alpine --page-size 5 --output table
  {PROGRAM} list_tags redis --max-items 500 --output json | jq -r '.results[].name'
  {PROGRAM} --access write create_repository acme/app --dry-run
  {PROGRAM} list_tags repository=redis name=alpine page_size=5
  {PROGRAM} list_tags --arguments '{{"repository": "redis"}}'
  {PROGRAM} --batch < calls.jsonl

An argument is given as --page-size 5 or page_size=5; values are read alike: lists with commas, true or false,
JSON for objects. A word of a name and = always names an argument, and its value is all that follows the first
=. Any other word, such as redis:8.2, is the next required argument, as is everything behind --.

Options may precede or follow the tool's name; after it, an argument of the tool takes precedence over an
option of the same name. Exit codes: 0 success; 1 refused by access control, the user or the Hub; 2 invalid
command line; 130 Ctrl-C.

--batch reads a call from each line of standard input, such as
{{"tool": "get_tag", "arguments": {{"repository": "redis:8.2"}}, "id": 1}}, and writes a JSON object for each,
in order and as soon as possible: line, id, tool, is_error, and result or (for errors, and with -o text) text.
Calls that only read run side by side; one that changes something runs alone. It signs in once. The exit code
is 1 if any call failed.
"""

_FACTS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "maxLength": "at most {} characters",
    "pattern": "must match {}",
    "default": "default: {}",
}
"""What help says about an argument, by the keyword of its schema."""


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps words with hyphens whole, so that they can be copied, and shows no placeholder for a secret."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrap(text, width)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        return "" if action.nargs == "?" else super()._format_args(action, default_metavar)


def format_overview(tool_filter: ToolFilter, width: int = 80, names: str = "") -> str:
    """Return the usage, all tools by area with what the disabled ones need, and the options."""
    all_tools = list_all_tools(names)
    needs = {tool.name: list_needs(tool.info, tool_filter) for tool in all_tools}
    enabled, name_width = sum(not options for options in needs.values()), max(map(len, needs))
    lines = [
        _INTRODUCTION,
        f"Tools, {enabled} of {len(needs)} enabled under these options. In brackets what the others need:",
        "--access and all names of --toolsets. TOOL --help shows the arguments of a tool.",
    ]
    for area in Area:
        lines += ["", str(area)]
        for tool in [tool for tool in all_tools if tool.area is area]:
            words = ", ".join(option.split()[-1] for option in needs[tool.name])
            summary = tool.description.split("\n")[0].split(". ")[0].rstrip(".")
            line = f"  {tool.name:{name_width}}  {f'[{words}] ' if words else ''}{summary}"
            lines.append(line if len(line) <= width else f"{line[: width - 1]}…")
    return _build_help_parser("TOOL [words]", "\n".join(lines), width).format_help()


def format_tool_help(tool: Tool, tool_filter: ToolFilter, width: int = 80) -> str:
    """Return the description of a tool, how to enable it, and its arguments with limits and examples."""
    schema = tool.input_schema
    properties, positionals = schema["properties"], list_positionals(schema, tool.secret_arguments)
    paragraphs = [tool.description]
    if needs := list_needs(tool.info, tool_filter):
        paragraphs.append(f"It is disabled under these options; it needs {' '.join(needs)}.")
    elif tool.is_mutation:
        paragraphs.append(f"It changes the Hub ({tool.access}); rights given and losses are confirmed.")
    if "namespace" in properties and positionals[0] != "namespace":
        tag = " and tag" if "tag" in properties else ""
        paragraphs.append(f"{positionals[0].upper()} may be a reference that includes namespace{tag}.")
    if "username" in properties:
        paragraphs.append("--username is this argument; the server's option precedes the tool's name.")
    return _build_help_parser(
        " ".join([tool.name, *(_format_positional(name, schema) for name in positionals)]),
        "\n\n".join("\n".join(_wrap(paragraph, width)) for paragraph in paragraphs),
        width,
        schema=schema,
        describe=lambda name, schema: _describe_argument(
            name, schema, tool.argument_examples.get(name), is_secret=name in tool.secret_arguments
        ),
        secrets=tool.secret_arguments,
        show_settings=False,
        epilog=f"An argument may also be written NAME=VALUE.\nOptions of the server: {PROGRAM} --help",
    ).format_help()


def _build_help_parser(subject: str, description: str, width: int, **options: Any) -> CallParser:
    return build_parser(
        usage=f"{PROGRAM} [options] {subject} [arguments] [options]",
        description=description,
        formatter_class=functools.partial(_HelpFormatter, max_help_position=30, width=width),
        **options,
    )


def list_needs(tool: ToolInfo, tool_filter: ToolFilter) -> list[str]:
    """Return the options that enable a disabled tool, or those to leave out."""
    options = list(tool_filter.enabling_options(tool))
    if options or not tool_filter.disabled_reason(tool):
        return options
    return ["other --tools or --exclude-tools"]


def _format_positional(name: str, schema: Schema) -> str:
    word = name.upper() + ("..." if schema["properties"][name].get("type") == "array" else "")
    return word if name in schema.get("required", ()) else f"[{word}]"


def _describe_argument(name: str, schema: Schema, example: Any, *, is_secret: bool) -> str:
    """Return the description of an argument with its limits, its default and an example."""
    part, facts = schema["properties"][name], ["required"] if name in schema.get("required", ()) else []
    description = str(part.get("description", ""))
    if is_secret:
        facts.append("asked for, without being shown")
    else:
        limits = [text.format(_quote(part[key])) for key, text in _FACTS.items() if key in part]
        facts += [limit for limit in limits if limit not in description.replace(",", "")]
        if example is not None and "enum" not in part and part.get("type") != "boolean":
            facts.append(f"example: {_quote(example)}")
    return f"{description} ({'; '.join(facts)})" if facts else description


def _quote(value: Any) -> str:
    """Return a value as it is written in a shell."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    return shlex.quote(value if isinstance(value, str) else json.dumps(value))


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
