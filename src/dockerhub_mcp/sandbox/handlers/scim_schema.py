"""What SCIM says of itself: configuration, resource types and schemas."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.errors import SCIM_JSON, scim_refusal
from dockerhub_mcp.sandbox.handlers.scim_access import scim_organization

CORE = "urn:ietf:params:scim:schemas:core:2.0"
USER = f"{CORE}:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MOST_RESULTS = 200


def _attribute(name: str, description: str, kind: str = "string", **changes: Any) -> dict[str, Any]:
    defaults = {
        "name": name,
        "type": kind,
        "multiValued": False,
        "description": description,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return defaults | changes


CONFIGURATION: dict[str, Any] = {
    "schemas": [f"{CORE}:ServiceProviderConfig"],
    "documentationUri": "",
    # Claimed, although there is no such operation.
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MOST_RESULTS},
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
        "schemas": [f"{CORE}:ResourceType"],
        "id": "User",
        "name": "User",
        "description": "A person in the organization",
        "endpoint": "/Users",
        "schema": USER,
    }
}
SCHEMAS: dict[str, dict[str, Any]] = {
    USER: {
        "schemas": [f"{CORE}:Schema"],
        "id": USER,
        "name": "User",
        "description": "A person in the organization",
        "attributes": [
            _attribute("userName", "The e-mail address", required=True, uniqueness="server"),
            _attribute(
                "name",
                "The parts of the name",
                "complex",
                subAttributes=[
                    _attribute("givenName", "The first name"),
                    _attribute("familyName", "The last name"),
                ],
            ),
            _attribute("displayName", "The Docker ID", mutability="readOnly"),
            _attribute("active", "Whether the person is a member", "boolean"),
            _attribute(
                "emails",
                "The e-mail addresses",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=[
                    _attribute("value", "The address"),
                    _attribute("display", "The address as it is shown"),
                    _attribute("primary", "Whether it is the main one", "boolean"),
                ],
            ),
            _attribute(
                "groups",
                "The teams",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=[
                    _attribute("value", "The name of the team"),
                    _attribute("display", "The name as it is shown"),
                ],
            ),
        ],
    }
}


async def get_service_provider_config(request: Request) -> JSONResponse:
    """What this SCIM can do."""
    scim_organization(request)
    return answer(CONFIGURATION)


async def list_resource_types(request: Request) -> JSONResponse:
    """The kinds of things there are: users alone."""
    scim_organization(request)
    return answer(_listing(RESOURCE_TYPES))


async def get_resource_type(request: Request) -> JSONResponse:
    """One kind of thing."""
    return _one(request, RESOURCE_TYPES, "name", "resource type not found")


async def list_schemas(request: Request) -> JSONResponse:
    """The schemas there are."""
    scim_organization(request)
    return answer(_listing(SCHEMAS))


async def get_schema(request: Request) -> JSONResponse:
    """One schema."""
    return _one(request, SCHEMAS, "id", "schema not found")


def answer(body: dict[str, Any], status: int = 200) -> JSONResponse:
    """An answer with the media type of SCIM."""
    return JSONResponse(body, status, media_type=SCIM_JSON)


def _listing(entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"schemas": [LIST], "totalResults": len(entries), "Resources": list(entries.values())}


def _one(request: Request, entries: dict[str, dict[str, Any]], name: str, problem: str) -> JSONResponse:
    scim_organization(request)
    found = entries.get(request.path_params[name])
    if found is None:
        raise scim_refusal(404, problem)
    return answer(found)
