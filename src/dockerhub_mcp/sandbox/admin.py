"""The sandbox's own endpoints under /_sandbox, which the real Hub does not have."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dockerhub_mcp.sandbox.auth import BearerTokenIssuer
from dockerhub_mcp.sandbox.data.identities import Identity
from dockerhub_mcp.sandbox.faults import FAULT_PRESETS, Faults
from dockerhub_mcp.sandbox.registry.tag_editor import TagEditor, UnknownTagError
from dockerhub_mcp.sandbox.registry.tokens import RegistryTokenIssuer
from dockerhub_mcp.sandbox.request_log import RequestLog

MAX_LISTED_REQUESTS = 100


@dataclass(frozen=True)
class SandboxAdmin:
    """The parts of a sandbox that these endpoints show and change."""

    identities: dict[str, Identity]
    scim_token: str
    faults: Faults
    token_issuer: BearerTokenIssuer
    registry_token_issuer: RegistryTokenIssuer
    request_log: RequestLog
    tag_editor: TagEditor


async def describe_sandbox(request: Request) -> JSONResponse:
    """Describe the sandbox, its identities, and the endpoints that control it."""
    admin = _get_admin(request)
    identities = {
        name: {
            "username": identity.username,
            "secret": identity.secret,
            "kind": identity.kind,
            "note": identity.note,
        }
        for name, identity in admin.identities.items()
    }
    body = {
        "about": "A sandbox that imitates Docker Hub. Nothing here is real, the secrets included.",
        "log_in": {"POST /v2/auth/token": {"identifier": "<username>", "secret": "<secret>"}},
        "identities": identities,
        "registry": {
            "GET /token": "a token for ?scope=repository:<namespace>/<repository>:pull",
            "GET /v2/<namespace>/<repository>/manifests/<tag>": "a manifest",
        },
        "scim": {"Authorization": f"Bearer {admin.scim_token}"},
        "faults": {
            "PUT /_sandbox/faults": {
                "rules": [{"match": "/tags", "method": "GET", "times": 2, "status": 503}]
            },
            "GET /_sandbox/faults": "list the active faults",
            "DELETE /_sandbox/faults": "remove all faults",
            "presets": list(FAULT_PRESETS),
        },
        "DELETE /_sandbox/bearers": "revoke all bearer tokens and registry tokens issued so far",
        "PUT /_sandbox/tags/<namespace>/<repository>:<tag>": "push a new image to a tag, as another client",
        "DELETE /_sandbox/tags/<namespace>/<repository>:<tag>": "remove a tag, as another client",
        "GET /_sandbox/requests": "list the last requests",
    }
    return JSONResponse(body)


async def get_faults(request: Request) -> JSONResponse:
    """Return the active faults."""
    return JSONResponse(_get_admin(request).faults.as_json())


async def put_faults(request: Request) -> JSONResponse:
    """Replace all faults."""
    faults = _get_admin(request).faults
    try:
        faults.replace_from_json(await request.json())
    except ValueError as error:
        return JSONResponse({"message": str(error)}, 400)
    return JSONResponse(faults.as_json())


async def delete_faults(request: Request) -> Response:
    """Remove all faults."""
    _get_admin(request).faults.clear()
    return Response(status_code=204)


async def delete_bearers(request: Request) -> Response:
    """Revoke all bearer tokens, those of the registry included."""
    admin = _get_admin(request)
    admin.token_issuer.revoke_all()
    admin.registry_token_issuer.revoke_all()
    return Response(status_code=204)


async def push_tag(request: Request) -> Response:
    """Push a new image to a tag, as another client does."""
    return _edit_tag(request, is_push=True)


async def delete_tag(request: Request) -> Response:
    """Remove a tag, as another client does."""
    return _edit_tag(request, is_push=False)


async def get_requests(request: Request) -> JSONResponse:
    """Return the number of requests and logins, and the last 100 requests."""
    request_log = _get_admin(request).request_log
    last = [
        {
            "method": entry.method,
            "path": entry.path,
            "query": entry.query,
            "user": entry.user,
            "scheme": entry.auth_scheme,
            "service": "registry" if entry.is_registry else "hub",
        }
        for entry in request_log.entries[-MAX_LISTED_REQUESTS:]
    ]
    return JSONResponse(
        {"requests": len(request_log.entries), "logins": request_log.login_count, "last": last}
    )


def _edit_tag(request: Request, *, is_push: bool) -> Response:
    reference = request.path_params["reference"]
    try:
        push, remove = ([reference], []) if is_push else ([], [reference])
        _get_admin(request).tag_editor.apply(push, remove)
    except UnknownTagError as error:
        return JSONResponse({"message": str(error)}, 404)
    return Response(status_code=204)


def _get_admin(request: Request) -> SandboxAdmin:
    return cast("SandboxAdmin", request.app.state.admin)


ADMIN_ROUTES: list[BaseRoute] = [
    Route("/", describe_sandbox),
    Route("/_sandbox", describe_sandbox),
    Route("/_sandbox/faults", get_faults, methods=["GET"]),
    Route("/_sandbox/faults", put_faults, methods=["PUT"]),
    Route("/_sandbox/faults", delete_faults, methods=["DELETE"]),
    Route("/_sandbox/bearers", delete_bearers, methods=["DELETE"]),
    Route("/_sandbox/tags/{reference:path}", push_tag, methods=["PUT"]),
    Route("/_sandbox/tags/{reference:path}", delete_tag, methods=["DELETE"]),
    Route("/_sandbox/requests", get_requests, methods=["GET"]),
]
