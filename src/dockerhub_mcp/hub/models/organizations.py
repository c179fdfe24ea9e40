"""Tokens, members, groups, settings and audit logs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from dockerhub_mcp.hub.models.base import Display, HubModel, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp, is_never


class _Token(HubModel):
    """The fields of both kinds of access tokens that decide whether a token works."""

    implied_values: ClassVar[dict[str, Any]] = {"is_expired": False}

    is_active: bool | None = None
    expires_at: Timestamp = None
    is_expired: bool | None = Field(default=None, description="Set by this server, not by the Hub.")

    def mark_if_expired(self, now: datetime) -> None:
        """Note that the token has expired: the Hub goes on to call it active."""
        if self.expires_at is not None and not is_never(self.expires_at) and self.expires_at <= now:
            self.is_expired = True

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Call an expired token expired in texts, instead of active; say it in data beside `is_active`."""
        if not self.is_expired or "is_active" not in shown.names:
            return
        if not shown.is_text:
            values["is_expired"] = True
            return
        if values.get("is_active") is not False:
            values["is_active"] = "expired"
        if shown.is_brief:
            values.pop("is_expired", None)


class AccessToken(_Token):
    """A personal access token. `token` is `***`: the value is shown once, when it is created."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("uuid",)
    summary_fields: ClassVar[tuple[str, ...]] = (
        "uuid",
        "token_label",
        "scopes",
        "is_active",
        "is_expired",
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
    token: str | None = Field(default=None, repr=False, strict=True)
    token_label: str | None = None
    scopes: list[str] | None = None


class OrgAccessToken(_Token):
    """An organization access token."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("id",)
    summary_fields: ClassVar[tuple[str, ...]] = (
        "id",
        "label",
        "created_by",
        "is_active",
        "is_expired",
        "created_at",
        "last_used_at",
        "expires_at",
    )
    key_field = "id"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("label", "description")

    id: str | None = None
    label: str | None = None
    description: Annotated[str | None, Display.TEXT] = None
    created_by: str | None = None
    created_at: Timestamp = None
    last_used_at: Timestamp = None


class GroupMember(HubModel):
    """A member of a group (team)."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "username", "email")
    summary_fields: ClassVar[tuple[str, ...]] = ("username", "full_name", "email", "date_joined")
    key_field = "id"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("full_name",)

    id: str | None = None
    username: str | None = None
    full_name: Annotated[str | None, Display.TEXT] = None
    email: str | None = None
    company: Annotated[str | None, Display.TEXT] = None
    location: Annotated[str | None, Display.TEXT] = None
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

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    summary_fields: ClassVar[tuple[str, ...]] = ("id", "name", "description", "member_count", "role")
    key_field = "id"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("description",)

    id: int | None = Field(default=None, strict=True)
    uuid: str | None = None
    name: str | None = None
    description: Annotated[str | None, Display.TEXT] = None
    member_count: int | None = None
    role: str | None = None


class RestrictedImages(HubModel):
    """Which images the members of an organization may pull."""

    identifying_fields: ClassVar[tuple[str, ...]] = (
        "enabled",
        "allow_official_images",
        "allow_verified_publishers",
    )

    enabled: bool | None = None
    allow_official_images: bool | None = None
    allow_verified_publishers: bool | None = None


class OrgSettings(HubModel):
    """The settings of an organization; they take effect with a Business subscription."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("restricted_images",)
    summary_fields: ClassVar[tuple[str, ...]] = ("restricted_images",)

    restricted_images: RestrictedImages | None = None

    @property
    def is_identified(self) -> bool:
        """Whether the settings were sent, with at least one of them; all may be null."""
        images = self.restricted_images
        return "restricted_images" in self.model_fields_set and (
            images is None or any(name in images.model_fields_set for name in images.identifying_fields)
        )


class Invite(HubModel):
    """A pending invitation."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "invitee")
    summary_fields: ClassVar[tuple[str, ...]] = ("id", "invitee", "team", "inviter_username", "created_at")
    key_field = "id"

    id: str | None = None
    inviter_username: str | None = None
    invitee: str | None = None
    org: str | None = None
    team: str | None = None
    created_at: Timestamp = None

    @property
    def summary_text(self) -> str:
        """The id, beside the invitee and the status that the outcome of an invitation has."""
        return self.id or ""


class InviteResult(HubModel):
    """The outcome for one invitee; `status` is `invited` or `existing_org_member`, for example."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("invitee",)
    summary_fields: ClassVar[tuple[str, ...]] = ("invitee", "status", "invite")

    invitee: str | None = None
    status: str | None = None
    invite: Invite | None = None


class BulkInvites(HubModel):
    """The outcome for all invitees."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("invitees",)
    summary_fields: ClassVar[tuple[str, ...]] = ("invitees",)

    invitees: list[InviteResult] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _unwrap_invitees(cls, value: Any) -> Any:
        """Accept the older form, which wraps the list twice."""
        inner = value.get("invitees") if isinstance(value, dict) else None
        return inner if isinstance(inner, dict) else value

    @property
    def list_field(self) -> str:
        """The field with the outcomes."""
        return "invitees"

    def find_defect(self) -> str:
        """Return why the answer is no outcome, or an empty string."""
        return super().find_defect() or ("" if self.invitees else "names no invitee")


class OrgAccessTokenResource(HubModel):
    """The scopes of an organization access token on one resource."""

    type: str | None = None
    path: str | None = None
    scopes: list[str] | None = None


class OrgAccessTokenDetail(OrgAccessToken):
    """An organization access token with its resources; `token` only when it was just created."""

    summary_fields: ClassVar[tuple[str, ...]] = (*OrgAccessToken.summary_fields, "description", "resources")

    resources: list[OrgAccessTokenResource] | None = None
    token: str | None = Field(default=None, repr=False, strict=True)


class MembersExport(HubModel):
    """The exported members of an organization, as a table."""

    summary_fields: ClassVar[tuple[str, ...]] = ("partial", "columns", "rows")

    partial: str | None = Field(default=None, description="Why the table is incomplete.")
    columns: list[str] = Field(default_factory=list)
    rows: list[list[str]] = Field(default_factory=list)
