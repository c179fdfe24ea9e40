"""What a fault is: an answer in place of the Hub's, or the Hub's own answer damaged on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

import httpx2 as httpx

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=utf-8"}
PLAIN = {"content-type": "text/plain; charset=utf-8"}


class Target(StrEnum):
    """The kind of a request."""

    SIGN_IN = "sign-in"
    READ = "read"
    HEAD = "head"
    WRITE = "write"
    REGISTRY_CHECK = "check of the registry"
    REGISTRY_TOKEN = "registry token"
    MANIFEST_HEAD = "HEAD of a manifest"
    MANIFEST = "manifest"
    BLOB = "blob"
    STORED_BLOB = "stored blob"
    REFERRERS = "referrers"
    TAG_NAMES = "names of tags"


class Shape(StrEnum):
    """What a fault requires of the call that it strikes."""

    ANY = "any"
    LIST = "a list"
    WALK = "a list over several pages"
    OBJECT = "a JSON object"
    NEW_TOKEN = "a new token"


class Outcome(StrEnum):
    """What a client can know about a write from the answer."""

    UNKNOWN = "it may have been carried out"
    REFUSED = "the Hub refused it"
    UNSENT = "it never left the client"
    DONE = "it was carried out"


@dataclass(slots=True)
class Delivery:
    """One request that a fault strikes.

    Attributes:
        request: The request.
        genuine: The sandbox's answer, with its body read; None where the request was withheld.
        number: How many requests the fault struck before this one.
        secrets: What the client sent that must never come back to the caller.
        revoke: Invalidates all bearer tokens.
    """

    request: httpx.Request
    genuine: httpx.Response | None
    number: int
    secrets: Sequence[str]
    revoke: Callable[[], None]


Deliver = Callable[[Delivery], Awaitable[httpx.Response]]

ALL_TARGETS = frozenset({Target.SIGN_IN, Target.READ, Target.HEAD, Target.WRITE})
"""All requests to the Hub."""
REGISTRY_TARGETS = frozenset(Target) - ALL_TARGETS
READS = frozenset({Target.READ})
WITH_BODY = frozenset({Target.READ, Target.WRITE, Target.SIGN_IN})


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault.

    Attributes:
        name: The name, unique in the catalogue.
        deliver: Answers a request that the fault strikes, or raises the exception of a broken connection.
        group: The group that the report counts it in.
        targets: The requests that it may strike.
        shape: What it requires of the call.
        outcome: What a client can know about a write that it strikes.
        needs_genuine: Whether it damages the sandbox's answer, and so a write has been carried out.
        is_withheld: Whether a write that it strikes never reaches the sandbox.
        is_once: Whether it strikes one request only.
    """

    name: str
    deliver: Deliver = field(compare=False, repr=False)
    group: str = ""
    targets: frozenset[Target] = ALL_TARGETS
    shape: Shape = Shape.ANY
    outcome: Outcome = Outcome.UNKNOWN
    needs_genuine: bool = False
    is_withheld: bool = False
    is_once: bool = False

    def may_be_applied(self, random: Random) -> bool:
        """Choose whether a write that the fault strikes is carried out."""
        if self.needs_genuine or self.outcome is Outcome.DONE:
            return True
        if self.is_withheld or self.outcome in {Outcome.REFUSED, Outcome.UNSENT}:
            return False
        return random.random() < 0.5


class Chunks(httpx.AsyncByteStream):
    """A body as it comes over the wire, and the exception that ends it."""

    def __init__(self, *chunks: bytes, error: Exception | None = None, delay: float = 0.0) -> None:
        self._chunks, self._error, self._delay = chunks, error, delay

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import anyio  # noqa: PLC0415

        for chunk in self._chunks:
            if self._delay:
                await anyio.sleep(self._delay)
            yield chunk
        if self._error is not None:
            raise self._error


def answer(
    status: int,
    body: bytes | str = b"",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    *,
    request: httpx.Request | None = None,
) -> httpx.Response:
    """Return a response; a HEAD request gets no body."""
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if request is not None and request.method == "HEAD":
        content = b""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    raw = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in pairs]
    return httpx.Response(status, headers=raw, stream=Chunks(content))


def fixed(
    name: str,
    status: int,
    body: bytes | str = b"",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = JSON,
    **options: Any,
) -> Fault:
    """Return the fault of a fixed answer."""

    async def deliver(delivery: Delivery) -> httpx.Response:
        return answer(status, body, headers, request=delivery.request)

    return Fault(name, deliver, **options)


def raising(name: str, make_error: Callable[[], Exception], **options: Any) -> Fault:
    """Return the fault of a connection that breaks."""

    async def deliver(_: Delivery) -> httpx.Response:
        raise make_error()

    return Fault(name, deliver, **options)


def rewriting(
    name: str,
    rewrite: Callable[[bytes], bytes],
    *,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> Fault:
    """Return the fault of the sandbox's own answer with another body."""

    async def deliver(delivery: Delivery) -> httpx.Response:
        genuine = delivery.genuine
        assert genuine is not None
        kept = {name: value for name, value in genuine.headers.items() if name != "content-length"}
        body = rewrite(genuine.content) if genuine.content else b""
        return answer(genuine.status_code, body, kept | dict(headers or {}), request=delivery.request)

    return Fault(name, deliver, needs_genuine=True, **options)
