"""Who may use SCIM."""

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.errors import scim_error
from dockerhub_mcp.sandbox.state import OrganizationRecord


def get_scim_organization(request: Request) -> OrganizationRecord:
    """The organization a SCIM token is for; a bearer of the Hub is none, whoever it stands for."""
    caller: SandboxCaller | None = request.state.caller
    if caller is None or caller.kind != "scim":
        raise scim_error(401, "unauthorized")
    return get_hub(request).state.organizations[caller.name]
