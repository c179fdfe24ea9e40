"""What there is to complete, in every place of the command line."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockerhub_mcp import __version__
from dockerhub_mcp.cli.call.arguments import Argument, arguments_of
from dockerhub_mcp.cli.call.options import OWN, SERVER, Option

FILE, DIRECTORY, ANYTHING, LIST = "<file>", "<dir>", "<value>", "<list>"
"""Kinds of values; `<list>` stands before choices of which several may be given, comma-separated."""

_CALL = "call"


@dataclass(frozen=True, slots=True)
class Entry:
    """An option.

    Attributes:
        word: The option as it is written.
        about: What it does, one line.
        value: What stands behind it: choices, or a kind of values; empty for nothing.
    """

    word: str
    about: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What may stand in a place: behind a command, or behind a tool.

    Attributes:
        options: Its options.
        words: Its plain words, with what each means.
        shares: Whether the options of every call may stand there, too.
    """

    options: list[Entry] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    shares: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is completed.

    Attributes:
        places: The places by their names: "" at first, then a command, or `call` and a tool.
        shared: The options of every call.
        version: Of the program.
    """

    places: dict[str, Place]
    shared: list[Entry]
    version: str = __version__

    @property
    def values(self) -> dict[str, str]:
        """What stands behind an option, by place and option; by the option alone where all places agree."""
        common = {entry.word: entry.value for entry in [*self.places[""].options, *self.shared]}
        found = dict(common)
        for name, place in self.places.items():
            for entry in place.options:
                if common.get(entry.word) != entry.value:
                    found[f"{name} {entry.word}"] = entry.value
        return {where: value for where, value in found.items() if value or where.partition(" ")[2]}


def facts_of(parser: argparse.ArgumentParser, kept: str) -> Facts:
    """Gather what there is to complete.

    Args:
        parser: The parser of the command line.
        kept: The content of `fast_start.json`.
    """
    shared = list(_of_options((*OWN, *SERVER)))
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001
    about = {action.dest: action.help or "" for action in commands._choices_actions}  # noqa: SLF001
    places = {"": Place(_of_parser(parser), about)}
    for name, command in commands.choices.items():
        words = {str(c): "" for a in command._actions if not a.option_strings for c in a.choices or ()}  # noqa: SLF001
        places[name] = Place(_of_parser(command), words)
    tools = _tools(kept)
    places[_CALL] = Place(shared, {name: _line(tool["description"]) for name, tool in tools.items()})
    for name, tool in tools.items():
        arguments = list(_of_arguments(arguments_of(tool["inputSchema"]).values()))
        taken = {entry.word for entry in arguments}
        others = [entry for entry in shared if entry.word not in taken]
        shares = len(others) == len(shared)
        options = arguments if shares else [*arguments, *others]
        places[f"{_CALL} {name}"] = Place(options, shares=shares)
    return Facts(places, shared)


def _tools(kept: str) -> Mapping[str, Any]:
    parts: dict[str, tuple[str, str, str]] = json.loads(kept)["legacy"]["lists"]["tools/list"][1]
    return {name: json.loads(head + tail) for name, (head, _, tail) in parts.items()}


def _of_parser(parser: argparse.ArgumentParser) -> list[Entry]:
    found = []
    for action in parser._actions:  # noqa: SLF001
        if action.help is argparse.SUPPRESS:
            continue
        for word in action.option_strings:
            takes = action.nargs != 0
            value = " ".join(map(str, action.choices or ())) or _kind(str(action.metavar or action.dest))
            about = "" if action.help is None else _line(action.help)
            found.append(Entry(word, about, value if takes else ""))
    return found


def _of_options(options: Iterable[Option]) -> Iterable[Entry]:
    for option in options:
        value = "" if option.switch else " ".join(option.choices) or _kind(option.metavar)
        if option.name == "arguments":
            value = FILE
        yield Entry(option.flag, _line(option.text), value)
        if option.short:
            yield Entry(option.short, _line(option.text), value)
        if option.switch and option not in OWN:
            yield Entry(f"--no-{option.flag[2:]}", _line(option.text))


def _of_arguments(arguments: Iterable[Argument]) -> Iterable[Entry]:
    for argument in arguments:
        about = _line(str(argument.schema.get("description", "")))
        value = " ".join(argument.choices) or ANYTHING
        if argument.kind == "array" and argument.choices:
            value = f"{LIST} {value}"
        is_alone = argument.is_switch or argument.is_secret
        yield Entry(argument.flag, about, "" if is_alone else value)
        if argument.is_switch:
            yield Entry(f"--no-{argument.flag[2:]}", about)


def _kind(metavar: str) -> str:
    return {"FILE": FILE, "DIR": DIRECTORY, "dir": DIRECTORY}.get(metavar, ANYTHING)


def _line(text: str) -> str:
    """Return the first sentence, as it stands beside a word."""
    return re.split(r"\n|\. | \[", text, maxsplit=1)[0].rstrip(".")
