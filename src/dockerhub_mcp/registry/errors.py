"""The errors of the registry client that the Hub client does not have."""

from __future__ import annotations

from dockerhub_mcp.hub.errors import HubError, UnexpectedAnswer


class PullReserveReached(HubError):
    """A pull was not made, because only the last tenth of the pull limit is left."""


class DigestMismatch(UnexpectedAnswer):
    """The content is not what its digest says."""
