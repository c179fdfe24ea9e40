"""What a mutation does to people and data, as a question, a preview and the policy need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.errors import Forbidden, HubError, NotFound

if TYPE_CHECKING:
    from dockerhub_mcp.hub.api.method import Method
    from dockerhub_mcp.hub.auth.principal import Principal

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Impact:
    """What one call of a mutation does.

    Attributes:
        text: The change in one line, for the person that decides about it.
        gives: Whether it gives rights or reach: access, a role, a token, visibility.
        takes: Whether it destroys something or takes something away.
        is_change: Whether anything changes at all.
    """

    text: str
    gives: bool = False
    takes: bool = False
    is_change: bool = True


class StateReader(Protocol):
    """Reads from the Hub what a prediction needs. A read that fails leaves the prediction incomplete."""

    @property
    def principal(self) -> Principal:
        """The account that the mutation is sent as."""

    async def __call__(self, call: Method[R]) -> R | None:
        """Return the result, which is the whole list for a call of a page; None where it cannot be read."""

    async def try_read(self, call: Method[R]) -> R | HubError:
        """Return the result, or the error."""


async def read_as_editor(read: StateReader, call: Method[R]) -> R | None:
    """Return a result that an account can read if it may make the change; None where it cannot be read.

    Only organization access tokens have scopes for changing what they may not read.

    Raises:
        HubError: The Hub refuses to show it, so it would refuse the change too.
    """
    answer = await read.try_read(call)
    if isinstance(answer, Forbidden | NotFound) and read.principal.kind is not CredentialKind.OAT:
        raise answer
    return None if isinstance(answer, HubError) else answer


def is_complete(page: Any) -> bool:
    """Tell whether a list was read, and to its end."""
    return page is not None and not page.next
