"""Add the options of the server's settings, and those of `install`, to an argument parser."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import (
    HTTP_SETTINGS,
    REMOVED_SETTINGS,
    Settings,
    env_var_for,
    flag_for,
    is_empty,
)
from dockerhub_mcp.setting_values import OFF_WORDS, ON_WORDS

SERVING_SETTINGS = frozenset({"transport", "results", "cache_ttl", "logs_dir"})
"""The settings without effect on a command that calls tools."""
WITHOUT_ADDRESS = frozenset(each.name for each in dataclasses.fields(Settings)) - {
    *("transport", "host", "port", "path", "tls_cert", "tls_key"),
}
"""The settings that do not say where the server listens."""


class _Choices(tuple[str, ...]):
    """The choices of an option; an empty value passes as well, because it counts as none."""

    __slots__ = ()

    def __contains__(self, value: object) -> bool:
        return is_empty(value) or super().__contains__(value)


class _StoreSetting(argparse.Action):
    """Stores the value of a setting; an empty one leaves the option absent, so that its variable counts."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse passes it
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Store the value."""
        if not is_empty(values):
            setattr(namespace, self.dest, values)
        elif hasattr(namespace, self.dest):
            delattr(namespace, self.dest)


def add_default_values(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """Return command-line words with a value for each option that is given without its optional one.

    argparse would take the next word for the value, even a command. A flag with a value is accepted as well:
    `--sandbox=true` is `--sandbox`, `--sandbox=false` is `--no-sandbox`, and `--sandbox=` is left out.

    Args:
        parser: The parser that the words are for.
        words: The words.
    """
    optional = {
        option: action
        for action in parser._actions  # noqa: SLF001 - argparse offers no public list
        if action.nargs == "?" and action.choices
        for option in action.option_strings
    }
    flags = {
        option
        for action in parser._actions  # noqa: SLF001
        if action.nargs == 0
        for option in action.option_strings
    }
    completed: list[str] = []
    for position, word in enumerate(words):
        if word == "--":
            return [*completed, *words[position:]]
        flag, equals, value = word.partition("=")
        if equals and flag in flags and (switched := _switch_flag(flag, value, flags)) is not None:
            completed += switched
            continue
        following = words[position + 1] if position + 1 < len(words) else ""
        action = optional.get(word)
        if action is None or following in (action.choices or ()):
            completed.append(word)
        else:
            completed.append(f"{word}={action.const}")
    return completed


def _switch_flag(flag: str, value: str, flags: Container[str]) -> list[str] | None:
    """Return the words that mean a flag with a value; None for a value that is neither true nor false."""
    if is_empty(value):
        return []
    opposite = f"--no-{flag[2:]}"
    if value.lower() in OFF_WORDS and opposite in flags:
        return [opposite]
    return [flag] if value.lower() in ON_WORDS and opposite in flags else None


def add_settings_options(
    parser: argparse._ActionsContainer, *, include_http: bool = True, exclude: Container[str] = ()
) -> None:
    """Add an option for every setting.

    An option that is not given is absent from the parsed arguments, so that its variable counts.

    Args:
        parser: The parser or group to add them to.
        include_http: Whether to add those that only HTTP servers use, in a group of their own.
        exclude: Names of settings to leave out.
    """
    for name in REMOVED_SETTINGS:  # parsed without being offered, so that the error can name the replacement
        parser.add_argument(
            flag_for(name), nargs="?", const="true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
    http_group = parser.add_argument_group("HTTP (--transport http or sse)") if include_http else None
    for setting in dataclasses.fields(Settings):
        group = http_group if setting.name in HTTP_SETTINGS else parser
        if group is None or setting.name in exclude:
            continue
        data, flag, variable = setting.metadata, flag_for(setting.name), env_var_for(setting)
        text = data["help"] + (f" [{variable}]" if variable else "")
        if "switch" in data:
            off, on = data["switch"]
            group.add_argument(
                flag,
                action=_StoreSetting,
                nargs="?",
                const=on,
                default=argparse.SUPPRESS,
                choices=_Choices(data["choices"]),
                help=text,
            )
            group.add_argument(
                f"--no-{flag[2:]}",
                dest=setting.name,
                action="store_const",
                const=off,
                default=argparse.SUPPRESS,
                help=f"the same as {flag} {off}",
            )
        elif isinstance(setting.default, bool):
            group.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text
            )
        else:
            metavar = data.get("metavar", None if "choices" in data else setting.name.upper())
            group.add_argument(
                flag,
                action=_StoreSetting,
                default=argparse.SUPPRESS,
                metavar=metavar,
                choices=_Choices(data["choices"]) if "choices" in data else None,
                help=text,
            )


def add_install_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `install`, and those of the server that it writes into the host's file."""
    from dockerhub_mcp.install.hosts import ANY_HOST, HOSTS  # noqa: PLC0415 - no other command needs them

    names = [*HOSTS, ANY_HOST.name]
    parser.add_argument("for_host", metavar="HOST", choices=names, help=", ".join(names))
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--user", action="store_true", help="edit the host's user file (the default)")
    target.add_argument("--project", action="store_true", help="edit the host's file in this project")
    target.add_argument("--file", type=Path, help="edit another file of the host's format")
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--print", action="store_true", help="print the entry to standard output; change nothing"
    )
    action.add_argument(
        "--dry-run", action="store_true", help="print what would change in the file; change nothing"
    )
    action.add_argument("--uninstall", action="store_true", help="remove the entry")
    launch = parser.add_mutually_exclusive_group()
    launch.add_argument("--uvx", action="store_true", help="start the server with `uvx dockerhub-mcp`")
    launch.add_argument(
        "--container", metavar="IMAGE", help="start the server with `docker run` from an image"
    )
    parser.add_argument("--name", help="the server's name in the host; dockerhub by default")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="move from docker/hub-mcp with its account and settings, or replace another server of that name",
    )
    parser.add_argument(
        "--delete-backups",
        action="store_true",
        help="delete the backups of the file, alone or after --uninstall",
    )
    add_settings_options(parser.add_argument_group("options of the server"), include_http=False)
