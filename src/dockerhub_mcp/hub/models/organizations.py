"""Tokens, members, groups, settings and audit logs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from dockerhub_mcp.hub.models.base import Display, HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp


class AccessToken(HubModel):
    """A personal access token. `token` is `***`: the value is shown once, when it is created."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "uuid",
        "token_label",
        "scopes",
        "is_active",
        "created_at",
        "last_used",
        "expires_at",
        "generated_by",
    )
    key_field = "uuid"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("token_label",)

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

    summary_fields: ClassVar[tuple[str, ...]] = (
        "id",
        "label",
        "created_by",
        "is_active",
        "created_at",
        "last_used_at",
        "expires_at",
    )
    key_field = "id"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("label", "description")

    id: str | None = None
    label: str | None = None
    description: str | None = None
    created_by: str | None = None
    is_active: bool | None = None
    created_at: Timestamp = None
    expires_at: Timestamp = None
    last_used_at: Timestamp = None


class GroupMember(HubModel):
    """A member of a group (team)."""

    summary_fields: ClassVar[tuple[str, ...]] = ("username", "full_name", "email", "date_joined")
    key_field = "id"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("full_name",)

    id: str | None = None
    username: str | None = None
    full_name: str | None = None
    email: str | None = None
    company: str | None = None
    location: str | None = None
    type: str | None = None
    date_joined: Timestamp = None
    gravatar_email: str | None = None
    gravatar_url: str | None = None
    profile_url: str | None = None


class OrgMember(GroupMember):
    """A member of an organization, or an invited person (then without a username)."""

    summary_fields: ClassVar[tuple[str, ...]] = (
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
    implied_values: ClassVar[dict[str, Any]] = {"is_guest": False}

    role: str | None = None
    groups: list[str] | None = None
    is_guest: bool | None = None
    last_logged_in_at: Timestamp = None
    last_seen_at: Timestamp = None
    last_desktop_version: str | None = None
    primary_email: str | None = None


class OrgGroup(HubModel):
    """A team of an organization."""

    summary_fields: ClassVar[tuple[str, ...]] = ("id", "name", "description", "member_count", "role")
    key_field = "id"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("description",)

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

    summary_fields: ClassVar[tuple[str, ...]] = ("restricted_images",)

    restricted_images: RestrictedImages | None = None


class AuditLogEvent(HubModel):
    """One event of the audit log."""

    summary_fields: ClassVar[tuple[str, ...]] = ("timestamp", "actor", "action", "name", "action_description")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("action_description", "data")

    account: str | None = None
    action: str | None = None
    name: str | None = None
    actor: str | None = None
    data: dict[str, Any] | None = None
    timestamp: Annotated[Timestamp, Display.DATETIME] = None
    action_description: str | None = None


class AuditLogAction(HubModel):
    """An action that the audit log can be filtered by, without the name of its group."""

    summary_fields: ClassVar[tuple[str, ...]] = ("name", "description")

    name: str | None = None
    description: str | None = None
    label: str | None = None


class AuditLogActionGroup(HubModel):
    """A group of actions."""

    summary_fields: ClassVar[tuple[str, ...]] = ("actions",)

    actions: list[AuditLogAction] = Field(default_factory=list)
    label: str | None = None


class AuditLogActions(HubModel):
    """The actions of an account by group; the filter of list_audit_logs is `<group>.<name>`."""

    summary_fields: ClassVar[tuple[str, ...]] = ("actions",)

    actions: dict[str, AuditLogActionGroup] = Field(default_factory=dict)


class Invite(HubModel):
    """A pending invitation."""

    summary_fields: ClassVar[tuple[str, ...]] = ("id", "invitee", "team", "inviter_username", "created_at")
    key_field = "id"

    id: str | None = None
    inviter_username: str | None = None
    invitee: str | None = None
    org: str | None = None
    team: str | None = None
    created_at: Timestamp = None


class InviteResult(HubModel):
    """The outcome for one invitee; `status` is `invited` or `existing_org_member`, for example."""

    summary_fields: ClassVar[tuple[str, ...]] = ("invitee", "status", "invite")

    invitee: str | None = None
    status: str | None = None
    invite: Invite | None = None


class BulkInvites(HubModel):
    """The outcome for all invitees."""

    summary_fields: ClassVar[tuple[str, ...]] = ("invitees",)

    invitees: list[InviteResult] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _unwrap_invitees(cls, value: Any) -> Any:
        """Accept the older form, which wraps the list twice."""
        inner = value.get("invitees") if isinstance(value, dict) else None
        return inner if isinstance(inner, dict) else value


class OrgAccessTokenResource(HubModel):
    """The scopes of an organization access token on one resource."""

    type: str | None = None
    path: str | None = None
    scopes: list[str] | None = None


class OrgAccessTokenDetail(OrgAccessToken):
    """An organization access token with its resources; `token` only when it was just created."""

    summary_fields: ClassVar[tuple[str, ...]] = (*OrgAccessToken.summary_fields, "description", "resources")

    resources: list[OrgAccessTokenResource] | None = None
    token: str | None = Field(default=None, repr=False)


class MembersExport(HubModel):
    """The exported members of an organization, as a table."""

    summary_fields: ClassVar[tuple[str, ...]] = ("partial", "columns", "rows")

    partial: str | None = Field(default=None, description="Why the table is incomplete.")
    columns: list[str] = Field(default_factory=list)
    rows: list[list[str]] = Field(default_factory=list)
