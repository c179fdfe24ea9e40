"""The audit trail of the sample organization: about 120 events over 90 days."""

from dockerhub_mcp.sandbox.data.deterministic import DAY, MINUTE, digest, identifier, number, share
from dockerhub_mcp.sandbox.state import AuditEvent

ORGANIZATION = "acme"
PUSHES = 84
REMOVALS = 12
PUSHERS = ("acme-ci", "linus", "margaret", "grace")
REPOSITORIES = ("storefront", "billing-api", "base-images", "cli", "mailer")
# Days ago, action, what it was about, who did it, words, and what else is known of it.
TURNING_POINTS: tuple[tuple[float, str, str, str, str, dict[str, str]], ...] = (
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


def events(now: float) -> list[AuditEvent]:
    """The trail, oldest first; ada's own account has a little of its own."""
    found = [_push(step, now) for step in range(PUSHES)]
    found += [_removal(step, now) for step in range(REMOVALS)]
    found += [
        AuditEvent(ORGANIZATION, action, name, actor, now - age * DAY, words, dict(data))
        for age, action, name, actor, words, data in TURNING_POINTS
    ]
    found += [
        AuditEvent(
            "ada",
            "repo.create",
            "ada/journal",
            "ada",
            now - 60 * DAY,
            "created the repository ada/journal",
            {"privacy": "private"},
        ),
        AuditEvent(
            "ada",
            "repo.tag.push",
            "ada/journal",
            "ada",
            now - 3 * DAY,
            "pushed the tag latest to ada/journal",
            {"tag": "latest", "digest": digest("ada/journal")},
        ),
    ]
    return sorted(found, key=lambda event: event.at)


def _push(step: int, now: float) -> AuditEvent:
    repository = f"{ORGANIZATION}/{REPOSITORIES[number('push', step, below=len(REPOSITORIES))]}"
    actor = PUSHERS[number("pusher", step, below=len(PUSHERS))]
    tag = f"main-{number('commit', step, below=16**7):07x}"
    at = now - MINUTE - (step + share("push", step)) / PUSHES * 89 * DAY
    data = {"tag": tag, "digest": digest(repository, tag), "user_id": identifier("account", actor)}
    return AuditEvent(
        ORGANIZATION,
        "repo.tag.push",
        repository,
        actor,
        at,
        f"pushed the tag {tag} to the repository {repository}",
        data,
    )


def _removal(step: int, now: float) -> AuditEvent:
    repository, tag = f"{ORGANIZATION}/storefront", f"main-{number('removed', step, below=16**7):07x}"
    at = now - (step + share("removal", step)) / REMOVALS * 88 * DAY
    words = f"deleted the tag {tag} of the repository {repository}"
    return AuditEvent(ORGANIZATION, "repo.tag.delete", repository, "margaret", at, words, {"tag": tag})
