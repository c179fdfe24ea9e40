"""Teams of an organization."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.errors import account_refusal
from dockerhub_mcp.sandbox.paging import listing, page


async def list_groups(request: Request) -> JSONResponse:
    """The teams of an organization, by name."""
    organization = managed_organization(request, request.path_params["org"], "scope-group-read")
    wanted = page(request)
    username = request.query_params.get("username")
    search = request.query_params.get("search", "").lower()
    found = sorted(
        (
            group
            for group in organization.groups
            if search in group.name.lower() and (not username or username in group.members)
        ),
        key=lambda group: group.name,
    )
    if wanted.is_past_the_end(len(found)):
        raise account_refusal(404, "Invalid page.")
    results = [
        {
            "id": group.id,
            "uuid": group.uuid,
            "name": group.name,
            "description": group.description,
            "member_count": len(group.members),
            "role": group.role,
        }
        for group in wanted.of(found)
    ]
    return JSONResponse(listing(request, wanted, len(found), results))
