"""Organization access tokens, which only an owner may look at."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.context import signed_in
from dockerhub_mcp.sandbox.derive import optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import personal_access_token_refused, refusal
from dockerhub_mcp.sandbox.paging import links, page
from dockerhub_mcp.sandbox.state import OrganizationAccessToken


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
    wanted = request.path_params["id"]
    for token in _tokens(request):
        if token.id == wanted:
            resources = [{"type": r.type, "path": r.path, "scopes": list(r.scopes)} for r in token.resources]
            return JSONResponse(_as_json(token) | {"resources": resources})
    raise refusal(404, "access token not found")


def _tokens(request: Request) -> list[OrganizationAccessToken]:
    if signed_in(request).kind == "pat":
        raise personal_access_token_refused()
    organization = managed_organization(request, request.path_params["org"], None)
    return sorted(organization.access_tokens, key=lambda token: token.created, reverse=True)


def _as_json(token: OrganizationAccessToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "created_by": token.created_by,
        "is_active": token.is_active,
        "created_at": stamp(token.created),
        "expires_at": optional_stamp(token.expires),
        "last_used_at": optional_stamp(token.last_used),
    }
