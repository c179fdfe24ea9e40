"""Invitations into an organization."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import can_manage_organization, get_managed_organization
from dockerhub_mcp.sandbox.context import get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import account_service_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.roles import get_assignable_roles
from dockerhub_mcp.sandbox.state import InviteeRecord, OrganizationRecord, SandboxState
from dockerhub_mcp.sandbox.timestamps import format_timestamp

INVITE_READ_SCOPE, INVITE_EDIT_SCOPE = "scope-invite-read", "scope-invite-edit"
EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
INVITED_STATUS, EXISTING_MEMBER_STATUS, INVALID_INVITEE_STATUS = (
    "invited",
    "existing_org_member",
    "invalid_email_or_docker_id",
)


async def list_invites(request: Request) -> JSONResponse:
    """All invitations that are open, on no pages."""
    organization = get_managed_organization(request, request.path_params["org"], INVITE_READ_SCOPE)
    return JSONResponse(
        {"data": [_serialize_invite(organization, invitee) for invitee in organization.invitees]}
    )


async def create_invites(request: Request) -> JSONResponse:
    """Invite several people, or only say what would become of it."""
    require_authenticated_caller(request)
    fields = FieldReader(await read_json_object(request))
    name = fields.read_text("org", required=True)
    team = fields.read_text("team")
    role = fields.read_text("role")
    invitees = fields.read_text_list("invitees", required=True)
    dry_run = fields.read_bool("dry_run")
    if invitees == []:
        fields.add_error("invitees", "at least one invitee is needed")
    fields.raise_errors()
    organization = get_managed_organization(request, str(name), INVITE_EDIT_SCOPE)
    if team and organization.find_group(team) is None:
        fields.add_error("team", "no such group")
    if role and role not in get_assignable_roles(organization):
        fields.add_error("role", f"must be one of {', '.join(get_assignable_roles(organization))}")
    fields.raise_errors()
    groups = [team] if team else []
    results = []
    for invitee in dict.fromkeys(invitees or ()):
        status, email = _resolve_invitee(get_hub(request).state, organization, invitee)
        result: dict[str, Any] = {"invitee": invitee, "status": status}
        if status == INVITED_STATUS and not dry_run:
            made = _create_or_renew_invite(
                request, organization, invitee, email, groups=groups, role=role or "member"
            )
            result["invite"] = _serialize_invite(organization, made)
        results.append(result)
    return JSONResponse({"invitees": results}, 202)


async def resend_invite(request: Request) -> Response:
    """Send an invitation once more."""
    organization, found = _get_managed_invite(request)
    found.invited_at = get_hub(request).now()
    _record_invite_event(request, organization, found, "resend", "invited once more")
    return Response(status_code=204)


async def cancel_invite(request: Request) -> Response:
    """Take an invitation back."""
    organization, found = _get_managed_invite(request)
    organization.invitees.remove(found)
    _record_invite_event(request, organization, found, "cancel", "took back the invitation of")
    return Response(status_code=204)


def _resolve_invitee(state: SandboxState, organization: OrganizationRecord, invitee: str) -> tuple[str, str]:
    """What becomes of an invitation, and the e-mail address it goes to."""
    user = state.find_user_by_email(invitee) if "@" in invitee else state.users.get(invitee)
    if user is not None:
        return (
            EXISTING_MEMBER_STATUS if organization.find_member(user.username) else INVITED_STATUS
        ), user.email
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
    here = get_hub(request)
    open_one = next((found for found in organization.invitees if found.email.lower() == email.lower()), None)
    made = open_one or InviteeRecord(
        id=derive_uuid("invite", organization.name, email, here.state.next_serial()),
        email=email,
        groups=[],
        invited_at=here.now(),
        docker_id=None if "@" in invitee else invitee,
    )
    made.groups[:] = groups
    made.role, made.inviter, made.invited_at = role, require_authenticated_caller(request).name, here.now()
    if open_one is None:
        organization.invitees.append(made)
    _record_invite_event(request, organization, made, "send", "invited")
    return made


def _get_managed_invite(request: Request) -> tuple[OrganizationRecord, InviteeRecord]:
    asking = require_authenticated_caller(request)
    if asking.kind == "pat":
        raise account_service_error(403, "access to the resource is forbidden with personal access token")
    for organization in get_hub(request).state.organizations.values():
        for invitee in organization.invitees:
            if invitee.id == request.path_params["id"]:
                if not can_manage_organization(asking, organization, INVITE_EDIT_SCOPE):
                    raise repository_service_error(403, "permission denied")
                return organization, invitee
    raise repository_service_error(404, "invite not found")


def _serialize_invite(organization: OrganizationRecord, invitee: InviteeRecord) -> dict[str, Any]:
    return {
        "id": invitee.id,
        "inviter_username": invitee.inviter,
        "invitee": invitee.docker_id or invitee.email,
        "org": organization.name,
        "team": invitee.groups[0] if invitee.groups else "",
        "created_at": format_timestamp(invitee.invited_at),
    }


def _record_invite_event(
    request: Request,
    organization: OrganizationRecord,
    invitee: InviteeRecord,
    action: str,
    description_prefix: str,
) -> None:
    who = invitee.docker_id or invitee.email
    data = {"team": invitee.groups[0]} if invitee.groups else {}
    record_audit_event(
        request, organization.name, f"org.member.invite.{action}", who, f"{description_prefix} {who}", **data
    )
