"""Organization access tokens, which only an owner may look at."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.context import get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import pat_not_allowed_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.handlers.resources import read_resources
from dockerhub_mcp.sandbox.paging import build_page_links, parse_page_request
from dockerhub_mcp.sandbox.state import OrganizationAccessTokenRecord, OrganizationRecord, TokenResourceRecord
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

MAX_TOKENS_PER_ORGANIZATION = 100
ACTIVATE_EVENT, DEACTIVATE_EVENT = ("activate", "activated"), ("deactivate", "deactivated")
MAX_LABEL_LENGTH, MAX_DESCRIPTION_LENGTH = 100, 200


async def list_org_access_tokens(request: Request) -> JSONResponse:
    """The organization's access tokens, newest first."""
    found = _list_tokens(request)
    wanted = parse_page_request(request)
    body = {
        "total": len(found),
        **build_page_links(request, wanted, len(found)),
        "results": [_serialize_token(token) for token in wanted.slice_entries(found)],
    }
    return JSONResponse(body)


async def get_org_access_token(request: Request) -> JSONResponse:
    """One access token, with what it may do."""
    return JSONResponse(_serialize_token_with_resources(_get_token(request)))


async def create_org_access_token(request: Request) -> JSONResponse:
    """Create an access token; the only answer that tells its secret."""
    organization = _get_owned_organization(request)
    here = get_hub(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("label", required=True, min_length=1, max_length=MAX_LABEL_LENGTH)
    description = fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)
    granted = read_resources(fields, organization.name, required=True)
    expires = fields.read_future_time("expires_at", here.now())
    fields.raise_errors()
    # Expired and deactivated ones count.
    if len(organization.access_tokens) >= MAX_TOKENS_PER_ORGANIZATION:
        raise repository_service_error(
            400, f"the limit of {MAX_TOKENS_PER_ORGANIZATION} organization access tokens is reached"
        )
    created = OrganizationAccessTokenRecord(
        id=derive_uuid("oat", organization.name, label, here.state.next_serial()),
        # Shorter than a real one, so that nobody takes it for one.
        secret=f"dckr_oat_sandbox_{secrets.token_hex(8)}",
        label=str(label),
        created_by=require_authenticated_caller(request).name,
        created_at=here.now(),
        resources=granted or [],
        expires_at=expires,
        description=description or "",
    )
    organization.access_tokens.append(created)
    _record_token_event(request, organization, created, "create", "created")
    shown = _serialize_token_with_resources(created) | {"token": created.secret}
    # Who created it is said by later answers only.
    del shown["created_by"]
    return JSONResponse(shown, 201)


async def update_org_access_token(request: Request) -> JSONResponse:
    """Change an access token; resources that are named replace all there were, the expiry stays."""
    organization, found = _get_owned_organization(request), _get_token(request)
    here = get_hub(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("label", min_length=1, max_length=MAX_LABEL_LENGTH)
    description = fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)
    granted = read_resources(fields, organization.name)
    active = fields.read_bool("is_active")
    fields.raise_errors()
    if found.expires_at is not None and found.expires_at <= here.now():
        raise repository_service_error(400, "an expired access token can only be deleted")
    _apply_changes(found, label, description, granted)
    if any(value is not None for value in (label, description, granted)):
        _record_token_event(request, organization, found, "update", "changed")
    if active is not None and active != found.is_active:
        found.is_active = active
        _record_token_event(request, organization, found, *(ACTIVATE_EVENT if active else DEACTIVATE_EVENT))
    return JSONResponse(_serialize_token_with_resources(found))


async def delete_org_access_token(request: Request) -> Response:
    """Delete an access token; bearers made from it end with it."""
    organization, found = _get_owned_organization(request), _get_token(request)
    organization.access_tokens.remove(found)
    _record_token_event(request, organization, found, "delete", "deleted")
    return Response(status_code=204)


def _get_owned_organization(request: Request) -> OrganizationRecord:
    if require_authenticated_caller(request).kind == "pat":
        raise pat_not_allowed_error()
    return get_managed_organization(request, request.path_params["org"], None)


def _list_tokens(request: Request) -> list[OrganizationAccessTokenRecord]:
    organization = _get_owned_organization(request)
    return sorted(organization.access_tokens, key=lambda token: token.created_at, reverse=True)


def _get_token(request: Request) -> OrganizationAccessTokenRecord:
    wanted = request.path_params["id"]
    for token in _list_tokens(request):
        if token.id == wanted:
            return token
    raise repository_service_error(404, "access token not found")


def _apply_changes(
    token: OrganizationAccessTokenRecord,
    label: str | None,
    description: str | None,
    resources: list[TokenResourceRecord] | None,
) -> None:
    if label is not None:
        token.label = label
    if description is not None:
        token.description = description
    if resources is not None:
        token.resources = resources


def _record_token_event(
    request: Request,
    organization: OrganizationRecord,
    token: OrganizationAccessTokenRecord,
    action: str,
    verb: str,
) -> None:
    words = f"{verb} the access token {token.label}"
    record_audit_event(request, organization.name, f"org.oat.{action}", token.label, words, label=token.label)


def _serialize_token_with_resources(token: OrganizationAccessTokenRecord) -> dict[str, Any]:
    granted = [{"type": r.type, "path": r.path, "scopes": list(r.scopes)} for r in token.resources]
    return _serialize_token(token) | {"resources": granted}


def _serialize_token(token: OrganizationAccessTokenRecord) -> dict[str, Any]:
    # Live answers have a description where there is one; the document has none.
    described = {"description": token.description} if token.description else {}
    return {
        "id": token.id,
        "label": token.label,
        "created_by": token.created_by,
        "is_active": token.is_active,
        "created_at": format_timestamp(token.created_at),
        "expires_at": format_optional_timestamp(token.expires_at),
        "last_used_at": format_optional_timestamp(token.last_used_at),
        **described,
    }
