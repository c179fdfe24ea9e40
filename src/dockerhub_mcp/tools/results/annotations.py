"""What a result says beyond the Hub's fields: today's date, expired tokens, the sizes of one platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast, get_args

from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.results.model_types import is_model
from dockerhub_mcp.tools.results.projection import Projection

MAX_TODAY_BYTES = len("\nToday: 2025-10-09")
NAME_ORDER_NOTE = "Names are in text order: 10 comes before 9."
_NAME_ORDERS = frozenset({"name", "name_descending"})


def mark_expired_tokens(items: Sequence[object], now: datetime) -> None:
    """Note which access tokens have expired, since the Hub goes on to call them active.

    Args:
        items: Items of one type.
        now: The current time.
    """
    if not items or not _has_field(items[0], "is_expired"):
        return
    for item in items:
        if _has_field(item, "is_expired"):
            cast("Any", item).mark_if_expired(now)


def select_platform(
    items: Iterable[HubModel], architecture: str | None, os: str | None, *, is_known: bool = False
) -> bool:
    """Let tags show the sizes of the platforms that a filter asks for.

    Nothing changes where no tag has such an image: then the names of the filter and of the images differ.

    Args:
        items: The items.
        architecture: The architecture of the filter, if any.
        os: The operating system of the filter, if any.
        is_known: Whether earlier tags of the same list have such images.

    Returns:
        Whether the sizes are shown.
    """
    if not (architecture or os):
        return False
    tags: list[Any] = [item for item in items if _has_field(item, "platform_sizes")]
    for tag in tags:
        tag.select_platform(architecture, os)
    if is_known or any(tag.platform_sizes for tag in tags):
        return True
    for tag in tags:
        tag.platform_sizes = None
    return False


def format_today(items: Iterable[HubModel], projection: Projection, now: datetime) -> str:
    """Return a line with today's date for a result with dates, from which readers compute ages."""
    return _write_today(now) if any(_shows_date(item, projection) for item in items) else ""


def _write_today(now: datetime) -> str:
    """Return the line with today's date."""
    return f"\nToday: {now.date()}"


def _shows_date(item: HubModel, projection: Projection) -> bool:
    if _has_field(item, "rows"):  # the table of an export, with dates among its texts
        return bool(cast("Any", item).rows)
    stored = item.__dict__
    for name in type(item).model_fields if projection.full else projection.field_names(item):
        value = stored[name] if name in stored else getattr(item, name, None)
        if isinstance(value, datetime) and not is_never(value):
            return True
    return False


def _has_field(item: object, name: str) -> bool:
    """Tell whether the model of an item declares a field; the model's own module need not be loaded."""
    return is_model(item) and name in type(item).model_fields


@cache
def _may_show_date(model: type[HubModel], names: tuple[str, ...]) -> bool:
    """Tell whether fields may hold a timestamp; computed ones count as such."""

    def contains_datetime(annotation: Any) -> bool:
        return annotation is datetime or any(map(contains_datetime, get_args(annotation)))

    fields = model.model_fields
    return any(name not in fields or contains_datetime(fields[name].annotation) for name in names)


class ItemAnnotator:
    """Adds to the items of a list what follows from the time and the filters of its call.

    The items may come page by page, the first page first.

    Args:
        call: The call that reads the list.
        projection: The selected fields.
        now: The current time.
    """

    def __init__(self, call: object, projection: Projection, now: datetime) -> None:
        self._projection, self._now = projection, now
        values = vars(call)  # a model takes long to say that it has no such attribute
        self._platform = values.get("architecture"), values.get("os")
        self._shows_platform: bool | None = None
        self._is_name_order = values.get("ordering") in _NAME_ORDERS
        self._numbered_names = 0
        self._has_dates = self._knows_dates = False

    def annotate(self, items: Sequence[HubModel]) -> None:
        """Annotate further items."""
        mark_expired_tokens(items, self._now)
        if self._shows_platform is not False:
            self._shows_platform = select_platform(
                items, *self._platform, is_known=bool(self._shows_platform)
            )
        if self._is_name_order:
            self._numbered_names += sum(any(map(str.isdigit, str(getattr(i, "name", "")))) for i in items)
        if items and not self._knows_dates:
            names = (
                type(items[0]).model_fields
                if self._projection.full
                else self._projection.field_names(items[0])
            )
            self._has_dates = any(_shows_date(item, self._projection) for item in items)
            self._knows_dates = self._has_dates or not _may_show_date(type(items[0]), tuple(names))

    @property
    def knows_dates(self) -> bool:
        """Whether it is known if dates are shown, so that further items make no difference."""
        return self._knows_dates

    def list_notes(self) -> list[str]:
        """Return a note where names with numbers are in text order, which looks like that of versions."""
        return [NAME_ORDER_NOTE] if self._numbered_names > 1 else []

    def format_today(self) -> str:
        """Return a line with today's date where dates are shown, from which readers compute ages."""
        return _write_today(self._now) if self._has_dates else ""
