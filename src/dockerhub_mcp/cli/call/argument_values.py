"""Read the values of a tool's arguments, from words of the command line and from JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from dockerhub_mcp.cli.call.argument_names import Schema

PROMPT = object()
"""The value of a secret to be asked for."""
_SECRET_SOURCES = "send the arguments with --arguments @FILE or -"


class CallUsageError(ValueError):
    """A command line that cannot be parsed; the message names the word at fault and the remedy."""


_MAX_BRACED_CHARS = 60
"""The longest list of choices that help shows as argparse does, in braces."""


def choose_parsing(schema: Schema) -> dict[str, Any]:
    """Return how argparse parses an argument and shows its value in help."""
    if schema.get("type") == "boolean":
        return {"action": argparse.BooleanOptionalAction}
    if schema.get("type") == "array":
        items = schema.get("items", {})
        if items.get("type", "string") != "string":
            return {"action": "extend", "type": _parse_objects, "metavar": "JSON"}
        metavar = f"{'|'.join(items['enum'])},..." if "enum" in items else "A,B"
        return {"action": "extend", "type": _parse_strings, "metavar": metavar}
    if "enum" in schema:
        parsing = {"choices": schema["enum"], "type": partial(_match_choice, schema["enum"])}
        # argparse would add braces, and it never breaks a line within them.
        listed = "|".join(map(str, schema["enum"]))
        return {**parsing, "metavar": listed} if len(listed) > _MAX_BRACED_CHARS else parsing
    kinds = {"integer": (_parse_integer, "N"), "number": (float, "N"), "object": (_parse_json, "JSON")}
    text = (str, "TIME" if schema.get("format") == "date-time" else "TEXT")
    value_type, metavar = kinds.get(str(schema.get("type")), text)
    return {"type": value_type, "metavar": metavar}


def _parse_integer(text: str) -> int:
    """Parse a whole number as JSON writes it; Python also takes 1_000 and other digits."""
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,30}\s*", text):
        msg = f"must be a whole number, not {text[:60]!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _match_choice(choices: Sequence[Any], text: str) -> str:
    """Return the choice that differs from a word in case, spaces or hyphens only; otherwise the word."""
    word = re.sub(r"[\s-]", "_", text.strip().lower())
    return word if word in choices else text


def _parse_strings(text: str) -> list[str]:
    """Parse a comma-separated list, or a JSON array for items with commas."""
    with contextlib.suppress(ValueError, RecursionError):
        items = json.loads(text)
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return items
    return [part.strip() for part in text.split(",") if part.strip()] or [text]


def _parse_objects(text: str) -> list[Any]:
    """Parse a JSON object, or an array of them."""
    value = _parse_json(text)
    return value if isinstance(value, list) else [value]


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"not valid JSON: {error}"
        raise argparse.ArgumentTypeError(msg) from None


def read_arguments(source: str, secrets: Collection[str], read_stdin: Callable[[], str]) -> dict[str, Any]:
    """Return the JSON object that is the value of --arguments, or in the file that it names."""
    is_file = source.startswith("@")
    origin = "standard input" if source == "-" else source[1:] if is_file else "the value"
    try:
        text = read_stdin() if source == "-" else source
        value = _parse_json(Path(origin).expanduser().read_text("utf-8") if is_file else text)
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or error) if isinstance(error, OSError) else "it is not UTF-8"
        shown = "@FILE" if set(source) & set("{}\"'\n") else source  # JSON may hold a secret
        msg = f"--arguments {shown} cannot be read: {reason}"
        raise CallUsageError(msg) from None
    except argparse.ArgumentTypeError as error:
        msg = f"--arguments: {origin} is {error}"
        raise CallUsageError(msg) from None
    if not isinstance(value, dict):
        msg = f'--arguments: {origin} must be an object such as {{"repository": "redis"}}'
        raise CallUsageError(msg)
    is_visible = source != "-" and not is_file
    if is_visible and (visible := [name for name in value if name in secrets]):
        msg = f"--arguments: {', '.join(visible)} would be visible in the process list; {_SECRET_SOURCES}"
        raise CallUsageError(msg)
    return value


def _reject_visible_secret(_: str) -> NoReturn:
    msg = f"a value would be visible in the process list; leave it out to be asked, or {_SECRET_SOURCES}"
    raise argparse.ArgumentTypeError(msg)


SECRET_PARSING: dict[str, Any] = {"nargs": "?", "const": PROMPT, "type": _reject_visible_secret}
"""How argparse parses an argument with a secret."""
