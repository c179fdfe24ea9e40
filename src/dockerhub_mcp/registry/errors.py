"""The errors of the registry client that the Hub client does not have."""

from __future__ import annotations

from typing import TypeVar

from dockerhub_mcp.hub.errors import Forbidden, HubError, RateLimited, UnexpectedAnswer
from dockerhub_mcp.registry.models import PullLimit

E = TypeVar("E", bound=HubError)


class PullReserveReached(HubError):
    """A pull was not made, because only the last tenth of the pull limit is left."""


class ManifestReferenced(Forbidden):
    """A manifest was not deleted, because a tag or an index still refers to it."""


class PullLimitReached(RateLimited):
    """The registry refused a pull, because the pull limit is reached.

    Attributes:
        limit: The limit, where the registry reported it.
    """

    limit: PullLimit | None = None


class DigestMismatch(UnexpectedAnswer):
    """The content is not what its digest says."""


def mark_as_registry(error: E) -> E:
    """Return an error with its quoted message attributed to the registry."""
    error.speaker = "The registry"
    return error
