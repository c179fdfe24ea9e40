"""Test `/metrics`: its content, access to it, and the settings that it needs."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.http_secrets import read_metrics_token
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.telemetry.observers import CompletedMessage, ReceivedMessage
from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics
from dockerhub_mcp.tools.request_context import RequestState
from tests.support.web_servers import Running, call, routed, served

TOKEN = "prometheus-may-read-this"
CALLERS = {"DOCKERHUB_MCP_AUTH_TOKEN": "an-agent-calls-with-this"}


class ParsedMetrics:
    """Metrics in text form, parsed by Prometheus's own client library."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self._samples = [sample for family in self.families.values() for sample in family.samples]

    def of(self, name: str, **labels: str) -> float:
        """Return the sum of the samples that have these labels."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == f"dockerhub_mcp_{name}" and labels.items() <= sample.labels.items()
        )


async def scrape_metrics(web: Running, **headers: str) -> ParsedMetrics:
    async with web.http(**headers) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return ParsedMetrics(answer.text)


async def call_tool(
    web: Running, tool: str, _headers: dict[str, str] | None = None, **arguments: Any
) -> httpx.Response:
    asked = call(tool, **arguments)
    async with web.http() as http:
        return await http.post("/mcp", json=asked, headers={**routed(asked), **(_headers or {})})


async def test_calls_requests_and_hits_are_counted() -> None:
    async with served(sandbox=True, metrics=True) as web:
        for _ in range(2):
            await call_tool(web, "get_tag", repository="redis:8.2")
        await call_tool(web, "get_tag", repository="none-such:9")
        await call_tool(web, "no_such_tool_s3cr3t")
        await call_tool(web, "pin_image")
        await call_tool(web, "list_tags", repository="redis", max_items=250)
        found = await scrape_metrics(web)
    assert found.of("calls_total", tool="get_tag", outcome="ok") == 2
    assert found.of("calls_total", tool="get_tag", outcome="error") == 1
    assert found.of("calls_total", tool="other", outcome="refused") == 2
    assert "s3cr3t" not in found.text
    assert found.of("call_duration_seconds_count", tool="get_tag") == 3
    assert found.of("call_duration_seconds_bucket", tool="get_tag", le="+Inf") == 3
    assert found.of("call_duration_seconds_sum", tool="get_tag") > 0
    assert found.of("messages_total", method="tools/call") == 6
    tag = "/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}"
    assert found.of("hub_requests_total", method="GET", route=tag, status="200") == 1
    assert found.of("hub_requests_total", method="GET", route=tag, status="404") == 1
    assert found.of("hub_requests_total", method="GET", route=tag.removesuffix("/{tag}"), status="200") == 3
    assert found.of("hub_request_duration_seconds_count") == found.of("hub_requests_total")
    assert found.of("cache_hits_total") == 1
    assert found.of("hub_rate_limit_limit") == 600
    assert 0 < found.of("hub_rate_limit_remaining") < 600
    assert found.of("build_info") == 1
    assert found.of("calls_in_flight") == 0


async def test_retries_walks_cut_short_and_lost_requests_are_counted(
    sandbox: Sandbox, sandbox_url: str
) -> None:
    sandbox.faults.add(match="/repositories/redis", drop=True, times=1)
    sandbox.faults.add(match="/repositories/nginx", status=418, body="{}", times=1)
    sandbox.faults.add(match="page=2", status=403, body="{}")
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}, metrics=True) as web:
        await call_tool(web, "get_repository", repository="redis")
        await call_tool(web, "get_repository", repository="nginx")
        await call_tool(web, "list_tags", repository="redis", max_items=250)
        found = await scrape_metrics(web)
    repository = "/v2/namespaces/{namespace}/repositories/{repository}"
    assert found.of("hub_requests_total", route=repository, status="none") == 1
    assert found.of("hub_requests_total", route=repository, status="other") == 1
    assert found.of("hub_retries_total") == 1
    assert found.of("walks_cut_short_total") == 1


async def test_refusals_sessions_streams_and_identities_are_counted(
    sandbox: Sandbox, sandbox_url: str
) -> None:
    whom = sandbox.get_identity("owner")
    environment = {"DOCKERHUB_API_URL": sandbox_url, "DOCKERHUB_MCP_METRICS_TOKEN": TOKEN}
    async with served(environment=environment, metrics=True, identity="request", sessions=True) as web:
        assert (await call_tool(web, "get_repository", repository="redis")).status_code == 401
        assert (await call_tool(web, "get_repository", {"origin": "https://evil.example"})).status_code == 403
        account: dict[str, Any] = {"authorization": httpx.BasicAuth(whom.username, whom.secret)._auth_header}
        async with web.client(mode="legacy", **account) as client:
            await client.call_tool("get_repository", {"repository": "redis"})
            found = await scrape_metrics(web, authorization=f"Bearer {TOKEN}")
    assert found.of("refusals_total", status="401") == 1
    assert found.of("refusals_total", status="403") == 1
    assert found.of("sessions") == 1
    assert found.of("streams") == 1
    assert found.of("identities") == 1
    assert "hub_rate_limit" not in found.text  # each account has its own


@pytest.mark.skipif(sys.platform != "linux", reason="process metrics are read from /proc")
def test_process_metrics_describe_this_process() -> None:
    found = ParsedMetrics(PrometheusMetrics().render_text().decode()).families
    assert found["process_cpu_seconds"].samples[0].value > 0
    assert found["process_resident_memory_bytes"].samples[0].value > 10 * 1024**2
    assert 0 < time.time() - found["process_start_time_seconds"].samples[0].value < 86_400
    assert found["process_open_fds"].samples[0].value >= 3


def test_every_metric_has_a_description_and_a_conventional_name() -> None:
    text = count_something(PrometheusMetrics()).render_text().decode()
    for name, kind in re.findall(r"# TYPE (\S+) (\S+)", text):
        assert re.search(rf"# HELP {name} [A-Z].+", text), name
        assert name.endswith("_total") is (kind == "counter"), name
    assert len(text) < 20_000
    assert text.endswith("\n")


def count_something(metrics: PrometheusMetrics) -> PrometheusMetrics:
    """Count one event of each kind."""
    message = ReceivedMessage(
        request=RequestState(),
        method="tools/call",
        target="get_tag",
        message_id="1",
        protocol_version="2026-07-28",
        session_id="",
        is_http=True,
        trace_context={},
        http_trace_context={},
    )
    metrics.on_message_start(message)(CompletedMessage("ok", 0, 0.1))
    metrics.on_attempt(RequestAttempt(None, "GET", "/v2/strange", "http://localhost", 2))
    metrics.record_rejection(401)
    return metrics


def test_names_types_and_buckets_are_part_of_the_interface() -> None:
    """Dashboards and alerts refer to them. No `_created` series doubles the number of series."""
    text = count_something(PrometheusMetrics()).render_text().decode()
    families = dict(re.findall(r"# TYPE dockerhub_mcp_(\S+) (\S+)", text))
    assert families == {
        "calls_total": "counter",
        "call_duration_seconds": "histogram",
        "messages_total": "counter",
        "hub_requests_total": "counter",
        "hub_request_duration_seconds": "histogram",
        "hub_retries_total": "counter",
        "cache_hits_total": "counter",
        "walks_cut_short_total": "counter",
        "refusals_total": "counter",
        "calls_in_flight": "gauge",
        "sessions": "gauge",
        "streams": "gauge",
        "identities": "gauge",
        "build_info": "gauge",
    }
    assert "_created" not in text
    bounds: dict[str, list[float]] = {}
    for name, bound in re.findall(r'_(call|request)_duration_seconds_bucket{.*le="([^"]+)"', text):
        bounds.setdefault(name, []).append(float(bound))
    infinity = float("inf")
    assert bounds["call"] == [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, infinity]
    assert bounds["request"] == [
        *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
        infinity,
    ]


def test_the_store_is_reported_only_where_there_is_one() -> None:
    """The gauge follows what the server knows when it is scraped."""
    metrics = PrometheusMetrics()
    assert b"store_up" not in metrics.render_text()
    is_available = True
    metrics.observe_store(lambda: is_available)
    assert b"dockerhub_mcp_store_up 1.0" in metrics.render_text()
    is_available = False
    assert b"dockerhub_mcp_store_up 0.0" in metrics.render_text()


async def test_they_are_off_unless_they_are_wanted() -> None:
    async with served(sandbox=True) as web, web.http() as http:
        assert (await http.get("/metrics")).status_code == 404


async def test_without_a_token_names_and_pages_are_checked() -> None:
    async with served(sandbox=True, metrics=True) as web, web.http() as http:
        assert (await http.get("/metrics", headers={"host": "evil.example"})).status_code == 421
        assert (await http.get("/metrics", headers={"origin": "https://evil.example"})).status_code == 403
        assert (await http.post("/metrics")).status_code == 405
        head = await http.head("/metrics")
        assert head.status_code == 200
        assert head.content == b""


async def test_with_a_token_they_are_for_its_bearer_only_under_any_name() -> None:
    environment = {**CALLERS, "DOCKERHUB_MCP_METRICS_TOKEN": TOKEN}
    async with served(sandbox=True, metrics=True, environment=environment) as web:
        found = await scrape_metrics(web, authorization=f"Bearer {TOKEN}", host="10.1.2.3:8000")
        assert found.of("build_info") == 1
        async with web.http() as http:
            missing = await http.get("/metrics")
            assert missing.status_code == 401
            assert "DOCKERHUB_MCP_METRICS_TOKEN" in missing.text
            for wrong in (
                f"Bearer {CALLERS['DOCKERHUB_MCP_AUTH_TOKEN']}",
                "Bearer nonsense",
                f"Basic {TOKEN}",
            ):
                answer = await http.get("/metrics", headers={"authorization": wrong})
                assert answer.status_code == 401
                assert "dockerhub_mcp_" not in answer.text
            # and the token of the metrics opens nothing else
            asked = call("get_repository", repository="redis")
            headers = {**routed(asked), "authorization": f"Bearer {TOKEN}"}
            assert (await http.post("/mcp", json=asked, headers=headers)).status_code == 401


async def test_guessing_the_token_is_slow() -> None:
    environment = {"DOCKERHUB_MCP_METRICS_TOKEN": TOKEN}
    async with served(sandbox=True, metrics=True, environment=environment) as web, web.http() as http:
        for number in range(10):
            wrong = {"authorization": f"Bearer wrong-{number}"}
            assert (await http.get("/metrics", headers=wrong)).status_code == 401
        assert (await http.get("/metrics", headers={"authorization": "Bearer one-more"})).status_code == 429


def test_a_file_may_hold_the_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", "utf-8")
    options = {
        "transport": "http",
        "host": "::",
        "metrics": True,
        "metrics_token_file": str(tmp_path / "token"),
    }
    settings = config.load_settings(options, {})
    assert read_metrics_token(settings, {}) == TOKEN


def test_the_latest_rate_limit_counts() -> None:
    metrics = PrometheusMetrics()
    assert "rate_limit" not in metrics.render_text().decode()
    for remaining in (90, 80, 70):
        attempt = RequestAttempt(None, "GET", "/v2/strange", "http://localhost", 1)
        attempt.rate_limit = RateLimit(100, remaining, None)
        metrics.on_attempt(attempt)
    found = ParsedMetrics(metrics.render_text().decode())
    assert found.of("hub_rate_limit_limit") == 100
    assert found.of("hub_rate_limit_remaining") == 70
    assert found.of("hub_requests_total", method="other", route="other", status="none") == 3
