"""Whether an access token can take the place of another, and what a question says about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.models import OrgAccessToken, OrgAccessTokenDetail, OrgAccessTokenResource
from dockerhub_mcp.hub.models.timestamp import format_day, is_never
from dockerhub_mcp.hub.quoting import list_names, quote_name, quote_text
from dockerhub_mcp.tools.reviews.token_judgement import (
    UNKNOWN,
    WORKS,
    find_state,
    is_never_used,
    names_resources,
    never_expires,
)

NOTHING_SENT = "nothing was sent"
_BY_HAND = "If that is intended, deactivate the old token with update_org_access_token."


def check_successor(old: OrgAccessTokenDetail, new: OrgAccessTokenDetail, now: datetime) -> None:
    """Check that a token can take the place of another.

    Raises:
        InvalidRequest: It is not known to work, is older, or is not known to have all permissions.
    """
    state = find_state(new, now)
    if state == UNKNOWN:
        what = f"The Hub does not say whether the successor {describe_token(new)} works; {NOTHING_SENT}."
        raise InvalidRequest(what, remedy=_BY_HAND)
    if state != WORKS:
        what = f"The successor {describe_token(new)} does not work ({state}); {NOTHING_SENT}."
        raise InvalidRequest(what, remedy="Create another one with a call without successor.")
    if (held := _list_permissions(old.resources)) is None:
        what = f"The Hub does not name the resources of {describe_token(old)}; {NOTHING_SENT}."
        raise InvalidRequest(what, remedy=_BY_HAND)
    if lacking := held - (_list_permissions(new.resources) or set()):
        listed = list_names(f"{scope} on {path}" for path, scope in sorted(lacking))
        what = f"The successor {describe_token(new)} lacks permissions of {describe_token(old)}: {listed}; "
        what += f"{NOTHING_SENT}."
        raise InvalidRequest(what, remedy=_BY_HAND)
    if new.created_at and old.created_at and not is_never(new.created_at) and new.created_at < old.created_at:
        what = (
            f"The successor {describe_token(new)} was created before {describe_token(old)}; {NOTHING_SENT}."
        )
        raise InvalidRequest(what, why="Token and successor may be swapped.", remedy=_BY_HAND)


def describe_successor(token: OrgAccessToken) -> str:
    """Return a sentence on a successor that works: its last use and its expiry."""
    used = "the Hub does not say whether it was used"
    if is_never_used(token):
        used = "it has not been used yet"
    elif day := format_day(token.last_used_at):
        used = f"it was last used on {day}"
    end = "" if never_expires(token) else format_day(token.expires_at)
    expires = f", expires on {end}" if end else ""
    return f"The successor {describe_token(token)} works{expires}; {used}."


def describe_token(token: OrgAccessToken) -> str:
    """Return the label and the id of a token."""
    return f"{quote_text(token.label or '?')} ({quote_name(token.id)})"


def _list_permissions(resources: Sequence[OrgAccessTokenResource] | None) -> set[tuple[str, str]] | None:
    """Return each path with each of its scopes; None where the Hub does not name them."""
    if resources is None or not names_resources(resources):
        return None
    return {(str(each.path), scope) for each in resources for scope in each.scopes or ()}
