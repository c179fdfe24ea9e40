"""A Hub for measurements: answers from memory, so that it is faster than whatever asks it.

What it is asked for the first time it asks the embedded Hub, as the owner of its sample organization; then it
knows. It takes every name and secret. Repositories named `many-<n>` are made up: each has so many tags, which
are those of a recorded page under other names.
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
_MANY = re.compile(r"/v2/namespaces/library/repositories/many-(\d+)/tags\?(.+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PAGE = "/v2/namespaces/library/repositories/redis/tags?page_size=100"
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_NAME, _WHEN = b"@name@", b"@when@"


class Answers:
    """Every answer that was given so far."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None, token_lifetime=1e6)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._sandbox.app), base_url="http://localhost"
        )
        self._known: dict[tuple[str, str], bytes] = {}
        self._tags_of_a_page: list[bytes] = []
        limits = {"limit": 600, "remaining": 599, "reset": int(time.time()) + 7200}
        self._limits = "".join(f"x-ratelimit-{name}: {value}\r\n" for name, value in limits.items())

    def at_hand(self, verb: str, target: str) -> bytes | None:
        """Return an answer that is known."""
        return self._known.get((verb, target))

    async def find(self, verb: str, target: str) -> bytes:
        """Return an answer, and know it from now on."""
        if many := _MANY.fullmatch(target):
            answer = self._framed(200, await self._tags(int(many[1]), parse_qs(many[2])))
        elif urlsplit(target).path in SIGN_IN:
            bearer = await self._bearer()
            answer = self._framed(200, json.dumps({"access_token": bearer, "token": bearer}).encode())
        else:
            headers = {"authorization": f"Bearer {await self._bearer()}"}
            found = await self._http.request(verb, target, headers=headers)
            answer = self._framed(found.status_code, found.content)
        self._known[verb, target] = answer
        return answer

    async def _bearer(self) -> str:
        owner = self._sandbox.get_identity("owner")
        body = {"identifier": owner.username, "secret": owner.secret}
        found = await self._http.post(SIGN_IN[0], json=body)
        return str(found.raise_for_status().json()["access_token"])

    async def _tags(self, count: int, query: Mapping[str, list[str]]) -> bytes:
        page, size = int(query.get("page", ["1"])[0]), int(query.get("page_size", ["10"])[0])
        numbers = range((page - 1) * size, min(page * size, count))
        tags = self._tags_of_a_page = self._tags_of_a_page or await self._templates()
        shown = []
        for number in numbers:
            when = f"{_NEWEST - timedelta(minutes=number):%Y-%m-%dT%H:%M:%S.%fZ}".encode()
            shown.append(tags[number % len(tags)].replace(_NAME, b"made-up-%d" % number).replace(_WHEN, when))
        following = f"http://localhost/?page={page + 1}" if page * size < count else None
        head = json.dumps({"count": count, "next": following, "previous": None})
        return head[:-1].encode() + b', "results": [' + b",".join(shown) + b"]}"

    async def _templates(self) -> list[bytes]:
        found: list[dict[str, Any]] = (await self._http.get(_PAGE)).raise_for_status().json()["results"]
        marks = {"name": _NAME.decode(), "last_updated": _WHEN.decode(), "tag_last_pushed": _WHEN.decode()}
        return [json.dumps(tag | marks, separators=(",", ":")).encode() for tag in found]

    def _framed(self, status: int, content: bytes) -> bytes:
        head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{self._limits}"
        return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content


class Connection(asyncio.Protocol):
    """Somebody who asks, one thing after another."""

    def __init__(self, answers: Answers, latency: float) -> None:
        self._answers, self._latency = answers, latency
        self._transport: asyncio.Transport | None = None
        self._heard = b""
        self._finding: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once a request is there as a whole."""
        self._heard += data
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(rest) < int(length[1] if length else 0):
            return
        self._heard = b""
        verb, target, _ = head.partition(b"\r\n")[0].decode("ascii").split(" ")
        answer = self._answers.at_hand(verb, target)
        if answer is not None:
            self._say(answer)
            return
        task = asyncio.get_running_loop().create_task(self._find(verb, target))
        self._finding.add(task)
        task.add_done_callback(self._finding.discard)

    async def _find(self, verb: str, target: str) -> None:
        self._say(await self._answers.find(verb, target))

    def _say(self, answer: bytes) -> None:
        if self._transport is None:
            return
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def serve(latency: float) -> None:
    """Listen until the process is ended."""
    answers = Answers()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(answers, latency), "127.0.0.1", 0, backlog=1024
    )
    sys.stderr.write(f"listens at http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer takes")
    asyncio.run(serve(parser.parse_args().latency))
