"""What the Hub returns.

Nothing is required, nothing is a closed list, and fields that are new are kept as they came: the Hub
leaves fields out, nulls them and adds values without notice. `brief` names what a reader wants first.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from dockerhub_mcp.hub.types import Timestamp

T = TypeVar("T")


class HubModel(BaseModel):
    """Data from the Hub."""

    model_config = ConfigDict(
        extra="allow", coerce_numbers_to_str=True, populate_by_name=True, defer_build=True
    )

    brief: ClassVar[tuple[str, ...]] = ()
    """The fields that answer most questions, most wanted first."""
    shortened: ClassVar[dict[str, str]] = {}
    """Fields that lists show in short, each with the name of its short form."""
    strangers: ClassVar[tuple[str, ...]] = ()
    """The fields that hold text written by anyone on the Hub."""
    identity: ClassVar[str] = ""
    """The field that tells one item of a list from another; all of them where it is empty."""


class Page(HubModel, Generic[T]):
    """One page of a list, whichever words the area uses for it."""

    results: list[T] = Field(default_factory=list, validation_alias=AliasChoices("results", "logs", "data"))
    count: int | None = Field(default=None, validation_alias=AliasChoices("count", "total"))
    next: str | None = None
    previous: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _merge(cls, value: Any) -> Any:
        """Take a bare list of items, and the list of pages that the members list once was."""
        if not isinstance(value, list):
            return value
        pages = [item for item in value if isinstance(item, dict) and isinstance(item.get("results"), list)]
        if pages and len(pages) == len(value):
            return pages[0] | {"results": [item for page in pages for item in page["results"]]}
        return {"results": value}


class Existence(HubModel):
    """Whether something is there for this caller to see."""

    brief: ClassVar[tuple[str, ...]] = ("exists",)

    exists: bool


class SignedIn(HubModel):
    """Who the client is. No field holds a secret."""

    brief: ClassVar[tuple[str, ...]] = ("username", "kind", "scopes", "expires_at", "message")

    signed_in: bool
    username: str | None = None
    kind: str | None = Field(
        default=None,
        description="password, personal access token, organization access token or anonymous",
    )
    scopes: list[str] | None = None
    expires_at: Timestamp = None
    message: str | None = None


class Category(HubModel):
    """A category that a repository is filed under."""

    name: str | None = None
    slug: str | None = None


class RepositoryPermissions(HubModel):
    """What the caller may do in a repository."""

    read: bool | None = None
    write: bool | None = None
    admin: bool | None = None


class ImmutableTagsSettings(HubModel):
    """Which tags cannot be overwritten or deleted."""

    enabled: bool | None = None
    rules: list[str] | None = None


class RepositoryEntry(HubModel):
    """A repository as lists show it. `status` 1 is active, 0 inactive; sizes in bytes."""

    brief: ClassVar[tuple[str, ...]] = (
        "namespace",
        "name",
        "description",
        "is_private",
        "status_description",
        "repository_type",
        "pull_count",
        "star_count",
        "last_updated",
        "storage_size",
        "content_types",
    )
    identity = "name"
    strangers: ClassVar[tuple[str, ...]] = ("description",)

    name: str | None = None
    namespace: str | None = None
    repository_type: str | None = None
    status: int | None = None
    status_description: str | None = None
    description: str | None = None
    is_private: bool | None = None
    star_count: int | None = None
    pull_count: int | None = None
    last_updated: Timestamp = None
    last_modified: Timestamp = None
    date_registered: Timestamp = None
    affiliation: str | None = None
    media_types: list[str | None] | None = None
    content_types: list[str | None] | None = None
    categories: list[Category] | None = None
    storage_size: int | None = None


class Repository(RepositoryEntry):
    """A repository, whole."""

    brief: ClassVar[tuple[str, ...]] = (
        *RepositoryEntry.brief,
        "date_registered",
        "categories",
        "permissions",
        "immutable_tags_settings",
        "collaborator_count",
        "full_description",
    )
    strangers: ClassVar[tuple[str, ...]] = ("description", "full_description")

    user: str | None = None
    is_automated: bool | None = None
    collaborator_count: int | None = None
    hub_user: str | None = None
    has_starred: bool | None = None
    full_description: str | None = None
    permissions: RepositoryPermissions | None = None
    immutable_tags_settings: ImmutableTagsSettings | None = None
    source: str | None = None


class Layer(HubModel):
    """A layer of an image; `size` in bytes."""

    digest: str | None = None
    size: int | None = None
    instruction: str | None = None


class Image(HubModel):
    """One platform of a tag; `size` in bytes, compressed. Attestations have the platform `unknown`."""

    brief: ClassVar[tuple[str, ...]] = ("platform", "digest", "size", "last_pulled")

    architecture: str | None = None
    variant: str | None = None
    os: str | None = None
    os_version: str | None = None
    os_features: str | None = None
    features: str | None = None
    digest: str | None = None
    size: int | None = None
    status: str | None = None
    last_pulled: Timestamp = None
    last_pushed: Timestamp = None
    layers: list[Layer] | None = None

    @property
    def platform(self) -> str:
        """The platform as Docker writes it, such as `linux/arm64/v8`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def is_attestation(self) -> bool:
        """Whether this is a build attestation and no image that runs."""
        return self.os == "unknown" or self.architecture == "unknown"


class Tag(HubModel):
    """A tag. `digest` is that of the image index; `full_size` in bytes, of one platform."""

    shortened: ClassVar[dict[str, str]] = {"images": "platforms"}

    brief: ClassVar[tuple[str, ...]] = (
        "name",
        "digest",
        "full_size",
        "last_updated",
        "last_updater_username",
        "tag_last_pulled",
        "tag_status",
        "content_type",
        "images",
    )
    identity = "name"
    strangers: ClassVar[tuple[str, ...]] = ("name",)

    id: int | None = None
    name: str | None = None
    images: list[Image] | None = None
    creator: int | None = None
    last_updated: Timestamp = None
    last_updater: int | None = None
    last_updater_username: str | None = None
    repository: int | None = None
    full_size: int | None = None
    v2: bool | None = None
    tag_last_pulled: Timestamp = None
    tag_last_pushed: Timestamp = None
    tag_status: str | None = None
    digest: str | None = None
    media_type: str | None = None
    content_type: str | None = None


class AccessToken(HubModel):
    """A personal access token. `token` is `***`: the value is shown once, when it is created."""

    brief: ClassVar[tuple[str, ...]] = (
        "uuid",
        "token_label",
        "scopes",
        "is_active",
        "created_at",
        "last_used",
        "expires_at",
        "generated_by",
    )
    identity = "uuid"
    strangers: ClassVar[tuple[str, ...]] = ("token_label",)

    uuid: str | None = None
    client_id: str | None = None
    creator_ip: str | None = None
    creator_ua: str | None = None
    created_at: Timestamp = None
    last_used: Timestamp = None
    generated_by: str | None = None
    is_active: bool | None = None
    token: str | None = Field(default=None, repr=False)
    token_label: str | None = None
    scopes: list[str] | None = None
    expires_at: Timestamp = None


class OrgAccessToken(HubModel):
    """An organization access token."""

    brief: ClassVar[tuple[str, ...]] = (
        "id",
        "label",
        "created_by",
        "is_active",
        "created_at",
        "last_used_at",
        "expires_at",
    )
    identity = "id"
    strangers: ClassVar[tuple[str, ...]] = ("label", "description")

    id: str | None = None
    label: str | None = None
    description: str | None = None
    created_by: str | None = None
    is_active: bool | None = None
    created_at: Timestamp = None
    expires_at: Timestamp = None
    last_used_at: Timestamp = None


class OrgMember(HubModel):
    """A member of an organization, or somebody invited to it (then without a user name)."""

    brief: ClassVar[tuple[str, ...]] = (
        "username",
        "full_name",
        "email",
        "role",
        "groups",
        "is_guest",
        "date_joined",
        "last_seen_at",
        "last_logged_in_at",
    )
    identity = "id"
    strangers: ClassVar[tuple[str, ...]] = ("full_name",)

    id: str | None = None
    username: str | None = None
    full_name: str | None = None
    email: str | None = None
    role: str | None = None
    groups: list[str] | None = None
    is_guest: bool | None = None
    company: str | None = None
    location: str | None = None
    type: str | None = None
    date_joined: Timestamp = None
    last_logged_in_at: Timestamp = None
    last_seen_at: Timestamp = None
    last_desktop_version: str | None = None
    gravatar_email: str | None = None
    gravatar_url: str | None = None
    profile_url: str | None = None
    primary_email: str | None = None


class OrgGroup(HubModel):
    """A team of an organization."""

    brief: ClassVar[tuple[str, ...]] = ("id", "name", "description", "member_count", "role")
    identity = "id"
    strangers: ClassVar[tuple[str, ...]] = ("description",)

    id: int | None = None
    uuid: str | None = None
    name: str | None = None
    description: str | None = None
    member_count: int | None = None
    role: str | None = None


class RestrictedImages(HubModel):
    """Which images the members of an organization may pull."""

    enabled: bool | None = None
    allow_official_images: bool | None = None
    allow_verified_publishers: bool | None = None


class OrgSettings(HubModel):
    """The settings of an organization; they take effect with a Business subscription."""

    brief: ClassVar[tuple[str, ...]] = ("restricted_images",)

    restricted_images: RestrictedImages | None = None


class AuditLog(HubModel):
    """One event of the audit log."""

    brief: ClassVar[tuple[str, ...]] = ("timestamp", "action", "actor", "name", "action_description", "data")
    strangers: ClassVar[tuple[str, ...]] = ("action_description", "data")

    account: str | None = None
    action: str | None = None
    name: str | None = None
    actor: str | None = None
    data: dict[str, Any] | None = None
    timestamp: Timestamp = None
    action_description: str | None = None


class AuditLogAction(HubModel):
    """An action that the audit log can be filtered by, without the name of its group."""

    name: str | None = None
    description: str | None = None
    label: str | None = None


class AuditLogActionGroup(HubModel):
    """A group of actions."""

    actions: list[AuditLogAction] = Field(default_factory=list)
    label: str | None = None


class AuditLogActions(HubModel):
    """The actions of an account by group; the filter of list_audit_logs is `<group>.<name>`."""

    brief: ClassVar[tuple[str, ...]] = ("actions",)

    actions: dict[str, AuditLogActionGroup] = Field(default_factory=dict)
