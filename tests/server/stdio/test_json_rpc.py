"""Edges of JSON-RPC over stdio, one raw line each, answered without the SDK where it is not needed, and by the SDK alone."""

from __future__ import annotations

import json
from typing import Any

import anyio
import mcp_types as types
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from dockerhub_mcp.server.json_rpc import parse_json
from dockerhub_mcp.server.plain.prebuilt import read_responses
from dockerhub_mcp.server.stdio.lines import LineReader
from dockerhub_mcp.server.stdio.session import StdioSession
from tests.support.property_testing import examples
from tests.support.stdio_messages import (
    INITIALIZED,
    META,
    build_initialize,
    build_modern_request,
    build_request,
)
from tests.support.stdio_program import StdioRun, encode_lines, run_over_stdio

PING = build_request(99, "ping")
PONG = {"jsonrpc": "2.0", "id": 99, "result": {}}
LIST = b'{"jsonrpc":"2.0","id":%s,"method":"tools/list"}\n'
BOTH = pytest.mark.parametrize("by_sdk", [False, True], ids=["plain", "SDK"])


def run(messages: list[Any], *, by_sdk: bool = False) -> StdioRun:
    done = run_over_stdio(encode_lines(messages), "--log-level", "error", by_sdk=by_sdk)
    assert done.exit_code == 0, done.log
    assert "Traceback" not in done.log
    return done


def raw(method: str, params: Any, request_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


REFUSED_BYTES = {
    "byte order mark": b"\xef\xbb\xbf" + LIST % b"1",
    "UTF-16": ((LIST % b"1")[:-1].decode().encode("utf-16-be")) + b"\n",
    "UTF-32": ((LIST % b"1")[:-1].decode().encode("utf-32-be")) + b"\n",
    "half a character": LIST % b'"\xc3"',
    "an encoded surrogate": LIST % b'"\xed\xa0\x80"',
    "an overlong character": LIST % b'"\xc0\xaf"',
    "an escaped half of a pair": LIST % b'"\\ud83d"',
    "the halves of a pair in the wrong order": LIST % b'"\\ude00\\ud83d"',
    "a control character": LIST % b'"\x01"',
    "a NUL byte": b"\x00" + LIST % b"1",
    "a comma too many": LIST % b"1,",
    "Latin-1": LIST % b'"\xe9"',
}


@BOTH
@pytest.mark.parametrize("line", REFUSED_BYTES.values(), ids=REFUSED_BYTES)
def test_bytes_that_the_sdk_refuses_are_a_parse_error(line: bytes, by_sdk: bool) -> None:
    with pytest.raises(ValidationError):
        types.jsonrpc_message_adapter.validate_json(line)
    done = run([build_initialize(), INITIALIZED, line, PING], by_sdk=by_sdk)
    _, error, pong = sorted(done.messages, key=lambda each: (each["id"] or 0, each["id"] is None))
    if error["id"] is not None:
        error, _ = _, error
    assert error["error"]["code"] == -32700
    assert error["id"] is None
    assert pong == PONG


def test_a_byte_order_mark_is_named() -> None:
    done = run([b"\xef\xbb\xbf" + encode_lines([build_initialize()])[0], build_initialize()])
    errors = [each["error"]["message"] for each in done.messages if "error" in each]
    assert errors == ["this line is not JSON: it begins with a byte order mark"]


@BOTH
def test_a_request_with_half_a_character_in_its_params_is_answered_under_its_id(by_sdk: bool) -> None:
    cut = b'{"jsonrpc":"2.0","id":"cut","method":"tools/call","params":{"name":"search","arguments":{"q":"\\ud83d"}}}\n'
    done = run([build_initialize(), INITIALIZED, cut, PING], by_sdk=by_sdk)
    answers = {message["id"]: message for message in done.messages}
    assert answers["cut"]["error"]["code"] == -32700
    assert "half a character" in answers["cut"]["error"]["message"]
    assert answers[99] == PONG


def test_a_surrogate_pair_is_a_character() -> None:
    line = LIST % b'"\\ud83d\\ude00"'
    assert parse_json(line)["id"] == "\U0001f600"
    done = run([build_initialize(), INITIALIZED, line])
    assert done.messages[1]["id"] == "\U0001f600"
    assert "tools" in done.messages[1]["result"]


ALLOWED_IDS = (
    0,
    -1,
    -(2**63),
    2**53,
    2**53 + 1,
    2**64,
    10**40,
    "",
    "0",
    "é",
    "\u2028",
    "\U0001f600",
    "x" * 5000,
)
OTHER_IDS: tuple[Any, ...] = (None, 1.0, 1.5, -0.0, 1e300, True, False, {}, {"a": 1}, [], [1])


@BOTH
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_every_id_that_the_specification_allows_is_answered(era: str, by_sdk: bool) -> None:
    start = [build_initialize(), INITIALIZED] if era == "legacy" else []
    ids: list[Any] = [each for each in ALLOWED_IDS if era == "modern" or each != 0]
    method = "resources/templates/list"
    asked = [
        build_request(each, method) if era == "legacy" else build_modern_request(each, method) for each in ids
    ]
    done = run([*start, *asked], by_sdk=by_sdk)
    answered = [message["id"] for message in done.messages if "resourceTemplates" in message["result"]]
    assert sorted(map(repr, answered)) == sorted(map(repr, ids))


@BOTH
def test_other_ids_are_refused(by_sdk: bool) -> None:
    done = run(
        [build_initialize(), INITIALIZED, *(build_request(each, "ping") for each in OTHER_IDS), PING],
        by_sdk=by_sdk,
    )
    errors = [message for message in done.messages if "error" in message]
    assert len(errors) == len(OTHER_IDS)
    for message in errors:
        assert (message["id"], message["error"]["code"]) == (None, -32600)
        assert "the id must be a text or an integer" in message["error"]["message"]
    assert PONG in done.messages


def test_an_id_in_another_spelling_is_an_id() -> None:
    done = run([build_initialize(), INITIALIZED, b'{"jsonrpc":"2.0","\\u0069d":null,"method":"ping"}\n'])
    assert done.messages[1]["error"]["code"] == -32600
    done = run(
        [build_initialize(), {"jsonrpc": "2.0", "id": None, "method": "notifications/initialized"}, PING]
    )
    assert sorted(message.get("error", {}).get("code", 0) for message in done.messages) == [-32600, 0, 0]


INVALID_PARAMETERS = [
    (raw("tools/call", {}), "name is required"),
    (raw("tools/call", {"name": 5}), "name must be text"),
    (raw("tools/call", {"name": "get_tag", "arguments": [1]}), "arguments must be an object"),
    (raw("tools/call", {"name": "get_tag", "arguments": {}, "_meta": 5}), "_meta must be an object"),
    (raw("tools/list", {"cursor": 5}), "cursor must be text"),
    (raw("resources/read", {}), "uri is required"),
    (raw("prompts/get", {"name": "x", "arguments": {"a": 1}}), "arguments.a must be text"),
    (raw("prompts/get", {"name": "x", "arguments": {"\x1b[31m": 1}}), "arguments."),
    (raw("completion/complete", {"ref": {"type": "x"}}), "argument is required, ref is invalid"),
]


@BOTH
def test_an_invalid_parameter_is_named(by_sdk: bool) -> None:
    messages = [message | {"id": number} for number, (message, _) in enumerate(INVALID_PARAMETERS, 1)]
    done = run([build_initialize(), INITIALIZED, *messages], by_sdk=by_sdk)
    by_id = {message["id"]: message for message in done.messages}
    for number, (_, words) in enumerate(INVALID_PARAMETERS, 1):
        error = by_id[number]["error"]
        assert error["code"] == -32602
        assert error["message"].startswith("Invalid request parameters: ")
        assert words in error["message"]
        assert "\x1b" not in error["message"]
        assert "pydantic" not in error["message"]


def test_an_invalid_parameter_is_named_for_newer_clients() -> None:
    done = run([build_modern_request(1, "tools/call"), raw("tools/call", {"name": 5, "_meta": META}, 2)])
    texts = {message["id"]: message["error"]["message"] for message in done.messages}
    assert texts == {
        1: "Invalid request parameters: name is required.",
        2: "Invalid request parameters: name must be text.",
    }


def test_requests_before_the_handshake_and_params_that_are_a_list_are_explained() -> None:
    done = run([build_request(1, "tools/list"), raw("initialize", {}, 2), raw("tools/call", [1], 3)])
    errors = {message["id"]: message["error"] for message in done.messages}
    assert errors[1]["message"].endswith("send initialize first.")
    assert "clientInfo is required, protocolVersion is required" in errors[2]["message"]
    assert errors[3] == {
        "code": -32600,
        "message": "this is not a JSON-RPC 2.0 message: params must be an object",
    }


async def test_a_long_line_is_read_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(raw("tools/call", {"name": "check_tag", "arguments": {"repository": "x" * 12_000_000}}))
    chunks = [line[start : start + 512].encode() for start in range(0, len(line), 512)]
    unread = iter([*chunks, b"\n" + encode_lines([PING])[0], b""])
    reader = LineReader(0)

    async def read_chunk() -> bytes:
        await anyio.lowlevel.checkpoint()
        return next(unread)

    monkeypatch.setattr(reader, "_read_chunk", read_chunk)
    with anyio.fail_after(10):  # copying the line for each chunk takes minutes
        found = [line async for lines in reader.read_batches() for line in lines if line]
    assert [json.loads(line)["id"] for line in found] == [1, 99]


def test_a_long_line_is_answered() -> None:
    line = json.dumps(raw("tools/call", {"name": "check_tag", "arguments": {"repository": "x" * 3_000_000}}))
    done = run([build_initialize(), INITIALIZED, line.encode(), b"\n", PING])
    by_id = {message["id"]: message for message in done.messages}
    assert "at most 255 characters" in by_id[1]["result"]["content"][0]["text"]
    assert by_id[99] == PONG


def test_a_line_that_is_too_long_is_refused() -> None:
    done = run([build_initialize(), INITIALIZED, b'{"jsonrpc":"' + b"x" * 17_000_000, b"\n", PING])
    error = done.messages[-1]
    assert (error["error"]["code"], error["id"]) == (-32600, None)
    assert "16 MiB" in error["error"]["message"]


VERSIONS: list[str] = read_responses()["versions"]
SEEDS = [
    encode_lines([message])[0]
    for message in (
        build_initialize(),
        build_initialize(
            capabilities={"roots": {"listChanged": True}, "experimental": {"a": {"b": [1, None, "é"]}}}
        ),
        build_modern_request(1, "server/discover"),
        build_modern_request("\u00e9", "tools/list"),
    )
]
PIECES = st.sampled_from(
    [b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\ude00", b"\xc3", b"\xff", b"\x00", b"NaN", b"Infinity", b"1e999",
     b"[" * 300, b'"', b"{", b"}", b",", b" ", b"\t", b"\x0b", b"\x0c", b"\r", b"\xc2\xa0", b"null", b"-0", b"01", b"\\u0041"]
)  # fmt: skip


@examples(300)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), PIECES | st.binary(max_size=3)), max_size=3),
)
@example(SEEDS[0].replace(b"tester", b"\\ud800"), [])
@example(
    SEEDS[0].replace(
        b'"capabilities": {}',
        b'"capabilities": {"experimental": {"a": {"b": %s1%s}}}' % (b"[" * 250, b"]" * 250),
    ),
    [],
)
@example(SEEDS[0].replace(b'"capabilities": {}', b'"capabilities": {"experimental": {"a": {"b": NaN}}}'), [])
def test_no_bytes_that_the_sdk_refuses_are_a_plain_request(
    line: bytes, changes: list[tuple[int, bytes]]
) -> None:
    for position, piece in changes:
        line = line[:position] + piece + line[position:]
    session = StdioSession(VERSIONS)
    message = session.parse_message(line.rstrip(b"\n"))
    request = None if message is None else session.parse_request(message)
    if request is not None:
        try:
            by_sdk = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError as error:
            pytest.fail(f"the SDK refuses {line!r}: {error}")
        assert isinstance(by_sdk, types.JSONRPCRequest)
        assert (by_sdk.id, by_sdk.method) == (request.id, request.method)
