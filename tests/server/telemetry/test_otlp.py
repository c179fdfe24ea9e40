"""Test the real program with a collector that works, one that is down, and one that never answers."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.support.otlp_collector import PATIENCE, Collector, attributes, run_collector
from tests.support.programs import CLEAN, forked_program
from tests.support.web_servers import call, routed

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OUTER = "1af7651916cd43dd8448eb211c80319c"
ENVIRONMENT = {name: value for name, value in CLEAN.items() if not name.startswith("OTEL_")}


async def call_over_stdio(log: Path, **variables: str) -> None:
    command, *arguments = forked_program("--sandbox", "--log-format", "json")
    server = StdioServerParameters(command=command, args=arguments, env=ENVIRONMENT | variables)
    with log.open("w") as errlog:
        async with Client(stdio_client(server, errlog=errlog)) as client:
            await client.call_tool("get_tag", {"repository": "redis:8.2"})


async def test_a_receiver_gets_spans_and_metrics_over_http_protobuf(tmp_path: Path) -> None:
    with run_collector() as collector:
        await call_over_stdio(
            tmp_path / "log",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_EXPORTER_OTLP_HEADERS="api-key=k3y-of-ours",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
            OTEL_SERVICE_NAME="hub-for-agents",
        )
        span = collector.named("tools/call get_tag")
        assert attributes(span)["network.transport"] == "pipe"
        below = collector.named("GET /v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
        assert below.parent_span_id == span.span_id
        assert {resource["service.name"] for resource in collector.resources} == {"hub-for-agents"}
        assert all(headers["content-type"] == "application/x-protobuf" for headers in collector.headers)
        assert all(headers["api-key"] == "k3y-of-ours" for headers in collector.headers)
        assert {"mcp.server.operation.duration", "http.client.request.duration"} <= collector.points.keys()
    log = (tmp_path / "log").read_text("utf-8")
    assert attributes(span)["dockerhub_mcp.request_id"] in log
    assert "warning" not in log


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "silent"])
def test_a_dead_receiver_costs_a_moment_at_the_end_and_few_lines(silent: bool) -> None:
    never = {"OTEL_EXPORTER_OTLP_TIMEOUT": "600", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if silent:
            deaf.listen(16)  # accepts connections, and never responds
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        process = subprocess.Popen(
            forked_program("--sandbox"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | never | {"OTEL_EXPORTER_OTLP_ENDPOINT": url},
            text=True,
        )
        assert process.stdin
        assert process.stdout
        for number in range(40):
            asked = call("get_tag", number, repository="redis:8.2")
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        # The OpenTelemetry SDK itself would wait for half a minute.
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    lines = err.splitlines()
    assert any("the last telemetry was not delivered in time" in line for line in lines)
    assert len(lines) <= 8, err
    assert "Traceback" not in err


def serve(folder: Path, *options: str, **variables: str) -> tuple[subprocess.Popen[bytes], str, Path]:
    log = folder / "log"
    with log.open("wb") as err:
        process = subprocess.Popen(
            forked_program("--transport", "http", "--port", "0", *options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=err,
            env=ENVIRONMENT | variables,
        )
    return process, until(process, log, r"listens at (\S+)/mcp"), log


def until(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    end = time.monotonic() + PATIENCE
    while not (found := re.findall(pattern, log.read_text("utf-8"))):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < end
        time.sleep(0.02)
    return str(found[0])


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE)


async def ask(url: str, tool: str, meta: dict[str, str], **more: Any) -> None:
    asked = call(tool, repository="redis", **more.pop("arguments", {}))
    asked["params"]["_meta"] |= meta
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{url}/mcp", json=asked, headers={**routed(asked), **more})
        assert answer.status_code == 200, answer.text


async def test_over_http_a_header_is_the_parent_or_a_link(tmp_path: Path) -> None:
    with run_collector() as collector:
        process, url, _ = serve(tmp_path, "--sandbox", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        header = {"traceparent": f"00-{OUTER}-{SPAN}-01"}
        await ask(url, "get_repository", {}, **header)
        await ask(url, "list_tags", {"traceparent": f"00-{TRACE}-{SPAN}-01"}, **header)
        assert stop(process) == 0
        by_header, by_meta = (
            collector.named(f"tools/call {tool}") for tool in ("get_repository", "list_tags")
        )
    assert by_header.trace_id.hex() == OUTER
    assert not by_header.links
    assert by_meta.trace_id.hex() == TRACE
    assert [link.trace_id.hex() for link in by_meta.links] == [OUTER]
    assert attributes(by_meta)["network.transport"] == "tcp"
    assert attributes(by_meta)["network.protocol.name"] == "http"


async def test_a_session_is_named_by_a_digest(tmp_path: Path) -> None:
    with run_collector() as collector:
        process, url, _ = serve(
            tmp_path, "--sandbox", "--sessions", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url
        )
        ids: set[str] = set()

        async def note(answer: httpx.Response) -> None:
            ids.add(answer.headers.get("mcp-session-id", ""))

        hooks: dict[str, list[Callable[..., Any]]] = {"response": [note]}
        async with (
            httpx.AsyncClient(trust_env=False, event_hooks=hooks) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http), mode="legacy") as client,
        ):
            await client.call_tool("get_repository", {"repository": "redis"})
        assert stop(process) == 0
        span = collector.named("tools/call get_repository")
        (session,) = ids - {""}
        assert len(attributes(span)["mcp.session.id"]) == 16
        assert session not in collector.everything()


def test_the_receiver_would_notice_what_is_no_protobuf() -> None:
    with run_collector() as collector, httpx.Client(trust_env=False) as http:
        with pytest.raises(httpx.HTTPError):
            http.post(f"{collector.url}/v1/traces", content=b"no protobuf at all")
        assert isinstance(collector, Collector)
        assert not collector.spans
