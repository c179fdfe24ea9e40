"""Texts that stop the program when it starts, and refusals over HTTP, made to happen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2 as httpx

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.http import AUTH_TOKEN_ENV, HTTPServerFactory
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.server.telemetry.prometheus import METRICS_TOKEN_ENV as METRICS_TOKEN
from docs.make.transcripts import run
from docs.make.troubles import Happen

_TOKEN = "0123456789abcdef0123456789abcdef"
_MCP = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
_LIST: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def _start(line: str, *, code: int = 2, files: Mapping[str, str] | None = None, **environment: str) -> Happen:
    """Return what starts the program with a command line that stops it, and tells what it said.

    Args:
        line: The command line.
        code: The exit code that it ends with.
        files: What is in the person's directory, by path.
        environment: Variables that are set.
    """

    async def happen() -> str:
        with TemporaryDirectory() as home:
            for name, text in (files or {}).items():
                path = Path(home) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            ended, said = await asyncio.to_thread(run, line, Path(home), environment=environment)
        if ended != code:
            msg = f"dockerhub-mcp {line} ended with {ended}: {said}"
            raise ValueError(msg)
        typed = [*(f"{name}={value}" for name, value in environment.items()), "dockerhub-mcp", line]
        return f"$ {' '.join(typed).strip()}\n{said}"

    return happen


def _warns(*, without_the_extra: bool = False, **environment: str) -> Happen:
    """Return what starts the program over stdio, where it goes on, and tells what it logged."""

    async def happen() -> str:
        with TemporaryDirectory() as home:
            if without_the_extra:
                names = ("opentelemetry.sdk", "opentelemetry.exporter")
                hidden = f"import sys; sys.modules.update(dict.fromkeys({names!r}))\n"
                (Path(home) / "sitecustomize.py").write_text(hidden, "utf-8")
            more = environment | {"PYTHONPATH": home}
            _, said = await asyncio.to_thread(run, "--sandbox", Path(home), environment=more)
        return "\n".join(line[line.index("warning") :] for line in said.split("\n") if "warning" in line)

    return happen


def _ask(
    verb: str = "POST",
    path: str = "/mcp",
    *,
    body: Any = _LIST,
    times: int = 1,
    token: bool = False,
    options: Mapping[str, Any] | None = None,
    **headers: str,
) -> Happen:
    """Return what sends a request to a server over HTTP and tells how the last one was refused."""

    async def happen() -> str:
        environment = {AUTH_TOKEN_ENV: _TOKEN, METRICS_TOKEN: _TOKEN} if token else {}
        settings = config.load_settings(
            {"transport": "http", "sandbox": True, **(options or {})}, environment
        )
        sent = _MCP | {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            HTTPServerFactory(settings, environment).create_app(ShutdownEvent()) as app,
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://localhost:8000"
            ) as client,
        ):
            content = body if isinstance(body, str) else json.dumps(body)
            for _ in range(times):
                answer = await client.request(verb, path, content=content, headers=sent)
        told = answer.json()
        message = told["error"]["message"] if "error" in told else answer.text
        return f"HTTP {answer.status_code}: {message}"

    return happen


_REQUEST = {"identity": "request"}
_BROKEN = '{\n  "mcpServers": {\n    "other": {"command": "other"},\n  }\n  "more": true\n}\n'
_ANOTHER = '{"mcpServers": {"dockerhub": {"command": "docker", "args": ["run", "-i", "mcp/dockerhub"]}}}\n'
REFUSED: dict[str, Happen] = {
    "there is no option": _start("--acces write"),
    "are both set": _start("", DOCKERHUB_TOKEN="...", DOCKERHUB_TOKEN_FILE="token"),
    "is set, but no user name is": _start("", DOCKERHUB_TOKEN="..."),
    "is set, but no token is": _start("", DOCKERHUB_USERNAME="ada"),
    "must be one of": _start("", DOCKERHUB_MCP_ACCESS="everything"),
    "must be a number from": _start("--cache-ttl forever"),
    "does not exist": _start("--toolsets tag"),
    "is named but stays off": _start("--tools delete_tag"),
    "Plain HTTP would expose the bearer token": _start("", DOCKERHUB_API_URL="http://hub.example.com"),
    "which is no directory": _start("--access admin --secrets-dir /no/such/place"),
    "which cannot be written": _start("--access write --audit-log /no/such/place/journal"),
    "over stdio there is one client": _start("--port 8000"),
    "lets other machines in, so callers must be known": _start("--transport http --host 0.0.0.0"),
    "takes the account of each request": _start(
        "--transport http --identity request", DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="..."
    ),
    "--oauth-issuer needs --public-url": _start("--transport http --oauth-issuer https://login.example.com"),
    "would tell strangers what callers do": _start("--transport http --metrics --identity request"),
    "the token for --metrics must have": _start(
        "--transport http --metrics", DOCKERHUB_MCP_METRICS_TOKEN="secret"
    ),
    "OpenTelemetry is asked for by OTEL_* variables, but not installed": _warns(
        without_the_extra=True, OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318"
    ),
    "the rest is left out": _warns(OTEL_TRACES_EXPORTER="zipkin"),
    "was not touched": _start("install cursor", files={".cursor/mcp.json": _BROKEN}),
    "it has another server called": _start("install cursor", files={".cursor/mcp.json": _ANOTHER}),
    "can neither ask for a secret nor take it from the environment": _start(
        "install claude-desktop --username ada"
    ),
    "needs --username beside it": _start("install cursor --token-file token"),
    "a host starts the server over stdio": _start("install vscode --transport http"),
    "At a terminal you are asked": _start(
        "call --access admin --toolsets all delete_org_group acme developers",
        code=1,
        DOCKERHUB_MCP_SANDBOX="true",
    ),
    "would see it in the list of processes": _start("call login --username ada --password ..."),
    "is one word too many": _start("call get_tag redis 8.2 7.4"),
    "These numbers want a bearer token": _ask("GET", "/metrics", token=True, options={"metrics": True}),
    "This server wants a bearer token": _ask(token=True),
    "This bearer token is not good here": _ask(token=True, authorization="Bearer something-else"),
    "Too many attempts to sign in from this address": _ask(
        token=True, authorization="Bearer something-else", times=11
    ),
    "does not answer to the name in the Host header": _ask(host="mcp.example.com"),
    "Web pages of this origin may not call this server": _ask(origin="https://app.example.com"),
    "Send your Docker ID and an access token with each request": _ask(options=_REQUEST),
    "This server calls the Hub with an account of its own": _ask(
        x_dockerhub_username="ada", x_dockerhub_token="..."
    ),
    "There is nothing here": _ask("GET", "/"),
    "this server keeps no sessions": _ask("GET"),
    "Content-Type must be application/json": _ask(content_type="text/plain"),
    "The header X-MCP-": _ask(x_mcp_toolsets="tag"),
    "The request is larger than": _ask(body="x" * (1024 * 1024 + 1)),
}
"""What makes each text appear that stands as a heading on the page."""
