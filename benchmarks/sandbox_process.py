"""Serve a sandbox as a process that a benchmark has started, with facts about it as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from dockerhub_mcp.sandbox import Sandbox, serve


def serve_with_app(sandbox: Sandbox, app: Any) -> None:
    """Serve a sandbox through an application around its own, on a free port, until the process is stopped.

    The address is announced on standard error.
    """
    sandbox.app = app
    serve(sandbox, port=0, on_ready=_announce)


async def respond_with_json(send: Any, content: Any) -> None:
    """Respond to an HTTP request with a JSON document."""
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _announce(url: str) -> None:
    sys.stderr.write(f"listens at {url}\n")
