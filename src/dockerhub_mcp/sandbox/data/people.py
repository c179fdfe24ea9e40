"""The users of the sample data, their personal access tokens, and the repositories of ada."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_fraction, derive_number, derive_uuid
from dockerhub_mcp.sandbox.data.files import load_records, resolve_timestamps
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, TWO_FACTOR_CODE
from dockerhub_mcp.sandbox.data.platforms import DESKTOP_PLATFORMS
from dockerhub_mcp.sandbox.data.releases import NamedBuild, TagTemplate, build_named_tags
from dockerhub_mcp.sandbox.state import PersonalAccessTokenRecord, RepositoryRecord, UserRecord
from dockerhub_mcp.sandbox.timestamps import DAY

OWNER = "ada"
"""The user that has repositories and tokens without a secret."""
DOCKER_CLI_USER_AGENT = "docker/28.5.1 go/go1.24.8 os/linux arch/amd64"


def derive_account_uuid(name: str) -> str:
    """Return the UUID of a user or an organization."""
    return derive_uuid("account", name)


def build_users(now: float) -> dict[str, UserRecord]:
    """Return all users by name."""
    return {record["username"]: _build_user(record, now) for record in load_records("people")["users"]}


def build_personal_access_tokens(now: float) -> list[PersonalAccessTokenRecord]:
    """Return the tokens that identities log in with, and tokens of ada that have no known secret."""
    return [_build_token(record, now) for record in load_records("people")["personal_access_tokens"]]


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories in the namespace of ada."""
    return [_build_repository(record, now) for record in load_records("people")["repositories"]]


def _build_user(record: dict[str, Any], now: float) -> UserRecord:
    name = record["username"]
    locations = load_records("people")["locations"]
    return UserRecord(
        username=name,
        uuid=derive_account_uuid(name),
        full_name=record["full_name"],
        email=f"{name}@example.com",
        joined_at=now - (400 + 2500 * derive_fraction("joined", name)) * DAY,
        password=f"sandbox-password-{name}",
        two_factor_code=TWO_FACTOR_CODE if record.get("has_two_factor") else None,
        company=record["company"],
        location=locations[derive_number("location", name, below=len(locations))],
    )


def _build_token(record: dict[str, Any], now: float) -> PersonalAccessTokenRecord:
    fields = resolve_timestamps(record, now)
    fields["scopes"] = list(record["scopes"])
    identity = fields.pop("identity", None)
    if identity is not None:
        username, secret = IDENTITIES[identity].username, IDENTITIES[identity].secret
        return PersonalAccessTokenRecord(
            uuid=derive_uuid("pat", secret), secret=secret, username=username, **fields
        )
    # An empty secret matches no login.
    return PersonalAccessTokenRecord(
        uuid=derive_uuid("pat", OWNER, record["label"]),
        secret="",
        username=OWNER,
        creator_user_agent=DOCKER_CLI_USER_AGENT,
        **fields,
    )


def _build_repository(record: dict[str, Any], now: float) -> RepositoryRecord:
    name, age_days = record["name"], record["age_days"]
    template = TagTemplate(OWNER, name, 24_000_000, DESKTOP_PLATFORMS, updater=OWNER)
    builds = (NamedBuild(age_days, "latest"), NamedBuild(age_days + 20, "previous"))
    return RepositoryRecord(
        id=derive_number("repository", OWNER, name, below=2**31),
        namespace=OWNER,
        name=name,
        description=record["description"],
        registered_at=now - (age_days + 300) * DAY,
        updated_at=now - age_days * DAY,
        is_private=record.get("is_private", False),
        star_count=record["star_count"],
        pull_count=record["pull_count"],
        storage_size=96_000_000,
        make_tags=partial(build_named_tags, template, builds, now),
    )
