"""The sample organization: members, teams, tokens, settings and repositories."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, MINUTE, identifier, number
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN
from dockerhub_mcp.sandbox.data.people import account_id
from dockerhub_mcp.sandbox.data.releases import DESKTOPS, Series, Source, named, released
from dockerhub_mcp.sandbox.state import (
    CONTAINER_CONFIG,
    HELM_CONFIG,
    OCI_MANIFEST,
    PLUGIN_CONFIG,
    Group,
    Invitee,
    Member,
    Organization,
    OrganizationAccessToken,
    Repository,
    Resource,
    ScimUser,
    Tag,
)

NAME = "acme"
UPDATER = "acme-ci"
CUSTOM_ROLES = ("release-manager", "security-auditor")
# The guest came by invitation; ken has left and is deactivated.
PROVISIONED = ("ada", "grace", "linus", "margaret", "dennis", "radia", "barbara", "ken")
TEAMS: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = (
    ("owners", "Everything, everywhere", "owner", ("ada",)),
    ("developers", "Product development", "member", ("linus", "margaret", "grace", "radia")),
    ("platform", "Base images, clusters, pipelines", "editor", ("grace", "dennis")),
    ("security", "Scanning and incidents", "security-auditor", ("barbara", "ada")),
    ("contractors", "", None, ("edsger",)),
)


def organization(now: float) -> Organization:
    """The organization with everybody in it."""
    return Organization(
        name=NAME,
        uuid=account_id(NAME),
        members=[
            _member("ada", "Owner", now, 2 * HOUR, "4.48.0"),
            _member("grace", "Editor", now, DAY, "4.48.0"),
            _member("linus", "Member", now, 20 * MINUTE, "4.47.0"),
            _member("margaret", "Member", now, 6 * DAY, "4.45.0"),
            _member("dennis", "Editor", now, 40 * DAY, "4.38.0"),
            _member("radia", "Member", now, None, ""),
            _member("barbara", "Member", now, 3 * DAY, ""),
            Member("edsger", "Member", is_guest=True, last_logged_in=now - 12 * DAY),
        ],
        invitees=[
            Invitee(identifier("invite", "alan"), "alan@example.net", ["developers"], now - 3 * DAY),
            Invitee(identifier("invite", "joan"), "joan@example.net", ["security"], now - 40 * DAY),
        ],
        groups=[
            Group(1001 + index, identifier("group", NAME, name), name, description, role, list(members))
            for index, (name, description, role, members) in enumerate(TEAMS)
        ],
        access_tokens=_access_tokens(now),
        restricted_images={
            "enabled": True,
            "allow_official_images": True,
            "allow_verified_publishers": False,
        },
        full_name="Acme",
        joined=now - 3100 * DAY,
        custom_roles=CUSTOM_ROLES,
        scim_token=SCIM_TOKEN,
        scim_users=[
            ScimUser(identifier("scim", name), name, now - (700 - 60 * index) * DAY, now - 30 * DAY)
            for index, name in enumerate(PROVISIONED)
        ],
        mirrors={"dhi-node": "node", "dhi-python": "python"},
    )


def repositories(now: float) -> list[Repository]:
    """The repositories of the organization, private ones among them."""
    tools, web = (("Developer tools", "developer-tools"),), (("Web servers", "web-servers"),)
    readers = {"developers": "read", "platform": "admin", "security": "read"}
    writers = {"developers": "write", "platform": "admin", "contractors": "read"}
    storefront = Source(NAME, "storefront", 88_000_000, DESKTOPS, updater=UPDATER)
    base = Source(NAME, "base-images", 41_000_000, DESKTOPS, updater="grace")
    return [
        _repository(
            "storefront",
            "The shop that customers see",
            0.2,
            now,
            is_private=True,
            permissions=writers,
            categories=web,
            make_tags=partial(_storefront, storefront, now),
        ),
        _repository(
            "billing-api",
            "Invoices and payments",
            2,
            now,
            is_private=True,
            permissions=readers,
            immutable_tags=True,
            immutable_tags_rules=(r"v\d+\..+", "stable"),
        ),
        _repository(
            "base-images",
            "What all our other images start from",
            5,
            now,
            permissions=readers,
            pull_count=183_204,
            star_count=21,
            categories=tools,
            make_tags=partial(_base_images, base, now),
        ),
        _repository(
            "incident-kit", "Tools for bad days", 70, now, is_private=True, permissions={"security": "admin"}
        ),
        _repository(
            "cli",
            "Command line client for our API",
            9,
            now,
            pull_count=24_880,
            star_count=12,
            categories=tools,
        ),
        _repository("docs", "The handbook as a web server", 14, now, pull_count=5_310, categories=web),
        _repository("load-tester", "Makes the storefront sweat", 220, now, pull_count=1_904, star_count=2),
        _repository("mailer", "Sends what has to be sent", 33, now, is_private=True, permissions=writers),
        _repository(
            "charts",
            "Helm chart of the storefront",
            4,
            now,
            pull_count=940,
            content_types=("helm",),
            media_types=(HELM_CONFIG,),
            make_tags=partial(_charts, now),
        ),
        _repository(
            "volume-driver",
            "Volume plugin for our storage",
            610,
            now,
            pull_count=3_077,
            repository_type="plugin",
            content_types=("plugin",),
            media_types=(PLUGIN_CONFIG,),
        ),
        _repository(
            "attic", "Images from before the move", 1900, now, pull_count=66_015, repository_type=None
        ),
        _repository(
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


def _member(username: str, role: str, now: float, seen: float | None, desktop: str) -> Member:
    at = None if seen is None else now - seen
    return Member(
        username, role, last_logged_in=at, last_seen=at if desktop else None, last_desktop_version=desktop
    )


def _repository(name: str, description: str, age: float, now: float, **settings: Any) -> Repository:
    source = Source(NAME, name, 60_000_000, DESKTOPS, updater=UPDATER)
    defaults: dict[str, Any] = {
        "media_types": (CONTAINER_CONFIG,),
        "pull_count": number("pulls", NAME, name, below=9_000),
        "storage_size": number("storage", NAME, name, below=4 * 10**10),
        "overview": f"# {name}\n\n{description}.\n",
        "make_tags": partial(
            named, source, ((age, "latest v1.4.0"), (age + 21, "v1.3.2"), (age + 60, "v1.3.1")), now
        ),
    }
    fields = defaults | settings
    registered = now - (age + 365) * DAY
    return Repository(
        number("repository", NAME, name, below=2**31),
        NAME,
        name,
        description,
        registered,
        now - age * DAY,
        **fields,
    )


def _storefront(source: Source, now: float) -> list[Tag]:
    releases = released(
        source, (Series("4.2", 6, 0.2, 9, (("",),)), Series("4.1", 12, 70, 12, (("",),))), now
    )
    commits = tuple((0.5 + 3 * step, f"main-{number('commit', step, below=16**7):07x}") for step in range(16))
    return releases + named(source, commits, now)


def _base_images(source: Source, now: float) -> list[Tag]:
    builds = (
        (5.0, "python-3.13 python"),
        (5.1, "node-22 node"),
        (5.2, "jre-21 jre"),
        (40.0, "python-3.12"),
        (90.0, "node-20"),
    )
    return named(source, builds, now)


def _charts(now: float) -> list[Tag]:
    source = Source(NAME, "charts", 48_000, DESKTOPS[:1], updater="dennis")
    tags = named(source, ((4.0, "0.9.1"), (30.0, "0.9.0"), (75.0, "0.8.4")), now)
    for tag in tags:
        tag.content_type, tag.media_type = "helm", OCI_MANIFEST
    return tags


def _access_tokens(now: float) -> list[OrganizationAccessToken]:
    everything = [
        Resource("TYPE_REPO", f"{NAME}/*", ("scope-image-pull", "scope-repository-read", "scope-tag-read")),
        Resource(
            "TYPE_ORG",
            NAME,
            (
                "scope-activity-read",
                "scope-member-read",
                "scope-group-read",
                "scope-repository-list",
            ),
        ),
    ]
    narrow = [Resource("TYPE_REPO", f"{NAME}/storefront", ("scope-repository-read", "scope-tag-read"))]
    puller = [Resource("TYPE_REPO", f"{NAME}/base-images", ("scope-image-pull",))]
    return [
        _token(
            "inventory", now - 80 * DAY, everything, "org-token", expires=now + 200 * DAY, used=now - 6 * HOUR
        ),
        _token("storefront dashboard", now - 45 * DAY, narrow, "org-token-narrow", used=now - 4 * DAY),
        _token("cluster pull (staging)", now - 360 * DAY, puller, expires=now + 5 * DAY, used=now - MINUTE),
        _token("cluster pull (old)", now - 700 * DAY, puller, expires=now - 335 * DAY, used=now - 336 * DAY),
        _token(
            "public mirror", now - 150 * DAY, [Resource("TYPE_REPO", "*/*/public", ("scope-image-pull",))]
        ),
        _token("migration", now - 290 * DAY, everything, used=now - 280 * DAY, active=False),
    ]


def _token(
    label: str,
    created: float,
    resources: list[Resource],
    identity: str | None = None,
    *,
    expires: float | None = None,
    used: float | None = None,
    active: bool = True,
) -> OrganizationAccessToken:
    # Without a secret nobody can log in with it.
    secret = IDENTITIES[identity].secret if identity else ""
    own = identifier("oat", NAME, label)
    return OrganizationAccessToken(own, secret, label, "ada", created, resources, expires, used, active)
