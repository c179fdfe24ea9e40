"""Personal access tokens (PATs), which only a login with a password can manage."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.auth import SandboxCaller
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
    """List the caller's personal access tokens, newest first."""
    tokens = _list_own_tokens(request)
    page_request = parse_page_request(request)
    body = {
        "count": len(tokens),
        **build_page_links(request, page_request, len(tokens)),
        "active_count": sum(token.is_active for token in tokens),
        "results": [_serialize_token(token) for token in page_request.slice_entries(tokens)],
    }
    return JSONResponse(body)


async def get_access_token(request: Request) -> JSONResponse:
    """Return one of the caller's personal access tokens."""
    return JSONResponse(_serialize_token(_get_own_token(request)))


async def create_access_token(request: Request) -> JSONResponse:
    """Create a personal access token. Only this response contains its secret."""
    caller, hub = _require_password_caller(request), get_hub(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("token_label", required=True, min_length=1, max_length=MAX_LABEL_LENGTH)
    scopes = fields.read_text_list("scopes", required=True)
    if scopes is not None:
        _check_scopes(fields, scopes)
    expires_at = fields.read_future_time("expires_at", hub.now())
    fields.raise_errors()
    token = PersonalAccessTokenRecord(
        uuid=derive_uuid("pat", caller.name, label, hub.state.next_serial()),
        # Shorter than a real secret, so that secret scanners ignore it.
        secret=f"dckr_pat_sandbox_{secrets.token_hex(8)}",
        username=caller.name,
        label=str(label),
        scopes=list(dict.fromkeys(scopes or ())),
        created_at=hub.now(),
        expires_at=expires_at,
        creator_ip=request.client.host if request.client else "",
        creator_user_agent=request.headers.get("user-agent", ""),
    )
    hub.state.personal_access_tokens.append(token)
    return JSONResponse(_serialize_token(token) | {"token": token.secret}, 201)


async def update_access_token(request: Request) -> JSONResponse:
    """Rename, deactivate or activate a token; its scopes and expiry cannot change."""
    token = _get_own_token(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("token_label", min_length=1, max_length=MAX_LABEL_LENGTH)
    is_active = fields.read_bool("is_active")
    fields.raise_errors()
    if label is not None:
        token.label = label
    if is_active is not None:
        token.is_active = is_active
    return JSONResponse(_serialize_token(token))


async def delete_access_token(request: Request) -> Response:
    """Delete a token, which invalidates the bearer tokens issued for it."""
    token = _get_own_token(request)
    get_hub(request).state.personal_access_tokens.remove(token)
    return Response(status_code=204)


def _require_password_caller(request: Request) -> SandboxCaller:
    caller = require_authenticated_caller(request)
    if caller.kind == "pat":
        raise pat_not_allowed_error()
    if caller.kind == "oat":
        raise oat_not_allowed_error()
    return caller


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
    caller = _require_password_caller(request)
    tokens = get_hub(request).state.personal_access_tokens
    own_tokens = [token for token in tokens if token.username == caller.name]
    return sorted(own_tokens, key=lambda token: token.created_at, reverse=True)


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
        # Only the response to the creation of the token shows the secret.
        "token": "***",
        "token_label": token.label,
        "scopes": list(token.scopes),
        "expires_at": format_optional_timestamp(token.expires_at),
    }
