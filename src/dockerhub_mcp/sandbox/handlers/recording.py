"""Writing the audit log."""

from starlette.requests import Request

from dockerhub_mcp.sandbox.context import hub
from dockerhub_mcp.sandbox.state import AuditEvent, Repository


def record(request: Request, account: str, action: str, name: str, words: str, **data: str) -> None:
    """Note in an account's audit log what the caller did."""
    here = hub(request)
    event = AuditEvent(account, action, name, request.state.caller.name, here.now(), words, data)
    here.state.audit_events.append(event)


def record_repository(request: Request, repository: Repository, action: str, words: str, **data: str) -> None:
    """Note what the caller did with a repository; the words go before its name."""
    name = f"{repository.namespace}/{repository.name}"
    record(request, repository.namespace, f"repo.{action}", name, f"{words} {name}", **data)
