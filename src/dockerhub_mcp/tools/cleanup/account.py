"""The account that a clean-up plan is bound to."""

from __future__ import annotations

from dockerhub_mcp.tools.context import ToolContext


def describe_account(context: ToolContext) -> str:
    """Return the Hub, the account and the caller of a request; the account is known after a request.

    The kind of credentials is left out, so that a plan outlives a new token of the same account.
    """
    hub = context.hub
    return " ".join([hub.host, hub.principal.username.lower() or "anonymous", context.caller]).rstrip()


async def identify_account(context: ToolContext) -> str:
    """Sign in where that was not done yet, and return the account like `describe_account`.

    Raises:
        HubError: The sign-in failed.
    """
    if context.hub.has_credentials:
        await context.hub.sign_in()
    return describe_account(context)
