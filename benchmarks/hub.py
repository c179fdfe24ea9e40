"""A Hub for benchmarks that responds from memory, so that it is faster than the servers that call it.

It gets each response once from the sandbox, as the owner of the sample organization, and keeps it. It accepts
all credentials. A repository named `many-<n>` has n tags, which are those of one page under other names.
`/requests` returns how many requests it got, which shows that servers without a cache make one for each call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox

SIGN_IN = "/v2/auth/token", "/v2/users/login"
REQUESTS = "/requests"
_MANY = re.compile(r"/v2/namespaces/library/repositories/many-(\d+)/tags\?(.+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PAGE = "/v2/namespaces/library/repositories/redis/tags?page_size=100"
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_NAME, _WHEN = b"@name@", b"@when@"


class ResponseCache:
    """The responses of the sandbox, fetched once each."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None, token_lifetime=1e6)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._sandbox.app), base_url="http://localhost"
        )
        self._responses: dict[tuple[str, str], bytes] = {}
        self._requests = 0
        self._tag_templates: list[bytes] = []
        limits = {"limit": 600, "remaining": 599, "reset": int(time.time()) + 7200}
        self._rate_limit_headers = "".join(
            f"x-ratelimit-{name}: {value}\r\n" for name, value in limits.items()
        )

    def get(self, verb: str, target: str) -> bytes | None:
        """Return a response that has been fetched."""
        if target == REQUESTS:
            return self._format_response(200, json.dumps({"requests": self._requests}).encode())
        self._requests += 1
        return self._responses.get((verb, target))

    async def fetch(self, verb: str, target: str) -> bytes:
        """Fetch and keep a response."""
        if many := _MANY.fullmatch(target):
            response = self._format_response(200, await self._build_tag_page(int(many[1]), parse_qs(many[2])))
        elif urlsplit(target).path in SIGN_IN:
            bearer = await self._get_bearer()
            response = self._format_response(
                200, json.dumps({"access_token": bearer, "token": bearer}).encode()
            )
        else:
            headers = {"authorization": f"Bearer {await self._get_bearer()}"}
            found = await self._http.request(verb, target, headers=headers)
            response = self._format_response(found.status_code, found.content)
        self._responses[verb, target] = response
        return response

    async def _get_bearer(self) -> str:
        owner = self._sandbox.get_identity("owner")
        body = {"identifier": owner.username, "secret": owner.secret}
        found = await self._http.post(SIGN_IN[0], json=body)
        return str(found.raise_for_status().json()["access_token"])

    async def _build_tag_page(self, count: int, query: Mapping[str, list[str]]) -> bytes:
        page, size = int(query.get("page", ["1"])[0]), int(query.get("page_size", ["10"])[0])
        numbers = range((page - 1) * size, min(page * size, count))
        tags = self._tag_templates = self._tag_templates or await self._fetch_tag_templates()
        shown = []
        for number in numbers:
            when = f"{_NEWEST - timedelta(minutes=number):%Y-%m-%dT%H:%M:%S.%fZ}".encode()
            shown.append(tags[number % len(tags)].replace(_NAME, b"made-up-%d" % number).replace(_WHEN, when))
        following = f"http://localhost/?page={page + 1}" if page * size < count else None
        head = json.dumps({"count": count, "next": following, "previous": None})
        return head[:-1].encode() + b', "results": [' + b",".join(shown) + b"]}"

    async def _fetch_tag_templates(self) -> list[bytes]:
        found: list[dict[str, Any]] = (await self._http.get(_PAGE)).raise_for_status().json()["results"]
        marks = {"name": _NAME.decode(), "last_updated": _WHEN.decode(), "tag_last_pushed": _WHEN.decode()}
        return [json.dumps(tag | marks, separators=(",", ":")).encode() for tag in found]

    def _format_response(self, status: int, content: bytes) -> bytes:
        head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{self._rate_limit_headers}"
        return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content


class HubProtocol(asyncio.Protocol):
    """A keep-alive connection of a client, with one request at a time."""

    def __init__(self, responses: ResponseCache, latency: float) -> None:
        self._cache, self._latency = responses, latency
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Respond once a request is complete."""
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(rest) < int(length[1] if length else 0):
            return
        self._buffer = b""
        verb, target, _ = head.partition(b"\r\n")[0].decode("ascii").split(" ")
        response = self._cache.get(verb, target)
        if response is not None:
            self._respond(response)
            return
        task = asyncio.get_running_loop().create_task(self._fetch(verb, target))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, verb: str, target: str) -> None:
        self._respond(await self._cache.fetch(verb, target))

    def _respond(self, response: bytes) -> None:
        if self._transport is None:
            return
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, response)
        else:
            self._transport.write(response)


async def serve(latency: float) -> None:
    """Listen until the process is stopped."""
    responses = ResponseCache()
    server = await asyncio.get_running_loop().create_server(
        lambda: HubProtocol(responses, latency), "127.0.0.1", 0, backlog=1024
    )
    sys.stderr.write(f"listens at http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each response takes")
    asyncio.run(serve(parser.parse_args().latency))
