"""What a call of the campaign said and did, and what may be untrue in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from tests.support.fault_campaign.cases import Case
from tests.support.fault_campaign.faults import Target
from tests.support.fault_campaign.wire import Exchange


class Fail(StrEnum):
    """The kinds of untruth that the campaign counts."""

    SENT_TWICE = "a write was sent twice"
    FALSE_SUCCESS = "success was told for what was not done"
    OTHER_CHANGE = "something else was changed than was asked"
    LOST_READ = "a read was lost without a word"
    CARELESS = "an unknown outcome without the careful word"
    FALSE_FAILURE = "told as not done, but done"
    UNCAUGHT = "an exception or its text reached the caller"
    LEAK = "a secret or raw text leaked"
    SILENT_ANONYMOUS = "answered anonymously without a word"
    NEEDLESS_REFUSAL = "refused although it works anonymously"
    SIGN_IN_STORM = "a failed sign-in was repeated"
    FALSE_FACT = "something else was told than the registry has"
    WRONG_HOST = "a request was sent where none may go"
    RESERVE_USED = "a pull used the last tenth of the limit"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client of the MCP server got."""

    text: str
    is_error: bool
    data: Any
    exception: Exception | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was said and done in a call.

    Attributes:
        replies: The results; more than one where the call was repeated.
        exchanges: The requests.
        before: The state of the sandbox before.
        after: The state of the sandbox afterwards.
        secrets: What must not appear in a result or in the log.
        new_secrets: The values of tokens that the call created.
        records: What was logged.
    """

    replies: Sequence[Reply]
    exchanges: Sequence[Exchange]
    before: Any
    after: Any
    secrets: Sequence[str]
    new_secrets: Sequence[str]
    records: Sequence[logging.LogRecord]

    @property
    def writes(self) -> list[Exchange]:
        """The requests that may have changed something."""
        return [exchange for exchange in self.exchanges if exchange.target is Target.WRITE]


@dataclass(frozen=True, slots=True)
class Finding:
    """One untruth."""

    fail: Fail
    case: Case
    detail: str
    text: str


Checks: TypeAlias = Iterator[tuple[Fail, str]]
"""The kinds of untruth that a check finds, each with a detail."""
