"""Asking the person before something is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Confirm(StrEnum):
    """When a person is asked."""

    ASK = "ask"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: the tool, what it would do, and what will be lost."""

    tool: str
    text: str
    about: str
    """What an answer is bound to: who asks, what would be sent, and what is there now."""

    @property
    def fingerprint(self) -> str:
        """What changes when the question does, so that an answer to an older one does not count."""
        return hashlib.sha256(f"{self.tool}\n{self.about}".encode()).hexdigest()[:32]


class Answer(StrEnum):
    """What came of a question."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    CANNOT_ASK = "cannot ask"


Ask = Callable[[Question], Awaitable[Answer]]
"""Puts a question to the person; may raise to say that the answer comes with a later call."""


async def nobody_to_ask(_: Question) -> Answer:
    """Stand for a client that cannot ask."""
    return Answer.CANNOT_ASK


def refusal(answer: Answer, question: Question, *, to_be_asked: str = "") -> str:
    """Return what a caller is told when there is no yes; and what would help where nobody can be asked."""
    if answer is Answer.UNCLEAR:
        return (
            "The person answered without ticking 'Do it', so nothing was sent. Ask again if it is still "
            f"wanted: {question.text}"
        )
    if answer is Answer.NO:
        return f"The person said no to this, and nothing was sent: {question.text}"
    return (
        f"{question.tool} needs a person's yes, and this client cannot ask for one. Nothing was sent. "
        f"It would do this: {question.text} Use a client with elicitation, make the change on "
        "hub.docker.com, or have the owner of this server start it with --confirm never. "
        f"{to_be_asked}{' ' if to_be_asked else ''}dry_run shows the request."
    )
