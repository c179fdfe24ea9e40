"""Settings of an organization."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.context import json_object
from dockerhub_mcp.sandbox.errors import invalid
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.recording import record

SWITCHES = ("enabled", "allow_official_images", "allow_verified_publishers")


async def get_settings(request: Request) -> JSONResponse:
    """Which images the members may pull."""
    organization = managed_organization(request, request.path_params["org"], None)
    return JSONResponse({"restricted_images": organization.restricted_images})


async def replace_settings(request: Request) -> JSONResponse:
    """Replace all settings; none may be left out."""
    organization = managed_organization(request, request.path_params["org"], None)
    body = await json_object(request)
    restricted = body.get("restricted_images")
    if not isinstance(restricted, dict):
        problem = "an object is expected"
        raise invalid(problem, "restricted_images")
    fields = Fields(restricted)
    wanted = {name: bool(fields.flag(name, required=True)) for name in SWITCHES}
    fields.check()
    organization.restricted_images.clear()
    organization.restricted_images.update(wanted)
    shown = {name: str(value).lower() for name, value in wanted.items()}
    words = "changed which images may be pulled"
    record(request, organization.name, "org.settings.update", organization.name, words, **shown)
    return JSONResponse({"restricted_images": organization.restricted_images})
