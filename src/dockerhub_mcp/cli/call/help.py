"""What a person reads: all tools with what is on, and one tool with its arguments."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.cli.call import options
from dockerhub_mcp.cli.call.arguments import Argument, arguments_of, words_of
from dockerhub_mcp.cli.call.options import Option
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.tools.access import ALL_TOOLSETS, DEFAULT_TOOLSET, Access, ToolFilter
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.tool import Tool

PROGRAM = "dockerhub-mcp call"

_COLUMN = 30  # where the texts of options begin
_INTRODUCTION = f"""\
usage: {PROGRAM} [options] TOOL [words] [arguments] [options]

Call one tool as an agent would: the same arguments, gates, questions and results. The result goes to standard
output, everything else to standard error.

  {PROGRAM} get_tag redis:8.2
  {PROGRAM} list_tags redis --name alpine --page-size 5 --output table
  {PROGRAM} list_tags redis --max-items 500 --output json | jq -r '.results[].name'
  {PROGRAM} --access write create_repository acme/app --dry-run
  {PROGRAM} list_tags --arguments '{{"repository": "redis"}}'

Before the tool's name stand options; behind it the tool's arguments, and options that are named like none of
them. Exit codes: 0 done; 1 refused, by a gate, a person or the Hub; 2 words that make no call; 130 Ctrl-C.
"""


def overview(choice: ToolFilter, *, width: int = 80) -> str:
    """Return how to call, all tools by their areas with what is on, and the options."""
    lines = [_INTRODUCTION]
    needed = {tool.name: _needed(tool, choice) for tool in ALL_TOOLS}
    on = sum(not each for each in needed.values())
    lines += [
        f"Tools, {on} of {len(ALL_TOOLS)} on under these options. In brackets what the others need: write",
        "or admin for --access, toolset for --toolsets and the area's name. TOOL --help tells more.\n",
    ]
    for area in Area:
        tools = [tool for tool in ALL_TOOLS if tool.area is area]
        longest = max(len(tool.name) for tool in tools)
        lines.append(str(area))
        for tool in tools:
            need = f"[{', '.join(needed[tool.name])}] " if needed[tool.name] else ""
            lines.append(_cut(f"  {tool.name:{longest}}  {need}{_first_sentence(tool)}", width))
        lines.append("")
    lines += _options("Options of the call", options.OWN, width)
    lines += _options("Options of the server; in brackets the environment variable", options.SERVER, width)
    return "\n".join(lines).rstrip() + "\n"


def tool_help(tool: Tool, choice: ToolFilter, *, width: int = 80) -> str:
    """Return what a tool does and takes."""
    schema = tool.input_schema
    arguments = arguments_of(schema)
    words = " ".join(_word(argument) for argument in words_of(schema))
    usage = f"usage: {PROGRAM} [options] {tool.name} {words} [arguments] [options]".replace("  ", " ")
    lines = [usage, "", *_wrapped(tool.description, width), ""]
    access = tool.access
    if off := _how_to_switch_on(tool, choice):
        lines += [f"It is off under these options: {off}.", ""]
    elif access is not Access.READ:
        asks = "; what would be lost is asked about first" if tool.is_mutation else ""
        lines += [f"It changes things on the Hub ({access}){asks}.", ""]
    if arguments:
        lines.append("Arguments:")
        for argument in sorted(arguments.values(), key=lambda argument: not argument.required):
            lines += _row(_shown(argument), _about(argument, tool), width)
        lines.append("")
    if "namespace" in arguments and words_of(schema)[:1] != [arguments["namespace"]]:
        what = words_of(schema)[0].name.upper()
        takes_tag = " and tag" if "tag" in arguments else ""
        lines += [
            *_wrapped(f"{what} may be a reference that holds namespace{takes_tag} as well.", width),
            "",
        ]
    for name in sorted(argument.name for argument in arguments.values() if argument.name in options.ALL):
        flag = options.ALL[name].flag
        said = f"{flag} is this argument here; the server's option {flag} stands before the tool's name."
        lines += [*_wrapped(said, width), ""]
    lines += _options("Options of the call", options.OWN, width)
    lines.append(f"Options of the server: {PROGRAM} --help")
    return "\n".join(lines) + "\n"


def _needed(tool: Tool, choice: ToolFilter) -> list[str]:
    """Return in a word each what a tool that is off lacks; nothing where it is on."""
    facts = tool.info
    if facts.name in choice.exclude_tools or (choice.tools and facts.name not in choice.tools):
        return ["left out"]
    needed = [] if choice.access.includes(facts.access) else [str(facts.access)]
    if not facts.is_in_toolsets(choice.toolsets or (ALL_TOOLSETS if choice.tools else DEFAULT_TOOLSET,)):
        needed.append("toolset")
    return needed


def _how_to_switch_on(tool: Tool, choice: ToolFilter) -> str:
    """Return the options that switch a tool on, or those that left it out."""
    needed = _needed(tool, choice)
    if needed == ["left out"]:
        return "left out by --tools or --exclude-tools"
    flags = [f"--toolsets {tool.area}" if need == "toolset" else f"--access {need}" for need in needed]
    return f"it needs {' '.join(flags)}" if flags else ""


def _first_sentence(tool: Tool) -> str:
    return tool.description.split("\n")[0].split(". ")[0].rstrip(".")


def _word(argument: Argument) -> str:
    word = argument.name.upper()
    word = f"{word}..." if argument.kind == "array" else word
    return word if argument.required else f"[{word}]"


def _shown(argument: Argument) -> str:
    if argument.is_switch:
        return f"--[no-]{argument.flag[2:]}"
    return argument.flag if argument.is_secret else f"{argument.flag} {argument.metavar}"


def _about(argument: Argument, tool: Tool) -> str:
    """Return what an argument is, with its limits, its default and an example."""
    schema = argument.schema
    said = [str(schema.get("description", ""))]
    said += ["Required."] if argument.required else []
    if argument.is_secret:
        said.append("Asked for, unseen.")
    said += _limits(argument)
    if "default" in schema:
        said.append(
            f"Default: {str(schema['default']).lower() if argument.is_switch else schema['default']}."
        )
    if (
        argument.name in tool.argument_examples
        and not argument.choices
        and not argument.is_switch
        and not argument.is_secret
    ):
        said.append(f"Example: {_as_word(tool.argument_examples[argument.name])}")
    return " ".join(filter(None, said))


def _limits(argument: Argument) -> list[str]:
    schema = argument.schema
    said = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        said.append(f"{low} to {high}." if high is not None else f"{low} or more.")
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    is_told = f"{longest:,} characters" in str(schema.get("description", "")) if longest else False
    if longest is not None and not argument.is_secret and not is_told:
        said.append(
            f"{shortest} to {longest} characters." if shortest > 1 else f"At most {longest} characters."
        )
    if "pattern" in schema:
        said.append(f"Must match {schema['pattern']}")
    return said


def _as_word(value: Any) -> str:
    """Return an example as a person writes it in a shell."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    elif not isinstance(value, str):
        value = json.dumps(value)
    return shlex.quote(value)


def _options(title: str, found: Sequence[Option], width: int) -> list[str]:
    lines = [f"{title}:"]
    for option in found:
        variable = (
            f" [{option.variable}]" if option.variable and f"[{option.variable}]" not in option.text else ""
        )
        lines += _row(option.shown, option.text + variable, width)
    return [*lines, ""]


def _row(shown: str, text: str, width: int) -> list[str]:
    """Return an option and, beside or below it, its text."""
    indent = " " * _COLUMN
    rows = _wrapped(text, max(width, _COLUMN + 20), indent)
    head = f"  {shown}"
    if rows and len(head) + 2 <= _COLUMN:
        return [head.ljust(_COLUMN) + rows[0].lstrip(), *rows[1:]]
    return [head, *rows]


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return a text in lines; names with dashes in them stay whole, for people to copy."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
