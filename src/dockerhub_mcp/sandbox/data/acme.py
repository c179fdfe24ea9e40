"""The sample organization: members, teams, tokens, settings and repositories."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, MINUTE, derive_number, derive_uuid
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.releases import (
    DESKTOP_PLATFORMS,
    ReleaseLine,
    TagTemplate,
    build_named_tags,
    build_release_tags,
)
from dockerhub_mcp.sandbox.state import (
    CONTAINER_CONFIG,
    HELM_CONFIG,
    OCI_MANIFEST,
    PLUGIN_CONFIG,
    GroupRecord,
    InviteeRecord,
    MemberRecord,
    OrganizationAccessTokenRecord,
    OrganizationRecord,
    RepositoryRecord,
    ScimUserRecord,
    TagRecord,
    TokenResourceRecord,
)

ORGANIZATION_NAME = "acme"
CI_USERNAME = "acme-ci"
CUSTOM_ROLES = ("release-manager", "security-auditor")
# The guest came by invitation; ken has left and is deactivated.
SCIM_USERNAMES = ("ada", "grace", "linus", "margaret", "dennis", "radia", "barbara", "ken")
TEAMS: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = (
    ("owners", "Everything, everywhere", "owner", ("ada",)),
    ("developers", "Product development", "member", ("linus", "margaret", "grace", "radia")),
    ("platform", "Base images, clusters, pipelines", "editor", ("grace", "dennis")),
    ("security", "Scanning and incidents", "security-auditor", ("barbara", "ada")),
    ("contractors", "", None, ("edsger",)),
)


def build_organization(now: float) -> OrganizationRecord:
    """The organization with everybody in it."""
    return OrganizationRecord(
        name=ORGANIZATION_NAME,
        uuid=derive_account_uuid(ORGANIZATION_NAME),
        members=[
            _build_member("ada", "Owner", now, 2 * HOUR, "4.48.0"),
            _build_member("grace", "Editor", now, DAY, "4.48.0"),
            _build_member("linus", "Member", now, 20 * MINUTE, "4.47.0"),
            _build_member("margaret", "Member", now, 6 * DAY, "4.45.0"),
            _build_member("dennis", "Editor", now, 40 * DAY, "4.38.0"),
            _build_member("radia", "Member", now, None, ""),
            _build_member("barbara", "Member", now, 3 * DAY, ""),
            MemberRecord("edsger", "Member", is_guest=True, last_logged_in_at=now - 12 * DAY),
        ],
        invitees=[
            InviteeRecord(derive_uuid("invite", "alan"), "alan@example.net", ["developers"], now - 3 * DAY),
            InviteeRecord(derive_uuid("invite", "joan"), "joan@example.net", ["security"], now - 40 * DAY),
        ],
        groups=[
            GroupRecord(
                1001 + index,
                derive_uuid("group", ORGANIZATION_NAME, name),
                name,
                description,
                role,
                list(members),
            )
            for index, (name, description, role, members) in enumerate(TEAMS)
        ],
        access_tokens=_build_access_tokens(now),
        restricted_images={
            "enabled": True,
            "allow_official_images": True,
            "allow_verified_publishers": False,
        },
        full_name="Acme",
        joined_at=now - 3100 * DAY,
        custom_roles=CUSTOM_ROLES,
        scim_token=SCIM_TOKEN,
        scim_users=[
            ScimUserRecord(derive_uuid("scim", name), name, now - (700 - 60 * index) * DAY, now - 30 * DAY)
            for index, name in enumerate(SCIM_USERNAMES)
        ],
        mirrors={"dhi-node": "node", "dhi-python": "python"},
    )


def build_repositories(now: float) -> list[RepositoryRecord]:
    """The repositories of the organization, private ones among them."""
    tools, web = (("Developer tools", "developer-tools"),), (("Web servers", "web-servers"),)
    readers = {"developers": "read", "platform": "admin", "security": "read"}
    writers = {"developers": "write", "platform": "admin", "contractors": "read"}
    storefront = TagTemplate(
        ORGANIZATION_NAME, "storefront", 88_000_000, DESKTOP_PLATFORMS, updater=CI_USERNAME
    )
    base = TagTemplate(ORGANIZATION_NAME, "base-images", 41_000_000, DESKTOP_PLATFORMS, updater="grace")
    return [
        _build_repository(
            "storefront",
            "The shop that customers see",
            0.2,
            now,
            is_private=True,
            permissions=writers,
            categories=web,
            make_tags=partial(_build_storefront_tags, storefront, now),
        ),
        _build_repository(
            "billing-api",
            "Invoices and payments",
            2,
            now,
            is_private=True,
            permissions=readers,
            immutable_tags=True,
            immutable_tags_rules=(r"v\d+\..+", "stable"),
        ),
        _build_repository(
            "base-images",
            "What all our other images start from",
            5,
            now,
            permissions=readers,
            pull_count=183_204,
            star_count=21,
            categories=tools,
            make_tags=partial(_build_base_image_tags, base, now),
        ),
        _build_repository(
            "incident-kit", "Tools for bad days", 70, now, is_private=True, permissions={"security": "admin"}
        ),
        _build_repository(
            "cli",
            "Command line client for our API",
            9,
            now,
            pull_count=24_880,
            star_count=12,
            categories=tools,
        ),
        _build_repository("docs", "The handbook as a web server", 14, now, pull_count=5_310, categories=web),
        _build_repository(
            "load-tester", "Makes the storefront sweat", 220, now, pull_count=1_904, star_count=2
        ),
        _build_repository(
            "mailer", "Sends what has to be sent", 33, now, is_private=True, permissions=writers
        ),
        _build_repository(
            "charts",
            "Helm chart of the storefront",
            4,
            now,
            pull_count=940,
            content_types=("helm",),
            media_types=(HELM_CONFIG,),
            make_tags=partial(_build_chart_tags, now),
        ),
        _build_repository(
            "volume-driver",
            "Volume plugin for our storage",
            610,
            now,
            pull_count=3_077,
            repository_type="plugin",
            content_types=("plugin",),
            media_types=(PLUGIN_CONFIG,),
        ),
        _build_repository(
            "attic", "Images from before the move", 1900, now, pull_count=66_015, repository_type=None
        ),
        _build_repository(
            "next-generation",
            "Nothing pushed yet",
            1,
            now,
            status=0,
            pull_count=0,
            content_types=(),
            media_types=(),
            storage_size=0,
            make_tags=list,
        ),
    ]


def _build_member(
    username: str, role: str, now: float, seconds_since_login: float | None, desktop_version: str
) -> MemberRecord:
    at = None if seconds_since_login is None else now - seconds_since_login
    return MemberRecord(
        username,
        role,
        last_logged_in_at=at,
        last_seen_at=at if desktop_version else None,
        last_desktop_version=desktop_version,
    )


def _build_repository(
    name: str, description: str, age_days: float, now: float, **overrides: Any
) -> RepositoryRecord:
    source = TagTemplate(ORGANIZATION_NAME, name, 60_000_000, DESKTOP_PLATFORMS, updater=CI_USERNAME)
    defaults: dict[str, Any] = {
        "media_types": (CONTAINER_CONFIG,),
        "pull_count": derive_number("pulls", ORGANIZATION_NAME, name, below=9_000),
        "storage_size": derive_number("storage", ORGANIZATION_NAME, name, below=4 * 10**10),
        "overview": f"# {name}\n\n{description}.\n",
        "make_tags": partial(
            build_named_tags,
            source,
            ((age_days, "latest v1.4.0"), (age_days + 21, "v1.3.2"), (age_days + 60, "v1.3.1")),
            now,
        ),
    }
    fields = defaults | overrides
    registered = now - (age_days + 365) * DAY
    return RepositoryRecord(
        derive_number("repository", ORGANIZATION_NAME, name, below=2**31),
        ORGANIZATION_NAME,
        name,
        description,
        registered,
        now - age_days * DAY,
        **fields,
    )


def _build_storefront_tags(source: TagTemplate, now: float) -> list[TagRecord]:
    releases = build_release_tags(
        source, (ReleaseLine("4.2", 6, 0.2, 9, (("",),)), ReleaseLine("4.1", 12, 70, 12, (("",),))), now
    )
    commits = tuple(
        (0.5 + 3 * step, f"main-{derive_number('commit', step, below=16**7):07x}") for step in range(16)
    )
    return releases + build_named_tags(source, commits, now)


def _build_base_image_tags(source: TagTemplate, now: float) -> list[TagRecord]:
    builds = (
        (5.0, "python-3.13 python"),
        (5.1, "node-22 node"),
        (5.2, "jre-21 jre"),
        (40.0, "python-3.12"),
        (90.0, "node-20"),
    )
    return build_named_tags(source, builds, now)


def _build_chart_tags(now: float) -> list[TagRecord]:
    source = TagTemplate(ORGANIZATION_NAME, "charts", 48_000, DESKTOP_PLATFORMS[:1], updater="dennis")
    tags = build_named_tags(source, ((4.0, "0.9.1"), (30.0, "0.9.0"), (75.0, "0.8.4")), now)
    for tag in tags:
        tag.content_type, tag.media_type = "helm", OCI_MANIFEST
    return tags


def _build_access_tokens(now: float) -> list[OrganizationAccessTokenRecord]:
    everything = [
        TokenResourceRecord(
            "TYPE_REPO",
            f"{ORGANIZATION_NAME}/*",
            ("scope-image-pull", "scope-repository-read", "scope-tag-read"),
        ),
        TokenResourceRecord(
            "TYPE_ORG",
            ORGANIZATION_NAME,
            (
                "scope-activity-read",
                "scope-member-read",
                "scope-group-read",
                "scope-repository-list",
            ),
        ),
    ]
    narrow = [
        TokenResourceRecord(
            "TYPE_REPO", f"{ORGANIZATION_NAME}/storefront", ("scope-repository-read", "scope-tag-read")
        )
    ]
    puller = [TokenResourceRecord("TYPE_REPO", f"{ORGANIZATION_NAME}/base-images", ("scope-image-pull",))]
    return [
        _build_access_token(
            "inventory",
            now - 80 * DAY,
            everything,
            "org-token",
            expires_at=now + 200 * DAY,
            last_used_at=now - 6 * HOUR,
        ),
        _build_access_token(
            "storefront dashboard", now - 45 * DAY, narrow, "org-token-narrow", last_used_at=now - 4 * DAY
        ),
        _build_access_token(
            "cluster pull (staging)",
            now - 360 * DAY,
            puller,
            expires_at=now + 5 * DAY,
            last_used_at=now - MINUTE,
        ),
        _build_access_token(
            "cluster pull (old)",
            now - 700 * DAY,
            puller,
            expires_at=now - 335 * DAY,
            last_used_at=now - 336 * DAY,
        ),
        _build_access_token(
            "public mirror",
            now - 150 * DAY,
            [TokenResourceRecord("TYPE_REPO", "*/*/public", ("scope-image-pull",))],
        ),
        _build_access_token(
            "migration", now - 290 * DAY, everything, last_used_at=now - 280 * DAY, is_active=False
        ),
    ]


def _build_access_token(
    label: str,
    created_at: float,
    resources: list[TokenResourceRecord],
    identity: str | None = None,
    *,
    expires_at: float | None = None,
    last_used_at: float | None = None,
    is_active: bool = True,
) -> OrganizationAccessTokenRecord:
    # Without a secret nobody can log in with it.
    secret = IDENTITIES[identity].secret if identity else ""
    own = derive_uuid("oat", ORGANIZATION_NAME, label)
    return OrganizationAccessTokenRecord(
        own, secret, label, "ada", created_at, resources, expires_at, last_used_at, is_active
    )
