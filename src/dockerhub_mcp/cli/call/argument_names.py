"""The names of a tool's arguments on the command line: options, and words without an option."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

Schema = Mapping[str, Any]
"""The input schema of a tool, or of one of its arguments."""


def list_positionals(schema: Schema, secrets: Collection[str] = ()) -> list[str]:
    """Return the arguments that may be given without an option, in order: the required ones, without secrets.

    A required namespace is left out if there are others, as it can be part of a reference such as
    namespace/repository. A tool that requires nothing takes its namespace, images
    or organization, if it has one of them.
    """
    properties = schema["properties"]
    required = [name for name in schema.get("required", ()) if name not in secrets]
    others = [name for name in required if name != "namespace"]
    optional = [name for name in properties if name in {"namespace", "images", "org_name"}]
    return others or required or optional[:1]


def format_option(name: str) -> str:
    """Return the option of an argument: --page-size for page_size and pageSize."""
    return "--" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


def split_named_word(word: str) -> tuple[str, str] | None:
    """Return the name and the value of a word such as page_size=5; None for any other word."""
    name, equals, value = word.partition("=")
    return (name, value) if equals and re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII) else None
