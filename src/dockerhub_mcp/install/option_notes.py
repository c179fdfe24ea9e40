"""Say which options an entry loses when it is installed again without them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from dockerhub_mcp.config import Settings, flag_for
from dockerhub_mcp.install.editors.host_config import is_own_entry
from dockerhub_mcp.install.migration.command_line import read_words
from dockerhub_mcp.install.secrets import mask_secrets

_FLAGS = frozenset(
    form
    for setting in dataclasses.fields(Settings)
    for flag in (flag_for(setting.name),)
    for form in (flag, f"--no-{flag.removeprefix('--')}")
)


def describe_dropped_options(existing: Any, entry: Mapping[str, Any]) -> list[str]:
    """Name the options of the server that an existing entry of this program has and the new one lacks.

    Args:
        existing: The entry in the file; None without one.
        entry: The new entry.
    """
    if not is_own_entry(existing):
        return []
    kept = {flag for flag, _ in _list_options(read_words(entry))}
    dropped = [text for flag, text in _list_options(read_words(existing)) if flag not in kept]
    if not dropped:
        return []
    line = (
        f"The entry no longer has {mask_secrets(', '.join(dropped))}: it gets the options of this command. "
        "Repeat it with them to keep them."
    )
    return [line]


def _list_options(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the options of the server among words: what each sets, and its text with the value."""
    found = list[tuple[str, str]]()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, separator, _ = word.partition("=")
        if flag not in _FLAGS:
            continue
        value = "" if separator or not following or following.startswith("-") else f" {following}"
        found.append((flag.replace("--no-", "--", 1), f"{word}{value}"))
    return found
