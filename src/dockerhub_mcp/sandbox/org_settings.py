"""Settings of an organization."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import managed_organization


async def get_settings(request: Request) -> JSONResponse:
    """Which images the members may pull."""
    organization = managed_organization(request, request.path_params["org"], None)
    return JSONResponse({"restricted_images": organization.restricted_images})
