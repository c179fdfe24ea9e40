"""The state of a sandbox as data that can be compared: what a call has really changed."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import RepositoryRecord

_RANDOM = {"secret", "uuid", "last_used_at", "last_logged_in_at", "last_seen_at", "last_serial"}
"""Fields that differ between two sandboxes on which the same was done, or that reads and sign-ins change."""
_NAMESPACES = {"acme", "ada"}
"""The namespaces that the calls of the campaign may change."""
_WITH_TAGS = {"storefront"}
"""The repositories whose tags the campaign changes; those of all others are built on first use."""
_LAZY = {"make_tags", "_tags", "overview"}


def dump_state(sandbox: Sandbox) -> Any:
    """Return the data of a sandbox, without what is random."""
    state = sandbox.state
    return {
        "organizations": _dump(state.organizations),
        "tokens": sorted(repr(_dump(token)) for token in state.personal_access_tokens),
        "events": [(event.account, event.action, event.name) for event in state.audit_events],
        "users": sorted(state.users),
        "repositories": {
            key: _dump_repository(record)
            for key, record in state.repositories.items()
            if key[0] in _NAMESPACES
        },
    }


def _dump_repository(record: RepositoryRecord) -> Any:
    description = record.overview if isinstance(record.overview, str) else None
    tags = sorted(tag.name for tag in record.tags) if record.name in _WITH_TAGS else None
    return {**_dump(record), "overview": description, "tags": tags}


def _dump(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        kept = [each.name for each in fields(value) if each.name not in _RANDOM | _LAZY]
        return {name: _dump(getattr(value, name)) for name in kept}
    if isinstance(value, dict):
        return {name: _dump(item) for name, item in value.items()}
    return [_dump(item) for item in value] if isinstance(value, list | tuple) else value


def differences(before: Any, after: Any, where: str = "") -> list[str]:
    """Return the places where two dumps differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            place
            for name in before.keys() | after.keys()
            for place in differences(before.get(name), after.get(name), f"{where}/{name}")
        ]
    return [] if before == after else [where]
