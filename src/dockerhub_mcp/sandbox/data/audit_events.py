"""The audit trail of the sample organization: about 120 events over 90 days."""

from dockerhub_mcp.sandbox.data.deterministic import (
    DAY,
    MINUTE,
    derive_digest,
    derive_fraction,
    derive_number,
    derive_uuid,
)
from dockerhub_mcp.sandbox.state import AuditEventRecord

ORGANIZATION_NAME = "acme"
PUSH_COUNT = 84
TAG_DELETION_COUNT = 12
PUSHER_NAMES = ("acme-ci", "linus", "margaret", "grace")
REPOSITORY_NAMES = ("storefront", "billing-api", "base-images", "cli", "mailer")
# Days ago, action, what it was about, who did it, words, and what else is known of it.
FIXED_EVENTS: tuple[tuple[float, str, str, str, str, dict[str, str]], ...] = (
    (89.0, "org.team.create", "contractors", "ada", "created the team contractors", {"team": "contractors"}),
    (
        88.5,
        "org.member.invite.send",
        "edsger@example.com",
        "ada",
        "invited edsger@example.com",
        {"team": "contractors"},
    ),
    (88.0, "org.member.add", "edsger", "edsger", "edsger joined the organization", {"role": "member"}),
    (87.9, "org.team.member.add", "edsger", "ada", "put edsger into contractors", {"team": "contractors"}),
    (
        80.0,
        "org.oat.create",
        "inventory",
        "ada",
        "created the access token inventory",
        {"label": "inventory"},
    ),
    (
        76.0,
        "repo.create",
        "acme/charts",
        "dennis",
        "created the repository acme/charts",
        {"privacy": "public"},
    ),
    (71.0, "repo.privacy.set_public", "acme/docs", "grace", "made acme/docs public", {"previous": "private"}),
    (
        66.0,
        "org.member.role.change",
        "dennis",
        "ada",
        "made dennis an editor",
        {"from": "member", "to": "editor"},
    ),
    (61.0, "billing.plan.seat_add", "acme", "ada", "bought 2 seats", {"seats": "2"}),
    (
        58.0,
        "repo.privacy.set_private",
        "acme/mailer",
        "ada",
        "made acme/mailer private",
        {"previous": "public"},
    ),
    (52.0, "org.team.create", "security", "ada", "created the team security", {"team": "security"}),
    (51.9, "org.team.member.add", "barbara", "ada", "put barbara into security", {"team": "security"}),
    (
        51.0,
        "repo.group.grant",
        "acme/incident-kit",
        "ada",
        "gave security admin on acme/incident-kit",
        {"team": "security", "permission": "admin"},
    ),
    (47.0, "repo.change.description", "acme/cli", "linus", "changed the description of acme/cli", {}),
    (
        45.0,
        "org.oat.create",
        "storefront dashboard",
        "ada",
        "created the access token storefront dashboard",
        {"label": "storefront dashboard"},
    ),
    (
        40.0,
        "org.member.invite.send",
        "joan@example.net",
        "ada",
        "invited joan@example.net",
        {"team": "security"},
    ),
    (34.0, "org.member.remove", "ken", "ada", "removed ken from the organization", {"role": "editor"}),
    (33.5, "org.team.member.remove", "ken", "ada", "took ken out of platform", {"team": "platform"}),
    (
        29.0,
        "org.settings.update",
        "acme",
        "ada",
        "restricted images to official ones",
        {"restricted_images": "true"},
    ),
    (
        21.0,
        "repo.delete",
        "acme/proof-of-concept",
        "grace",
        "deleted the repository acme/proof-of-concept",
        {},
    ),
    (14.0, "org.team.update", "platform", "ada", "changed the team platform", {"team": "platform"}),
    (
        9.0,
        "org.oat.deactivate",
        "migration",
        "ada",
        "deactivated the access token migration",
        {"label": "migration"},
    ),
    (
        3.0,
        "org.member.invite.send",
        "alan@example.net",
        "ada",
        "invited alan@example.net",
        {"team": "developers"},
    ),
    (
        1.0,
        "repo.create",
        "acme/next-generation",
        "margaret",
        "created the repository acme/next-generation",
        {"privacy": "public"},
    ),
)


def build_audit_events(now: float) -> list[AuditEventRecord]:
    """The trail, oldest first; ada's own account has a little of its own."""
    found = [_build_push_event(step, now) for step in range(PUSH_COUNT)]
    found += [_build_tag_deletion_event(step, now) for step in range(TAG_DELETION_COUNT)]
    found += [
        AuditEventRecord(ORGANIZATION_NAME, action, name, actor, now - age * DAY, words, dict(data))
        for age, action, name, actor, words, data in FIXED_EVENTS
    ]
    found += [
        AuditEventRecord(
            "ada",
            "repo.create",
            "ada/journal",
            "ada",
            now - 60 * DAY,
            "created the repository ada/journal",
            {"privacy": "private"},
        ),
        AuditEventRecord(
            "ada",
            "repo.tag.push",
            "ada/journal",
            "ada",
            now - 3 * DAY,
            "pushed the tag latest to ada/journal",
            {"tag": "latest", "digest": derive_digest("ada/journal")},
        ),
    ]
    return sorted(found, key=lambda event: event.timestamp)


def _build_push_event(step: int, now: float) -> AuditEventRecord:
    repository = (
        f"{ORGANIZATION_NAME}/{REPOSITORY_NAMES[derive_number('push', step, below=len(REPOSITORY_NAMES))]}"
    )
    actor = PUSHER_NAMES[derive_number("pusher", step, below=len(PUSHER_NAMES))]
    tag = f"main-{derive_number('commit', step, below=16**7):07x}"
    at = now - MINUTE - (step + derive_fraction("push", step)) / PUSH_COUNT * 89 * DAY
    data = {"tag": tag, "digest": derive_digest(repository, tag), "user_id": derive_uuid("account", actor)}
    return AuditEventRecord(
        ORGANIZATION_NAME,
        "repo.tag.push",
        repository,
        actor,
        at,
        f"pushed the tag {tag} to the repository {repository}",
        data,
    )


def _build_tag_deletion_event(step: int, now: float) -> AuditEventRecord:
    repository, tag = (
        f"{ORGANIZATION_NAME}/storefront",
        f"main-{derive_number('removed', step, below=16**7):07x}",
    )
    at = now - (step + derive_fraction("removal", step)) / TAG_DELETION_COUNT * 88 * DAY
    words = f"deleted the tag {tag} of the repository {repository}"
    return AuditEventRecord(
        ORGANIZATION_NAME, "repo.tag.delete", repository, "margaret", at, words, {"tag": tag}
    )
