"""What became of the tags and manifests of a plan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import Refused, end_with_period
from dockerhub_mcp.hub.internal_addresses import redact_internal_addresses
from dockerhub_mcp.tools.results.sanitize import sanitize_line

_MAX_REASON_CHARS = 240


class ItemOutcome(StrEnum):
    """What became of a tag or a manifest that a plan deletes."""

    DELETED = "deleted"
    ALREADY_GONE = "already_gone"
    """It was gone before a request to delete it was sent."""
    MOVED = "moved"
    """The tag was pushed again after the plan was made; it stays."""
    REFUSED = "refused"
    """The Hub or the registry refused to delete it; a later call tries again."""
    UNKNOWN = "unknown"
    """The request to delete it got no clear answer, and it was there afterwards; it may still be deleted."""


GONE_OUTCOMES = frozenset({ItemOutcome.DELETED, ItemOutcome.ALREADY_GONE})
"""The outcomes after which something is no longer there."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of a tag or a manifest.

    Attributes:
        outcome: The outcome.
        reason: Why, in a few words; untrusted text of the Hub may be part of it.
    """

    outcome: ItemOutcome
    reason: str = ""


class RunStoppedError(HubError):
    """A clean-up was stopped, because no further request could succeed."""


def describe_refusal(error: HubError, name: str) -> str:
    """Return why something was refused, the same text for each tag or manifest with the same reason.

    Args:
        error: The refusal.
        name: The name of the tag or the digest, which is left out.
    """
    message = sanitize_line(redact_internal_addresses(error.hub_message.replace(name, "...")))
    said = f"{error.speaker} said: {json.dumps(message, ensure_ascii=False)}" if message else ""
    cause = error.why or error.what.replace(name, "...")
    status = f"status {error.status}" if isinstance(error, Refused) else ""
    parts = filter(None, (end_with_period(said) if said else "", cause, f"({status})" if status else ""))
    return sanitize_line(" ".join(parts), _MAX_REASON_CHARS)
