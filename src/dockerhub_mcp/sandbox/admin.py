"""The sandbox's own pages under /_sandbox, which no real Hub has."""

from typing import TYPE_CHECKING, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from dockerhub_mcp.sandbox.app import Sandbox


async def describe_sandbox(request: Request) -> JSONResponse:
    """Say what this is, who there is to be, and how to make it misbehave."""
    people = {
        name: {"username": who.username, "secret": who.secret, "kind": who.kind, "note": who.note}
        for name, who in _get_sandbox(request).identities.items()
    }
    body = {
        "about": "A sandbox that imitates Docker Hub. Nothing here is real, the secrets included.",
        "log_in": {"POST /v2/auth/token": {"identifier": "<username>", "secret": "<secret>"}},
        "identities": people,
        "scim": {"Authorization": f"Bearer {_get_sandbox(request).scim_token}"},
        "faults": {
            "PUT /_sandbox/faults": {
                "rules": [{"match": "/tags", "method": "GET", "times": 2, "status": 503}]
            },
            "GET /_sandbox/faults": "the faults that stand",
            "DELETE /_sandbox/faults": "behave again",
        },
        "DELETE /_sandbox/bearers": "revoke all bearer tokens issued so far",
        "GET /_sandbox/requests": "what was asked so far",
    }
    return JSONResponse(body)


async def get_faults(request: Request) -> JSONResponse:
    """The faults that stand."""
    return JSONResponse(_get_sandbox(request).faults.as_json())


async def put_faults(request: Request) -> JSONResponse:
    """Replace the faults."""
    faults = _get_sandbox(request).faults
    try:
        faults.replace_from_json(await request.json())
    except ValueError as error:
        return JSONResponse({"message": str(error)}, 400)
    return JSONResponse(faults.as_json())


async def delete_faults(request: Request) -> Response:
    """Clear the faults."""
    _get_sandbox(request).faults.clear()
    return Response(status_code=204)


async def delete_bearers(request: Request) -> Response:
    """Revoke all bearer tokens."""
    _get_sandbox(request).revoke_bearer_tokens()
    return Response(status_code=204)


async def get_requests(request: Request) -> JSONResponse:
    """The counters, and the last requests."""
    sandbox = _get_sandbox(request)
    last = [
        {"method": r.method, "path": r.path, "query": r.query, "user": r.user, "scheme": r.auth_scheme}
        for r in sandbox.requests[-100:]
    ]
    return JSONResponse({"requests": len(sandbox.requests), "logins": sandbox.login_count, "last": last})


def _get_sandbox(request: Request) -> "Sandbox":
    return cast("Sandbox", request.app.state.sandbox)


ADMIN_ROUTES = [
    Route("/", describe_sandbox),
    Route("/_sandbox", describe_sandbox),
    Route("/_sandbox/faults", get_faults, methods=["GET"]),
    Route("/_sandbox/faults", put_faults, methods=["PUT"]),
    Route("/_sandbox/faults", delete_faults, methods=["DELETE"]),
    Route("/_sandbox/bearers", delete_bearers, methods=["DELETE"]),
    Route("/_sandbox/requests", get_requests, methods=["GET"]),
]
