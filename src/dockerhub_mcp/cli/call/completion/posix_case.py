"""The facts as functions of a shell with `case`: the same words for bash and for zsh."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence

from dockerhub_mcp.cli.call.completion.model import Entry, Facts


def value_function(facts: Facts) -> list[str]:
    """Return the function that puts into REPLY what stands behind an option; nothing for a switch."""
    groups: dict[str, list[str]] = {}
    special = {where: value for where, value in facts.values.items() if " " in where}
    common = {where: value for where, value in facts.values.items() if " " not in where}
    for where, value in special.items():
        groups.setdefault(value, []).append(where)
    lines = ["__dockerhub_mcp_value() {", '  case "$1 $2" in']
    lines += [
        f"    {_any(wheres)}) REPLY={shlex.quote(value)}; return ;;" for value, wheres in groups.items()
    ]
    lines += ["  esac", '  case "$2" in']
    groups = {}
    for where, value in common.items():
        groups.setdefault(value, []).append(where)
    lines += [f"    {_any(wheres)}) REPLY={shlex.quote(value)} ;;" for value, wheres in groups.items()]
    return [*lines, "    *) REPLY='' ;;", "  esac", "}"]


def offers(facts: Facts, say: Callable[[Mapping[str, str]], str], shared: str) -> list[str]:
    """Return the branches that set `options` and `plain` to what a place has.

    Args:
        facts: What there is.
        say: Writes words with what they mean as the content of a shell's list.
        shared: The shell's name for the list of what every call shares.
    """
    lines = []
    for name, place in facts.places.items():
        said = say(offered(place.options))
        if place.shares:
            said = f"{said} {shared}".strip()
        plain = f" plain=({say(place.words)})" if place.words else ""
        lines.append(f"    {shlex.quote(name)}) options=({said}){plain} ;;")
    return lines


def offered(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the long options with what they do; the short ones are as quickly written."""
    return {entry.word: entry.about for entry in entries if entry.word.startswith("--")}


def _any(wheres: Sequence[str]) -> str:
    return "|".join(map(shlex.quote, wheres))
