"""Docker Scout: the Docker Hardened Images an organization mirrors.

Scout has its own host and a large GraphQL schema. The sandbox serves one query, known from the requests of
Docker's own server and its generated types; the texts and statuses of errors are guesses.
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
    """Execute a query. Errors in the query have status 400, errors of its execution status 200."""
    require_authenticated_caller(request)
    body = await read_json_object(request)
    query, variables = body.get("query"), body.get("variables")
    try:
        if not isinstance(query, str):
            msg = "Must provide query string."
            raise ValueError(msg)  # noqa: TRY301, TRY004 - handled like all errors in a query
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
    for node in fields:
        if node.name == "__typename":
            data[node.name] = "Query"
            continue
        if node.name != MIRRORED_REPOSITORIES_QUERY:
            msg = f'Cannot query field "{node.name}" on type "Query".'
            raise ValueError(msg)
        context = node.arguments.get("context")
        if context is None:
            msg = f'Field "{node.name}" argument "context" is required, but it was not provided.'
            raise ValueError(msg)
        name = context.get("organization") if isinstance(context, dict) else None
        organization = get_hub(request).state.organizations.get(name) if isinstance(name, str) else None
        if organization is None or not _can_view_mirrors(request, organization):
            errors.append(
                {
                    "message": "not authorized for this organization",
                    "path": [node.name],
                    "extensions": {"status": "FORBIDDEN"},
                }
            )
            continue
        data[node.name] = _select_fields(node, _serialize_mirrors(organization))
    # The field is not nullable, so an error in it makes all data null.
    return (None if errors else data), errors


def _can_view_mirrors(request: Request, organization: OrganizationRecord) -> bool:
    caller = require_authenticated_caller(request)
    if caller.kind == "oat":
        return caller.name == organization.name
    if caller.kind == "pat" and not caller.scopes & (PAT_SCOPE_LEVELS.keys() - {"repo:public_read"}):
        return False
    return organization.get_role(caller.name) is not None


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


def _select_fields(node: FieldNode, value: Any) -> Any:
    """Return the selected fields of a value.

    Raises:
        ValueError: The selection does not fit the type of the value.
    """
    if isinstance(value, list):
        return [_select_fields(node, entry) for entry in value]
    if not isinstance(value, dict):
        if node.selections:
            msg = f'Field "{node.name}" must not have a selection since it has no subfields.'
            raise ValueError(msg)
        return value
    type_name = value["__typename"]
    if not node.selections:
        msg = f'Field "{node.name}" of type "{type_name}" must have a selection of subfields.'
        raise ValueError(msg)
    selected = {}
    for child in node.selections:
        if child.name not in value:
            msg = f'Cannot query field "{child.name}" on type "{type_name}".'
            raise ValueError(msg)
        selected[child.name] = _select_fields(child, value[child.name])
    return selected
