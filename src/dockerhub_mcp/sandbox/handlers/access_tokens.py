"""Personal access tokens, which only a password may look at."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.context import hub, json_object, signed_in
from dockerhub_mcp.sandbox.data.deterministic import identifier, optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import (
    organization_access_token_refused,
    personal_access_token_refused,
    refusal,
)
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.paging import links, page
from dockerhub_mcp.sandbox.state import PersonalAccessToken

SCOPES = ("repo:admin", "repo:write", "repo:read", "repo:public_read")
LONGEST_LABEL = 100


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
    return JSONResponse(_as_json(_wanted(request)))


async def create_access_token(request: Request) -> JSONResponse:
    """Create a personal access token; the only answer that tells its secret."""
    _own(request)
    here = hub(request)
    fields = Fields(await json_object(request))
    label = fields.text("token_label", required=True, shortest=1, longest=LONGEST_LABEL)
    scopes = fields.texts("scopes", required=True)
    if scopes is not None:
        _check_scopes(fields, scopes)
    expires = fields.future("expires_at", here.now())
    fields.check()
    username = signed_in(request).name
    created = PersonalAccessToken(
        uuid=identifier("pat", username, label, here.state.serial()),
        # Shorter than a real one, so that nobody takes it for one.
        secret=f"dckr_pat_sandbox_{secrets.token_hex(8)}",
        username=username,
        label=str(label),
        scopes=list(dict.fromkeys(scopes or ())),
        created=here.now(),
        expires=expires,
        creator_ip=request.client.host if request.client else "",
        creator_ua=request.headers.get("user-agent", ""),
    )
    here.state.personal_access_tokens.append(created)
    return JSONResponse(_as_json(created) | {"token": created.secret}, 201)


async def update_access_token(request: Request) -> JSONResponse:
    """Rename a token, or switch it off or on; scopes and expiry stay what they are."""
    found = _wanted(request)
    fields = Fields(await json_object(request))
    label = fields.text("token_label", shortest=1, longest=LONGEST_LABEL)
    active = fields.flag("is_active")
    fields.check()
    if label is not None:
        found.label = label
    if active is not None:
        found.is_active = active
    return JSONResponse(_as_json(found))


async def delete_access_token(request: Request) -> Response:
    """Delete a token; bearers made from it end with it."""
    found = _wanted(request)
    hub(request).state.personal_access_tokens.remove(found)
    return Response(status_code=204)


def _check_scopes(fields: Fields, scopes: list[str]) -> None:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if not scopes:
        fields.wrong("scopes", "at least one scope is needed")
    elif unknown:
        fields.wrong("scopes", f"unknown scope {unknown[0]}; must be one of {', '.join(SCOPES)}")


def _wanted(request: Request) -> PersonalAccessToken:
    uuid = request.path_params["uuid"]
    for token in _own(request):
        if token.uuid == uuid:
            return token
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
