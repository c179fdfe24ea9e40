"""The people of the sample data, their tokens and their own repositories."""

from functools import partial

from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, MINUTE, identifier, number, share
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, TWO_FACTOR_CODE
from dockerhub_mcp.sandbox.data.releases import DESKTOPS, Source, named
from dockerhub_mcp.sandbox.state import PersonalAccessToken, Repository, User

NAMES = {
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
TWO_FACTOR = {"grace"}
ELSEWHERE = {"edsger": "Lind Consulting", "mallory": "", "ken": ""}
AUTOMATION = "docker/28.5.1 go/go1.24.8 os/linux arch/amd64"


def account_id(name: str) -> str:
    """The UUID of a user or an organization."""
    return identifier("account", name)


def users(now: float) -> dict[str, User]:
    """Everybody."""
    return {name: _user(name, full_name, now) for name, full_name in NAMES.items()}


def personal_access_tokens(now: float) -> list[PersonalAccessToken]:
    """The tokens of the identities, and more of ada's."""
    return [
        _token("owner-pat", "laptop", "repo:admin", now - 120 * DAY, used=now - 2 * HOUR),
        _token("public-pat", "status page", "repo:public_read", now - 300 * DAY, used=now - DAY),
        _token(
            "expired-pat",
            "release script",
            "repo:write",
            now - 97 * DAY,
            expires=now - 7 * DAY,
            used=now - 8 * DAY,
        ),
        _token(
            "inactive-pat",
            "old build server",
            "repo:admin",
            now - 800 * DAY,
            used=now - 400 * DAY,
            active=False,
        ),
        _token("reader-pat", "ci (read)", "repo:read", now - 60 * DAY, used=now - 20 * MINUTE),
        _token("two-factor-pat", "terminal", "repo:write", now - 30 * DAY, used=now - 3 * DAY),
        _spare("mirror job", "repo:read", now - 27 * DAY, expires=now + 3 * DAY, used=now - HOUR),
        _spare("demo for the workshop", "repo:read", now - 500 * DAY),
        _spare("new machine", "repo:write", now - 2 * DAY, expires=now + 88 * DAY),
        _spare("nas backup", "repo:read", now - 1500 * DAY, used=now - 290 * DAY),
        _spare("trial", "repo:public_read", now - 210 * DAY, expires=now - 180 * DAY),
        _spare("image scanner", "repo:read", now - 400 * DAY, used=now - 5 * MINUTE),
        _spare("former laptop", "repo:admin", now - 1100 * DAY, used=now - 380 * DAY, active=False),
    ]


def repositories(now: float) -> list[Repository]:
    """The repositories of ada herself."""
    return [
        _repository("dotfiles", "A shell with everything in its place", now, 40, stars=3, pulls=812),
        _repository("playground", "Experiments, none of them finished", now, 400, stars=0, pulls=57),
        _repository("journal", "Notes, for nobody else", now, 3, is_private=True, pulls=204),
    ]


def _user(name: str, full_name: str, now: float) -> User:
    return User(
        username=name,
        uuid=account_id(name),
        full_name=full_name,
        email=f"{name}@example.com",
        joined=now - (400 + 2500 * share("joined", name)) * DAY,
        password=f"sandbox-password-{name}",
        two_factor_code=TWO_FACTOR_CODE if name in TWO_FACTOR else None,
        company=ELSEWHERE.get(name, "Acme"),
        location=("Lisbon", "Oslo", "Nairobi", "")[number("location", name, below=4)],
    )


def _token(
    identity: str,
    label: str,
    scope: str,
    created: float,
    *,
    expires: float | None = None,
    used: float | None = None,
    active: bool = True,
) -> PersonalAccessToken:
    who = IDENTITIES[identity]
    return PersonalAccessToken(
        identifier("pat", who.secret),
        who.secret,
        who.username,
        label,
        [scope],
        created,
        expires,
        used,
        active,
    )


def _spare(
    label: str,
    scope: str,
    created: float,
    *,
    expires: float | None = None,
    used: float | None = None,
    active: bool = True,
) -> PersonalAccessToken:
    # Without a secret nobody can log in with it.
    return PersonalAccessToken(
        identifier("pat", "ada", label),
        "",
        "ada",
        label,
        [scope],
        created,
        expires,
        used,
        active,
        creator_ua=AUTOMATION,
    )


def _repository(
    name: str,
    description: str,
    now: float,
    age: float,
    *,
    is_private: bool = False,
    stars: int = 0,
    pulls: int = 0,
) -> Repository:
    source = Source("ada", name, 24_000_000, DESKTOPS, updater="ada")
    return Repository(
        id=number("repository", "ada", name, below=2**31),
        namespace="ada",
        name=name,
        description=description,
        registered=now - (age + 300) * DAY,
        updated=now - age * DAY,
        is_private=is_private,
        star_count=stars,
        pull_count=pulls,
        storage_size=96_000_000,
        make_tags=partial(named, source, ((age, "latest"), (age + 20, "previous")), now),
    )
