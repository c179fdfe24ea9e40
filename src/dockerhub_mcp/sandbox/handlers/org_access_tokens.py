"""Organization access tokens, which only an owner may look at."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.context import hub, json_object, signed_in
from dockerhub_mcp.sandbox.data.deterministic import identifier, optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import personal_access_token_refused, refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.handlers.resources import resources
from dockerhub_mcp.sandbox.paging import links, page
from dockerhub_mcp.sandbox.state import Organization, OrganizationAccessToken, Resource

MOST_TOKENS = 100
ACTIVATED, DEACTIVATED = ("activate", "activated"), ("deactivate", "deactivated")
LONGEST_LABEL, LONGEST_DESCRIPTION = 100, 200


async def list_org_access_tokens(request: Request) -> JSONResponse:
    """The organization's access tokens, newest first."""
    found = _tokens(request)
    wanted = page(request)
    body = {
        "total": len(found),
        **links(request, wanted, len(found)),
        "results": [_as_json(token) for token in wanted.of(found)],
    }
    return JSONResponse(body)


async def get_org_access_token(request: Request) -> JSONResponse:
    """One access token, with what it may do."""
    return JSONResponse(_with_resources(_wanted(request)))


async def create_org_access_token(request: Request) -> JSONResponse:
    """Create an access token; the only answer that tells its secret."""
    organization = _organization(request)
    here = hub(request)
    fields = Fields(await json_object(request))
    label = fields.text("label", required=True, shortest=1, longest=LONGEST_LABEL)
    description = fields.text("description", longest=LONGEST_DESCRIPTION)
    granted = resources(fields, organization.name, required=True)
    expires = fields.future("expires_at", here.now())
    fields.check()
    # Expired and deactivated ones count.
    if len(organization.access_tokens) >= MOST_TOKENS:
        raise refusal(400, f"the limit of {MOST_TOKENS} organization access tokens is reached")
    created = OrganizationAccessToken(
        id=identifier("oat", organization.name, label, here.state.serial()),
        # Shorter than a real one, so that nobody takes it for one.
        secret=f"dckr_oat_sandbox_{secrets.token_hex(8)}",
        label=str(label),
        created_by=signed_in(request).name,
        created=here.now(),
        resources=granted or [],
        expires=expires,
        description=description or "",
    )
    organization.access_tokens.append(created)
    _record(request, organization, created, "create", "created")
    shown = _with_resources(created) | {"token": created.secret}
    # Who created it is said by later answers only.
    del shown["created_by"]
    return JSONResponse(shown, 201)


async def update_org_access_token(request: Request) -> JSONResponse:
    """Change an access token; resources that are named replace all there were, the expiry stays."""
    organization, found = _organization(request), _wanted(request)
    here = hub(request)
    fields = Fields(await json_object(request))
    label = fields.text("label", shortest=1, longest=LONGEST_LABEL)
    description = fields.text("description", longest=LONGEST_DESCRIPTION)
    granted = resources(fields, organization.name)
    active = fields.flag("is_active")
    fields.check()
    if found.expires is not None and found.expires <= here.now():
        raise refusal(400, "an expired access token can only be deleted")
    _change(found, label, description, granted)
    if any(value is not None for value in (label, description, granted)):
        _record(request, organization, found, "update", "changed")
    if active is not None and active != found.is_active:
        found.is_active = active
        _record(request, organization, found, *(ACTIVATED if active else DEACTIVATED))
    return JSONResponse(_with_resources(found))


async def delete_org_access_token(request: Request) -> Response:
    """Delete an access token; bearers made from it end with it."""
    organization, found = _organization(request), _wanted(request)
    organization.access_tokens.remove(found)
    _record(request, organization, found, "delete", "deleted")
    return Response(status_code=204)


def _organization(request: Request) -> Organization:
    if signed_in(request).kind == "pat":
        raise personal_access_token_refused()
    return managed_organization(request, request.path_params["org"], None)


def _tokens(request: Request) -> list[OrganizationAccessToken]:
    organization = _organization(request)
    return sorted(organization.access_tokens, key=lambda token: token.created, reverse=True)


def _wanted(request: Request) -> OrganizationAccessToken:
    wanted = request.path_params["id"]
    for token in _tokens(request):
        if token.id == wanted:
            return token
    raise refusal(404, "access token not found")


def _change(
    token: OrganizationAccessToken,
    label: str | None,
    description: str | None,
    granted: list[Resource] | None,
) -> None:
    if label is not None:
        token.label = label
    if description is not None:
        token.description = description
    if granted is not None:
        token.resources = granted


def _record(
    request: Request, organization: Organization, token: OrganizationAccessToken, action: str, word: str
) -> None:
    words = f"{word} the access token {token.label}"
    record(request, organization.name, f"org.oat.{action}", token.label, words, label=token.label)


def _with_resources(token: OrganizationAccessToken) -> dict[str, Any]:
    granted = [{"type": r.type, "path": r.path, "scopes": list(r.scopes)} for r in token.resources]
    return _as_json(token) | {"resources": granted}


def _as_json(token: OrganizationAccessToken) -> dict[str, Any]:
    # Live answers have a description where there is one; the document has none.
    described = {"description": token.description} if token.description else {}
    return {
        "id": token.id,
        "label": token.label,
        "created_by": token.created_by,
        "is_active": token.is_active,
        "created_at": stamp(token.created),
        "expires_at": optional_stamp(token.expires),
        "last_used_at": optional_stamp(token.last_used),
        **described,
    }
