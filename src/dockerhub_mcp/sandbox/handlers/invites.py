"""Invitations to an organization."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import can_manage_organization, get_managed_organization
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import account_service_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.roles import get_assignable_roles
from dockerhub_mcp.sandbox.state import InviteeRecord, OrganizationRecord, SandboxState
from dockerhub_mcp.sandbox.timestamps import format_timestamp

INVITE_READ_SCOPE, INVITE_EDIT_SCOPE = "scope-invite-read", "scope-invite-edit"
EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
INVITED_STATUS = "invited"
EXISTING_MEMBER_STATUS = "existing_org_member"
INVALID_INVITEE_STATUS = "invalid_email_or_docker_id"


async def list_invites(request: Request) -> JSONResponse:
    """List all pending invitations, without pagination."""
    organization = get_managed_organization(request, request.path_params["org"], INVITE_READ_SCOPE)
    return JSONResponse(
        {"data": [_serialize_invite(organization, invite) for invite in organization.invitees]}
    )


async def create_invites(request: Request) -> JSONResponse:
    """Invite several people, or only validate the invitees (`dry_run`)."""
    require_authenticated_caller(request)
    fields = FieldReader(await read_json_object(request))
    organization_name = fields.read_text("org", required=True)
    team, role = fields.read_text("team"), fields.read_text("role")
    invitees = fields.read_text_list("invitees", required=True)
    dry_run = fields.read_bool("dry_run")
    if invitees == []:
        fields.add_error("invitees", "at least one invitee is needed")
    fields.raise_errors()
    organization = get_managed_organization(request, str(organization_name), INVITE_EDIT_SCOPE)
    if team and organization.find_group(team) is None:
        fields.add_error("team", "no such group")
    if role and role not in get_assignable_roles(organization):
        fields.add_error("role", f"must be one of {', '.join(get_assignable_roles(organization))}")
    fields.raise_errors()
    results = []
    for invitee in dict.fromkeys(invitees or ()):
        status, email = _resolve_invitee(get_hub(request).state, organization, invitee)
        result: dict[str, Any] = {"invitee": invitee, "status": status}
        if status == INVITED_STATUS and not dry_run:
            groups = [team] if team else []
            invite = _create_or_renew_invite(
                request, organization, invitee, email, groups=groups, role=role or "member"
            )
            result["invite"] = _serialize_invite(organization, invite)
        results.append(result)
    return JSONResponse({"invitees": results}, 202)


async def resend_invite(request: Request) -> Response:
    """Send an invitation again."""
    organization, invite = _get_managed_invite(request)
    invite.invited_at = get_hub(request).now()
    _record_invite_event(request, organization, invite, "resend", "invited once more")
    return Response(status_code=204)


async def cancel_invite(request: Request) -> Response:
    """Cancel an invitation."""
    organization, invite = _get_managed_invite(request)
    organization.invitees.remove(invite)
    _record_invite_event(request, organization, invite, "cancel", "took back the invitation of")
    return Response(status_code=204)


def _resolve_invitee(state: SandboxState, organization: OrganizationRecord, invitee: str) -> tuple[str, str]:
    """Return the status of an invitation, and the e-mail address that it is sent to."""
    user = state.find_user_by_email(invitee) if "@" in invitee else state.users.get(invitee)
    if user is not None:
        is_member = organization.find_member(user.username) is not None
        return EXISTING_MEMBER_STATUS if is_member else INVITED_STATUS, user.email
    return (INVITED_STATUS, invitee) if EMAIL_PATTERN.fullmatch(invitee) else (INVALID_INVITEE_STATUS, "")


def _create_or_renew_invite(
    request: Request,
    organization: OrganizationRecord,
    invitee: str,
    email: str,
    *,
    groups: list[str],
    role: str,
) -> InviteeRecord:
    hub = get_hub(request)
    invite = next(
        (pending for pending in organization.invitees if pending.email.lower() == email.lower()), None
    )
    if invite is None:
        invite = InviteeRecord(
            id=derive_uuid("invite", organization.name, email, hub.state.next_serial()),
            email=email,
            groups=[],
            invited_at=hub.now(),
            docker_id=None if "@" in invitee else invitee,
        )
        organization.invitees.append(invite)
    invite.groups[:] = groups
    invite.role, invite.invited_at = role, hub.now()
    invite.inviter = require_authenticated_caller(request).name
    _record_invite_event(request, organization, invite, "send", "invited")
    return invite


def _get_managed_invite(request: Request) -> tuple[OrganizationRecord, InviteeRecord]:
    caller = require_authenticated_caller(request)
    if caller.kind == "pat":
        raise account_service_error(403, "access to the resource is forbidden with personal access token")
    for organization in get_hub(request).state.organizations.values():
        for invite in organization.invitees:
            if invite.id == request.path_params["id"]:
                if not can_manage_organization(caller, organization, INVITE_EDIT_SCOPE):
                    raise repository_service_error(403, "permission denied")
                return organization, invite
    raise repository_service_error(404, "invite not found")


def _serialize_invite(organization: OrganizationRecord, invite: InviteeRecord) -> dict[str, Any]:
    return {
        "id": invite.id,
        "inviter_username": invite.inviter,
        "invitee": invite.docker_id or invite.email,
        "org": organization.name,
        "team": invite.groups[0] if invite.groups else "",
        "created_at": format_timestamp(invite.invited_at),
    }


def _record_invite_event(
    request: Request,
    organization: OrganizationRecord,
    invite: InviteeRecord,
    action: str,
    description_prefix: str,
) -> None:
    name = invite.docker_id or invite.email
    description = f"{description_prefix} {name}"
    data = {"team": invite.groups[0]} if invite.groups else {}
    record_audit_event(request, organization.name, f"org.member.invite.{action}", name, description, **data)
