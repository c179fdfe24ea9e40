"""What stands out about an access token: pure functions of the token and the time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dockerhub_mcp.hub.models import AccessToken, OrgAccessToken, OrgAccessTokenResource
from dockerhub_mcp.hub.models.timestamp import format_day, is_never
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.reviews.thresholds import (
    EXPIRY_NOTICE_DAYS,
    IDLE_DAYS,
    NEW_TOKEN_DAYS,
    SELDOM_DAYS,
)

WORKS, EXPIRED, EXPIRED_ACTIVE, DEACTIVATED = "works", "expired", "expired but active", "deactivated"
UNKNOWN = "unknown"
_READING_SUFFIXES = ("read", "pull", "list")
"""The ends of the scopes that change nothing, of personal tokens and of those of organizations."""
_READING_WORD = re.compile(
    r"\b(read|pull|mirror|backup|scan|dashboard|monitor|inventory|status)", re.IGNORECASE
)
"""Words in labels of tokens that need not write."""


@dataclass(frozen=True, slots=True)
class TokenJudgement:
    """What stands out about a token.

    Attributes:
        state: Whether it works.
        reasons: What speaks for revoking it, the strongest reason first.
        weight: How much that is; the token with the largest weight comes first.
        is_unused: Whether it works, and was never used or not for long.
    """

    state: str
    reasons: tuple[str, ...]
    weight: int
    is_unused: bool = False


def judge_token(
    token: AccessToken | OrgAccessToken, scopes: Iterable[str] | None, now: datetime
) -> TokenJudgement:
    """Return what stands out about a token.

    Args:
        token: The token, as a list has it.
        scopes: All its scopes; None where they are unknown.
        now: The current time.
    """
    state = find_state(token, now)
    if state == DEACTIVATED:
        return TokenJudgement(state, ("deactivated: delete it if it is not needed again",), 5)
    if state in {EXPIRED, EXPIRED_ACTIVE}:
        end = format_day(token.expires_at)
        return TokenJudgement(state, (f"expired on {end}: delete it",), 15 if state == EXPIRED_ACTIVE else 10)
    writes = can_write(scopes or ())
    found = sorted(_iter_reasons(token, now, writes=writes), key=lambda each: -each[0])
    is_unused = state == WORKS and bool(found) and found[0][0] >= _UNUSED_WEIGHT
    return TokenJudgement(
        state, tuple(text for _, text in found), sum(weight for weight, _ in found), is_unused
    )


_NEVER_USED_WEIGHT, _UNUSED_WEIGHT = 70, 60


def _iter_reasons(
    token: AccessToken | OrgAccessToken, now: datetime, *, writes: bool
) -> Iterator[tuple[int, str]]:
    """Yield the reasons with their weights."""
    idle, age = _count_days(_get_last_use(token), now), _count_days(token.created_at, now)
    may = "may write, and " if writes else ""
    if is_never_used(token):
        if age is None or age >= NEW_TOKEN_DAYS:
            since = f" in the {age} days since its creation" if age is not None else ""
            yield _NEVER_USED_WEIGHT + 20 * writes, f"{may}was never used{since}"
    elif idle is not None and idle >= IDLE_DAYS:
        yield _UNUSED_WEIGHT + 20 * writes, f"{may}was not used for {idle} days"
    elif idle is not None and idle >= SELDOM_DAYS and writes:
        yield 40, f"broader than its use suggests: may write, and was not used for {idle} days"
    label = getattr(token, "token_label", None) or getattr(token, "label", None) or ""
    if writes and _READING_WORD.search(label):
        yield 30, "broader than its label suggests: may write"
    if never_expires(token):
        yield 20, "never expires"
    elif token.expires_at is not None and token.expires_at - now <= timedelta(days=EXPIRY_NOTICE_DAYS):
        yield 1, f"expires on {format_day(token.expires_at)}"


def find_state(token: AccessToken | OrgAccessToken, now: datetime) -> str:
    """Return whether a token works, as far as the Hub says so: it goes on to call an expired one active."""
    if token.expires_at is not None and not is_never(token.expires_at) and token.expires_at <= now:
        return EXPIRED_ACTIVE if token.is_active else EXPIRED
    if token.is_active is None:
        return UNKNOWN
    return WORKS if token.is_active else DEACTIVATED


def is_never_used(token: AccessToken | OrgAccessToken) -> bool:
    """Tell whether the Hub says that a token was never used."""
    name = "last_used" if isinstance(token, AccessToken) else "last_used_at"
    used = _get_last_use(token)
    return name in token.model_fields_set and (used is None or is_never(used))


def never_expires(token: AccessToken | OrgAccessToken) -> bool:
    """Tell whether the Hub says that a token never expires."""
    end = token.expires_at
    return "expires_at" in token.model_fields_set and (end is None or is_never(end))


def can_write(scopes: Iterable[str]) -> bool:
    """Tell whether one of the scopes changes anything; scopes that are not known here count as such."""
    return any(re.split(r"[:_-]", scope)[-1] not in _READING_SUFFIXES for scope in scopes)


def format_resources(resources: Iterable[OrgAccessTokenResource]) -> str:
    """Return the scopes of each path of an organization's token."""
    parts = (f"{_format_path(each.path)}: {_format_scopes(each.scopes)}" for each in resources)
    return "; ".join(parts) or "none"


def names_resources(resources: Iterable[OrgAccessTokenResource] | None) -> bool:
    """Tell whether the Hub names all resources of a token with their paths and scopes."""
    return resources is not None and all(
        each.path is not None and each.scopes is not None for each in resources
    )


def _format_path(path: str | None) -> str:
    return "unknown path" if path is None else quote_name(path)


def _format_scopes(scopes: Sequence[str] | None) -> str:
    if scopes is None:
        return "unknown scopes"
    return " ".join(map(quote_name, scopes)) or "no scopes"


def _get_last_use(token: AccessToken | OrgAccessToken) -> datetime | None:
    return token.last_used if isinstance(token, AccessToken) else token.last_used_at


def _count_days(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None or is_never(start) else (end - start).days
