"""Translate calls of docker/hub-mcp's tools into the arguments of the tools that they call.

A translation takes the validated arguments, and a list that receives notes for the agent. It returns the
arguments of the called tool by name; None stands for one that is left out.

Raises:
    ValueError: The call asks for something that cannot be done; the message names argument and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.tools.hub_mcp.arguments import (
    MAX_PAGE_SIZE,
    CreateRepositoryArguments,
    HardenedImagesArguments,
    HubMcpArguments,
    ListRepositoriesArguments,
    Ordering,
    SearchArguments,
    UpdateRepositoryArguments,
)

Translation = Callable[[Any, list[str]], dict[str, Any]]

_ORDERINGS: dict[Ordering, str] = {
    "last_updated": "newest",
    "-last_updated": "oldest",
    "name": "name",
    "-name": "name_descending",
    "pull_count": "most_pulled",
    "-pull_count": "least_pulled",
}
"""What Docker Hub does for each; its reference has the signs of the dates and pulls the other way round."""

_HUB_REGISTRY = re.compile(
    r"(?:https?://)?(?:(?:registry-1\.|index\.|registry\.hub\.|hub\.)?docker\.(?:io|com)(?:/v[12])?/?"
    r"|docker[ _-]?hub)?",
    re.IGNORECASE,
)
_PLACEHOLDER = "new-repository"  # which some clients send where the user has named nothing


def pass_on(call: HubMcpArguments, notes: list[str]) -> dict[str, Any]:
    """Return the arguments under the same names, with a page of at most 100 items."""
    arguments = call.model_dump(by_alias=True)
    for name in ("page_size", "size"):
        if (size := arguments.get(name)) is not None and size > MAX_PAGE_SIZE:
            arguments[name] = MAX_PAGE_SIZE
            notes.append(f"{name}={size} is more than Docker Hub returns at once: this is a page of 100.")
    return arguments


def translate_repository_list(call: ListRepositoriesArguments, notes: list[str]) -> dict[str, Any]:
    """Name the order, and write the media types as the Hub reads them."""
    media_types = ",".join(part.strip() for part in (call.media_types or "").split(",") if part.strip())
    ordering = None if call.ordering is None else _ORDERINGS[call.ordering]
    return pass_on(call, notes) | {"ordering": ordering, "media_types": media_types or None}


def translate_creation(call: CreateRepositoryArguments, notes: list[str]) -> dict[str, Any]:
    """Require a name that is no placeholder, and no registry other than Docker Hub."""
    if call.name in {None, _PLACEHOLDER}:
        problem = "is required" if call.name is None else f"must be no placeholder such as {_PLACEHOLDER!r}"
        msg = f"name: {problem}; ask the user for the name, and whether the repository is to be private"
        raise ValueError(msg)
    if not _HUB_REGISTRY.fullmatch(call.registry or ""):
        msg = (
            f"registry: must be Docker Hub, where this server creates repositories, not "
            f"{quote(call.registry or '')}; leave it out"
        )
        raise ValueError(msg)
    arguments = pass_on(call, notes)
    del arguments["registry"]
    return {name: value for name, value in arguments.items() if value != ""}


def translate_update(call: UpdateRepositoryArguments, notes: list[str]) -> dict[str, Any]:
    """Leave unchanged what is empty, as docker/hub-mcp does."""
    arguments = pass_on(call, notes)
    empty = [name for name in ("description", "full_description") if arguments[name] == ""]
    given = [name for name in ("description", "full_description", "status") if arguments[name]]
    if not given:
        hint = "; an empty text changes nothing here" if empty else ""
        msg = f"Give description, full_description or status; otherwise there is nothing to change{hint}"
        raise ValueError(msg)
    if empty:
        notes.append(f"An empty text changes nothing here: {' and '.join(empty)} left as before.")
    return {name: value for name, value in arguments.items() if name not in empty}


def translate_search(call: SearchArguments, notes: list[str]) -> dict[str, Any]:
    """Refuse the filter that nothing documents, and leave out empty lists."""
    if call.images:
        msg = (
            "images: is not available, because Docker does not say what it filters by; leave it out, and use "
            "query, type or badges"
        )
        raise ValueError(msg)
    arguments = {name: value for name, value in pass_on(call, notes).items() if value not in (None, [])}
    arguments.pop("images", None)
    if not arguments.get("extension_reviewed"):
        arguments.pop("extension_reviewed", None)
    return arguments


def translate_hardened_images(call: HardenedImagesArguments, notes: list[str]) -> dict[str, Any]:  # noqa: ARG001
    """Rename the organization."""
    return {"organization": call.organisation}
