"""Who may use SCIM."""

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import Caller
from dockerhub_mcp.sandbox.context import hub
from dockerhub_mcp.sandbox.errors import scim_refusal
from dockerhub_mcp.sandbox.state import Organization


def scim_organization(request: Request) -> Organization:
    """The organization a SCIM token is for; a bearer of the Hub is none, whoever it stands for."""
    caller: Caller | None = request.state.caller
    if caller is None or caller.kind != "scim":
        raise scim_refusal(401, "unauthorized")
    return hub(request).state.organizations[caller.name]
