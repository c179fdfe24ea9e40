"""The sample organization `acme`: members, teams, tokens, settings and repositories."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_number, derive_uuid
from dockerhub_mcp.sandbox.data.files import (
    find_categories,
    load_records,
    parse_offset,
    resolve_timestamps,
)
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.platforms import PLATFORM_SETS
from dockerhub_mcp.sandbox.data.releases import (
    NamedBuild,
    TagTemplate,
    build_named_tags,
    build_release_tags,
    parse_release_lines,
)
from dockerhub_mcp.sandbox.state import (
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
from dockerhub_mcp.sandbox.timestamps import DAY

NAMESPACE = "acme"
CI_USERNAME = "acme-ci"
FIRST_GROUP_ID = 1001
DEFAULT_TAG_SIZE = 60_000_000


def build_organization(now: float) -> OrganizationRecord:
    """Return the organization with its members, invitees, teams, tokens and SCIM users."""
    records = load_records("acme")
    profile = records["organization"]
    return OrganizationRecord(
        name=NAMESPACE,
        uuid=derive_account_uuid(NAMESPACE),
        full_name=profile["full_name"],
        joined_at=now + parse_offset(profile["joined_at"]),
        restricted_images=dict(profile["restricted_images"]),
        custom_roles=tuple(profile["custom_roles"]),
        scim_token=SCIM_TOKEN,
        mirrors=dict(profile["mirrors"]),
        members=[MemberRecord(**resolve_timestamps(record, now)) for record in records["members"]],
        invitees=[_build_invitee(record, now) for record in records["invitees"]],
        groups=[_build_group(index, record) for index, record in enumerate(records["groups"])],
        access_tokens=[_build_access_token(record, now) for record in records["access_tokens"]],
        scim_users=[
            ScimUserRecord(derive_uuid("scim", record["username"]), **resolve_timestamps(record, now))
            for record in records["scim_users"]
        ],
    )


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the public and private repositories of the organization."""
    return [_build_repository(record, now) for record in load_records("acme")["repositories"]]


def _build_invitee(record: dict[str, Any], now: float) -> InviteeRecord:
    fields = resolve_timestamps(record, now)
    fields["groups"] = list(record["groups"])
    return InviteeRecord(derive_uuid("invite", record["email"].partition("@")[0]), **fields)


def _build_group(index: int, record: dict[str, Any]) -> GroupRecord:
    uuid = derive_uuid("group", NAMESPACE, record["name"])
    return GroupRecord(FIRST_GROUP_ID + index, uuid, **{**record, "members": list(record["members"])})


def _build_access_token(record: dict[str, Any], now: float) -> OrganizationAccessTokenRecord:
    fields = resolve_timestamps(record, now)
    fields["resources"] = [
        TokenResourceRecord(resource["type"], resource["path"], tuple(resource["scopes"]))
        for resource in record["resources"]
    ]
    identity = fields.pop("identity", None)
    return OrganizationAccessTokenRecord(
        id=derive_uuid("oat", NAMESPACE, record["label"]),
        # An empty secret matches no login.
        secret=IDENTITIES[identity].secret if identity else "",
        created_by="ada",
        **fields,
    )


def _build_repository(record: dict[str, Any], now: float) -> RepositoryRecord:
    name, description, age_days = record["name"], record["description"], record["age_days"]
    fields: dict[str, Any] = {
        "pull_count": derive_number("pulls", NAMESPACE, name, below=9_000),
        "storage_size": derive_number("storage", NAMESPACE, name, below=4 * 10**10),
        **{key: tuple(value) if isinstance(value, list) else value for key, value in record.items()},
        "categories": find_categories(record.get("categories", ())),
        "permissions": dict(record.get("permissions", {})),
    }
    del fields["age_days"]
    tags = fields.pop("tags", None) or {
        "builds": [[age_days, "latest v1.4.0"], [age_days + 21, "v1.3.2"], [age_days + 60, "v1.3.1"]]
    }
    return RepositoryRecord(
        id=derive_number("repository", NAMESPACE, name, below=2**31),
        namespace=NAMESPACE,
        registered_at=now - (age_days + 365) * DAY,
        updated_at=now - age_days * DAY,
        overview=f"# {name}\n\n{description}.\n",
        make_tags=partial(_build_tags, name, tags, now),
        **fields,
    )


def _build_tags(name: str, record: dict[str, Any], now: float) -> list[TagRecord]:
    template = TagTemplate(
        NAMESPACE,
        name,
        record.get("size", DEFAULT_TAG_SIZE),
        PLATFORM_SETS[record.get("platforms", "desktop")],
        updater=record.get("updater", CI_USERNAME),
    )
    release_lines = parse_release_lines(record.get("release_lines", ()))
    builds = [NamedBuild(*build) for build in record["builds"]]
    tags = build_release_tags(template, release_lines, now) + build_named_tags(template, builds, now)
    for tag in tags:
        tag.content_type = record.get("content_type", tag.content_type)
        tag.media_type = record.get("media_type", tag.media_type)
    return tags
