"""Whether the Hub may have carried out a mutation that failed, and how to find out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    HubError,
    HubUnavailable,
    RouteWithdrawn,
    UnexpectedAnswer,
)

if TYPE_CHECKING:
    from dockerhub_mcp.hub.api.mutation import Mutation


def is_mutation(method: Method[Any]) -> TypeGuard[Mutation]:
    """Tell whether a call changes data, without loading the base class of those that do."""
    return method.effect.is_mutation


class Delivery:
    """How far a call has got: it explains errors after which the outcome of a mutation is unknown.

    Args:
        method: The call.
    """

    def __init__(self, method: Method[Any]) -> None:
        self._method = method
        self._is_sent = False

    def mark_sent(self) -> None:
        """Record that the request is being sent."""
        self._is_sent = True

    def mark_refused(self) -> None:
        """Record that the Hub refused the request, which is sent again."""
        self._is_sent = False

    def explain(self, error: HubError) -> None:
        """Add to an error of a mutation what it means for the change; leave other errors as they are."""
        method = self._method
        if not is_mutation(method) or method.dry_run:
            return
        if isinstance(error, RouteWithdrawn) or not isinstance(
            error, ConnectionFailed | UnexpectedAnswer | HubUnavailable
        ):
            return
        if not self._is_sent or not getattr(error, "is_sent", True):
            error.remedy = f"Nothing was changed. {error.remedy}".strip()
            return
        error.may_be_done = True
        keeps_remedy = "try again" not in error.remedy.lower()  # which would contradict the advice
        error.remedy = f"{method.outcome_advice} {error.remedy if keeps_remedy else ''}".strip()
