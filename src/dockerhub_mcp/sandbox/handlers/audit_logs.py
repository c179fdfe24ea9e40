"""The audit log of an account, and the actions that it can contain."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import can_manage_organization
from dockerhub_mcp.sandbox.context import get_hub, require_authenticated_caller
from dockerhub_mcp.sandbox.data.audit_events import load_audit_actions
from dockerhub_mcp.sandbox.errors import forbidden_error, invalid_field_error, organization_not_found_error
from dockerhub_mcp.sandbox.paging import parse_page_request
from dockerhub_mcp.sandbox.timestamps import format_timestamp

DEFAULT_PAGE_SIZE = 25


async def list_audit_logs(request: Request) -> JSONResponse:
    """List the events, newest first. The response has no count and no links."""
    account = _get_authorized_account(request)
    page_request = parse_page_request(request, DEFAULT_PAGE_SIZE)
    query = request.query_params
    start, end = _parse_timestamp(request, "from"), _parse_timestamp(request, "to")
    events = [
        event
        for event in get_hub(request).state.audit_events
        if event.account == account
        and all(not query.get(field) or query[field] == getattr(event, field) for field in ("action", "name"))
        and (not query.get("actor") or query["actor"] in {event.actor, event.actor.partition(" - ")[0]})
        and (start is None or event.timestamp >= start)
        and (end is None or event.timestamp <= end)
    ]
    events.sort(key=lambda event: event.timestamp, reverse=True)
    logs = [
        {
            "account": event.account,
            "action": event.action,
            "name": event.name,
            "actor": event.actor,
            "data": event.data,
            "timestamp": format_timestamp(event.timestamp),
            "action_description": event.description,
        }
        for event in page_request.slice_entries(events)
    ]
    # The Hub has no empty list here.
    return JSONResponse({"logs": logs or None})


async def list_audit_actions(request: Request) -> JSONResponse:
    """Return the actions by group; the names of the actions do not repeat the group."""
    _get_authorized_account(request)
    return JSONResponse({"actions": load_audit_actions()})


def _get_authorized_account(request: Request) -> str:
    caller = require_authenticated_caller(request)
    account: str = request.path_params["account"]
    state = get_hub(request).state
    if caller.kind == "pat":
        raise forbidden_error()
    if caller.username == account:
        return account
    organization = state.organizations.get(account)
    if organization is None:
        raise forbidden_error() if account in state.users else organization_not_found_error()
    if not can_manage_organization(caller, organization, "scope-activity-read"):
        raise forbidden_error()
    return account


def _parse_timestamp(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{name} must be a time in RFC 3339"
        raise invalid_field_error(message, name) from error
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
