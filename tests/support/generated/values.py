"""Unusual values of MCP messages, and usual ones that have several forms."""

from __future__ import annotations

from typing import Any

PREFIX = "io.modelcontextprotocol/"
LEGACY, MODERN = "2025-11-25", "2026-07-28"
VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", LEGACY)
LISTS = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")
CAPABILITIES: tuple[Any, ...] = (
    {},
    {"roots": {"listChanged": True}},
    {"sampling": {}, "elicitation": {}},
    {"elicitation": {"form": {}, "url": {}}, "roots": {}},
    {"extensions": {f"{PREFIX}skills": {}, "com.example/other": {"x": 1}}},
    {"experimental": {"a": {"b": [1, None]}}},
)
ODD_CAPABILITIES: tuple[Any, ...] = (
    *(
        None,
        [],
        "x",
        1,
        {"roots": 5},
        {"roots": None},
        {"elicitation": []},
        {"sampling": {"tools": {}}},
        {"unknown": {}},
    ),
    *(
        {"experimental": {"a": 1}},
        {"extensions": {"a": None}},
        {"roots": {"listChanged": "yes"}},
        {"tasks": {}},
    ),
)
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
METAS: tuple[Any, ...] = (
    *({}, {"progressToken": 1}, {"progressToken": "t"}, {"progressToken": ""}, {"progressToken": 1.5}),
    *({"progressToken": True}, {"progressToken": None}, {"progressToken": [1]}, {"progressToken": {}}),
    *(
        {"traceparent": _TRACE, "tracestate": "a=b", "baggage": "c=d"},
        {"traceparent": 1},
        {"com.example/x": {"y": 1}},
    ),
    *({f"{PREFIX}related-task": {"taskId": "x"}}, {"": ""}, {f"{PREFIX}logLevel": "debug"}),
)
ODD_METAS: tuple[Any, ...] = (None, [], "x", 1, True)
ODD_IDS: tuple[Any, ...] = (
    *(
        "",
        " ",
        "a",
        "1",
        "é😀",
        "x" * 200,
        '\u2028"\\',
        0,
        -1,
        -(2**31),
        2**31,
        2**53,
        2**63 - 1,
        2**63,
        2**64,
        10**30,
    ),
    *(
        None,
        True,
        False,
        1.0,
        1.5,
        [],
        {},
        "@huge@",
        "@minus-zero@",
        "@exponent@",
        "@surrogate@",
        "@pair@",
        "@escaped@",
    ),
)
GARBAGE: tuple[bytes, ...] = (
    *(
        b"",
        b" ",
        b"\t\r",
        b"\r",
        b"nothing",
        b"{",
        b"[]",
        b"[1]",
        b"1",
        b"null",
        b'"text"',
        b"true",
        b"{}",
        b"NaN",
    ),
    *(
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"1.0","id":2,"method":"ping"}',
        b'{"id":7,"method":"ping"}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":7,"method":5}',
        b'{"jsonrpc":"2.0","id":7,"method":null}',
        b'{"jsonrpc":2.0,"id":7,"method":"ping"}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}',
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":null}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}',
        b'{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":7,"method":"ping"},',
        b'{"jsonrpc":"2.0","id":7,"method":"ping"}{}',
        b'\xef\xbb\xbf{"jsonrpc":"2.0"}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":"\xff","method":"ping"}',
        b'{"jsonrpc":"2.0","id":"\xed\xa0\x80","method":"ping"}',
    ),
    *(
        b'[{"jsonrpc":"2.0","id":7,"method":"ping"}]',
        b'{"jsonrpc":"2.0","method":"ping","id":null}',
        b"[" * 5000,
    ),
    *(
        b'{"jsonrpc":"2.0","id":3,"result":{}}',
        b'{"jsonrpc":"2.0","id":"none","error":{"code":1,"message":"x"}}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":3,"result":null}',
        b'{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}',
    ),
    *(
        b'{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}',
        b'{"jsonrpc":"2.0","id":7,"method":"\\u0070ing"}',
    ),
    *(
        b' {"jsonrpc":"2.0","id":7,"method":"ping"}\r',
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"extra":[1]}',
    ),
)
UNKNOWN_METHODS = (
    *(
        "nothing/here",
        "",
        " ",
        "tools",
        "tools/",
        "tools/Call",
        "TOOLS/LIST",
        "initialize2",
        "rpc.discover",
        "é",
        "x" * 300,
    ),
    *(
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/list",
        "tasks/get",
        "roots/list",
    ),
    *(
        "sampling/createMessage",
        "elicitation/create",
        "subscriptions/listen",
        "notifications/initialized",
        "notifications/x",
    ),
)
URIS = (
    "dockerhub://library/redis/readme",
    "dockerhub://status",
    "dockerhub://nothing",
    "x",
    "skill://index.json",
    "",
)
