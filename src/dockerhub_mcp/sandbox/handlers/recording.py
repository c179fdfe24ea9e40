"""Writing the audit log."""

from starlette.requests import Request

from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.state import AuditEventRecord, RepositoryRecord


def record_audit_event(
    request: Request, account: str, action: str, name: str, description: str, **data: str
) -> None:
    """Note in an account's audit log what the caller did."""
    here = get_hub(request)
    event = AuditEventRecord(account, action, name, request.state.caller.name, here.now(), description, data)
    here.state.audit_events.append(event)


def record_repository_event(
    request: Request, repository: RepositoryRecord, action: str, description_prefix: str, **data: str
) -> None:
    """Note what the caller did with a repository; the words go before its name."""
    name = f"{repository.namespace}/{repository.name}"
    record_audit_event(
        request, repository.namespace, f"repo.{action}", name, f"{description_prefix} {name}", **data
    )
