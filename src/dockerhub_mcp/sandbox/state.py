"""The records of the sandbox. Times are seconds since the epoch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from dockerhub_mcp.sandbox.image_records import NO_BASE, ArtifactRecord, BaseImageRecord, PlatformRecord
from dockerhub_mcp.sandbox.media_types import CONTAINER_CONFIG, OCI_INDEX

OWNER_ROLE, OWNERS_TEAM = "Owner", "owners"
ARCHIVED_STATUS = 6
"""The status of a repository that was archived."""


@dataclass
class TagRecord:
    """A tag; tags with the same `build_key` share digest and images."""

    name: str
    build_key: str
    pushed_at: float
    pulled_at: float | None
    platforms: tuple[PlatformRecord, ...]
    size: int
    updater: str
    created_at: float
    """The time of the build, which does not depend on the clock, like everything in the image."""
    base: BaseImageRecord = NO_BASE
    digest_field: Literal["value", "null", "missing"] = "value"
    """How the Hub shows the digest; very old tags lack it."""
    media_type: str | None = OCI_INDEX
    content_type: str = "image"
    artifact: ArtifactRecord | None = None
    """What the tag is in place of an image, such as a Helm chart or a signature."""
    is_attested: bool = False
    inactive_architectures: tuple[str, ...] = ()
    """The architectures of inactive images in a tag that is active."""
    has_zero_dates: bool = False
    """Whether a missing date is shown as the zero date of Go instead of null."""
    is_undated: bool = False
    """Whether the Hub has no push date, as for tags of before about 2015."""


@dataclass
class RepositoryRecord:
    """A repository. Its tags are built on first use, and a storage size of None is measured."""

    id: int
    namespace: str
    name: str
    description: str
    registered_at: float
    updated_at: float
    modified_at: float | None = None
    """The time of the last change of anything but the tags."""
    is_private: bool = False
    status: int = 1
    repository_type: str | None = "image"
    star_count: int = 0
    pull_count: int = 0
    overview: str | Callable[[], str] | None = None
    """The full description, or a function that renders it on first use."""
    categories: tuple[tuple[str, str], ...] = ()
    media_types: tuple[str, ...] = (CONTAINER_CONFIG,)
    content_types: tuple[str, ...] = ("image",)
    storage_size: int | None = 0
    immutable_tags: bool = False
    immutable_tags_rules: tuple[str, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)
    """The permission (read, write or admin) by the name of the team."""
    max_listed_tags: int | None = None
    """The number of tags after which their list ends, although its count includes all of them."""
    make_tags: Callable[[], list[TagRecord]] = list
    make_former_tags: Callable[[], list[TagRecord]] = list
    deleted_digests: set[str] = field(default_factory=set)
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _tags: list[TagRecord] | None = None
    _former_tags: list[TagRecord] | None = None

    @property
    def tags(self) -> list[TagRecord]:
        """The tags in no specific order; the list may be changed."""
        if self._tags is None:
            self._tags = self.make_tags()
        return self._tags

    @property
    def former_tags(self) -> list[TagRecord]:
        """The tags that were deleted or moved. The registry still stores what they pointed at."""
        if self._former_tags is None:
            self._former_tags = self.make_former_tags()
        return self._former_tags

    def remove_tag(self, tag: TagRecord) -> None:
        """Remove a tag; what it points at stays."""
        self.tags[:] = [each for each in self.tags if each is not tag]
        self.former_tags.append(tag)

    @property
    def full_description(self) -> str | None:
        """The text on the page of the repository, in Markdown."""
        if callable(self.overview):
            self.overview = self.overview()
        return self.overview

    @full_description.setter
    def full_description(self, text: str | None) -> None:
        self.overview = text


@dataclass
class UserRecord:
    """A user account."""

    username: str
    uuid: str
    full_name: str
    email: str
    joined_at: float
    password: str
    two_factor_code: str | None = None
    company: str = ""
    location: str = ""


@dataclass
class MemberRecord:
    """The membership of a user in an organization."""

    username: str
    role: str
    is_guest: bool = False
    last_logged_in_at: float | None = None
    last_seen_at: float | None = None
    last_desktop_version: str = ""


@dataclass
class InviteeRecord:
    """A pending invitation to an organization."""

    id: str
    email: str
    groups: list[str]
    invited_at: float
    inviter: str = "ada"
    role: str = "member"
    docker_id: str | None = None
    """The invited Docker ID, None if an e-mail address was invited."""


@dataclass
class GroupRecord:
    """A team."""

    id: int
    uuid: str
    name: str
    description: str
    role: str | None
    members: list[str]


@dataclass
class TokenResourceRecord:
    """The scopes that an organization access token has on a repository or on its organization."""

    type: Literal["TYPE_REPO", "TYPE_ORG"]
    path: str
    scopes: tuple[str, ...]


@dataclass
class OrganizationAccessTokenRecord:
    """An organization access token (OAT)."""

    id: str
    secret: str
    label: str
    created_by: str
    created_at: float
    resources: list[TokenResourceRecord]
    expires_at: float | None = None
    last_used_at: float | None = None
    is_active: bool = True
    description: str = ""


@dataclass
class PersonalAccessTokenRecord:
    """A personal access token (PAT)."""

    uuid: str
    secret: str
    username: str
    label: str
    scopes: list[str]
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None
    is_active: bool = True
    creator_ip: str = "203.0.113.7"
    creator_user_agent: str = "Mozilla/5.0 (X11; Linux x86_64)"


@dataclass
class ScimUserRecord:
    """A user managed by the identity provider of an organization; active users are members."""

    id: str
    username: str
    created_at: float
    modified_at: float


@dataclass
class OrganizationRecord:
    """An organization account."""

    name: str
    uuid: str
    members: list[MemberRecord] = field(default_factory=list)
    invitees: list[InviteeRecord] = field(default_factory=list)
    groups: list[GroupRecord] = field(default_factory=list)
    access_tokens: list[OrganizationAccessTokenRecord] = field(default_factory=list)
    restricted_images: dict[str, bool] = field(default_factory=dict)
    full_name: str = ""
    joined_at: float = 0.0
    badge: str = ""
    custom_roles: tuple[str, ...] = ()
    scim_token: str = ""
    scim_users: list[ScimUserRecord] = field(default_factory=list)
    mirrors: dict[str, str] = field(default_factory=dict)
    """The mirrored Docker Hardened Images: the source by the name of the repository."""

    def find_member(self, username: str) -> MemberRecord | None:
        """Return the membership of a user, None if the user is not a member."""
        return next((member for member in self.members if member.username == username), None)

    def find_group(self, name: str) -> GroupRecord | None:
        """Return a team by name, None if there is no such team."""
        return next((group for group in self.groups if group.name == name), None)

    def get_role(self, username: str) -> str | None:
        """Return the role of a member, None if the user is not a member."""
        member = self.find_member(username)
        return member.role if member else None

    def is_last_owner(self, username: str) -> bool:
        """Return whether a user is the only owner."""
        return [member.username for member in self.members if member.role == OWNER_ROLE] == [username]

    def assign_role(self, member: MemberRecord, role: str) -> None:
        """Set the role of a member, and keep the team `owners` in step with it."""
        member.role = role
        owners = self.find_group(OWNERS_TEAM)
        if owners is None:
            return
        if role == OWNER_ROLE and member.username not in owners.members:
            owners.members.append(member.username)
        if role != OWNER_ROLE and member.username in owners.members:
            owners.members.remove(member.username)

    def remove_member(self, username: str) -> None:
        """Remove a user from the organization and all its teams."""
        self.members[:] = [member for member in self.members if member.username != username]
        for group in self.groups:
            if username in group.members:
                group.members.remove(username)

    def get_group_names(self, username: str) -> list[str]:
        """Return the names of a user's teams."""
        return [group.name for group in self.groups if username in group.members]


@dataclass
class AuditEventRecord:
    """An event in the audit log of an account."""

    account: str
    action: str
    name: str
    actor: str
    timestamp: float
    description: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass
class SandboxState:
    """All records of a sandbox; they may be inspected and changed."""

    users: dict[str, UserRecord] = field(default_factory=dict)
    organizations: dict[str, OrganizationRecord] = field(default_factory=dict)
    repositories: dict[tuple[str, str], RepositoryRecord] = field(default_factory=dict)
    personal_access_tokens: list[PersonalAccessTokenRecord] = field(default_factory=list)
    audit_events: list[AuditEventRecord] = field(default_factory=list)
    last_serial: int = 0
    """The last serial number that was used for a new id."""

    def next_serial(self) -> int:
        """Return a number that is unique in this sandbox."""
        self.last_serial += 1
        return self.last_serial

    def find_user_by_email(self, email: str) -> UserRecord | None:
        """Return the user with an e-mail address, ignoring case; None if there is no such user."""
        return next((user for user in self.users.values() if user.email.lower() == email.lower()), None)

    def add_repository(self, repository: RepositoryRecord) -> None:
        """Add a repository, or replace the one with the same name."""
        self.repositories[repository.namespace, repository.name] = repository

    def get_repository(self, namespace: str, name: str) -> RepositoryRecord:
        """Return a repository.

        Raises:
            KeyError: The repository does not exist.
        """
        return self.repositories[namespace, name]
