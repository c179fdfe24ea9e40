"""What the sandbox knows. Times are seconds since the epoch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
CONTAINER_CONFIG = "application/vnd.docker.container.image.v1+json"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
PLUGIN_CONFIG = "application/vnd.docker.plugin.v1+json"
OWNER, OWNERS = "Owner", "owners"


class Platform(NamedTuple):
    """What an image runs on."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None


@dataclass
class Tag:
    """A tag; tags of the same `build` share digest and images."""

    name: str
    build: str
    pushed: float
    pulled: float | None
    platforms: tuple[Platform, ...]
    size: int
    updater: str
    digest: str | None
    digest_field: Literal["value", "null", "missing"] = "value"
    media_type: str | None = OCI_INDEX
    content_type: str = "image"
    attested: bool = False


@dataclass
class Repository:
    """A repository; its tags are made when first looked at."""

    id: int
    namespace: str
    name: str
    description: str
    registered: float
    updated: float
    modified: float | None = None
    """When something other than the tags last changed."""
    is_private: bool = False
    status: int = 1
    repository_type: str | None = "image"
    star_count: int = 0
    pull_count: int = 0
    overview: str | Callable[[], str] | None = None
    """The full description, or what writes it when it is first looked at."""
    categories: tuple[tuple[str, str], ...] = ()
    media_types: tuple[str, ...] = (CONTAINER_CONFIG,)
    content_types: tuple[str, ...] = ("image",)
    storage_size: int = 0
    immutable_tags: bool = False
    immutable_tags_rules: tuple[str, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)
    """Permission (read, write, admin) by name of the team."""
    make_tags: Callable[[], list[Tag]] = list
    _tags: list[Tag] | None = None

    @property
    def tags(self) -> list[Tag]:
        """The tags, in no particular order; the list may be changed."""
        if self._tags is None:
            self._tags = self.make_tags()
        return self._tags

    @property
    def full_description(self) -> str | None:
        """The text on the repository's page."""
        if callable(self.overview):
            self.overview = self.overview()
        return self.overview

    @full_description.setter
    def full_description(self, text: str | None) -> None:
        self.overview = text


@dataclass
class User:
    """A person's account."""

    username: str
    uuid: str
    full_name: str
    email: str
    joined: float
    password: str
    two_factor_code: str | None = None
    company: str = ""
    location: str = ""


@dataclass
class Member:
    """A user's place in an organization."""

    username: str
    role: str
    is_guest: bool = False
    last_logged_in: float | None = None
    last_seen: float | None = None
    last_desktop_version: str = ""


@dataclass
class Invitee:
    """Somebody invited who has not accepted yet."""

    id: str
    email: str
    groups: list[str]
    invited: float
    inviter: str = "ada"
    role: str = "member"
    docker_id: str | None = None
    """The name it was sent to, when it was not sent to an e-mail address."""


@dataclass
class Group:
    """A team."""

    id: int
    uuid: str
    name: str
    description: str
    role: str | None
    members: list[str]


@dataclass
class Resource:
    """What an organization access token may do, and where."""

    type: Literal["TYPE_REPO", "TYPE_ORG"]
    path: str
    scopes: tuple[str, ...]


@dataclass
class OrganizationAccessToken:
    """An organization access token (OAT)."""

    id: str
    secret: str
    label: str
    created_by: str
    created: float
    resources: list[Resource]
    expires: float | None = None
    last_used: float | None = None
    is_active: bool = True
    description: str = ""


@dataclass
class PersonalAccessToken:
    """A personal access token (PAT)."""

    uuid: str
    secret: str
    username: str
    label: str
    scopes: list[str]
    created: float
    expires: float | None = None
    last_used: float | None = None
    is_active: bool = True
    creator_ip: str = "203.0.113.7"
    creator_ua: str = "Mozilla/5.0 (X11; Linux x86_64)"


@dataclass
class ScimUser:
    """A user as the identity provider of an organization knows them; members are the active ones."""

    id: str
    username: str
    created: float
    modified: float


@dataclass
class Organization:
    """An organization account."""

    name: str
    uuid: str
    members: list[Member] = field(default_factory=list)
    invitees: list[Invitee] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    access_tokens: list[OrganizationAccessToken] = field(default_factory=list)
    restricted_images: dict[str, bool] = field(default_factory=dict)
    full_name: str = ""
    joined: float = 0.0
    badge: str = ""
    custom_roles: tuple[str, ...] = ()
    scim_token: str = ""
    scim_users: list[ScimUser] = field(default_factory=list)
    mirrors: dict[str, str] = field(default_factory=dict)
    """Mirrored Docker Hardened Images: name of the source by name of the repository."""

    def member(self, username: str) -> Member | None:
        """A member, if the user is one."""
        return next((member for member in self.members if member.username == username), None)

    def group(self, name: str) -> Group | None:
        """A team, if there is one of that name."""
        return next((group for group in self.groups if group.name == name), None)

    def role(self, username: str) -> str | None:
        """The role of a member, or nothing for anyone else."""
        found = self.member(username)
        return found.role if found else None

    def is_last_owner(self, username: str) -> bool:
        """Whether nobody would own the organization without this user."""
        return [member.username for member in self.members if member.role == OWNER] == [username]

    def give_role(self, member: Member, role: str) -> None:
        """Give a member a role; owners are those in the team of that name."""
        member.role = role
        owners = self.group(OWNERS)
        if owners is None:
            return
        if role == OWNER and member.username not in owners.members:
            owners.members.append(member.username)
        if role != OWNER and member.username in owners.members:
            owners.members.remove(member.username)

    def remove(self, username: str) -> None:
        """Take a user out of the organization and all its teams."""
        self.members[:] = [member for member in self.members if member.username != username]
        for group in self.groups:
            if username in group.members:
                group.members.remove(username)

    def groups_of(self, username: str) -> list[str]:
        """The names of the teams a user is in."""
        return [group.name for group in self.groups if username in group.members]


@dataclass
class AuditEvent:
    """Something that happened in an account."""

    account: str
    action: str
    name: str
    actor: str
    at: float
    description: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass
class State:
    """Everything the sandbox knows, open to be looked at and changed."""

    users: dict[str, User] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    personal_access_tokens: list[PersonalAccessToken] = field(default_factory=list)
    audit_events: list[AuditEvent] = field(default_factory=list)
    made: int = 0
    """How many things with an id of their own were made since the start."""

    def serial(self) -> int:
        """A number that nothing else made here has."""
        self.made += 1
        return self.made

    def user_by_email(self, email: str) -> User | None:
        """The user with an e-mail address, in upper or lower case."""
        return next((user for user in self.users.values() if user.email.lower() == email.lower()), None)

    def add(self, repository: Repository) -> None:
        """Put a repository where its name says."""
        self.repositories[repository.namespace, repository.name] = repository

    def repository(self, namespace: str, name: str) -> Repository:
        """A repository that is known to exist."""
        return self.repositories[namespace, name]
