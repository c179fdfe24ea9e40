"""Search for secrets in everything that leaves the program: spans, metrics, logs and the audit log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client

from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of
from tests.support.otlp_collector import PATIENCE, run_collector
from tests.support.programs import CLEAN, forked_program
from tests.support.web_servers import call, routed

ENVIRONMENT = {name: value for name, value in CLEAN.items() if not name.startswith("OTEL_")}
OVER_HTTP = (
    "--transport http --port 0 --metrics --access admin --toolsets all --identity request "
    "--log-format json --log-level debug"
)
PLANTED = "pl4nted-"
"""The prefix of every planted secret; no output may contain it."""


def planted(where: str) -> str:
    return f"{PLANTED}{where}"


def strange_calls() -> list[tuple[str, dict[str, Any]]]:
    """Calls with secrets in places where a model may put them."""
    return [
        ("login", {"username": "ada", "password": planted("password")}),
        ("create_auth_token", {"identifier": "ada", "secret": f"dckr_pat_{planted('pat')}"}),
        ("complete_2fa_login", {"login_2fa_token": planted("ticket"), "code": "123456"}),
        ("get_tag", {"repository": planted("repository"), "tag": planted("tag")}),
        ("list_tags", {"repository": "redis", "name": planted("filter")}),
        ("get_tag", {"repository": "redis", planted("argument"): planted("value")}),
        (planted("tool"), {"any": planted("thing")}),
        ("create_repository", {"name": "acme/fine", "description": planted("description")}),
        ("create_access_token", {"token_label": planted("label"), "scopes": ["repo:read"]}),
        ("search_catalogue", {"query": planted("query")}),
    ]


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_nothing_that_was_planted_leaves_over_stdio(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str, mode: str
) -> None:
    whom = sandbox.get_identity("owner")
    log, journal = tmp_path / "log", tmp_path / "journal"
    with run_collector() as collector:
        options = f"--access admin --toolsets all --confirm never --log-format json --audit-log {journal}"
        command, *arguments = forked_program(*options.split())
        server = StdioServerParameters(
            command=command,
            args=arguments,
            env=ENVIRONMENT
            | {
                "DOCKERHUB_API_URL": sandbox_url,
                "DOCKERHUB_USERNAME": whom.username,
                "DOCKERHUB_TOKEN": whom.secret,
                "DOCKERHUB_SCIM_TOKEN": sandbox.scim_token,
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "OTEL_EXPORTER_OTLP_HEADERS": f"api-key={planted('key')}",
            },
        )
        meta: Any = {"baggage": f"user={planted('baggage')}", planted("meta"): planted("meta")}
        with log.open("w") as errlog:
            async with Client(stdio_client(server, errlog=errlog), mode=mode) as client:
                for tool, given in [*strange_calls(), *arguments_of(sandbox).items()]:
                    with suppress(MCPError):  # an unknown tool
                        await client.call_tool(tool, given, meta=meta)
                with pytest.raises(MCPError):
                    await client.get_prompt(planted("prompt"), {"any": planted("thing")})
        outside = collector.everything()
        spans = collector.spans
    assert len([span for span in spans if span.name.startswith("tools/call")]) > 60
    lines = log.read_text("utf-8") + journal.read_text("utf-8").replace(planted("label"), "")
    assert len(journal.read_text("utf-8").splitlines()) > 20
    for secret in (PLANTED, whom.secret, sandbox.scim_token):
        assert secret not in outside
        assert secret not in lines
    assert not re.search(r"dckr_(pat|oat)_|eyJ[\w-]+\.", outside + lines)
    # the subjects of the calls are not exported either
    for value in ("storefront", "acme", "redis", "ada"):
        assert not re.search(rf"\b{value}\b", outside), value


async def test_nothing_that_was_planted_leaves_over_http(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str
) -> None:
    whom = sandbox.get_identity("owner")
    log = tmp_path / "log"
    metrics_token, caller_token = f"metrics-{PLANTED}token-{'m' * 16}", f"caller-{PLANTED}token-{'c' * 16}"
    with run_collector() as collector:
        with log.open("wb") as err:
            process = subprocess.Popen(  # noqa: ASYNC220 - it is not waited for
                forked_program(*OVER_HTTP.split()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
                env=ENVIRONMENT
                | {
                    "DOCKERHUB_API_URL": sandbox_url,
                    "DOCKERHUB_MCP_AUTH_TOKEN": caller_token,
                    "DOCKERHUB_MCP_METRICS_TOKEN": metrics_token,
                    "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                },
            )
        end = time.monotonic() + PATIENCE
        while not (found := re.findall(r'"url": "([^"]+)"', log.read_text("utf-8"))):
            assert time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.02)  # noqa: ASYNC251
        url = found[0]
        good = {
            "authorization": f"Bearer {caller_token}",
            "x-dockerhub-username": whom.username,
            "x-dockerhub-token": whom.secret,
        }
        bad = {
            "authorization": f"Bearer {PLANTED}wrong",
            "x-dockerhub-token": f"{PLANTED}docker",
            "mcp-session-id": f"{PLANTED}session",
            "cookie": f"a={PLANTED}cookie",
        }
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            for headers in (
                good,
                bad,
                good | {"x-dockerhub-token": f"{PLANTED}docker"},
                good | {"cookie": PLANTED},
            ):
                for asked in (
                    call("get_tag", repository="redis", tag="8.2"),
                    call("get_tag", 1, **dict.fromkeys([PLANTED], PLANTED)),
                    call(f"{PLANTED}tool"),
                ):
                    await http.post(f"{url}/mcp", json=asked, headers={**routed(asked), **headers})
            await http.get(f"{url}/{PLANTED}path?x={PLANTED}query", headers=good)
            await http.get(f"{url}/metrics", headers={"authorization": f"Bearer {PLANTED}guess"})
            answer = await http.get(f"{url}/metrics", headers={"authorization": f"Bearer {metrics_token}"})
        process.terminate()
        assert process.wait(PATIENCE) == 0
        outside = collector.everything()
    assert answer.status_code == 200
    assert "dockerhub_mcp_calls_total" in answer.text
    assert collector.spans
    text = log.read_text("utf-8")
    assert all(json.loads(line)["message"] for line in text.splitlines())  # every line must be JSON
    for where in (outside, answer.text, text):
        assert PLANTED not in where
        assert whom.secret not in where
        assert not re.search(r"eyJ[\w-]+\.", where)
    assert os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") is None  # not set during the tests' own runs
