"""Confirmation by the user before a mutation gives rights or takes something away."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall


class ConfirmationMode(StrEnum):
    """Which mutations the user confirms."""

    ASK = "ask"  # what gives rights or reach, and what takes something away
    DESTRUCTIVE = "destructive"  # only what takes something away
    NEVER = "never"

    def requires(self, *, gives: bool, takes: bool) -> bool:
        """Tell whether a mutation needs a confirmation."""
        return self is not ConfirmationMode.NEVER and (takes or (gives and self is ConfirmationMode.ASK))


class Confirmation(NamedTuple):
    """A request for the user's confirmation.

    Attributes:
        tool: The name of the tool.
        text: What the tool would do, what it gives and what would be lost, on one line.
        binding: What the decision applies to: the account, the request and the current state.
        takes: Whether something is lost or taken away; otherwise the mutation only gives.
        audited_call: The mutation as the audit log describes it; by default the tool alone.
        preview_hint: How to see what would be done, as a sentence for clients that cannot ask the user.
    """

    tool: str
    text: str
    binding: str
    takes: bool = True
    audited_call: AuditedCall | None = None
    preview_hint: str = "dry_run shows the request."

    @property
    def fingerprint(self) -> str:
        """A hash of the tool and the binding, 32 hexadecimal digits; a decision counts for this one only."""
        return hashlib.sha256(f"{self.tool}\n{self.binding}".encode()).hexdigest()[:32]


class Decision(StrEnum):
    """The user's decision."""

    ACCEPTED = "yes"
    DECLINED = "no"
    UNCONFIRMED = "unclear"
    EXPIRED = "no answer"
    UNSUPPORTED = "cannot ask"
    ALREADY_USED = "used before"
    """The user accepted, and an earlier call used the answer."""
    NOT_RECORDED = "not recorded"
    """The server cannot make sure that an answer counts once, so it does not ask or does not accept."""
    RECORD_LOST = "record lost"
    """The user accepted, and the record of used answers was lost after the question."""


Confirmer = Callable[[Confirmation], Awaitable[Decision]]
"""Asks the user. Raises `DecisionPending` where the decision arrives with a later call."""


class DecisionPending(Exception):
    """The call ends with a question to the user; the decision arrives with a later call.

    Attributes:
        expires_in: Seconds for which an answer counts.
    """

    def __init__(self, message: str, *, expires_in: float) -> None:
        super().__init__(message)
        self.expires_in = expires_in


class NotConfirmedError(Exception):
    """The user did not confirm a mutation; the message is for the agent."""


async def no_confirmer(_: Confirmation) -> Decision:
    """Report that no user can be asked."""
    return Decision.UNSUPPORTED


def build_refusal_message(
    decision: Decision, confirmation: Confirmation, *, confirmation_hint: str = ""
) -> str:
    """Return the message for the agent after a mutation was not confirmed."""
    if decision is Decision.UNCONFIRMED:
        return (
            "The user answered without ticking 'Do it', so nothing was sent. Ask again if the change is "
            f"still wanted: {confirmation.text}"
        )
    if decision is Decision.EXPIRED:
        return (
            "The user did not answer in time, so nothing was sent. Ask again if the change is still wanted: "
            f"{confirmation.text}"
        )
    if decision is Decision.DECLINED:
        return f"The user declined this, and nothing was sent: {confirmation.text}"
    if decision is Decision.ALREADY_USED:
        return (
            f"{confirmation.tool} was not sent by this call: the user's answer counts once, and another call "
            "with the same answer has used it. See the result of that call, or read the current state, "
            f"before the user is asked again: {confirmation.text}"
        )
    if decision is Decision.NOT_RECORDED:
        return (
            f"{confirmation.tool} was not sent: the server cannot record that a confirmation is used, "
            "because its shared store does not respond. Nothing was sent; try again in some seconds, and the "
            f"user is asked: {confirmation.text}"
        )
    if decision is Decision.RECORD_LOST:
        return (
            f"{confirmation.tool} was not sent by this call: the shared store of this server restarted or "
            "was emptied after the user was asked, so the server cannot tell whether another call has used "
            "the answer. Read the current state; if the change is still wanted, try again, and the user is "
            f"asked again: {confirmation.text}"
        )
    choices = (
        "--confirm never (destructive asks for this too)"
        if confirmation.takes
        else "--confirm destructive (asks only before a loss) or --confirm never"
    )
    return (
        f"{confirmation.tool} needs the user's confirmation, which this client cannot ask for. Nothing was "
        f"sent. It would do this: {confirmation.text} Use a client with elicitation, make the change on "
        f"hub.docker.com, or have the owner of this server start it with {choices}. "
        f"{confirmation_hint}{' ' if confirmation_hint else ''}{confirmation.preview_hint}"
    )
