"""Prism, a mock Hub made from the official document, as a referee of what the client sends.

It knows nothing of this project, and refuses every request that the document does not allow.
"""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import yaml

DOCUMENT = Path(
    os.environ.get("DOCKERHUB_OPENAPI") or Path(__file__).parents[2].parent / "shared" / "hub-openapi.yaml"
)
NODE = os.environ.get("DOCKERHUB_MCP_NODE") or "node"
SCRIPT = os.environ.get("DOCKERHUB_MCP_PRISM", "")

INVENT = "dynamic=true"
"""Makes Prism invent an answer from the schemas; without it the answer is the document's example."""

_START = 30.0  # seconds; a busy machine takes its time over a large document
_MISSING = object()


class Patch(NamedTuple):
    """A mistake of the document that keeps Prism from judging, and what stands there instead."""

    where: tuple[str, ...]
    official: Any
    instead: Any
    why: str


PATCHES = (
    Patch(
        ("jsonSchemaDialect",),
        "https://spec.openapis.org/oas/3.1/dialect/base",
        _MISSING,
        "Prism cannot compile a schema of this dialect, and lets every body pass where it cannot",
    ),
    Patch(
        ("paths", "/v2/orgs/{name}/access-tokens", "parameters"),
        _MISSING,
        [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "{name} stands in the path and is declared nowhere",
    ),
    Patch(
        ("components", "parameters", "search", "schema", "type"),
        "integer",
        "string",
        "members are searched by name, which is no number",
    ),
    Patch(
        ("paths", "/v2/namespaces/{namespace}/repositories/{repository}", "head", "responses", "200"),
        {},
        {"description": "The repository exists."},
        "Prism passes over an answer without a description, and then finds none for the success",
    ),
)


def declared(document: dict[str, Any], verb: str, path: str) -> set[str]:
    """Return the names that an operation takes beside its path: the query's and the body's."""

    def followed(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return target

    item = document["paths"][path]
    operation = item[verb.lower()]
    parameters = map(followed, item.get("parameters", []) + operation.get("parameters", []))
    names = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        names |= followed(content["schema"])["properties"].keys()
    return names


def write_patched(official: Path, target: Path) -> None:
    """Write the document as Prism can judge by it.

    Raises:
        ValueError: The official document no longer says what a patch corrects.
    """
    document = yaml.safe_load(official.read_text("utf-8"))
    for patch in PATCHES:
        *parents, last = patch.where
        inner = document
        for step in parents:
            inner = inner[step]
        if inner.get(last, _MISSING) != patch.official:
            msg = f"{' > '.join(patch.where)} has changed; is the patch still needed? ({patch.why})"
            raise ValueError(msg)
        if patch.instead is _MISSING:
            del inner[last]
        else:
            inner[last] = patch.instead
    target.write_text(json.dumps(document, default=str), "utf-8")


@contextmanager
def serving(document: Path, log: Path, *, seed: str) -> Iterator[str]:
    """Run Prism on a free port and give its address; what it writes is in `log`."""
    command = [NODE, SCRIPT, "mock", "--errors", "--seed", seed, "--port", "0", str(document)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield _address(process, log)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"listening on (http://[\d.]+:\d+)", log.read_text("utf-8", "replace")):
            return found[1]
        time.sleep(0.05)
    msg = f"Prism did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}"
    raise RuntimeError(msg)


class Verdict(NamedTuple):
    """A request that Prism let pass, and the status it answered with."""

    verb: str
    target: str
    body: bytes
    status: int

    @property
    def names(self) -> set[str]:
        """The names of what was sent beside the path: the query's, or the body's."""
        return set(json.loads(self.body)) if self.body else set(httpx.URL(f"http://hub{self.target}").params)


class RejectedError(Exception):
    """Prism did not let a request pass; the message is its reason."""


def _plain_road() -> httpx.AsyncHTTPTransport:
    """There is no TLS on the way to Prism, so no certificates are loaded, which takes longer than a call."""
    return httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


@dataclass
class Referee(httpx.AsyncBaseTransport):
    """Carries requests to Prism, which no error handling of the client can hush up: it raises `RejectedError`.

    Attributes:
        prefer: What Prism is asked to answer with, such as `code=401`.
        verdicts: One a request, in order.
    """

    prefer: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    _road: httpx.AsyncHTTPTransport = field(default_factory=_plain_road)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.prefer:
            request.headers["prefer"] = self.prefer
        response = await self._road.handle_async_request(request)
        content = await response.aread()
        target = request.url.raw_path.decode("ascii")
        if objection := _objection(response, content):
            msg = f"{request.method} {target} {request.content.decode()}: {objection}"
            raise RejectedError(msg)
        self.verdicts.append(Verdict(request.method, target, request.content, response.status_code))
        return response

    async def aclose(self) -> None:
        await self._road.aclose()


def _objection(response: httpx.Response, content: bytes) -> str:
    """Prism answers with what the document has for a mistake; what it minds stands in a header or in a problem."""
    if violations := response.headers.get("sl-violations", ""):
        return violations
    if "problem+json" in response.headers.get("content-type", ""):
        return content.decode("utf-8")
    return ""
