"""Docker Scout: the Docker Hardened Images an organization mirrors.

Scout has a host and a large GraphQL schema of its own. Only this one query is known, from what Docker's
own server sends and from the types it was generated with; wording and status of errors are guesses.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import PAT_SCOPE_LEVELS
from dockerhub_mcp.sandbox.context import get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.handlers.graphql import FieldNode, parse_query
from dockerhub_mcp.sandbox.state import OrganizationRecord

MIRRORED_REPOSITORIES_QUERY = "dhiListMirroredRepositories"
SOURCE_NAMESPACE = "dhi"


async def execute_graphql_query(request: Request) -> JSONResponse:
    """Answer a query; errors of the query itself are 400, the others come with a 200."""
    require_authenticated_caller(request)
    body = await read_json_object(request)
    query, variables = body.get("query"), body.get("variables")
    try:
        if not isinstance(query, str):
            msg = "Must provide query string."
            raise ValueError(msg)  # noqa: TRY301, TRY004 - one answer for all that is wrong with a query
        fields = parse_query(query, variables if isinstance(variables, dict) else {})
        data, errors = _execute_fields(request, fields)
    except ValueError as error:
        return JSONResponse({"errors": [{"message": str(error)}]}, 400)
    return JSONResponse({"data": data, "errors": errors} if errors else {"data": data})


def _execute_fields(
    request: Request, fields: list[FieldNode]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    data: dict[str, Any] = {}
    errors = []
    for wanted in fields:
        if wanted.name == "__typename":
            data[wanted.alias] = "Query"
            continue
        if wanted.name != MIRRORED_REPOSITORIES_QUERY:
            msg = f'Cannot query field "{wanted.name}" on type "Query".'
            raise ValueError(msg)
        context = wanted.arguments.get("context")
        if context is None:
            msg = f'Field "{MIRRORED_REPOSITORIES_QUERY}" argument "context" is required, but it was not provided.'
            raise ValueError(msg)
        name = context.get("organization") if isinstance(context, dict) else None
        organization = get_hub(request).state.organizations.get(name) if isinstance(name, str) else None
        if organization is None or not _can_view_mirrors(request, organization):
            errors.append(
                {
                    "message": "not authorized for this organization",
                    "path": [wanted.alias],
                    "extensions": {"status": "FORBIDDEN"},
                }
            )
            continue
        data[wanted.alias] = _select_fields(wanted, _serialize_mirrors(organization))
    # The field may not be null, so without it there is no data at all.
    return (None if errors else data), errors


def _can_view_mirrors(request: Request, organization: OrganizationRecord) -> bool:
    asking = require_authenticated_caller(request)
    if asking.kind == "oat":
        return asking.name == organization.name
    if asking.kind == "pat" and not asking.scopes & (PAT_SCOPE_LEVELS.keys() - {"repo:public_read"}):
        return False
    return organization.get_role(asking.name) is not None


def _serialize_mirrors(organization: OrganizationRecord) -> dict[str, Any]:
    mirrored = [
        {
            "__typename": "DhiMirroredRepository",
            "id": derive_uuid("mirror", organization.name, name),
            "destinationRepository": {
                "__typename": "DhiDestinationRepository",
                "name": name,
                "namespace": organization.name,
            },
            "dhiSourceRepository": {
                "__typename": "DhiSourceRepository",
                "displayName": source.capitalize(),
                "namespace": SOURCE_NAMESPACE,
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


def _select_fields(field: FieldNode, value: Any) -> Any:
    """The parts of a value that are asked for."""
    if isinstance(value, list):
        return [_select_fields(field, entry) for entry in value]
    if not isinstance(value, dict):
        if field.selections:
            msg = f'Field "{field.name}" must not have a selection since it has no subfields.'
            raise ValueError(msg)
        return value
    kind = value["__typename"]
    if not field.selections:
        msg = f'Field "{field.name}" of type "{kind}" must have a selection of subfields.'
        raise ValueError(msg)
    found = {}
    for inner in field.selections:
        if inner.name not in value:
            msg = f'Cannot query field "{inner.name}" on type "{kind}".'
            raise ValueError(msg)
        found[inner.alias] = _select_fields(inner, value[inner.name])
    return found
