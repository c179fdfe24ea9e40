"""Personal access tokens, which only a password may look at."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import hub, signed_in
from dockerhub_mcp.sandbox.derive import optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import (
    organization_access_token_refused,
    personal_access_token_refused,
    refusal,
)
from dockerhub_mcp.sandbox.paging import links, page
from dockerhub_mcp.sandbox.state import PersonalAccessToken


async def list_access_tokens(request: Request) -> JSONResponse:
    """The caller's personal access tokens, newest first."""
    found = _own(request)
    wanted = page(request)
    body = {
        "count": len(found),
        **links(request, wanted, len(found)),
        "active_count": sum(token.is_active for token in found),
        "results": [_as_json(token) for token in wanted.of(found)],
    }
    return JSONResponse(body)


async def get_access_token(request: Request) -> JSONResponse:
    """One of the caller's personal access tokens."""
    wanted = request.path_params["uuid"]
    for token in _own(request):
        if token.uuid == wanted:
            return JSONResponse(_as_json(token))
    raise refusal(404, "access token not found")


def _own(request: Request) -> list[PersonalAccessToken]:
    asking = signed_in(request)
    if asking.kind == "pat":
        raise personal_access_token_refused()
    if asking.kind == "oat":
        raise organization_access_token_refused()
    tokens = hub(request).state.personal_access_tokens
    own = [token for token in tokens if token.username == asking.name]
    return sorted(own, key=lambda token: token.created, reverse=True)


def _as_json(token: PersonalAccessToken) -> dict[str, Any]:
    return {
        "uuid": token.uuid,
        "client_id": "HUB",
        "creator_ip": token.creator_ip,
        "creator_ua": token.creator_ua,
        "created_at": stamp(token.created),
        "last_used": optional_stamp(token.last_used),
        "generated_by": "manual",
        "is_active": token.is_active,
        # The secret is shown once, when the token is created.
        "token": "***",
        "token_label": token.label,
        "scopes": list(token.scopes),
        "expires_at": optional_stamp(token.expires),
    }
