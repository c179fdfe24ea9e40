"""Asking the person before something is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class ConfirmationMode(StrEnum):
    """When a person is asked."""

    ASK = "ask"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person is asked: the tool, what it would do, and what will be lost."""

    tool: str
    text: str
    binding: str
    """What an answer is bound to: who asks, what would be sent, and what is there now."""

    @property
    def fingerprint(self) -> str:
        """What changes when the question does, so that an answer to an older one does not count."""
        return hashlib.sha256(f"{self.tool}\n{self.binding}".encode()).hexdigest()[:32]


class Decision(StrEnum):
    """What came of a question."""

    ACCEPTED = "yes"
    DECLINED = "no"
    UNCONFIRMED = "unclear"
    UNSUPPORTED = "cannot ask"


Confirmer = Callable[[Confirmation], Awaitable[Decision]]
"""Puts a question to the person; may raise to say that the answer comes with a later call."""


async def no_confirmer(_: Confirmation) -> Decision:
    """Stand for a client that cannot ask."""
    return Decision.UNSUPPORTED


def build_refusal_message(
    decision: Decision, confirmation: Confirmation, *, confirmation_hint: str = ""
) -> str:
    """Return what a caller is told when there is no yes; and what would help where nobody can be asked."""
    if decision is Decision.UNCONFIRMED:
        return (
            "The person answered without ticking 'Do it', so nothing was sent. Ask again if it is still "
            f"wanted: {confirmation.text}"
        )
    if decision is Decision.DECLINED:
        return f"The person said no to this, and nothing was sent: {confirmation.text}"
    return (
        f"{confirmation.tool} needs a person's yes, and this client cannot ask for one. Nothing was sent. "
        f"It would do this: {confirmation.text} Use a client with elicitation, make the change on "
        "hub.docker.com, or have the owner of this server start it with --confirm never. "
        f"{confirmation_hint}{' ' if confirmation_hint else ''}dry_run shows the request."
    )
