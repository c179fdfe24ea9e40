"""The versions and the image of the Helm chart, and the table of its values on the page about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from devtools.generate.artifacts import Files
from devtools.generate.markdown import escape_cell, format_table, replace_section
from devtools.generate.paths import DOCS, ROOT
from devtools.listings.listings import PublishedNames
from dockerhub_mcp import __version__

CHART = ROOT / "deploy" / "chart"
PAGE = DOCS / "kubernetes.md"
_IMAGE = re.compile(r"(registry\.example\.com/dockerhub-mcp):[\w.]+")
_KEY = re.compile(r"(?P<indent> *)(?P<name>\w+):(?: (?P<value>.+))?")


class ChartValue(NamedTuple):
    """A value of the chart: its path such as `image.tag`, its default, and the comment above it."""

    path: str
    default: Any
    comment: str


def build_files() -> Files:
    """Return the chart and its page with the project's version, its image, and the table of values."""
    values = _replace(
        (CHART / "values.yaml").read_text("utf-8"), "  repository", json.dumps(PublishedNames.read().image)
    )
    page = re.sub(
        r"(registry\.example\.com/dockerhub-mcp):[\w.]+", rf"\1:{__version__}", PAGE.read_text("utf-8")
    )
    chart = _replace((CHART / "Chart.yaml").read_text("utf-8"), "version", __version__)
    return {
        CHART / "Chart.yaml": _replace(chart, "appVersion", json.dumps(__version__)),
        CHART / "values.yaml": values,
        PAGE: replace_section(page, "values", _render_values(values)),
    }


def _replace(text: str, key: str, value: str) -> str:
    """Return a YAML text with another value of a key that it has once at this indentation.

    Raises:
        ValueError: The key is there not once.
    """
    replaced, count = re.subn(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
    if count != 1:
        msg = f"the chart has {count} lines with {key.strip()}:, and must have one"
        raise ValueError(msg)
    return replaced


def list_values(text: str) -> Iterator[ChartValue]:
    """Yield the values in `values.yaml` with their defaults and the comments above them.

    A list is one value, and so is a mapping that is empty by default.
    """
    defaults = yaml.safe_load(text)
    parents: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            comment.append(line.strip("# "))
        elif found := _KEY.fullmatch(line):
            depth = len(found["indent"]) // 2
            parents = [*parents[:depth], found["name"]]
            default = _get(defaults, parents)
            if default is not _MISSING and (not isinstance(default, dict) or not default):
                yield ChartValue(".".join(parents), default, " ".join(comment))
            comment = []
        elif not line:
            comment = []


_MISSING = object()


def _get(defaults: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(defaults, dict) or name not in defaults:
            return _MISSING  # a key within a list
        defaults = defaults[name]
    return defaults


def _render_values(text: str) -> str:
    rows = []
    for value in list_values(text):
        # The comment describes a default that is a list.
        is_shown = value.default != "" and not isinstance(value.default, list | dict)
        default = value.default if isinstance(value.default, str) else json.dumps(value.default)
        rows.append((f"`{value.path}`", f"`{default}`" if is_shown else "", escape_cell(value.comment)))
    return format_table(("Value", "Default", "Meaning"), rows)
