"""Organization access tokens (OATs), which only an owner of the organization can manage."""

import re
import secrets
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import pat_not_allowed_error, repository_service_error
from dockerhub_mcp.sandbox.fields import REQUIRED_MESSAGE, FieldReader
from dockerhub_mcp.sandbox.paging import build_page_links, parse_page_request
from dockerhub_mcp.sandbox.state import OrganizationAccessTokenRecord, OrganizationRecord, TokenResourceRecord
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

MAX_TOKENS_PER_ORGANIZATION = 100
MAX_LABEL_LENGTH, MAX_DESCRIPTION_LENGTH = 100, 200
MAX_REPOSITORIES_PER_TOKEN = 50
RESOURCES_FIELD = "resources"
PUBLIC_REPOSITORIES_PATH = "*/*/public"
REPOSITORY_NAME_PATTERN = re.compile(r"[a-z0-9._-]+|\*")
REPOSITORY_SCOPES = frozenset(
    f"scope-{subject}-{verb}"
    for subject, verbs in (
        ("image", ("pull", "push", "delete")),
        ("repository", ("read", "edit", "admin")),
        ("tag", ("read", "admin")),
        ("webhook", ("read", "edit", "admin")),
        ("repo-group", ("read", "edit", "admin")),
        ("repository-settings", ("admin",)),
    )
    for verb in verbs
)
ORGANIZATION_SCOPES = frozenset(
    f"scope-{subject}-{verb}"
    for subject, verbs in (
        ("member", ("read", "edit")),
        ("invite", ("read", "edit")),
        ("group", ("read", "edit")),
        ("activity", ("read",)),
        ("siem_credentials", ("read",)),
        ("ram", ("read", "write")),
        ("report", ("read",)),
        ("repository", ("create", "list")),
        ("registry-usage", ("read",)),
        ("cloud", ("connect",)),
        ("audit_events", ("read",)),
        ("governance-policy", ("read", "write")),
    )
    for verb in verbs
)
SCOPES_BY_RESOURCE_TYPE = {"TYPE_REPO": REPOSITORY_SCOPES, "TYPE_ORG": ORGANIZATION_SCOPES}


async def list_org_access_tokens(request: Request) -> JSONResponse:
    """List the organization's access tokens, newest first."""
    tokens = _list_tokens(request)
    page_request = parse_page_request(request)
    body = {
        "total": len(tokens),
        **build_page_links(request, page_request, len(tokens)),
        "results": [_serialize_token(token) for token in page_request.slice_entries(tokens)],
    }
    return JSONResponse(body)


async def get_org_access_token(request: Request) -> JSONResponse:
    """Return an access token with its resources and scopes."""
    return JSONResponse(_serialize_token_with_resources(_get_token(request)))


async def create_org_access_token(request: Request) -> JSONResponse:
    """Create an access token. Only this response contains its secret."""
    organization, hub = _get_owned_organization(request), get_hub(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("label", required=True, min_length=1, max_length=MAX_LABEL_LENGTH)
    description = fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)
    resources = _read_resources(fields, organization.name, required=True)
    expires_at = fields.read_future_time("expires_at", hub.now())
    fields.raise_errors()
    # Expired and deactivated tokens count too.
    if len(organization.access_tokens) >= MAX_TOKENS_PER_ORGANIZATION:
        raise repository_service_error(
            400, f"the limit of {MAX_TOKENS_PER_ORGANIZATION} organization access tokens is reached"
        )
    token = OrganizationAccessTokenRecord(
        id=derive_uuid("oat", organization.name, label, hub.state.next_serial()),
        # Shorter than a real secret, so that secret scanners ignore it.
        secret=f"dckr_oat_sandbox_{secrets.token_hex(8)}",
        label=str(label),
        created_by=require_authenticated_caller(request).name,
        created_at=hub.now(),
        resources=resources or [],
        expires_at=expires_at,
        description=description or "",
    )
    organization.access_tokens.append(token)
    _record_token_event(request, organization, token, "create", "created")
    body = _serialize_token_with_resources(token) | {"token": token.secret}
    # Only later responses contain the creator.
    del body["created_by"]
    return JSONResponse(body, 201)


async def update_org_access_token(request: Request) -> JSONResponse:
    """Change an access token. New resources replace all old ones; the expiry cannot change."""
    organization, token = _get_owned_organization(request), _get_token(request)
    fields = FieldReader(await read_json_object(request))
    label = fields.read_text("label", min_length=1, max_length=MAX_LABEL_LENGTH)
    description = fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)
    resources = _read_resources(fields, organization.name)
    is_active = fields.read_bool("is_active")
    fields.raise_errors()
    if token.expires_at is not None and token.expires_at <= get_hub(request).now():
        raise repository_service_error(400, "an expired access token can only be deleted")
    if label is not None:
        token.label = label
    if description is not None:
        token.description = description
    if resources is not None:
        token.resources = resources
    if any(value is not None for value in (label, description, resources)):
        _record_token_event(request, organization, token, "update", "changed")
    if is_active is not None and is_active != token.is_active:
        token.is_active = is_active
        action, verb = ("activate", "activated") if is_active else ("deactivate", "deactivated")
        _record_token_event(request, organization, token, action, verb)
    return JSONResponse(_serialize_token_with_resources(token))


async def delete_org_access_token(request: Request) -> Response:
    """Delete an access token, which invalidates the bearer tokens issued for it."""
    organization, token = _get_owned_organization(request), _get_token(request)
    organization.access_tokens.remove(token)
    _record_token_event(request, organization, token, "delete", "deleted")
    return Response(status_code=204)


def _get_owned_organization(request: Request) -> OrganizationRecord:
    if require_authenticated_caller(request).kind == "pat":
        raise pat_not_allowed_error()
    return get_managed_organization(request, request.path_params["org"], None)


def _list_tokens(request: Request) -> list[OrganizationAccessTokenRecord]:
    organization = _get_owned_organization(request)
    return sorted(organization.access_tokens, key=lambda token: token.created_at, reverse=True)


def _get_token(request: Request) -> OrganizationAccessTokenRecord:
    token_id = request.path_params["id"]
    for token in _list_tokens(request):
        if token.id == token_id:
            return token
    raise repository_service_error(404, "access token not found")


def _read_resources(
    fields: FieldReader, organization_name: str, *, required: bool = False
) -> list[TokenResourceRecord] | None:
    """Return the resources in a body, None if it has none."""
    value = fields.body.get(RESOURCES_FIELD)
    if value is None:
        if required:
            fields.add_error(RESOURCES_FIELD, REQUIRED_MESSAGE)
        return None
    if not isinstance(value, list) or not value:
        fields.add_error(RESOURCES_FIELD, "at least one resource is needed")
        return None
    parsed = [_read_resource(fields, organization_name, entry) for entry in value]
    resources = [resource for resource in parsed if resource is not None]
    if sum(resource.type == "TYPE_REPO" for resource in resources) > MAX_REPOSITORIES_PER_TOKEN:
        fields.add_error(RESOURCES_FIELD, f"a token covers at most {MAX_REPOSITORIES_PER_TOKEN} repositories")
    return resources


def _read_resource(fields: FieldReader, organization_name: str, entry: Any) -> TokenResourceRecord | None:
    if not isinstance(entry, dict):
        fields.add_error(RESOURCES_FIELD, "not an object")
        return None
    resource_type: Literal["TYPE_REPO", "TYPE_ORG"]
    if entry.get("type") == "TYPE_REPO":
        resource_type = "TYPE_REPO"
    elif entry.get("type") == "TYPE_ORG":
        resource_type = "TYPE_ORG"
    else:
        fields.add_error(RESOURCES_FIELD, "type must be one of TYPE_REPO, TYPE_ORG")
        return None
    path, scopes = entry.get("path"), entry.get("scopes")
    if not isinstance(path, str) or not _is_valid_path(resource_type, path, organization_name):
        fields.add_error(RESOURCES_FIELD, f"path does not fit {resource_type} in {organization_name}")
        return None
    if not isinstance(scopes, list) or not scopes:
        fields.add_error(RESOURCES_FIELD, "at least one scope is needed")
        return None
    known_scopes = SCOPES_BY_RESOURCE_TYPE[resource_type]
    unknown = [scope for scope in scopes if not isinstance(scope, str) or scope not in known_scopes]
    if unknown:
        fields.add_error(RESOURCES_FIELD, f"unknown scope {unknown[0]!a} for {resource_type}")
        return None
    return TokenResourceRecord(resource_type, path, tuple(dict.fromkeys(scopes)))


def _is_valid_path(resource_type: str, path: str, organization_name: str) -> bool:
    if resource_type == "TYPE_ORG":
        return path == organization_name
    namespace, _, name = path.partition("/")
    return path == PUBLIC_REPOSITORIES_PATH or (
        namespace == organization_name and bool(REPOSITORY_NAME_PATTERN.fullmatch(name))
    )


def _serialize_token_with_resources(token: OrganizationAccessTokenRecord) -> dict[str, Any]:
    resources = [
        {"type": resource.type, "path": resource.path, "scopes": list(resource.scopes)}
        for resource in token.resources
    ]
    return _serialize_token(token) | {"resources": resources}


def _serialize_token(token: OrganizationAccessTokenRecord) -> dict[str, Any]:
    body = {
        "id": token.id,
        "label": token.label,
        "created_by": token.created_by,
        "is_active": token.is_active,
        "created_at": format_timestamp(token.created_at),
        "expires_at": format_optional_timestamp(token.expires_at),
        "last_used_at": format_optional_timestamp(token.last_used_at),
    }
    if token.description:
        # The OpenAPI document lacks this field, but the Hub's responses have it.
        body["description"] = token.description
    return body


def _record_token_event(
    request: Request,
    organization: OrganizationRecord,
    token: OrganizationAccessTokenRecord,
    action: str,
    verb: str,
) -> None:
    description = f"{verb} the access token {token.label}"
    record_audit_event(
        request, organization.name, f"org.oat.{action}", token.label, description, label=token.label
    )
