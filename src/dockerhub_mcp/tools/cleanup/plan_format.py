"""Clean-up plans as bytes, which are sealed and written to files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest, PlannedTag

_FORMAT = 1


def encode_plan(plan: CleanupPlan) -> bytes:
    """Return a plan without its identifier as JSON; the same plan is always the same bytes."""
    values = {
        "format": _FORMAT,
        "account": plan.account,
        "namespace": plan.namespace,
        "repository": plan.repository,
        "rules": dict(plan.rules),
        "created_at": int(plan.created_at.timestamp()),
        "tags": [[tag.name, tag.digest, _encode_time(tag.pushed_at), tag.size] for tag in plan.tags],
        "manifests": [[each.digest, each.kind, each.size] for each in plan.manifests],
        "kept": dict(plan.kept),
        "max_bytes": plan.max_bytes,
        "takes_every_tag": plan.takes_every_tag,
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def decode_plan(content: bytes, plan_id: str) -> CleanupPlan:
    """Return the plan that sealed bytes hold; the seal was checked.

    Raises:
        ValueError: They are of another version of this server.
    """
    try:
        values: dict[str, Any] = json.loads(content)
        if values["format"] != _FORMAT:
            msg = "an unknown format"
            raise ValueError(msg)
        return CleanupPlan(
            plan_id,
            values["account"],
            values["namespace"],
            values["repository"],
            values["rules"],
            datetime.fromtimestamp(values["created_at"], UTC),
            tuple(_decode_tag(tag) for tag in values["tags"]),
            tuple(PlannedManifest(*manifest) for manifest in values["manifests"]),
            values["kept"],
            values["max_bytes"],
            values["takes_every_tag"],
        )
    except (KeyError, TypeError) as error:
        msg = f"an unknown format: {error}"
        raise ValueError(msg) from None


def _decode_tag(values: Sequence[Any]) -> PlannedTag:
    name, digest, pushed_at, size = values
    return PlannedTag(name, digest, None if pushed_at is None else datetime.fromisoformat(pushed_at), size)


def _encode_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
