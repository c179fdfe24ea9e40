"""Personal access tokens, which only a password may look at."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.context import get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import (
    oat_not_allowed_error,
    pat_not_allowed_error,
    repository_service_error,
)
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.paging import build_page_links, parse_page_request
from dockerhub_mcp.sandbox.state import PersonalAccessTokenRecord
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

PAT_SCOPES = ("repo:admin", "repo:write", "repo:read", "repo:public_read")
MAX_LABEL_LENGTH = 100


async def list_access_tokens(request: Request) -> JSONResponse:
    """The caller's personal access tokens, newest first."""
    found = _list_own_tokens(request)
    wanted = parse_page_request(request)
    body = {
        "count": len(found),
        **build_page_links(request, wanted, len(found)),
        "active_count": sum(token.is_active for token in found),
        "results": [_serialize_token(token) for token in wanted.slice_entries(found)],
    }
    return JSONResponse(body)


async def get_access_token(request: Request) -> JSONResponse:
    """One of the caller's personal access tokens."""
    return JSONResponse(_serialize_token(_get_own_token(request)))


async def create_access_token(request: Request) -> JSONResponse:
    """Create a personal access token; the only answer that tells its secret."""
    _list_own_tokens(request)
    here = get_hub(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("token_label", required=True, min_length=1, max_length=MAX_LABEL_LENGTH)
    scopes = fields.read_text_list("scopes", required=True)
    if scopes is not None:
        _check_scopes(fields, scopes)
    expires = fields.read_future_time("expires_at", here.now())
    fields.raise_errors()
    username = require_authenticated_caller(request).name
    created = PersonalAccessTokenRecord(
        uuid=derive_uuid("pat", username, label, here.state.next_serial()),
        # Shorter than a real one, so that nobody takes it for one.
        secret=f"dckr_pat_sandbox_{secrets.token_hex(8)}",
        username=username,
        label=str(label),
        scopes=list(dict.fromkeys(scopes or ())),
        created_at=here.now(),
        expires_at=expires,
        creator_ip=request.client.host if request.client else "",
        creator_user_agent=request.headers.get("user-agent", ""),
    )
    here.state.personal_access_tokens.append(created)
    return JSONResponse(_serialize_token(created) | {"token": created.secret}, 201)


async def update_access_token(request: Request) -> JSONResponse:
    """Rename a token, or switch it off or on; scopes and expiry stay what they are."""
    found = _get_own_token(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("token_label", min_length=1, max_length=MAX_LABEL_LENGTH)
    active = fields.read_bool("is_active")
    fields.raise_errors()
    if label is not None:
        found.label = label
    if active is not None:
        found.is_active = active
    return JSONResponse(_serialize_token(found))


async def delete_access_token(request: Request) -> Response:
    """Delete a token; bearers made from it end with it."""
    found = _get_own_token(request)
    get_hub(request).state.personal_access_tokens.remove(found)
    return Response(status_code=204)


def _check_scopes(fields: FieldReader, scopes: list[str]) -> None:
    unknown = [scope for scope in scopes if scope not in PAT_SCOPES]
    if not scopes:
        fields.add_error("scopes", "at least one scope is needed")
    elif unknown:
        fields.add_error("scopes", f"unknown scope {unknown[0]}; must be one of {', '.join(PAT_SCOPES)}")


def _get_own_token(request: Request) -> PersonalAccessTokenRecord:
    uuid = request.path_params["uuid"]
    for token in _list_own_tokens(request):
        if token.uuid == uuid:
            return token
    raise repository_service_error(404, "access token not found")


def _list_own_tokens(request: Request) -> list[PersonalAccessTokenRecord]:
    asking = require_authenticated_caller(request)
    if asking.kind == "pat":
        raise pat_not_allowed_error()
    if asking.kind == "oat":
        raise oat_not_allowed_error()
    tokens = get_hub(request).state.personal_access_tokens
    own = [token for token in tokens if token.username == asking.name]
    return sorted(own, key=lambda token: token.created_at, reverse=True)


def _serialize_token(token: PersonalAccessTokenRecord) -> dict[str, Any]:
    return {
        "uuid": token.uuid,
        "client_id": "HUB",
        "creator_ip": token.creator_ip,
        "creator_ua": token.creator_user_agent,
        "created_at": format_timestamp(token.created_at),
        "last_used": format_optional_timestamp(token.last_used_at),
        "generated_by": "manual",
        "is_active": token.is_active,
        # The secret is shown once, when the token is created.
        "token": "***",
        "token_label": token.label,
        "scopes": list(token.scopes),
        "expires_at": format_optional_timestamp(token.expires_at),
    }
