"""The audit log of an account, and the actions it may hold."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import is_manager
from dockerhub_mcp.sandbox.context import hub, signed_in
from dockerhub_mcp.sandbox.data.audit_actions import ACTIONS
from dockerhub_mcp.sandbox.data.deterministic import stamp
from dockerhub_mcp.sandbox.errors import forbidden, invalid, no_such_organization
from dockerhub_mcp.sandbox.paging import page

DEFAULT_PAGE_SIZE = 25


async def list_audit_logs(request: Request) -> JSONResponse:
    """Events, newest first; nothing tells how many there are."""
    account = _account(request)
    wanted = page(request, DEFAULT_PAGE_SIZE)
    query = request.query_params
    start, end = _time(request, "from"), _time(request, "to")
    found = [
        event
        for event in hub(request).state.audit_events
        if event.account == account
        and all(
            not query.get(field) or query[field] == getattr(event, field)
            for field in ("action", "name", "actor")
        )
        and (start is None or event.at >= start)
        and (end is None or event.at <= end)
    ]
    found.sort(key=lambda event: event.at, reverse=True)
    logs = [
        {
            "account": event.account,
            "action": event.action,
            "name": event.name,
            "actor": event.actor,
            "data": event.data,
            "timestamp": stamp(event.at),
            "action_description": event.description,
        }
        for event in wanted.of(found)
    ]
    return JSONResponse({"logs": logs})


async def list_audit_actions(request: Request) -> JSONResponse:
    """The actions by group; the names leave the group out."""
    _account(request)
    shown = {
        group: {
            "label": label,
            "actions": [{"name": n, "label": words, "description": text} for n, words, text in actions],
        }
        for group, (label, actions) in ACTIONS.items()
    }
    return JSONResponse({"actions": shown})


def _account(request: Request) -> str:
    asking = signed_in(request)
    account: str = request.path_params["account"]
    state = hub(request).state
    if asking.kind == "pat":
        raise forbidden()
    if asking.username == account:
        return account
    organization = state.organizations.get(account)
    if organization is None:
        raise forbidden() if account in state.users else no_such_organization()
    if not is_manager(asking, organization, "scope-activity-read"):
        raise forbidden()
    return account


def _time(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    if not text:
        return None
    problem = f"{name} must be a time in RFC 3339"
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(problem, name) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
