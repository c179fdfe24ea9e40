"""Write the audit log."""

from starlette.requests import Request

from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.state import AuditEventRecord, RepositoryRecord


def record_audit_event(
    request: Request, account: str, action: str, name: str, description: str, **data: str
) -> None:
    """Add an action of the caller to the audit log of an account."""
    hub = get_hub(request)
    actor = request.state.caller.name
    event = AuditEventRecord(account, action, name, actor, hub.now(), description, data)
    hub.state.audit_events.append(event)


def record_repository_event(
    request: Request, repository: RepositoryRecord, action: str, description_prefix: str, **data: str
) -> None:
    """Add an action on a repository to the audit log. The repository's name completes the description."""
    name = f"{repository.namespace}/{repository.name}"
    description = f"{description_prefix} {name}"
    record_audit_event(request, repository.namespace, f"repo.{action}", name, description, **data)
