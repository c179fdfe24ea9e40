"""The settings of an organization: restricted images."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import read_json_object
from dockerhub_mcp.sandbox.errors import invalid_field_error
from dockerhub_mcp.sandbox.fields import FieldReader

RESTRICTED_IMAGES_FIELDS = ("enabled", "allow_official_images", "allow_verified_publishers")


async def get_settings(request: Request) -> JSONResponse:
    """Return the settings for the images that members can pull."""
    organization = get_managed_organization(request, request.path_params["org"], None)
    return JSONResponse({"restricted_images": organization.restricted_images})


async def replace_settings(request: Request) -> JSONResponse:
    """Replace all settings; a body without one of them is invalid."""
    organization = get_managed_organization(request, request.path_params["org"], None)
    body = await read_json_object(request)
    restricted = body.get("restricted_images")
    if not isinstance(restricted, dict):
        message = "an object is expected"
        raise invalid_field_error(message, "restricted_images")
    fields = FieldReader(restricted)
    settings = {name: bool(fields.read_bool(name, required=True)) for name in RESTRICTED_IMAGES_FIELDS}
    fields.raise_errors()
    organization.restricted_images.clear()
    organization.restricted_images.update(settings)
    data = {name: str(value).lower() for name, value in settings.items()}
    description = "changed which images may be pulled"
    record_audit_event(
        request, organization.name, "org.settings.update", organization.name, description, **data
    )
    return JSONResponse({"restricted_images": organization.restricted_images})
