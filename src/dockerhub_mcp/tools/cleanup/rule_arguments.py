"""The rules of a clean-up from the arguments of `plan_tag_cleanup`, as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dockerhub_mcp.tools.cleanup.selecting.rules import (
    DEFAULT_KEPT_GLOBS,
    DEFAULT_MAX_DELETE,
    CleanupRules,
    DeleteRules,
    KeepRules,
)
from dockerhub_mcp.tools.tag_search.globs import GlobSet
from dockerhub_mcp.tools.tag_search.moments import parse_duration


def build_rules(arguments: Mapping[str, Any]) -> CleanupRules:
    """Return the rules that validated arguments describe; what they leave out has its default.

    Raises:
        ValueError: A duration cannot be understood.
    """
    delete = DeleteRules(
        GlobSet(arguments.get("delete_matching") or ()),
        GlobSet(arguments.get("delete_excluding") or ()),
        _get_duration(arguments, "older_than"),
        _get_duration(arguments, "not_pulled_for"),
        bool(arguments.get("only_unstable")),
        bool(arguments.get("only_superseded")),
        bool(arguments.get("only_inactive")),
    )
    keep = KeepRules(
        GlobSet(arguments.get("keep_matching", DEFAULT_KEPT_GLOBS)),
        arguments.get("keep_newest", 0),
        arguments.get("keep_newest_per", "family"),
        _get_duration(arguments, "keep_pulled_within"),
        parse_duration(arguments.get("keep_younger_than", "24h")),
        arguments.get("undated", "keep"),
    )
    return CleanupRules(delete, keep, arguments.get("max_delete", DEFAULT_MAX_DELETE))


def _get_duration(arguments: Mapping[str, Any], name: str) -> timedelta | None:
    text = arguments.get(name)
    return None if text is None else parse_duration(text)
