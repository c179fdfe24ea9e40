"""The list of all tags of a repository, and the list of referrers, which Docker Hub does not offer."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dockerhub_mcp.sandbox.registry.context import require_registry_caller, require_repository
from dockerhub_mcp.sandbox.registry.errors import registry_error
from dockerhub_mcp.sandbox.registry.manifests import API_VERSION_HEADERS

MAX_TAGS = 10_000


async def list_tag_names(request: Request) -> Response:
    """List the names of tags by their bytes, `n` of them after the name `last`."""
    _, repository = require_repository(request, "pull")
    size_text, last = request.query_params.get("n", str(MAX_TAGS)), request.query_params.get("last", "")
    if not size_text.isascii() or not size_text.isdecimal() or int(size_text) == 0:
        message = "invalid number of results requested"
        raise registry_error(400, "PAGINATION_NUMBER_INVALID", message, {"n": size_text})
    size = min(int(size_text), MAX_TAGS)
    names = sorted(tag.name for tag in repository.tags)
    following = [name for name in names if name > last]
    page = following[:size]
    headers = dict(API_VERSION_HEADERS)
    if len(following) > size:
        query = urlencode({"last": page[-1], "n": size})
        headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    name = f"{repository.namespace}/{repository.name}"
    return JSONResponse({"name": name, "tags": page}, headers=headers)


async def list_referrers(request: Request) -> Response:
    """Respond with status 404, as Docker Hub does; referrers are found by their fallback tag."""
    require_repository(request, "pull")
    return PlainTextResponse("404 page not found\n", 404, API_VERSION_HEADERS)


async def check_api_version(request: Request) -> Response:
    """Respond with status 200 to a request with a token; other requests get a challenge."""
    require_registry_caller(request)
    return JSONResponse({}, headers=API_VERSION_HEADERS)
