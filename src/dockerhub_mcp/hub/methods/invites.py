"""Invitations to organizations. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/invites."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import OrgName
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.models import Acknowledgement, BulkInvites, Invite, Page
from dockerhub_mcp.hub.redaction import to_single_line

InviteId = Annotated[
    str,
    Field(min_length=1, max_length=255, description="Id from list_org_invites.", examples=["a7a5ef25-8889"]),
]


class ListOrgInvites(Method[Page[Invite]]):
    """List all pending invitations of an organization at once.

    Needs an owner's password sign-in or an organization access token with scope-invite-read.
    """

    http = GET("/v2/orgs/{org_name}/invites")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "List organization invitations"
    oat_scope = "scope-invite-read"
    accepts_pat = False
    is_enabled_by_default = False

    org_name: OrgName


class CreateOrgInvites(Mutation, Method[BulkInvites]):
    """Invite people to an organization, by Docker ID or e-mail address.

    dry_run lets the Hub check the invitees without inviting them.
    """

    http = POST("/v2/invites/bulk")
    effect = Effect.CREATE
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "Invite people to an organization"
    outcome_tool = "list_org_invites"
    oat_scope = "scope-invite-edit"
    accepts_pat = False
    is_enabled_by_default = False
    sends_dry_run = True

    org: OrgName
    invitees: Annotated[
        list[str],
        Field(
            min_length=1, description="Docker IDs or e-mail addresses.", examples=[["ada", "bo@example.com"]]
        ),
    ]
    team: Annotated[str | None, Field(description="Team to put them in.", examples=["developers"])] = None
    role: Annotated[
        str | None, Field(description="owner, editor, member or a custom role's name.", examples=["member"])
    ] = None
    dry_run: Annotated[bool, Field(description="Check only; invite no one.", examples=[True])] = False


class ResendOrgInvite(Mutation, NoContent, Method[Acknowledgement]):
    """Send a pending invitation again."""

    http = PATCH("/v2/invites/{id}/resend")
    effect = Effect.CREATE  # another message; nothing is overwritten
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "Resend an invitation"
    acknowledging_fields = ("id", "invitee")
    oat_scope = "scope-invite-edit"
    accepts_pat = False
    is_enabled_by_default = False

    id: InviteId


class CancelOrgInvite(Mutation, NoContent, Method[Acknowledgement]):
    """Cancel a pending invitation."""

    http = DELETE("/v2/invites/{id}")
    effect = Effect.DELETE
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "Cancel an invitation"
    outcome_tool = "list_org_invites"
    oat_scope = "scope-invite-edit"
    accepts_pat = False
    is_enabled_by_default = False

    id: InviteId

    def loss_text(self, current: Any) -> str:  # noqa: ARG002 - the Hub has no way to read one invitation
        """Describe the invitation that is cancelled."""
        return f"The invitation {to_single_line(repr(self.id))} is cancelled; it can no longer be accepted."
