"""A small ASGI application, and the program that serves it; `http_server_process.py` starts it.

The only argument is JSON with the fields of `ListenConfig`; with `fail`, the application cannot start.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.server.http.runtime.run import ListenConfig, run_http_server
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


async def body_of(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


class App:
    def __init__(self, drain: ShutdownEvent) -> None:
        self.drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = float(parse_qs(scope["query_string"].decode()).get("seconds", ["0"])[0])
        path = scope["path"]
        if path == "/early":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"hello\n", "more_body": True})
        # A response before the body is read leaves the rest of the request on the connection.
        body = b"unread" if path == "/unread" else await body_of(receive)
        if path == "/much":
            await self.much(send)
            return
        if path in {"/stream", "/deaf"}:
            await self.stream(send, deaf=path == "/deaf")
            return
        if path in {"/slow", "/block", "/hang"}:
            await self.wait(path, seconds)
        elif path == "/broken":
            raise RuntimeError(path)
        elif path == "/pid":
            body = str(os.getpid()).encode()
        elif path == "/who":
            body = json.dumps({"client": scope["client"][0], "scheme": scope["scheme"]}).encode()
        if path == "/early":
            await send({"type": "http.response.body", "body": body})
            return
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def wait(self, path: str, seconds: float) -> None:
        if path == "/slow":
            say(f"slow {os.getpid()}")
            await asyncio.sleep(seconds)
        elif path == "/block":
            say(f"blocked {os.getpid()}")
            time.sleep(seconds)  # noqa: ASYNC251 - this is what it is for
        else:
            say(f"hanging {os.getpid()}")
            await asyncio.to_thread(time.sleep, seconds)

    async def much(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x" * 8_000_000, "more_body": more})
        say("sent all")

    async def stream(self, send: Send, *, deaf: bool) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello\n", "more_body": True})
        await (asyncio.Event().wait() if deaf else self.drain.wait_until_stopping())
        await send({"type": "http.response.body", "body": b"bye\n"})


def main(options: dict[str, Any]) -> int:
    fail = options.pop("fail", False)

    @asynccontextmanager
    async def make_app(drain: ShutdownEvent) -> AsyncIterator[ASGIApp]:
        if fail:
            msg = "there is no application"
            raise RuntimeError(msg)
        say(f"entered {os.getpid()}")
        yield App(drain)
        say(f"left {os.getpid()}")

    for name in ("tls_cert", "tls_key"):
        if name in options:
            options[name] = Path(options[name])
    try:
        return run_http_server(
            ListenConfig(**options), make_app, announce=lambda url: say(f"listening {url}")
        )
    except SettingsError as error:
        say(str(error))
        return 2


if __name__ == "__main__":
    configure_logging("info", as_json=False, redact=str)
    sys.exit(main(json.loads(sys.argv[1])))
