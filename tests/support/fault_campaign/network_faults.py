"""Connections that break, and bodies that are damaged on the way."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import anyio
import httpx2 as httpx

from tests.support.fault_campaign.faults import (
    JSON,
    READS,
    WITH_BODY,
    Chunks,
    Delivery,
    Fault,
    Outcome,
    Target,
    fixed,
    raising,
    rewriting,
)

UNSENT: dict[str, Any] = {"group": "network", "outcome": Outcome.UNSENT}
CUT: dict[str, Any] = {"group": "network"}
BODY: dict[str, Any] = {"group": "body", "targets": WITH_BODY}
_FOREVER = 100_000.0


def _hang(name: str, *, is_applied: bool) -> Fault:
    async def deliver(_: Delivery) -> httpx.Response:
        await anyio.sleep(_FOREVER)
        message = "timed out"
        raise httpx.ReadTimeout(message)

    return Fault(name, deliver, needs_genuine=is_applied, is_withheld=not is_applied, **CUT)


def _streamed(name: str, *, cut: bool = False, drip: bool = False) -> Fault:
    async def deliver(delivery: Delivery) -> httpx.Response:
        genuine = delivery.genuine
        assert genuine is not None
        body = genuine.content
        headers = {**genuine.headers, "content-length": str(len(body) or 2)}
        error = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        if cut:
            return httpx.Response(
                genuine.status_code, headers=headers, stream=Chunks(body[: len(body) // 2], error=error)
            )
        return httpx.Response(
            genuine.status_code, headers=headers, stream=Chunks(body[:1], body[1:], delay=45.0 if drip else 0)
        )

    return Fault(name, deliver, needs_genuine=True, targets=WITH_BODY, group="network")


NETWORK_FAULTS = (
    raising("connection refused", lambda: httpx.ConnectError("[Errno 111] Connection refused"), **UNSENT),
    raising("unknown host", lambda: httpx.ConnectError("[Errno -2] Name or service not known"), **UNSENT),
    raising(
        "untrusted certificate",
        lambda: httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer certificate"),
        **UNSENT,
    ),
    raising("connect timeout", lambda: httpx.ConnectTimeout("timed out"), **UNSENT),
    raising("no free connection", lambda: httpx.PoolTimeout("timed out"), **UNSENT),
    raising("refused once", lambda: httpx.ConnectError("Connection refused"), is_once=True, **UNSENT),
    raising("reset while sending", lambda: httpx.WriteError("Broken pipe"), is_withheld=True, **CUT),
    raising(
        "reset before applying", lambda: httpx.ReadError("Connection reset by peer"), is_withheld=True, **CUT
    ),
    raising(
        "reset after applying", lambda: httpx.ReadError("Connection reset by peer"), needs_genuine=True, **CUT
    ),
    raising(
        "reset after applying, once", lambda: httpx.ReadError(""), needs_genuine=True, is_once=True, **CUT
    ),
    raising(
        "closed without an answer",
        lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."),
        **CUT,
    ),
    raising(
        "malformed answer", lambda: httpx.RemoteProtocolError("illegal status line: b'\\x16\\x03'"), **CUT
    ),
    raising("read timeout", lambda: httpx.ReadTimeout("timed out"), **CUT),
    raising("write timeout", lambda: httpx.WriteTimeout(""), is_withheld=True, **CUT),
    raising("operating system error", lambda: OSError(104, "Connection reset by peer"), **CUT),
    _hang("silence before applying", is_applied=False),
    _hang("silence after applying", is_applied=True),
    _streamed("connection cut within the body", cut=True),
    _streamed("dripping body", drip=True),
)


def _first_number(body: bytes, literal: str) -> bytes:
    """Return a JSON body whose first number became a literal."""
    marker = 987_654_321_123

    def replace(value: Any, state: list[bool]) -> Any:
        if isinstance(value, dict):
            return {name: replace(item, state) for name, item in value.items()}
        if isinstance(value, list):
            return [replace(item, state) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and not state:
            state.append(True)
            return marker
        return value

    return json.dumps(replace(json.loads(body), [])).replace(str(marker), literal).encode()


def _is_json(body: bytes) -> bool:
    return body[:1] in {b"{", b"["}


def _number(literal: str) -> Fault:
    return rewriting(
        f"number {literal[:12]}",
        lambda body: _first_number(body, literal) if _is_json(body) else b"",
        targets=READS,
        group="body",
    )


_TEXT_VALUE = re.compile(
    rb'"(?:description|short_description|action_description|full_name|displayName|token_label|label)":"[^"\\\\]+'
)


def _cut_within_character(body: bytes) -> bytes:
    """Cut the last text of a JSON body within a character, as the Hub sometimes does."""
    found = [*_TEXT_VALUE.finditer(body)]
    return body[: found[-1].end()] + b"\xe2\x82" + body[found[-1].end() :] if found else body


BODY_FAULTS = (
    rewriting("truncated body", lambda body: body[: max(1, len(body) // 2)], **BODY),
    rewriting("last character missing", lambda body: body[:-1], **BODY),
    rewriting(
        "broken gzip", lambda body: gzip.compress(body)[:-12], headers={"content-encoding": "gzip"}, **BODY
    ),
    rewriting("gzip that is none", lambda body: body, headers={"content-encoding": "gzip"}, **BODY),
    rewriting("gzip without a header", gzip.compress, **BODY),
    rewriting("unknown encoding", lambda body: body[::-1], headers={"content-encoding": "rot13"}, **BODY),
    rewriting("byte order mark", lambda body: b"\xef\xbb\xbf" + body, **BODY),
    rewriting("UTF-16", lambda body: body.decode().encode("utf-16"), **BODY),
    rewriting("broken UTF-8 in a text", _cut_within_character, group="body", targets=READS),
    rewriting("binary noise", lambda _: bytes(range(256)) * 4, **BODY),
    rewriting("trailing garbage", lambda body: body + b"<!-- 0.02s -->", **BODY),
    rewriting("two documents", lambda body: body + body, **BODY),
    rewriting("single quotes", lambda body: body.replace(b'"', b"'"), **BODY),
    fixed("oversized body", 200, b" " * (33 * 1024**2), **BODY),
    fixed("deep nesting", 200, b"[" * 50_000, **BODY),
    fixed("deep nesting, closed", 200, b'{"a":' * 20_000 + b"1" + b"}" * 20_000, **BODY),
    fixed("many parts", 200, b"[" + b"0," * 150_000 + b"0]", **BODY),
    _number("NaN"),
    _number("Infinity"),
    _number("1e999"),
    _number("9" * 5000),
    fixed("only white space", 200, b" \r\n ", group="body", targets=frozenset({Target.READ, Target.SIGN_IN})),
    fixed("zero bytes", 200, b"\x00" * 64, JSON, **BODY),
)
