"""Write the audit log."""

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.state import AuditEventRecord, RepositoryRecord, SandboxState


def record_audit_event(
    request: Request, account: str, action: str, name: str, description: str, **data: str
) -> None:
    """Add an action of the caller to the audit log of an account."""
    hub = get_hub(request)
    caller = request.state.caller
    actor = caller.name
    if (label := _find_token_label(hub.state, caller)) is not None:
        actor += f' - access token "{label}"'
        data |= {
            "access_token_id": caller.token_id,
            "access_token_label": label,
            "access_token_type": "TYPE_UNSPECIFIED",
        }
    event = AuditEventRecord(account, action, name, actor, hub.now(), description, data)
    hub.state.audit_events.append(event)


def _find_token_label(state: SandboxState, caller: SandboxCaller) -> str | None:
    """Return the label of the access token that a caller logged in with, None for a password."""
    if caller.kind == "oat":
        tokens = state.organizations[caller.name].access_tokens
        return next((token.label for token in tokens if token.id == caller.token_id), None)
    personal = state.personal_access_tokens
    return next((token.label for token in personal if token.uuid == caller.token_id), None)


def record_repository_event(
    request: Request, repository: RepositoryRecord, action: str, description_prefix: str, **data: str
) -> None:
    """Add an action on a repository to the audit log. The repository's name completes the description."""
    name = f"{repository.namespace}/{repository.name}"
    description = f"{description_prefix} {name}"
    record_audit_event(request, repository.namespace, f"repo.{action}", name, description, **data)
