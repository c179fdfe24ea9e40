"""Lines of MCP clients, made at random: usual and unusual requests of both protocol generations."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.generated.arguments import ODD_VALUES, RAW, READS, ArgumentGenerator
from tests.support.generated.values import (
    CAPABILITIES,
    GARBAGE,
    LEGACY,
    LISTS,
    METAS,
    MODERN,
    ODD_CAPABILITIES,
    ODD_IDS,
    ODD_METAS,
    PREFIX,
    UNKNOWN_METHODS,
    URIS,
    VERSIONS,
)
from tests.support.stdio_messages import INFO, INITIALIZED, META, build_initialize


class MessageGenerator:
    """Makes the messages of one client.

    Args:
        random: The source of chance.
        modern: Whether the client speaks the protocol of 2026-07-28.
    """

    def __init__(self, random: Random, *, modern: bool) -> None:
        self._random, self._modern = random, modern
        self._arguments = ArgumentGenerator(random)
        self._last_id = 0
        self._kinds: list[tuple[Callable[[], bytes], float]] = [
            (self._valid_call, 22),
            (self._odd_call, 24),
            (self._walk, 2),
            (self._odd_call_params, 8),
            (self._list, 14),
            (self._ping, 5),
            (self._odd_params, 5),
            (self._odd_meta, 6),
            (self._odd_id, 5),
            (self._unknown_method, 4),
            (self._notification, 6),
            (self._garbage, 6),
            (self._beyond_plain, 4),
            (self._handshake, 3),
            (self._other_generation, 3),
        ]

    def build_opening(self) -> list[bytes]:
        """Return what the client says first: mostly a usual handshake, sometimes requests before it."""
        before = [self.build_message() for _ in range(self._random.choice([0, 0, 0, 0, 1, 3]))]
        if self._random.random() < 0.2:
            before.append(self._odd_handshake())
        if self._modern:
            return [*before, *([self._handshake()] if self._random.random() < 0.7 else [])]
        version = self._random.choice([LEGACY, *VERSIONS, "1999-01-01"])
        handshake = build_initialize(version, capabilities=self._random.choice(CAPABILITIES))
        initialized = [encode(INITIALIZED)] if self._random.random() < 0.9 else []
        return [*before, encode(handshake), *initialized]

    def build_message(self) -> bytes:
        """Return a line of any kind."""
        makers, weights = zip(*self._kinds, strict=True)
        [make] = self._random.choices(makers, weights)
        line: bytes = make()
        return line

    def _request(self, method: Any, params: dict[str, Any] | None = None, **meta: Any) -> bytes:
        self._last_id += 1
        request_id: Any = self._last_id if self._random.random() < 0.8 else f"r{self._last_id}"
        message = {"jsonrpc": "2.0", "id": request_id, "method": method}
        if self._modern:
            params = {**(params or {}), "_meta": self._envelope() | meta}
        elif meta:
            params = {**(params or {}), "_meta": meta}
        return encode(message if params is None else message | {"params": params})

    def _envelope(self) -> dict[str, Any]:
        return (
            META
            | {f"{PREFIX}clientCapabilities": self._random.choice(CAPABILITIES)}
            | ({f"{PREFIX}clientInfo": INFO} if self._random.random() < 0.5 else {})
        )

    def _call(self, tool: str, arguments: Any) -> bytes:
        meta = self._random.choice(METAS) if self._random.random() < 0.15 else {}
        return self._request("tools/call", {"name": tool, "arguments": arguments}, **meta)

    def _valid_call(self) -> bytes:
        tool = self._arguments.choose_read()
        return self._call(tool, self._arguments.build_valid(tool))

    def _walk(self) -> bytes:
        tool, arguments = self._arguments.build_walk()
        token = self._next_id()
        metas: list[dict[str, Any]] = [{}, {"progressToken": token}, {"progressToken": f"p{token}"}]
        meta = self._random.choice(metas)
        return self._request("tools/call", {"name": tool, "arguments": arguments}, **meta)

    def _odd_call(self) -> bytes:
        if self._random.random() < 0.15:
            return self._call(*self._arguments.build_mutation())
        if self._random.random() < 0.1:
            return self._call(*self._arguments.build_hub_mcp_call())
        tool = self._arguments.choose_read()
        arguments = self._arguments.build_odd(tool)
        if self._random.random() < 0.1:
            arguments = json.dumps(arguments)
        return self._call(tool, arguments)

    def _odd_call_params(self) -> bytes:
        former = "scim_get_service_provider_config"
        name = self._random.choice(
            [*ODD_VALUES, former, "Get_Tag", "get_tags", "list_tag", "nothing", "get_tag "]
        )
        params: list[dict[str, Any]] = [
            {"name": name, "arguments": {"repository": "redis:8.2"}},
            {"name": name},
            {"name": self._random.choice(READS)},
            {
                "name": "get_tag",
                "arguments": self._random.choice([*ODD_VALUES, '{"repository":"redis:8.2"}', "[1]", "{"]),
            },
            {"arguments": {}},
            {},
            {
                "name": "get_tag",
                "arguments": {"repository": "redis:8.2"},
                "extra": self._random.choice(ODD_VALUES),
            },
            {
                "name": "get_tag",
                "arguments": {"repository": "redis:8.2"},
                "task": self._random.choice([{}, None, {"ttl": 1}]),
            },
            {
                "name": "check_tag",
                "arguments": {"repository": "redis:8.2"},
                "inputResponses": self._random.choice([{}, None, 1]),
            },
            {
                "name": "check_tag",
                "arguments": {"repository": "redis:8.2"},
                "requestState": self._random.choice(["x", None, 1]),
            },
        ]
        return self._request("tools/call", self._random.choice(params))

    def _list(self) -> bytes:
        params: Any = self._random.choice(
            [None, None, {}, {"cursor": None}, {"cursor": "x"}, {"cursor": 1}, {"x": 1}]
        )
        return self._request(self._random.choice(LISTS), params)

    def _ping(self) -> bytes:
        return self._request("ping", self._random.choice([None, {}, {"x": 1}]))

    def _odd_params(self) -> bytes:
        method = self._random.choice(["tools/call", "ping", *LISTS])
        message = {"jsonrpc": "2.0", "id": self._next_id(), "method": method}
        return encode(
            message | {"params": self._random.choice([None, [], [1], "x", 1, {"": 1}, {"_meta": {}}, {}])}
        )

    def _odd_meta(self) -> bytes:
        method = self._random.choice(["tools/call", "tools/list", "ping"])
        params: dict[str, Any] = (
            {"name": "check_tag", "arguments": {"repository": "redis:8.2"}} if method == "tools/call" else {}
        )
        if self._random.random() < 0.5:
            return self._request(method, params, **self._random.choice(METAS))
        meta: Any = self._random.choice(ODD_METAS)
        if self._modern and self._random.random() < 0.8:
            meta = self._envelope()
            changed = self._random.choice(sorted(meta))
            change = self._random.choice(
                [None, 1, "x", "2025-11-25", "2027-01-01", [], {"name": "x"}, *ODD_CAPABILITIES, *METAS]
            )
            meta = {key: value for key, value in meta.items() if key != changed} | (
                {} if self._random.random() < 0.3 else {changed: change}
            )
        message = {"jsonrpc": "2.0", "id": self._next_id(), "method": method}
        return encode(message | {"params": params | {"_meta": meta}})

    def _odd_id(self) -> bytes:
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self._random.choice(ODD_IDS)}
        message |= self._random.choice([{"method": "ping"}, {"method": "tools/list"}, {"method": "nothing"}])
        return encode(message | ({"params": {"_meta": self._envelope()}} if self._modern else {}))

    def _unknown_method(self) -> bytes:
        return self._request(self._random.choice(UNKNOWN_METHODS), self._random.choice([None, {}, {"x": 1}]))

    def _notification(self) -> bytes:
        odd = self._random.choice([*ODD_IDS, f"r{self._last_id}", self._last_id])
        params: dict[str, Any] = {
            "notifications/cancelled": {"requestId": odd, "reason": self._random.choice(["x", None, 1])},
            "notifications/progress": {"progressToken": odd, "progress": 1},
            "notifications/initialized": {},
            "notifications/roots/list_changed": {},
            "notifications/unknown": {"x": 1},
            "tools/list": {},
        }
        method = self._random.choice(sorted(params))
        message = {"jsonrpc": "2.0", "method": method}
        return encode(
            message
            | self._random.choice(
                [{"params": params[method]}, {"params": params[method]}, {"params": None}, {}]
            )
        )

    def _garbage(self) -> bytes:
        return self._random.choice(GARBAGE) + b"\n"

    def _beyond_plain(self) -> bytes:
        requests: list[tuple[str, dict[str, Any]]] = [
            ("resources/read", {"uri": self._random.choice(URIS)}),
            ("prompts/get", {"name": "nothing", "arguments": {}}),
            ("prompts/get", {"name": 5}),
            (
                "completion/complete",
                {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "y", "value": "z"}},
            ),
            ("skills/list", {}),
        ]
        return self._request(*self._random.choice(requests))

    def _handshake(self) -> bytes:
        if self._modern:
            return self._request("server/discover")
        return encode(
            build_initialize(self._random.choice(VERSIONS), capabilities=self._random.choice(CAPABILITIES))
        )

    def _odd_handshake(self) -> bytes:
        changes = self._random.choice(
            [{"capabilities": odd} for odd in ODD_CAPABILITIES]
            + [
                {"clientInfo": odd}
                for odd in (None, {}, {"name": "x"}, {"name": 1, "version": "1"}, "x", INFO | {"x": 1})
            ]
            + [{"protocolVersion": odd} for odd in (None, 1, "", "2027-01-01", MODERN)]
            + [{"_meta": odd} for odd in (*METAS, *ODD_METAS)]
        )
        return encode(
            build_initialize(**changes) if "protocolVersion" not in changes else _with_version(changes)
        )

    def _other_generation(self) -> bytes:
        other = MessageGenerator(self._random, modern=not self._modern)
        other._last_id = self._last_id
        line = self._random.choice([other._list, other._ping, other._handshake, other._valid_call])()
        self._last_id = other._last_id
        return line

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _with_version(changes: dict[str, Any]) -> dict[str, Any]:
    message = build_initialize()
    message["params"] |= changes
    return message


def encode(message: dict[str, Any]) -> bytes:
    """Return a message as a line, with the texts of `RAW` in place."""
    text = json.dumps(message)
    for name, raw in RAW.items():
        text = text.replace(f'"{name}"', raw)
    return f"{text}\n".encode()
