"""Invitations into an organization."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import is_manager, managed_organization
from dockerhub_mcp.sandbox.context import hub, json_object, signed_in
from dockerhub_mcp.sandbox.data.deterministic import identifier, stamp
from dockerhub_mcp.sandbox.errors import account_refusal, refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.roles import known_roles
from dockerhub_mcp.sandbox.state import Invitee, Organization, State

READ, EDIT = "scope-invite-read", "scope-invite-edit"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
INVITED, MEMBER, INVALID = "invited", "existing_org_member", "invalid_email_or_docker_id"


async def list_invites(request: Request) -> JSONResponse:
    """All invitations that are open, on no pages."""
    organization = managed_organization(request, request.path_params["org"], READ)
    return JSONResponse({"data": [_as_json(organization, invitee) for invitee in organization.invitees]})


async def create_invites(request: Request) -> JSONResponse:
    """Invite several people, or only say what would become of it."""
    signed_in(request)
    fields = Fields(await json_object(request))
    name = fields.text("org", required=True)
    team = fields.text("team")
    role = fields.text("role")
    invitees = fields.texts("invitees", required=True)
    dry_run = fields.flag("dry_run")
    if invitees == []:
        fields.wrong("invitees", "at least one invitee is needed")
    fields.check()
    organization = managed_organization(request, str(name), EDIT)
    if team and organization.group(team) is None:
        fields.wrong("team", "no such group")
    if role and role not in known_roles(organization):
        fields.wrong("role", f"must be one of {', '.join(known_roles(organization))}")
    fields.check()
    groups = [team] if team else []
    results = []
    for invitee in dict.fromkeys(invitees or ()):
        status, email = _judge(hub(request).state, organization, invitee)
        result: dict[str, Any] = {"invitee": invitee, "status": status}
        if status == INVITED and not dry_run:
            made = _invite(request, organization, invitee, email, groups=groups, role=role or "member")
            result["invite"] = _as_json(organization, made)
        results.append(result)
    return JSONResponse({"invitees": results}, 202)


async def resend_invite(request: Request) -> Response:
    """Send an invitation once more."""
    organization, found = _wanted(request)
    found.invited = hub(request).now()
    _record(request, organization, found, "resend", "invited once more")
    return Response(status_code=204)


async def cancel_invite(request: Request) -> Response:
    """Take an invitation back."""
    organization, found = _wanted(request)
    organization.invitees.remove(found)
    _record(request, organization, found, "cancel", "took back the invitation of")
    return Response(status_code=204)


def _judge(state: State, organization: Organization, invitee: str) -> tuple[str, str]:
    """What becomes of an invitation, and the e-mail address it goes to."""
    user = state.user_by_email(invitee) if "@" in invitee else state.users.get(invitee)
    if user is not None:
        return (MEMBER if organization.member(user.username) else INVITED), user.email
    return (INVITED, invitee) if EMAIL.fullmatch(invitee) else (INVALID, "")


def _invite(
    request: Request, organization: Organization, invitee: str, email: str, *, groups: list[str], role: str
) -> Invitee:
    here = hub(request)
    open_one = next((found for found in organization.invitees if found.email.lower() == email.lower()), None)
    made = open_one or Invitee(
        id=identifier("invite", organization.name, email, here.state.serial()),
        email=email,
        groups=[],
        invited=here.now(),
        docker_id=None if "@" in invitee else invitee,
    )
    made.groups[:] = groups
    made.role, made.inviter, made.invited = role, signed_in(request).name, here.now()
    if open_one is None:
        organization.invitees.append(made)
    _record(request, organization, made, "send", "invited")
    return made


def _wanted(request: Request) -> tuple[Organization, Invitee]:
    asking = signed_in(request)
    if asking.kind == "pat":
        raise account_refusal(403, "access to the resource is forbidden with personal access token")
    for organization in hub(request).state.organizations.values():
        for invitee in organization.invitees:
            if invitee.id == request.path_params["id"]:
                if not is_manager(asking, organization, EDIT):
                    raise refusal(403, "permission denied")
                return organization, invitee
    raise refusal(404, "invite not found")


def _as_json(organization: Organization, invitee: Invitee) -> dict[str, Any]:
    return {
        "id": invitee.id,
        "inviter_username": invitee.inviter,
        "invitee": invitee.docker_id or invitee.email,
        "org": organization.name,
        "team": invitee.groups[0] if invitee.groups else "",
        "created_at": stamp(invitee.invited),
    }


def _record(request: Request, organization: Organization, invitee: Invitee, action: str, words: str) -> None:
    who = invitee.docker_id or invitee.email
    data = {"team": invitee.groups[0]} if invitee.groups else {}
    record(request, organization.name, f"org.member.invite.{action}", who, f"{words} {who}", **data)
