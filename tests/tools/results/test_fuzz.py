"""Malformed responses of the Hub: every call ends with a result in reasonable time, and the next one works."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from mcp import Client
from mcp_types import TextContent

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.results.tool_result import DEFAULT_MAX_BYTES, ToolResult
from tests.support.calls import arguments_of
from tests.support.fixture_types import QUICK
from tests.support.property_testing import examples
from tests.support.tool_calls import EVERYTHING, call, make_context

READING = [method.tool_name for method in ALL_METHODS if method.effect is Effect.READ]
WITH_BODY = [name for name in READING if not name.startswith("check_")]
SOME = ["list_tags", "get_repository", "scim_list_users", "export_org_members", "list_hardened_images"]
NEVER_TOLD = ("Traceback", "pydantic", "ValidationError", "input_value", "input_type", "RecursionError", "OverflowError", "Exceeds the limit", 'File "')  # fmt: skip
LONG = 60.0  # seconds; a machine may be busy


class Saying(httpx.AsyncBaseTransport):
    """A transport to the sandbox that can replace responses, except for sign-in."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(signed_in_limit=None)
        self._wire = httpx.ASGITransport(app=self.sandbox.app)
        self.said: tuple[int, dict[str, str], bytes] | None = None
        self.heard = b""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.said is not None and not request.url.path.startswith("/v2/auth"):
            status, headers, content = self.said
            return httpx.Response(status, headers=headers, stream=_Stream(content))
        response = await self._wire.handle_async_request(request)
        self.heard = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=self.heard)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), 1 << 18):
            yield self._content[start : start + (1 << 18)]


class Hearing:
    """A client with that transport."""

    def __init__(self) -> None:
        self.wire = Saying()
        sandbox = self.wire.sandbox
        whom = sandbox.get_identity("owner")
        self.arguments = arguments_of(sandbox)
        self.hub = Hub(
            Credentials.from_strings(whom.username, whom.secret),
            scim_token=StaticSecret(sandbox.scim_token),
            base_url="http://localhost",
            httpx_transport=self.wire,
            retry_policy=QUICK,
        )

    async def ask(self, name: str, **arguments: Any) -> ToolResult:
        return await call(self.hub, name, **(self.arguments[name] | arguments))

    async def hear(self, name: str, content: bytes, status: int = 200, /, **headers: str) -> ToolResult:
        """Call a tool with this response, and check the invariants of every result."""
        sent = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        self.wire.said = (status, sent, content)
        outcome = await self.ask(name)
        if name not in {"check_repository", "check_tag", "check_tags"}:
            check(await self.ask(name, detail="full"))
        self.wire.said = None
        return outcome


def check(outcome: ToolResult) -> ToolResult:
    """Check the invariants of every result."""
    assert outcome.text
    assert len(outcome.text.encode()) <= DEFAULT_MAX_BYTES
    for words in NEVER_TOLD:
        assert words not in outcome.text
    json.dumps(outcome.structured_content, allow_nan=False).encode()
    return outcome


@asynccontextmanager
async def hearing() -> AsyncIterator[Hearing]:
    listener = Hearing()
    async with listener.hub:
        yield listener


def run(test: Callable[[Hearing], Any]) -> Any:
    async def running() -> Any:
        async with hearing() as listener:
            return await test(listener)

    return asyncio.run(running())


@pytest.fixture(scope="module")
def heard() -> dict[str, bytes]:
    """The responses of the sandbox to each call."""

    async def listen(listener: Hearing) -> dict[str, bytes]:
        bodies = {}
        for name in WITH_BODY:
            assert not (await listener.ask(name)).is_error
            bodies[name] = listener.wire.heard
        return bodies

    bodies: dict[str, bytes] = run(listen)
    return bodies


# Slightly malformed bodies


def nested(depth: int, of: str = "list") -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value] if of == "list" else {"a": value}
    return value


JUNK: list[Any] = [
    None, "", " ", "x", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+23:59", 0, -1, 1.5, True, False,
    10**18, -(10**18), 10**400, -(10**400), 10**4200, 1e308, float("nan"), float("inf"), float("-inf"),
    [], {}, [[]], [{}], [None], [None, 1, "x", {}], {"": None}, {"a": {}}, ["x"] * 200, "y" * 20_000, "\ud800", "\u0000",
    nested(20), nested(20, "object"), nested(150), nested(150, "object"),
]  # fmt: skip


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    )
    for key, part in inner:
        yield from paths_of(part, (*path, key))


def changed(body: Any, random: Random) -> Any:
    for _ in range(random.randint(1, 5)):
        path = random.choice(list(paths_of(body)))
        value = copy.deepcopy(random.choice(JUNK))
        if not path:
            if random.random() < 0.3:
                return value
            continue
        inner = body
        for step in path[:-1]:
            inner = inner[step]
        match random.choice(["replace", "drop", "add", "wrap"]):
            case "replace":
                inner[path[-1]] = value
            case "drop":
                del inner[path[-1]]
            case "wrap":
                inner[path[-1]] = [inner[path[-1]]] if isinstance(path[-1], str) else {"x": inner[path[-1]]}
            case _ if isinstance(inner, dict):
                inner[random.choice(["", "x", "name", "a\nb", "results", "\u202e"])] = value
            case _:
                inner.append(value)
    return body


@pytest.mark.parametrize("name", WITH_BODY)
@given(seed=st.integers(0, 2**32))
@examples(3, suppress=tuple(HealthCheck))
def test_a_slightly_malformed_body_gives_a_result(name: str, heard: dict[str, bytes], seed: int) -> None:
    random = Random(seed)  # noqa: S311
    bodies = []
    for _ in range(6):
        try:
            body = json.loads(heard[name])
        except ValueError:  # CSV
            start, end = sorted(random.randint(0, len(heard[name])) for _ in range(2))
            bodies.append(heard[name][:start] + random.randbytes(9) + heard[name][end:])
        else:
            bodies.append(json.dumps(changed(body, random)).encode())

    async def test(listener: Hearing) -> None:
        for body in bodies:
            check(await listener.hear(name, body))
        assert not (await listener.ask(name)).is_error

    run(test)


@pytest.mark.parametrize("name", WITH_BODY)
def test_any_value_in_a_body_may_be_of_any_type(name: str, heard: dict[str, bytes]) -> None:
    try:
        body = json.loads(heard[name])
    except ValueError:
        return
    tops = list(body) if isinstance(body, dict) else [0]
    container = next((key for key in tops if isinstance(body[key], list) and body[key]), None)

    async def test(listener: Hearing) -> None:
        for number, junk in enumerate(JUNK):
            wrong = copy.deepcopy(body)
            wrong[tops[number % len(tops)]] = junk
            check(await listener.hear(name, json.dumps(wrong).encode()))
            if container is not None and isinstance(body[container][0], dict):
                fields = list(body[container][0])
                wrong = copy.deepcopy(body)
                wrong[container][0][fields[number % len(fields)]] = junk
                check(await listener.hear(name, json.dumps(wrong).encode()))
        assert not (await listener.ask(name)).is_error

    run(test)


# Unexpected bodies


HTML = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>" + b"<p>x</p>" * 100 + b"</body></html>"
)
OTHERS: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n\t ",
    "null": b"null",
    "true": b"true",
    "a number": b"5",
    "a text": b'"text"',
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "a list of nulls": b"[null,null]",
    "an object": b"{}",
    "HTML": HTML,
    "bare text": b"upstream connect error",
    "a comma": b",",
    "half": b'{"results":[{"name":"x"',
    "two": b"{}{}",
    "a mark of order": b'\xef\xbb\xbf{"results":[]}',
    "UTF-16": '{"results":[]}'.encode("utf-16"),
    "broken UTF-8": b'{"name":"\xff\xfe caf\xc3","results":[{"name":"\xc3\x28"}]}',
    "half of a pair": b'{"name":"\\ud83d","results":[{"name":"\\udc00 \\ud83d"}]}',
    "a number of many digits": b'{"count":' + b"9" * 5000 + b',"results":[]}',
    "an exponent": b'{"count":1e99999,"full_size":-1e99999,"results":[{"full_size":1e999}]}',
    "not a number": b'{"count":NaN,"results":[{"full_size":Infinity,"x":NaN}],"y":-Infinity}',
    "the same name twice": b'{"name":1,"name":"x","results":[],"results":[{}]}',
    "NUL": b"\x00" * 50,
    "deep lists": b"[" * 100_000,
    "deep lists that end": b"[" * 100_000 + b"]" * 100_000,
    "200 levels": json.dumps(nested(199)).encode(),
    "200 levels within": b'{"name":"x","deep":' + json.dumps(nested(195)).encode() + b',"results":[{"deep":' + json.dumps(nested(190, "object")).encode() + b"}]}",
    "201 levels": json.dumps({"results": nested(210)}).encode(),
    "900 levels": json.dumps({"x": nested(900, "object")}).encode(),
    "deep objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "pages in a list": b'[{"results":[{"name":"a"}]},{"results":[null,5]}]',
}  # fmt: skip


NO_JSON = {"nothing", "white space", "HTML", "bare text", "half", "NUL", "deep lists"}


@pytest.mark.parametrize("name", WITH_BODY)
def test_an_unexpected_body_gives_a_result(name: str) -> None:
    async def test(listener: Hearing) -> None:
        for other, body in OTHERS.items():
            outcome = check(await listener.hear(name, body))
            if other in NO_JSON - {"HTML"} and name != "export_org_members":
                assert outcome.is_error, other
                assert "DOCKERHUB_API_URL" in outcome.text, other
            if other == "HTML":
                assert outcome.is_error
                assert "<" not in outcome.text
            refused = check(await listener.hear(name, body, 400))
            assert refused.is_error
            assert "\n" not in refused.text
        assert not (await listener.ask(name)).is_error

    run(test)


@pytest.mark.parametrize("name", [name for name in READING if name.startswith("check_")])
def test_an_existence_check_ignores_the_body(name: str) -> None:
    async def test(listener: Hearing) -> None:
        for body in OTHERS.values():
            assert check(await listener.hear(name, body)).structured_content == {"exists": True}
            assert check(await listener.hear(name, body, 404)).structured_content == {"exists": False}

    run(test)


# Large and compressed bodies


def large(name: str, heard: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    ten = 10 * 1024**2
    yield (
        "a long text",
        json.dumps(
            {
                "name": "é" * (ten // 12),
                "description": "x" * (ten // 2),
                "full_description": "> \n" * (ten // 9),
            }
        ).encode(),
    )
    yield "many numbers", b'{"results":[' + b"1," * (ten // 2) + b"1]}"
    yield "many objects", b'{"results":[' + b"{}," * (ten // 3) + b"{}]}"
    yield "as many objects as are read", b'{"results":[' + b"{}," * 99_000 + b'{}],"Resources":5}'
    yield "as many numbers as are read", b'{"Resources":[' + b"1," * 99_000 + b'1],"logs":7}'
    yield (
        "many names",
        json.dumps({"results": [{f"k{number}": "x" * 20 for number in range(49_000)}]}).encode(),
    )
    yield "a long name", b'{"' + b"n" * ten + b'":1}'
    yield "lines", b"a,b\n" * (ten // 4)
    try:
        body = json.loads(heard[name])
    except ValueError:
        return
    yield (
        "itself with more",
        json.dumps({"more": "x" * ten, **body} if isinstance(body, dict) else body).encode(),
    )


@pytest.mark.parametrize("name", ["list_tags", "export_org_members"])
def test_a_large_body_is_processed_in_reasonable_time(name: str, heard: dict[str, bytes]) -> None:
    async def test(listener: Hearing) -> None:
        for kind, body in large(name, heard):
            listener.wire.said = (200, {"content-type": "application/json"}, body)
            for arguments in (
                [{}, {"detail": "full"}] if kind.startswith(("a long text", "many names")) else [{}]
            ):
                begun = time.process_time()
                check(await listener.ask(name, **arguments))
                assert time.process_time() - begun < LONG, (kind, arguments)
        listener.wire.said = None
        assert not (await listener.ask(name)).is_error

    run(test)


@pytest.mark.parametrize("name", ["list_tags", "export_org_members", "list_hardened_images", "check_tag"])
def test_an_endless_body_is_not_read(name: str) -> None:
    async def test(listener: Hearing) -> None:
        for status in (200, 404, 500):
            listener.wire.said = (status, {"content-type": "application/json"}, b" " * (33 * 1024**2))
            outcome = check(await listener.ask(name))
            assert outcome.is_error
            assert "with more than 32 MiB" in outcome.text
        listener.wire.said = None
        assert not (await listener.ask(name)).is_error

    run(test)


def packed(encoding: str) -> bytes:
    content = b"[" + b" " * (40 * 1024**2) + b"]"
    return gzip.compress(content, 9) if encoding == "gzip" else zlib.compress(content, 9)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_not_read(encoding: str) -> None:
    bomb = packed(encoding)
    assert len(bomb) < 64 * 1024

    async def test(listener: Hearing) -> None:
        outcome = check(await listener.hear("list_tags", bomb, content_encoding=encoding))
        assert "with more than 32 MiB" in outcome.text
        small = (
            gzip.compress(listener.wire.heard) if encoding == "gzip" else zlib.compress(listener.wire.heard)
        )
        assert check(await listener.hear("list_tags", small, content_encoding=encoding)) is not None
        for broken in (b"no such thing", bomb[: len(bomb) // 2], b""):
            check(await listener.hear("list_tags", broken, content_encoding=encoding))
        assert not (await listener.ask("list_tags")).is_error

    run(test)


# Pagination, and the whole server


@pytest.mark.parametrize("name", ["list_tags", "list_audit_logs", "list_org_members"])
def test_pagination_over_malformed_pages_ends(name: str) -> None:
    async def test(listener: Hearing) -> None:
        for body in OTHERS.values():
            listener.wire.said = (200, {"content-type": "application/json"}, body)
            check(await listener.ask(name, max_items=500))

    run(test)


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_the_server_answers_the_call_after_a_malformed_one(mode: str, heard: dict[str, bytes]) -> None:
    odd = [
        *OTHERS.values(),
        b" " * (33 * 1024**2),
        heard["get_tag"][:-20],
        heard["get_tag"].replace(b"sha256", b"\xff\xff"),
    ]
    async with (
        hearing() as listener,
        Client(build_server(RequestContext(EVERYTHING, make_context(listener.hub))), mode=mode) as client,
    ):
        for content in odd:
            for name in ("get_tag", "list_tags", "list_org_members"):
                listener.wire.said = (200, {"content-type": "application/json"}, content)
                # Arguments differ each time, so that no cached result is returned.
                result = await client.call_tool(name, {**listener.arguments[name], "fields": None})
                text = "".join(part.text for part in result.content if isinstance(part, TextContent))
                assert text
                assert not any(words in text for words in NEVER_TOLD)
        listener.wire.said = None
        fine = await client.call_tool("get_repository", {"repository": "redis"})
        assert not fine.is_error
