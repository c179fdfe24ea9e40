"""The audit log of the sample data: about 120 events of the last 90 days, and the actions they can have."""

from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import (
    derive_digest,
    derive_fraction,
    derive_number,
    derive_uuid,
)
from dockerhub_mcp.sandbox.data.files import load_records, parse_offset
from dockerhub_mcp.sandbox.state import AuditEventRecord
from dockerhub_mcp.sandbox.timestamps import DAY, MINUTE

ORGANIZATION_NAME = "acme"
PUSH_COUNT = 84
TAG_DELETION_COUNT = 12
PUSHER_NAMES = ("acme-ci", "linus", "margaret", "grace")
REPOSITORY_NAMES = ("storefront", "billing-api", "base-images", "cli", "mailer")


def load_audit_actions() -> dict[str, Any]:
    """Return the actions by group, as the Hub describes them: `{group: {label, actions}}`."""
    actions: dict[str, Any] = load_records("audit_log")["actions"]
    return actions


def build_audit_events(now: float) -> list[AuditEventRecord]:
    """Return the events of acme and of ada's own account, oldest first."""
    events = [_build_push_event(step, now) for step in range(PUSH_COUNT)]
    events += [_build_tag_deletion_event(step, now) for step in range(TAG_DELETION_COUNT)]
    events += [_build_recorded_event(record, now) for record in load_records("audit_log")["events"]]
    return sorted(events, key=lambda event: event.timestamp)


def _build_recorded_event(record: dict[str, Any], now: float) -> AuditEventRecord:
    timestamp = now + parse_offset(record["timestamp"])
    return AuditEventRecord(**{**record, "timestamp": timestamp, "data": dict(record.get("data", {}))})


def _build_push_event(step: int, now: float) -> AuditEventRecord:
    name = REPOSITORY_NAMES[derive_number("push", step, below=len(REPOSITORY_NAMES))]
    repository = f"{ORGANIZATION_NAME}/{name}"
    actor = PUSHER_NAMES[derive_number("pusher", step, below=len(PUSHER_NAMES))]
    tag = f"main-{derive_number('commit', step, below=16**7):07x}"
    timestamp = now - MINUTE - (step + derive_fraction("push", step)) / PUSH_COUNT * 89 * DAY
    data = {"tag": tag, "digest": derive_digest(repository, tag), "user_id": derive_uuid("account", actor)}
    description = f"pushed the tag {tag} to the repository {repository}"
    return AuditEventRecord(
        ORGANIZATION_NAME, "repo.tag.push", repository, actor, timestamp, description, data
    )


def _build_tag_deletion_event(step: int, now: float) -> AuditEventRecord:
    repository = f"{ORGANIZATION_NAME}/storefront"
    tag = f"main-{derive_number('removed', step, below=16**7):07x}"
    timestamp = now - (step + derive_fraction("removal", step)) / TAG_DELETION_COUNT * 88 * DAY
    description = f"deleted the tag {tag} of the repository {repository}"
    return AuditEventRecord(
        ORGANIZATION_NAME, "repo.tag.delete", repository, "margaret", timestamp, description, {"tag": tag}
    )
