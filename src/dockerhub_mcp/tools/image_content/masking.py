"""Values that may be secrets: in environment variables, commands and labels of images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dockerhub_mcp.hub.redaction import mask_user_info
from dockerhub_mcp.tools.image_content.secret_patterns import SECRET_WORDS, has_token, hide_secrets
from dockerhub_mcp.tools.results.sanitize import sanitize_line

HIDDEN = "…"
"""Takes the place of a value that is not shown."""

HIDDEN_NOTE = f"{HIDDEN} is a value that is cut, or hidden because it may be a secret."

MAX_NAME_CHARS = 64
MAX_VALUE_CHARS = 64
MAX_COMMAND_CHARS = 120
MAX_ARGUMENTS = 60
MAX_LABEL_CHARS = 120

_SECRET_NAME = re.compile(SECRET_WORDS, re.IGNORECASE)
_SECRET_LABEL = re.compile(r"passw|secret|token|credential|api-?key", re.IGNORECASE)
_HARMLESS_NAMES = frozenset(
    {
        "DEBIAN_FRONTEND", "GOPATH", "HOME", "HOSTNAME", "JAVA_HOME", "LANG", "LANGUAGE", "LC_ALL",
        "NODE_ENV", "PATH", "PGDATA", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "SHELL", "TERM", "TZ",
    }
)  # fmt: skip
_HARMLESS_NAME = re.compile(r"(?:[A-Z0-9_]+_)?VERSION|[A-Z0-9_]+_(?:HOME|MAJOR|RELEASE)")
_HARMLESS_VALUE = re.compile(r"[\w.,:+/~-]*", re.ASCII)
_USER_OPTIONS = frozenset({"-u", "-U", "--user", "--proxy-user"})
_PASSWORD_OPTIONS = frozenset({("redis-cli", "-a"), ("sshpass", "-p"), ("openssl", "-k"), ("openssl", "-K")})
_VARIABLE_NAME = re.compile(r"[A-Za-z_][\w.()-]*", re.ASCII)


def hide_values(environment: Iterable[str]) -> list[str]:
    """Return environment variables with values only where they are well-known and harmless."""
    return [_hide_value(variable) for variable in environment]


def _hide_value(variable: str) -> str:
    name, sign, value = variable.partition("=")
    shown = sanitize_line(name, MAX_NAME_CHARS)
    if not sign and (not _VARIABLE_NAME.fullmatch(name) or has_token(name)):
        return HIDDEN
    if not value:
        return f"{shown}{sign}"
    return f"{shown}={sanitize_line(value, MAX_VALUE_CHARS) if is_harmless(name, value) else HIDDEN}"


def is_harmless(name: str, value: str) -> bool:
    """Tell whether an environment variable is one of those that never hold a secret."""
    if not _HARMLESS_VALUE.fullmatch(value) or has_token(value):
        return False
    if name in _HARMLESS_NAMES:
        return True
    is_known = _HARMLESS_NAME.fullmatch(name) is not None and not _SECRET_NAME.search(name)
    return is_known and len(value) <= MAX_VALUE_CHARS


def mask_secrets(text: str, max_chars: int = MAX_COMMAND_CHARS) -> str:
    """Return a command on one line, cut, with values of options and variables hidden that may be secrets."""
    line = sanitize_line(text, 4 * max_chars)  # what is masked may be longer than what stays
    line = hide_secrets(mask_user_info(line), HIDDEN)
    return sanitize_line(line, max_chars)


def mask_arguments(arguments: Iterable[str]) -> list[str]:
    """Return the arguments of a command, each cut, with those hidden that may be secrets."""
    given, more = list(arguments), 0
    if len(given) > MAX_ARGUMENTS:
        given, more = given[:MAX_ARGUMENTS], len(given) - MAX_ARGUMENTS
    program = given[0].rpartition("/")[2] if given else ""
    masked: list[str] = []
    previous = ""
    for argument in given:
        masked.append(_mask_argument(argument, previous, program))
        previous = argument
    return [*masked, f"and {more} more"] if more else masked


def _mask_argument(argument: str, previous: str, program: str) -> str:
    is_secret = previous.startswith("-") and "=" not in previous and _SECRET_NAME.search(previous)
    if is_secret and not argument.startswith("-"):
        return HIDDEN
    if program.startswith(("mysql", "mariadb")) and re.match(r"-p.", argument):
        return f"-p{HIDDEN}"
    masked = mask_secrets(argument)
    if previous in _USER_OPTIONS or (program, previous) in _PASSWORD_OPTIONS:
        # Options of one letter mean something else to other programs, so the line decides.
        line = mask_secrets(f"{program} {previous} {argument}")
        return line.removeprefix(f"{program} {previous} ")
    return masked


def mask_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels with values cut, and hidden where the name says that they are secret."""
    return {
        sanitize_line(name, MAX_LABEL_CHARS): (
            HIDDEN
            if _SECRET_NAME.search(name.rpartition(".")[2]) or _SECRET_LABEL.search(name)
            else mask_secrets(value, MAX_LABEL_CHARS)
        )
        for name, value in labels.items()
    }
