"""Answers that the real Hub gave, as a table and as an httpx transport that replays them.

The answers are no part of this project. Tests find their folder as they find the official document, and are
skipped without it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

FOLDER = Path(
    os.environ.get("DOCKERHUB_BODIES") or Path(__file__).parents[2].parent / "shared" / "hub-bodies"
)
needs_recorded_answers = pytest.mark.skipif(
    not (FOLDER / "INDEX.json").is_file(),
    reason=f"no recorded answers of the Hub at {FOLDER}; set DOCKERHUB_BODIES to their folder",
)

SIGN_IN_PATHS = {"/v2/auth/token", "/v2/users/login"}
BEARER = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"
UNKNOWN_ROUTE = {"message": "404: Page Not Found"}


@dataclass(frozen=True)
class RecordedAnswer:
    """An answer of the real Hub to a request."""

    name: str
    method: str
    path: str
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The body, parsed; that of a page is its text."""
        return self.content.decode() if self.is_page else json.loads(self.content)

    @property
    def is_page(self) -> bool:
        """Whether the body is an HTML page."""
        return self.name.endswith(".html")

    @property
    def is_refusal_of_sign_in(self) -> bool:
        """Whether the answer was given at a sign-in."""
        return self.path in SIGN_IN_PATHS

    def as_response(self, *, has_body: bool = True) -> httpx.Response:
        """Return the answer; that to a HEAD request has no body."""
        media_type = "text/html; charset=utf-8" if self.is_page else "application/json"
        headers = {"content-type": media_type} | self.headers
        return httpx.Response(self.status, headers=headers, content=self.content if has_body else b"")


@cache
def load_recorded_answers() -> dict[str, RecordedAnswer]:
    """Return the recorded answers by the name of the file; none without the folder."""
    index = FOLDER / "INDEX.json"
    entries = json.loads(index.read_text("utf-8")) if index.is_file() else []
    return {
        entry["file"]: RecordedAnswer(
            entry["file"],
            entry["method"],
            entry["path"],
            entry["status"],
            entry["headers"],
            (FOLDER / entry["file"]).read_bytes(),
        )
        for entry in entries
    }


def is_later_page(request: httpx.Request) -> bool:
    """Tell whether a request is for a page after the first, none of which was recorded."""
    return bool(request.url.params.get("page", "1") != "1")


@dataclass
class RecordedHub(httpx.AsyncBaseTransport):
    """The Hub as it was recorded: the answers by method and path.

    Attributes:
        answers: The answers to serve, each at the path that it was recorded at.
        everywhere: The answer to all requests without one of their own, except sign-ins.
        sign_in: The answer to sign-ins; without it they succeed.
        sent: The requests received, as method and path with query.
    """

    answers: list[RecordedAnswer] = field(default_factory=list)
    everywhere: RecordedAnswer | None = None
    sign_in: RecordedAnswer | None = None
    sent: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        path = target.partition("?")[0]
        self.sent.append(f"{request.method} {target}")
        if path in SIGN_IN_PATHS:
            if self.sign_in is not None:
                return self.sign_in.as_response()
            return httpx.Response(200, json={"access_token": BEARER, "token": BEARER})
        method = "GET" if request.method == "HEAD" else request.method
        for answer in self.answers:
            if (answer.method, answer.path.partition("?")[0]) == (method, path) and not is_later_page(
                request
            ):
                return answer.as_response(has_body=request.method != "HEAD")
        if self.everywhere is not None:
            return self.everywhere.as_response(has_body=request.method != "HEAD")
        return httpx.Response(404, json=UNKNOWN_ROUTE)
