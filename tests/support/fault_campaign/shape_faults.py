"""JSON of the wrong shape: other types, missing lists, rows and fields, counts that do not add up."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from tests.support.fault_campaign.faults import (
    JSON,
    READS,
    WITH_BODY,
    Fault,
    Outcome,
    Shape,
    Target,
    fixed,
    rewriting,
)

LIST_KEYS = ("results", "logs", "data", "Resources", "actions", "tokens", "invitees", "members")
IDENTITY = (
    *("id", "uuid", "name", "username", "userName", "orgname", "slug", "label", "token_label", "tag", "user"),
    *("invitee", "email", "action", "actor", "group_name", "group_id", "schemas", "namespace", "repository"),
)
"""The fields that identify an object on one route or another."""

Change = Callable[[Any], Any]


def find_rows(data: Any) -> tuple[Any, str | int] | None:
    """Return the place of the rows in a body, as a container and a key: the first list of objects."""
    queue: list[Any] = [data]
    while queue:
        holder = queue.pop(0)
        items = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        for key, value in items:
            if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
                return holder, key
        for key, value in items:
            if key in LIST_KEYS and isinstance(value, dict | list):
                return holder, key
        queue += [value for _, value in items if isinstance(value, dict | list)]
    return None


def on_json(change: Change) -> Callable[[bytes], bytes]:
    """Return a change of bytes from a change of data; a body that is not JSON becomes `{}`."""

    def rewrite(body: bytes) -> bytes:
        try:
            data = json.loads(body)
        except ValueError:
            return b"{}"
        return json.dumps(change(copy.deepcopy(data))).encode()

    return rewrite


def on_rows(change: Change) -> Callable[[bytes], bytes]:
    """Return a change of the rows of a list; None removes the whole list."""

    def apply(data: Any) -> Any:
        if isinstance(data, list):
            return change(data)
        place = find_rows(data)
        if place is None:
            return {}
        holder, key = place
        changed = change(holder[key])
        if changed is MISSING:
            del holder[key]
        else:
            holder[key] = changed
        return data

    return on_json(apply)


MISSING = object()


def _without_identity(row: Any) -> Any:
    return (
        {name: value for name, value in row.items() if name not in IDENTITY} if isinstance(row, dict) else row
    )


def _with_identity(value: Any) -> Change:
    def change(row: Any) -> Any:
        return (
            {name: value if name in IDENTITY else old for name, old in row.items()}
            if isinstance(row, dict)
            else row
        )

    return change


def _each(change: Change) -> Change:
    return lambda rows: [change(row) for row in rows] if isinstance(rows, list) else rows


def _one(change: Change) -> Change:
    """Change the last row only."""
    return lambda rows: [*rows[:-1], change(rows[-1])] if isinstance(rows, list) and rows else rows


def _renamed(data: Any) -> Any:
    """Rename the list, as a new version of the API might."""
    place = find_rows(data)
    if place is None or not isinstance(place[0], dict):
        return {"items": data}
    place[0]["items"] = place[0].pop(place[1])
    return data


ANSWERS: dict[str, Any] = {"group": "shape", "targets": WITH_BODY}
ROWS: dict[str, Any] = {"group": "rows", "targets": READS, "shape": Shape.LIST}
FIELDS: dict[str, Any] = {"group": "fields", "targets": READS, "shape": Shape.OBJECT}
READ_ONLY: dict[str, Any] = {"group": "shape", "targets": READS | {Target.SIGN_IN}}

SHAPE_FAULTS = (
    fixed("empty object", 200, "{}", **ANSWERS),
    fixed("empty list", 200, "[]", **ANSWERS),
    fixed("null", 200, "null", **ANSWERS),
    fixed("a text", 200, '"ok"', **ANSWERS),
    fixed("a number", 200, "7", **ANSWERS),
    fixed("true", 200, "true", **ANSWERS),
    fixed("list of texts", 200, '["a", "b"]', **ANSWERS),
    fixed("list of nulls", 200, "[null, null]", **ANSWERS),
    fixed("message with 200", 200, '{"message": "Service temporarily degraded"}', **ANSWERS),
    fixed("error with 200", 200, '{"error": {"code": 500, "detail": "x"}}', **ANSWERS),
    fixed("detail with 200", 200, '{"detail": "Authentication credentials were not provided."}', **ANSWERS),
    fixed("nested data", 200, '{"data": {"data": {}}}', **ANSWERS),
    fixed("other object", 200, '{"status": "ok", "version": "1.2.3"}', **ANSWERS),
    fixed(
        "204 without content",
        204,
        b"",
        {},
        outcome=Outcome.DONE,
        group="shape",
        targets=READS | {Target.WRITE},
    ),
    fixed(
        "200 without content",
        200,
        b"",
        {},
        outcome=Outcome.DONE,
        group="shape",
        targets=READS | {Target.WRITE, Target.SIGN_IN},
    ),
    fixed("200 without content, called JSON", 200, b"", JSON, **READ_ONLY),
    fixed("202 with a message", 202, '{"message": "accepted for processing"}', **ANSWERS),
    fixed("202 without content", 202, b"", {}, outcome=Outcome.DONE, **ANSWERS),
    fixed("206 part of it", 206, '{"results": ', **ANSWERS),
    rewriting("JSON called text", lambda body: body, headers={"content-type": "text/plain"}, **ANSWERS),
    rewriting("JSON called HTML", lambda body: body, headers={"content-type": "text/html"}, **ANSWERS),
    rewriting("wrapped in data", on_json(lambda data: {"data": {"item": data}}), **READ_ONLY),
    rewriting(
        "wrapped in a list", on_json(lambda data: [data]), group="shape", targets=READS, shape=Shape.OBJECT
    ),
    rewriting("names in upper case", on_json(lambda data: _upper(data)), **READ_ONLY),  # noqa: PLW0108
)


def _upper(data: Any) -> Any:
    if isinstance(data, dict):
        return {name.upper(): _upper(value) for name, value in data.items()}
    return [_upper(item) for item in data] if isinstance(data, list) else data


ROW_FAULTS = (
    rewriting("list missing", on_rows(lambda _: MISSING), **ROWS),
    rewriting("list null", on_rows(lambda _: None), **ROWS),
    rewriting("list an object", on_rows(lambda _: {}), **ROWS),
    rewriting("list a text", on_rows(lambda _: "none"), **ROWS),
    rewriting("list a number", on_rows(lambda _: 3), **ROWS),
    rewriting("list false", on_rows(lambda _: False), **ROWS),
    rewriting(
        "list an object of rows",
        on_rows(lambda rows: dict(enumerate(rows)) if isinstance(rows, list) else {}),
        **ROWS,
    ),
    rewriting("list within a list", on_rows(lambda rows: [rows]), **ROWS),
    rewriting("list of another name", on_json(lambda data: _renamed(data)), **ROWS),  # noqa: PLW0108
    rewriting("rows null", on_rows(_each(lambda _: None)), **ROWS),
    rewriting("one row null", on_rows(_one(lambda _: None)), **ROWS),
    rewriting("rows texts", on_rows(_each(lambda _: "row")), **ROWS),
    rewriting("one row a text", on_rows(_one(lambda _: "row")), **ROWS),
    rewriting("rows numbers", on_rows(_each(lambda _: 1)), **ROWS),
    rewriting("rows lists", on_rows(_each(lambda _: [])), **ROWS),
    rewriting("rows empty", on_rows(_each(lambda _: {})), **ROWS),
    rewriting("one row empty", on_rows(_one(lambda _: {})), **ROWS),
    rewriting("rows without identity", on_rows(_each(_without_identity)), **ROWS),
    rewriting("one row without identity", on_rows(_one(_without_identity)), **ROWS),
    rewriting("identity of rows null", on_rows(_each(_with_identity(None))), **ROWS),
    rewriting("identity of one row null", on_rows(_one(_with_identity(None))), **ROWS),
    rewriting("identity of rows an object", on_rows(_each(_with_identity({"x": 1}))), **ROWS),
    rewriting("identity of rows a list", on_rows(_each(_with_identity([]))), **ROWS),
    rewriting("identity of rows true", on_rows(_each(_with_identity(True))), **ROWS),  # noqa: FBT003
)

FIELD_FAULTS = (
    rewriting("object without identity", on_json(_without_identity), **FIELDS),
    rewriting("identity null", on_json(_with_identity(None)), **FIELDS),
    rewriting("identity an object", on_json(_with_identity({"x": 1})), **FIELDS),
    rewriting("identity a list", on_json(_with_identity([])), **FIELDS),
)

_TOKEN: dict[str, Any] = {"group": "token", "targets": frozenset({Target.WRITE}), "shape": Shape.NEW_TOKEN}


def _token(name: str, change: Callable[[dict[str, Any]], Any]) -> Fault:
    return rewriting(name, on_json(lambda data: change(data) if isinstance(data, dict) else data), **_TOKEN)


TOKEN_FAULTS = (
    _token("token without a value", lambda data: {k: v for k, v in data.items() if k != "token"}),
    _token("token null", lambda data: data | {"token": None}),
    _token("token empty", lambda data: data | {"token": ""}),
    _token("token a number", lambda data: data | {"token": 5}),
    _token("token an object", lambda data: data | {"token": {"value": "x"}}),
    _token("token without an id", lambda data: {"token": data.get("token")}),
)
