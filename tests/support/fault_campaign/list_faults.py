"""Lists that do not add up: wrong counts, and walks over several pages that break off."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx

from tests.support.fault_campaign.faults import (
    JSON,
    READS,
    Delivery,
    Fault,
    Shape,
    answer,
    fixed,
    rewriting,
)
from tests.support.fault_campaign.shape_faults import Change, find_rows, on_json, on_rows

_COUNT_NAMES = {"count", "total", "totalResults"}


def _without_rows(data: Any) -> Any:
    """Empty a list that has a count, on its first page."""
    if not isinstance(data, dict) or not _COUNT_NAMES & data.keys():
        return data
    holder, key = find_rows(data) or (data, "results")
    holder[key] = []
    return {**data, **dict.fromkeys({"next"} & data.keys()), **dict.fromkeys(_COUNT_NAMES & data.keys(), 7)}


def _count(name: str, value: Any) -> Fault:
    def change(data: Any) -> Any:
        rows = find_rows(data)
        wrong = value(len(rows[0][rows[1]] or ())) if callable(value) and rows else value
        names = _COUNT_NAMES & data.keys() if isinstance(data, dict) else set()
        return {**data, **dict.fromkeys(names, wrong)} if names else data

    return rewriting(f"count {name}", on_json(change), group="count", targets=READS, shape=Shape.LIST)


COUNT_FAULTS = (
    _count("zero", 0),
    _count("one too small", lambda rows: rows - 1),
    _count("much larger", lambda rows: rows + 1000),
    _count("negative", -5),
    _count("a text", "many"),
    _count("null", None),
    _count("a fraction", 2.5),
    _count("enormous", 10**11),
    _count("a list", []),
    rewriting("count without rows", on_json(_without_rows), group="count", targets=READS, shape=Shape.LIST),
)


def _walk(name: str, change: Change, **options: Any) -> Fault:
    settings: dict[str, Any] = {"group": "walk", "targets": READS, "shape": Shape.WALK}
    return rewriting(name, on_json(change), **(settings | options))


def _with(**values: Any) -> Change:
    return lambda data: (
        {**data, **{k: v for k, v in values.items() if k in data}} if isinstance(data, dict) else data
    )


def _repeated() -> Fault:
    async def deliver(delivery: Delivery) -> httpx.Response:
        assert delivery.genuine is not None
        return answer(200, _repeated_page(delivery.genuine.content), JSON)

    return Fault(
        "page of the same row", deliver, needs_genuine=True, group="walk", targets=READS, shape=Shape.WALK
    )


def _repeated_page(body: bytes) -> bytes:
    return on_rows(lambda rows: [rows[0]] * len(rows) if rows else rows)(body)


WALK_FAULTS = (
    _walk("early end", _with(next=None)),
    _walk("early end, empty text", _with(next="")),
    _walk("next false", _with(next=False)),
    _walk("next a number", _with(next=0)),
    _walk("empty page", _with(results=[], logs=[], next=None)),
    _walk("empty page that goes on", _with(results=[], logs=[])),
    _walk("logs null in the middle", _with(logs=None, results=None, next=None)),
    _repeated(),
    rewriting(
        "half a page",
        on_rows(lambda rows: rows[: len(rows) // 2]),
        group="walk",
        targets=READS,
        shape=Shape.WALK,
    ),
    fixed(
        "404 in the middle",
        404,
        '{"message": "object not found", "errinfo": {}}',
        group="walk",
        targets=READS,
        shape=Shape.WALK,
    ),
    fixed(
        "404 page in the middle",
        404,
        "<html>Not Found</html>",
        {"content-type": "text/html"},
        group="walk",
        targets=READS,
        shape=Shape.WALK,
    ),
    fixed(
        "403 in the middle",
        403,
        '{"message": "access denied"}',
        group="walk",
        targets=READS,
        shape=Shape.WALK,
    ),
    fixed("500 in the middle", 500, '{"message": "internal"}', group="walk", targets=READS, shape=Shape.WALK),
    fixed(
        "429 in the middle",
        429,
        '{"detail": "Rate limit exceeded", "error": false}',
        group="walk",
        targets=READS,
        shape=Shape.WALK,
    ),
    fixed("empty object in the middle", 200, "{}", group="walk", targets=READS, shape=Shape.WALK),
    fixed(
        "page in the middle",
        200,
        "<html>busy</html>",
        {"content-type": "text/html"},
        group="walk",
        targets=READS,
        shape=Shape.WALK,
    ),
)
