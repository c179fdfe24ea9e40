"""Docker Scout: the Docker Hardened Images an organization mirrors.

Scout has a host and a large GraphQL schema of its own. Only this one query is known, from what Docker's
own server sends and from the types it was generated with; wording and status of errors are guesses.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import PAT_LEVELS
from dockerhub_mcp.sandbox.context import hub, json_object, signed_in
from dockerhub_mcp.sandbox.data.deterministic import identifier
from dockerhub_mcp.sandbox.handlers.graphql import Field, parsed
from dockerhub_mcp.sandbox.state import Organization

QUERY = "dhiListMirroredRepositories"
SOURCE = "dhi"


async def graphql(request: Request) -> JSONResponse:
    """Answer a query; errors of the query itself are 400, the others come with a 200."""
    signed_in(request)
    body = await json_object(request)
    query, variables = body.get("query"), body.get("variables")
    try:
        if not isinstance(query, str):
            msg = "Must provide query string."
            raise ValueError(msg)  # noqa: TRY301, TRY004 - one answer for all that is wrong with a query
        fields = parsed(query, variables if isinstance(variables, dict) else {})
        data, errors = _answer(request, fields)
    except ValueError as error:
        return JSONResponse({"errors": [{"message": str(error)}]}, 400)
    return JSONResponse({"data": data, "errors": errors} if errors else {"data": data})


def _answer(request: Request, fields: list[Field]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    data: dict[str, Any] = {}
    errors = []
    for wanted in fields:
        if wanted.name == "__typename":
            data[wanted.alias] = "Query"
            continue
        if wanted.name != QUERY:
            msg = f'Cannot query field "{wanted.name}" on type "Query".'
            raise ValueError(msg)
        context = wanted.arguments.get("context")
        if context is None:
            msg = f'Field "{QUERY}" argument "context" is required, but it was not provided.'
            raise ValueError(msg)
        name = context.get("organization") if isinstance(context, dict) else None
        organization = hub(request).state.organizations.get(name) if isinstance(name, str) else None
        if organization is None or not _may_see(request, organization):
            errors.append(
                {
                    "message": "not authorized for this organization",
                    "path": [wanted.alias],
                    "extensions": {"status": "FORBIDDEN"},
                }
            )
            continue
        data[wanted.alias] = _selected(wanted, _mirrors(organization))
    # The field may not be null, so without it there is no data at all.
    return (None if errors else data), errors


def _may_see(request: Request, organization: Organization) -> bool:
    asking = signed_in(request)
    if asking.kind == "oat":
        return asking.name == organization.name
    if asking.kind == "pat" and not asking.scopes & (PAT_LEVELS.keys() - {"repo:public_read"}):
        return False
    return organization.role(asking.name) is not None


def _mirrors(organization: Organization) -> dict[str, Any]:
    mirrored = [
        {
            "__typename": "DhiMirroredRepository",
            "id": identifier("mirror", organization.name, name),
            "destinationRepository": {
                "__typename": "DhiDestinationRepository",
                "name": name,
                "namespace": organization.name,
            },
            "dhiSourceRepository": {
                "__typename": "DhiSourceRepository",
                "displayName": source.capitalize(),
                "namespace": SOURCE,
                "name": source,
            },
        }
        for name, source in organization.mirrors.items()
    ]
    return {
        "__typename": "DhiListMirroredRepositoriesResponse",
        "mirroredRepositories": mirrored,
        "totalCount": len(mirrored),
        "canMirrorMoreRepositories": True,
    }


def _selected(wanted: Field, value: Any) -> Any:
    """The parts of a value that are asked for."""
    if isinstance(value, list):
        return [_selected(wanted, entry) for entry in value]
    if not isinstance(value, dict):
        if wanted.fields:
            msg = f'Field "{wanted.name}" must not have a selection since it has no subfields.'
            raise ValueError(msg)
        return value
    kind = value["__typename"]
    if not wanted.fields:
        msg = f'Field "{wanted.name}" of type "{kind}" must have a selection of subfields.'
        raise ValueError(msg)
    found = {}
    for inner in wanted.fields:
        if inner.name not in value:
            msg = f'Cannot query field "{inner.name}" on type "{kind}".'
            raise ValueError(msg)
        found[inner.alias] = _selected(inner, value[inner.name])
    return found
