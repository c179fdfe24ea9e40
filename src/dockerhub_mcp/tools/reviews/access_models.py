"""The result of an access review."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import Display, HubModel, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.tools.results.prose import mark_prose


class AccessFinding(HubModel):
    """Something that stands out."""

    summary_fields: ClassVar[tuple[str, ...]] = ("finding", "names")

    finding: str
    names: list[str] = Field(default_factory=list)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the finding as a sentence of this server."""
        mark_prose(values, shown, "finding")


class ReviewedPerson(HubModel):
    """A member with what they may do."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "full_name",
        "permission",
        "through",
        "role",
        "guest",
        "teams",
        "access",
        "last_login",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("full_name",)
    implied_values: ClassVar[dict[str, Any]] = {"guest": False}
    meaningful_nulls = HubModel.meaningful_nulls | {"last_login"}
    key_field = "username"

    username: str
    full_name: Annotated[str | None, Display.TEXT] = None
    permission: str | None = Field(default=None, description="In the repository: admin, write, read or none.")
    through: str | None = Field(default=None, description="The role or the teams that give it.")
    role: str | None = None
    guest: bool = False
    teams: list[str] | None = None
    access: str | None = Field(
        default=None, description="In how many repositories they have which permission."
    )
    last_login: Timestamp = Field(default=None, description="Null: the Hub knows of no login.")

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "permission", "through", "access")


class ReviewedRepository(HubModel):
    """A repository in which a person has a permission."""

    summary_fields: ClassVar[tuple[str, ...]] = ("repository", "permission", "through")
    key_field = "repository"

    repository: str
    permission: str
    through: str | None = Field(default=None, description="The teams that give it.")

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "through")


class ReviewedTeam(HubModel):
    """A team with its permissions."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "team",
        "role",
        "members",
        "permission",
        "admin",
        "write",
        "read",
    )
    key_field = "team"

    team: str
    role: str | None = None
    members: int | None = None
    permission: str | None = Field(
        default=None, description="In the repository; in a review of all, what is unknown or no usual one."
    )
    admin: list[str] | None = Field(default=None, description="Repositories.")
    write: list[str] | None = None
    read: list[str] | None = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "permission")


class ReviewedInvitation(HubModel):
    """An invitation that waits for an answer."""

    summary_fields: ClassVar[tuple[str, ...]] = ("id", "invitee", "teams", "inviter", "invited")
    key_field = "id"

    id: str | None = Field(default=None, description="For resend_org_invite and cancel_org_invite.")
    invitee: str | None = None
    teams: list[str] | None = None
    inviter: str | None = None
    invited: Timestamp = None


class AccessReview(HubModel):
    """The access to an organization."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "organization",
        "repository",
        "visibility",
        "username",
        "members",
        "repositories",
        "requests",
        "attention",
        "people",
        "permissions",
        "teams",
        "invitations",
    )

    organization: str
    repository: str | None = None
    visibility: str | None = None
    username: str | None = None
    members: str | None = Field(default=None, description="How many, by role.")
    repositories: str | None = Field(default=None, description="How many, by visibility.")
    requests: int | None = Field(default=None, description="Requests to the Hub that the review took.")
    attention: list[AccessFinding] | None = Field(default=None, description="What stands out first.")
    people: list[ReviewedPerson] | None = None
    permissions: list[ReviewedRepository] | None = Field(
        default=None, description="Permissions of the person through teams."
    )
    teams: list[ReviewedTeam] | None = None
    invitations: list[ReviewedInvitation] | None = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "visibility", "members", "repositories")
