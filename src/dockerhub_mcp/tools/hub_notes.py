"""Notes on the state of the Hub client: unusable credentials, and a rate limit that is nearly used up."""

from __future__ import annotations

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.results.sanitize import error_text


def list_hub_notes(hub: Hub, *, uses_account: bool = True, uses_registry: bool = False) -> list[str]:
    """Return the notes for a result that was just read.

    Args:
        hub: The client.
        uses_account: Whether the result depends on the Hub account.
        uses_registry: Whether some of the result is from the registry, which has another sign-in.
    """
    notes = []
    if hub.credential_error is not None and uses_account:
        answered = "Answered as for an anonymous caller."
        if uses_registry:
            answered = "The Hub's API answered as for an anonymous caller; the registry signs in separately."
        notes.append(f"{answered} {error_text(hub.credential_error)}")
    limit = hub.rate_limit
    if limit is not None and limit.headroom <= 0:
        until = f" until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
        notes.append(f"{limit.remaining} of {limit.limit} requests to the Hub are left{until}.")
    return notes
