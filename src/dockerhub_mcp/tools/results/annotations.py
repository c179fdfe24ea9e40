"""What a result says beyond the Hub's fields: today's date, expired tokens, the sizes of one platform."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dockerhub_mcp.hub.models import AccessToken, HubModel, MembersExport, OrgAccessToken, Tag, TagSummary
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.results.projection import Projection

MAX_TODAY_BYTES = len("\nToday: 2025-10-09")
NAME_ORDER_NOTE = "Names are in text order: 10 comes before 9."
_NAME_ORDERS = frozenset({"name", "name_descending"})


def mark_expired_tokens(items: Iterable[object], now: datetime) -> None:
    """Note which access tokens have expired, since the Hub goes on to call them active."""
    for item in items:
        if isinstance(item, AccessToken | OrgAccessToken):
            item.mark_if_expired(now)


def select_platform(items: Iterable[HubModel], architecture: str | None, os: str | None) -> None:
    """Let tags show the sizes of the platforms that a filter asks for.

    Nothing changes where no tag has such an image: then the names of the filter and of the images differ.
    """
    tags = [item for item in items if isinstance(item, Tag | TagSummary)]
    if not (architecture or os):
        return
    for tag in tags:
        tag.select_platform(architecture, os)
    if not any(tag.platform_sizes for tag in tags):
        for tag in tags:
            tag.platform_sizes = None


def format_today(items: Iterable[HubModel], projection: Projection, now: datetime) -> str:
    """Return a line with today's date for a result with dates, from which readers compute ages."""
    return f"\nToday: {now:%Y-%m-%d}" if any(_shows_date(item, projection) for item in items) else ""


def _shows_date(item: HubModel, projection: Projection) -> bool:
    if isinstance(item, MembersExport):
        return bool(item.rows)
    names = type(item).model_fields if projection.full else projection.field_names(item)
    values = (getattr(item, name, None) for name in names)
    return any(isinstance(value, datetime) and not is_never(value) for value in values)


def find_name_order_note(items: Iterable[HubModel], ordering: str | None) -> list[str]:
    """Return a note where names with numbers are in text order, because it looks like that of versions."""
    if ordering not in _NAME_ORDERS:
        return []
    names = [str(getattr(item, "name", "")) for item in items]
    return [NAME_ORDER_NOTE] if sum(any(map(str.isdigit, name)) for name in names) > 1 else []
