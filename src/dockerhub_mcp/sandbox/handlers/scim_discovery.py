"""The SCIM service: its authentication, and the discovery endpoints for its configuration and schemas."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.errors import SCIM_MEDIA_TYPE, scim_error
from dockerhub_mcp.sandbox.state import OrganizationRecord

CORE_SCHEMA_PREFIX = "urn:ietf:params:scim:schemas:core:2.0"
USER_SCHEMA = f"{CORE_SCHEMA_PREFIX}:User"
LIST_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MAX_RESULTS = 200


def _build_attribute(
    name: str, description: str, attribute_type: str = "string", **overrides: Any
) -> dict[str, Any]:
    defaults = {
        "name": name,
        "type": attribute_type,
        "multiValued": False,
        "description": description,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return defaults | overrides


SERVICE_PROVIDER_CONFIG: dict[str, Any] = {
    "schemas": [f"{CORE_SCHEMA_PREFIX}:ServiceProviderConfig"],
    "documentationUri": "",
    # The Hub claims this, although it has no PATCH operation.
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MAX_RESULTS},
    "changePassword": {"supported": False},
    "sort": {"supported": True},
    "etag": {"supported": False},
    "authenticationSchemes": [
        {
            "name": "OAuth 2.0 Bearer Token",
            "description": "A token that belongs to one organization, sent as a bearer",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "type": "oauthbearertoken",
        }
    ],
}
RESOURCE_TYPES: dict[str, dict[str, Any]] = {
    "User": {
        "schemas": [f"{CORE_SCHEMA_PREFIX}:ResourceType"],
        "id": "User",
        "name": "User",
        "description": "A person in the organization",
        "endpoint": "/Users",
        "schema": USER_SCHEMA,
    }
}
SCHEMAS: dict[str, dict[str, Any]] = {
    USER_SCHEMA: {
        "schemas": [f"{CORE_SCHEMA_PREFIX}:Schema"],
        "id": USER_SCHEMA,
        "name": "User",
        "description": "A person in the organization",
        "attributes": [
            _build_attribute("userName", "The e-mail address", required=True, uniqueness="server"),
            _build_attribute(
                "name",
                "The parts of the name",
                "complex",
                subAttributes=[
                    _build_attribute("givenName", "The first name"),
                    _build_attribute("familyName", "The last name"),
                ],
            ),
            _build_attribute("displayName", "The Docker ID", mutability="readOnly"),
            _build_attribute("active", "Whether the person is a member", "boolean"),
            _build_attribute(
                "emails",
                "The e-mail addresses",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=[
                    _build_attribute("value", "The address"),
                    _build_attribute("display", "The address as it is shown"),
                    _build_attribute("primary", "Whether it is the main one", "boolean"),
                ],
            ),
            _build_attribute(
                "groups",
                "The teams",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=[
                    _build_attribute("value", "The name of the team"),
                    _build_attribute("display", "The name as it is shown"),
                ],
            ),
        ],
    }
}


async def get_service_provider_config(request: Request) -> JSONResponse:
    """Return the features that the service supports."""
    get_scim_organization(request)
    return build_scim_response(SERVICE_PROVIDER_CONFIG)


async def list_resource_types(request: Request) -> JSONResponse:
    """List the resource types: only users."""
    get_scim_organization(request)
    return build_scim_response(_build_list_body(RESOURCE_TYPES))


async def get_resource_type(request: Request) -> JSONResponse:
    """Return a resource type."""
    return _build_entry_response(request, RESOURCE_TYPES, "name", "resource type not found")


async def list_schemas(request: Request) -> JSONResponse:
    """List the schemas."""
    get_scim_organization(request)
    return build_scim_response(_build_list_body(SCHEMAS))


async def get_schema(request: Request) -> JSONResponse:
    """Return a schema."""
    return _build_entry_response(request, SCHEMAS, "id", "schema not found")


def get_scim_organization(request: Request) -> OrganizationRecord:
    """Return the organization of a SCIM token.

    Raises:
        SandboxHTTPError: 401 for anything but a SCIM token; the Hub's bearer tokens are not accepted.
    """
    caller: SandboxCaller | None = request.state.caller
    if caller is None or caller.kind != "scim":
        raise scim_error(401, "unauthorized")
    return get_hub(request).state.organizations[caller.name]


def build_scim_response(body: dict[str, Any], status: int = 200) -> JSONResponse:
    """Return a response with the media type of SCIM."""
    return JSONResponse(body, status, media_type=SCIM_MEDIA_TYPE)


def _build_list_body(entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "schemas": [LIST_RESPONSE_SCHEMA],
        "totalResults": len(entries),
        "Resources": list(entries.values()),
    }


def _build_entry_response(
    request: Request, entries: dict[str, dict[str, Any]], path_parameter: str, not_found_message: str
) -> JSONResponse:
    get_scim_organization(request)
    entry = entries.get(request.path_params[path_parameter])
    if entry is None:
        raise scim_error(404, not_found_message)
    return build_scim_response(entry)
