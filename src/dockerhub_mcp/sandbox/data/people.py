"""The people of the sample data, their tokens and their own repositories."""

from functools import partial

from dockerhub_mcp.sandbox.data.deterministic import (
    DAY,
    HOUR,
    MINUTE,
    derive_fraction,
    derive_number,
    derive_uuid,
)
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, TWO_FACTOR_CODE
from dockerhub_mcp.sandbox.data.releases import DESKTOP_PLATFORMS, TagTemplate, build_named_tags
from dockerhub_mcp.sandbox.state import PersonalAccessTokenRecord, RepositoryRecord, UserRecord

FULL_NAMES = {
    "ada": "Ada Marlow",
    "grace": "Grace Okafor",
    "linus": "Linus Berg",
    "margaret": "Margaret Ito",
    "dennis": "Dennis Abara",
    "radia": "Radia Novak",
    "edsger": "Edsger Lind",
    "barbara": "Barbara Reyes",
    "mallory": "Mallory Quint",
    "ken": "Ken Ashby",
}
TWO_FACTOR_USERNAMES = {"grace"}
COMPANY_OVERRIDES = {"edsger": "Lind Consulting", "mallory": "", "ken": ""}
DOCKER_CLI_USER_AGENT = "docker/28.5.1 go/go1.24.8 os/linux arch/amd64"


def derive_account_uuid(name: str) -> str:
    """The UUID of a user or an organization."""
    return derive_uuid("account", name)


def build_users(now: float) -> dict[str, UserRecord]:
    """Everybody."""
    return {name: _build_user(name, full_name, now) for name, full_name in FULL_NAMES.items()}


def build_personal_access_tokens(now: float) -> list[PersonalAccessTokenRecord]:
    """The tokens of the identities, and more of ada's."""
    return [
        _build_identity_token(
            "owner-pat", "laptop", "repo:admin", now - 120 * DAY, last_used_at=now - 2 * HOUR
        ),
        _build_identity_token(
            "public-pat", "status page", "repo:public_read", now - 300 * DAY, last_used_at=now - DAY
        ),
        _build_identity_token(
            "expired-pat",
            "release script",
            "repo:write",
            now - 97 * DAY,
            expires_at=now - 7 * DAY,
            last_used_at=now - 8 * DAY,
        ),
        _build_identity_token(
            "inactive-pat",
            "old build server",
            "repo:admin",
            now - 800 * DAY,
            last_used_at=now - 400 * DAY,
            is_active=False,
        ),
        _build_identity_token(
            "reader-pat", "ci (read)", "repo:read", now - 60 * DAY, last_used_at=now - 20 * MINUTE
        ),
        _build_identity_token(
            "two-factor-pat", "terminal", "repo:write", now - 30 * DAY, last_used_at=now - 3 * DAY
        ),
        _build_secretless_token(
            "mirror job", "repo:read", now - 27 * DAY, expires_at=now + 3 * DAY, last_used_at=now - HOUR
        ),
        _build_secretless_token("demo for the workshop", "repo:read", now - 500 * DAY),
        _build_secretless_token("new machine", "repo:write", now - 2 * DAY, expires_at=now + 88 * DAY),
        _build_secretless_token("nas backup", "repo:read", now - 1500 * DAY, last_used_at=now - 290 * DAY),
        _build_secretless_token("trial", "repo:public_read", now - 210 * DAY, expires_at=now - 180 * DAY),
        _build_secretless_token("image scanner", "repo:read", now - 400 * DAY, last_used_at=now - 5 * MINUTE),
        _build_secretless_token(
            "former laptop", "repo:admin", now - 1100 * DAY, last_used_at=now - 380 * DAY, is_active=False
        ),
    ]


def build_repositories(now: float) -> list[RepositoryRecord]:
    """The repositories of ada herself."""
    return [
        _build_repository("dotfiles", "A shell with everything in its place", now, 40, stars=3, pulls=812),
        _build_repository("playground", "Experiments, none of them finished", now, 400, stars=0, pulls=57),
        _build_repository("journal", "Notes, for nobody else", now, 3, is_private=True, pulls=204),
    ]


def _build_user(name: str, full_name: str, now: float) -> UserRecord:
    return UserRecord(
        username=name,
        uuid=derive_account_uuid(name),
        full_name=full_name,
        email=f"{name}@example.com",
        joined_at=now - (400 + 2500 * derive_fraction("joined", name)) * DAY,
        password=f"sandbox-password-{name}",
        two_factor_code=TWO_FACTOR_CODE if name in TWO_FACTOR_USERNAMES else None,
        company=COMPANY_OVERRIDES.get(name, "Acme"),
        location=("Lisbon", "Oslo", "Nairobi", "")[derive_number("location", name, below=4)],
    )


def _build_identity_token(
    identity: str,
    label: str,
    scope: str,
    created_at: float,
    *,
    expires_at: float | None = None,
    last_used_at: float | None = None,
    is_active: bool = True,
) -> PersonalAccessTokenRecord:
    who = IDENTITIES[identity]
    return PersonalAccessTokenRecord(
        derive_uuid("pat", who.secret),
        who.secret,
        who.username,
        label,
        [scope],
        created_at,
        expires_at,
        last_used_at,
        is_active,
    )


def _build_secretless_token(
    label: str,
    scope: str,
    created_at: float,
    *,
    expires_at: float | None = None,
    last_used_at: float | None = None,
    is_active: bool = True,
) -> PersonalAccessTokenRecord:
    # Without a secret nobody can log in with it.
    return PersonalAccessTokenRecord(
        derive_uuid("pat", "ada", label),
        "",
        "ada",
        label,
        [scope],
        created_at,
        expires_at,
        last_used_at,
        is_active,
        creator_user_agent=DOCKER_CLI_USER_AGENT,
    )


def _build_repository(
    name: str,
    description: str,
    now: float,
    age_days: float,
    *,
    is_private: bool = False,
    stars: int = 0,
    pulls: int = 0,
) -> RepositoryRecord:
    source = TagTemplate("ada", name, 24_000_000, DESKTOP_PLATFORMS, updater="ada")
    return RepositoryRecord(
        id=derive_number("repository", "ada", name, below=2**31),
        namespace="ada",
        name=name,
        description=description,
        registered_at=now - (age_days + 300) * DAY,
        updated_at=now - age_days * DAY,
        is_private=is_private,
        star_count=stars,
        pull_count=pulls,
        storage_size=96_000_000,
        make_tags=partial(build_named_tags, source, ((age_days, "latest"), (age_days + 20, "previous")), now),
    )
