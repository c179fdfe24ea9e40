"""Values that may be secrets: in environment variables, commands and labels of images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dockerhub_mcp.hub.redaction import mask_user_info
from dockerhub_mcp.tools.results.sanitize import sanitize_line

HIDDEN = "…"
"""Takes the place of a value that is not shown."""

HIDDEN_NOTE = f"{HIDDEN} is a value that is cut, or hidden because it may be a secret."

MAX_NAME_CHARS = 64
MAX_VALUE_CHARS = 64
MAX_COMMAND_CHARS = 120
MAX_LABEL_CHARS = 120

_SECRET_WORDS = r"pass|pwd|secret|token|key|credential|auth(?!or)|cookie|dsn"
_SECRET_NAME = re.compile(_SECRET_WORDS, re.IGNORECASE)
_HARMLESS_NAMES = frozenset(
    {
        "DEBIAN_FRONTEND", "GOPATH", "HOME", "HOSTNAME", "JAVA_HOME", "LANG", "LANGUAGE", "LC_ALL",
        "NODE_ENV", "PATH", "PGDATA", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "SHELL", "TERM", "TZ",
    }
)  # fmt: skip
_HARMLESS_NAME = re.compile(r"(?:[A-Z0-9_]+_)?VERSION|[A-Z0-9_]+_(?:HOME|MAJOR|RELEASE)")
_HARMLESS_VALUE = re.compile(r"[\w.,:+/~-]*", re.ASCII)
_ASSIGNMENT = re.compile(
    rf"(?P<name>[\w.-]{{0,64}}(?:{_SECRET_WORDS})[\w.-]{{0,64}}) ?(?P<sign>[=:]) ?"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"';&|)]+)",
    re.IGNORECASE,
)
_OPTION = re.compile(
    rf"(?P<name>--?[\w-]{{0,64}}(?:{_SECRET_WORDS})[\w-]{{0,64}}) +(?P<value>[^\s-][^\s]*)", re.IGNORECASE
)
_HEADER = re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]{6,}")


def hide_values(environment: Iterable[str]) -> list[str]:
    """Return environment variables with values only where they are well-known and harmless."""
    return [_hide_value(variable) for variable in environment]


def _hide_value(variable: str) -> str:
    name, sign, value = variable.partition("=")
    shown = sanitize_line(name, MAX_NAME_CHARS)
    if not value:
        return f"{shown}{sign}"
    return f"{shown}={sanitize_line(value, MAX_VALUE_CHARS) if is_harmless(name, value) else HIDDEN}"


def is_harmless(name: str, value: str) -> bool:
    """Tell whether an environment variable is one of those that never hold a secret."""
    if not _HARMLESS_VALUE.fullmatch(value):
        return False
    if name in _HARMLESS_NAMES:
        return True
    is_known = _HARMLESS_NAME.fullmatch(name) is not None and not _SECRET_NAME.search(name)
    return is_known and len(value) <= MAX_VALUE_CHARS


def mask_secrets(text: str, max_chars: int = MAX_COMMAND_CHARS) -> str:
    """Return a command on one line, cut, with values of options and variables hidden that may be secrets."""
    line = sanitize_line(text, 4 * max_chars)  # what is masked may be longer than what stays
    line = _HEADER.sub(lambda found: f"{found[1]} {HIDDEN}", mask_user_info(line))
    line = _ASSIGNMENT.sub(lambda found: f"{found['name']}{found['sign']}{HIDDEN}", line)
    line = _OPTION.sub(lambda found: f"{found['name']} {HIDDEN}", line)
    return sanitize_line(line, max_chars)


def mask_arguments(arguments: Iterable[str]) -> list[str]:
    """Return the arguments of a command, each cut, with those hidden that may be secrets."""
    masked: list[str] = []
    previous = ""
    for argument in arguments:
        is_value = previous.startswith("-") and "=" not in previous and _SECRET_NAME.search(previous)
        masked.append(HIDDEN if is_value and not argument.startswith("-") else mask_secrets(argument))
        previous = argument
    return masked


def mask_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels with values cut, and hidden where the name says that they are secret."""
    return {
        sanitize_line(name, MAX_LABEL_CHARS): (
            HIDDEN if _SECRET_NAME.search(name.rpartition(".")[2]) else mask_secrets(value, MAX_LABEL_CHARS)
        )
        for name, value in labels.items()
    }
