"""Test the content of spans and metrics, and what they must not contain."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from mcp import Client, MCPError
from mcp_types import ElicitResult
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.telemetry.observers import Observers
from dockerhub_mcp.server.telemetry.otel import HUB_BUCKETS, OPERATION_BUCKETS, Telemetry, start_telemetry
from dockerhub_mcp.server.telemetry.otel_exporters import Exporters
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from tests.support.fixture_types import MakeHub

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


class ObservedServer:
    """A server with telemetry that is kept in memory."""

    def __init__(
        self,
        make_hub: MakeHub,
        identity: str | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Any,
    ) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.telemetry = Telemetry([SimpleSpanProcessor(self.exporter)], [self.reader])
        observers = Observers()
        observers.registered.append(self.telemetry)
        through = {} if transport is None else {"httpx_transport": transport}
        hub = make_hub(identity, on_attempt=observers.on_attempt, **through)
        self.server = build_server(
            RequestContext(Registry(**options), ToolContext(hub, cache=ResultCache())), observers=observers
        )

    @asynccontextmanager
    async def client(self, mode: str = "2026-07-28", **more: Any) -> AsyncIterator[Client]:
        async with Client(self.server, mode=mode, **more) as client:
            yield client

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def span(self, name: str) -> ReadableSpan:
        found = [span for span in self.spans if span.name == name]
        assert len(found) == 1, [span.name for span in self.spans]
        return found[0]

    def points(self, name: str) -> list[Any]:
        data = self.reader.get_metrics_data()
        assert data
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture(autouse=True)
def _opentelemetry_log() -> Iterator[None]:
    theirs = logging.getLogger("opentelemetry")
    yield
    theirs.propagate = True
    theirs.handlers.clear()


@MODES
async def test_a_call_is_a_span_with_the_requests_to_the_hub_below_it(make_hub: MakeHub, mode: str) -> None:
    watched = ObservedServer(make_hub, "owner")
    async with watched.client(mode) as client:
        await client.call_tool("get_tag", {"repository": "redis:8.2"})
    call = watched.span("tools/call get_tag")
    assert call.kind is SpanKind.SERVER
    assert call.status.status_code is StatusCode.UNSET
    said = dict(call.attributes or {})
    assert len(str(said.pop("dockerhub_mcp.request_id"))) == 12
    assert said.pop("jsonrpc.request.id")
    assert said == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28" if mode == "2026-07-28" else "2025-11-25",
        "network.transport": "pipe",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_tag",
    }
    route = "/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}"
    for name in ("POST /v2/auth/token", f"GET {route}"):
        below = watched.span(name)
        assert below.kind is SpanKind.CLIENT
        assert below.parent
        assert call.context
        assert below.parent.span_id == call.context.span_id
        assert call.start_time <= below.start_time <= below.end_time <= call.end_time  # type: ignore[operator]
    assert dict(watched.span(f"GET {route}").attributes or {}) == {
        "http.request.method": "GET",
        "url.template": route,
        "url.scheme": "http",
        "server.address": "localhost",
        "server.port": 80,
        "http.response.status_code": 200,
    }


@MODES
async def test_the_handshake_and_lists_are_spans_too(make_hub: MakeHub, mode: str) -> None:
    watched = ObservedServer(make_hub)
    async with watched.client(mode) as client:
        await client.list_tools()
        await client.get_prompt("pin_image", {"image": "redis"})
    names = {span.name for span in watched.spans}
    assert {"tools/list", "prompts/get pin_image"} <= names
    assert ("initialize" in names) is (mode == "legacy")
    assert (watched.span("prompts/get pin_image").attributes or {})["gen_ai.prompt.name"] == "pin_image"


async def test_a_walk_has_its_pages_below_it_and_says_when_it_was_cut_short(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    watched = ObservedServer(make_hub)
    async with watched.client() as client:
        await client.call_tool("list_tags", {"repository": "redis", "max_items": 250})
        sandbox.faults.add(match="page=2", status=403, body="{}")
        cut = await client.call_tool("list_tags", {"repository": "redis", "max_items": 240})
    assert not cut.is_error
    whole, short = (span for span in watched.spans if span.name == "tools/call list_tags")
    below = [span.parent.span_id for span in watched.spans if span.parent]
    assert whole.context
    assert below.count(whole.context.span_id) == 3
    assert "dockerhub_mcp.cut_short" not in (whole.attributes or {})
    assert (short.attributes or {})["dockerhub_mcp.cut_short"] == "Forbidden"


@MODES
async def test_errors_have_a_type_and_no_text(make_hub: MakeHub, mode: str) -> None:
    watched = ObservedServer(make_hub)
    async with watched.client(mode) as client:
        assert (await client.call_tool("get_tag", {"repository": "none-such:9"})).is_error
        with pytest.raises(MCPError):
            await client.call_tool("my_secret_tool", {})
    refused = watched.span("tools/call other")
    assert (refused.attributes or {})["error.type"] == "-32602"
    assert (refused.attributes or {})["rpc.response.status_code"] == "-32602"
    assert (refused.attributes or {})["gen_ai.tool.name"] == "other"
    failed = watched.span("tools/call get_tag")
    assert (failed.attributes or {})["error.type"] == "tool_error"
    hub = next(span for span in watched.spans if span.name.endswith("/tags/{tag}"))
    assert (hub.attributes or {})["error.type"] == "404"
    for span in (refused, failed, hub):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description is None
        assert not span.events


async def test_a_question_to_a_person_is_no_error(make_hub: MakeHub) -> None:
    async def yes(*_: object) -> ElicitResult:
        return ElicitResult(action="accept", content={"confirm": True})

    watched = ObservedServer(make_hub, "owner", access=Access.ADMIN, toolsets=["all"])
    async with watched.client(elicitation_callback=yes) as client:
        assert not (
            await client.call_tool("delete_tag", {"repository": "acme/mailer", "tag": "latest"})
        ).is_error
    calls = [span for span in watched.spans if span.name == "tools/call delete_tag"]
    assert len(calls) == 2
    assert all(call.status.status_code is StatusCode.UNSET for call in calls)


async def test_a_repeated_request_counts_its_resends(make_hub: MakeHub, sandbox: Sandbox) -> None:
    watched = ObservedServer(make_hub)
    sandbox.faults.add(status=503, times=2)
    async with watched.client() as client:
        await client.call_tool("get_repository", {"repository": "redis"})
    requests = [span for span in watched.spans if span.kind is SpanKind.CLIENT]
    said = [dict(span.attributes or {}) for span in requests]
    assert [each["http.response.status_code"] for each in said] == [503, 503, 200]
    assert [each.get("http.request.resend_count") for each in said] == [None, 1, 2]


async def test_a_request_without_a_response_has_the_type_of_its_error(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    watched = ObservedServer(make_hub)
    sandbox.faults.add(drop=True, times=1)
    async with watched.client() as client:
        await client.call_tool("get_repository", {"repository": "redis"})
    first, second = (span for span in watched.spans if span.kind is SpanKind.CLIENT)
    assert "http.response.status_code" not in (first.attributes or {})
    assert str((first.attributes or {})["error.type"]).endswith("Error")
    assert (second.attributes or {})["http.response.status_code"] == 200


async def test_a_call_that_is_given_up_is_cancelled(make_hub: MakeHub, sandbox: Sandbox) -> None:
    watched = ObservedServer(make_hub)
    sandbox.faults.add(latency=30)
    async with watched.client("legacy") as client:
        with anyio.move_on_after(0.3):
            await client.call_tool("get_repository", {"repository": "redis"})
        with anyio.fail_after(10):
            while not [span for span in watched.spans if span.name == "tools/call get_repository"]:
                await anyio.sleep(0.01)
    call = watched.span("tools/call get_repository")
    assert (call.attributes or {})["error.type"] == "cancelled"
    (request,) = (span for span in watched.spans if span.kind is SpanKind.CLIENT)
    assert (request.attributes or {})["error.type"] == "CancelledError"


async def test_an_answer_from_memory_says_so(make_hub: MakeHub) -> None:
    watched = ObservedServer(make_hub)
    async with watched.client() as client:
        for _ in range(2):
            await client.call_tool("get_repository", {"repository": "redis"})
    calls = [span for span in watched.spans if span.name == "tools/call get_repository"]
    assert [(call.attributes or {}).get("dockerhub_mcp.cached") for call in calls] == [None, True]


@MODES
async def test_a_call_joins_the_trace_that_its_meta_names(make_hub: MakeHub, mode: str) -> None:
    watched = ObservedServer(make_hub)
    meta: Any = {"traceparent": PARENT, "tracestate": "vendor=value", "baggage": "user=somebody"}
    async with watched.client(mode) as client:
        await client.call_tool("get_repository", {"repository": "redis"}, meta=meta)
    call = watched.span("tools/call get_repository")
    assert call.context
    assert f"{call.context.trace_id:032x}" == TRACE
    assert call.parent
    assert f"{call.parent.span_id:016x}" == SPAN
    assert call.context.trace_state.get("vendor") == "value"
    assert {f"{span.context.trace_id:032x}" for span in watched.spans if span.kind is SpanKind.CLIENT} == {
        TRACE
    }
    assert "somebody" not in str([span.to_json() for span in watched.spans])


@pytest.mark.parametrize(
    "meta",
    [
        {"traceparent": "nonsense"},
        {"traceparent": 7},
        {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"},
        {"traceparent": PARENT + "0" * 200},
        {"tracestate": "vendor=value"},
        {"baggage": "x" * 20_000},
    ],
)
async def test_an_invalid_trace_context_starts_a_new_trace(make_hub: MakeHub, meta: Any) -> None:
    watched = ObservedServer(make_hub)
    async with watched.client() as client:
        await client.call_tool("get_repository", {"repository": "redis"}, meta=meta)
    assert watched.span("tools/call get_repository").parent is None


class HeaderRecorder(httpx.AsyncBaseTransport):
    """A transport that records the header names of the requests that it passes on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._inner = httpx.ASGITransport(app=sandbox.app)
        self.headers: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.headers |= set(request.headers)
        return await self._inner.handle_async_request(request)


async def test_nothing_of_a_trace_goes_to_the_hub(make_hub: MakeHub, sandbox: Sandbox) -> None:
    seen = HeaderRecorder(sandbox)
    watched = ObservedServer(make_hub, transport=seen)
    meta: Any = {"traceparent": PARENT, "baggage": "user=somebody"}
    async with watched.client() as client:
        await client.call_tool("get_repository", {"repository": "redis"}, meta=meta)
    assert "user-agent" in seen.headers
    assert not {"traceparent", "tracestate", "baggage"} & seen.headers


async def test_metrics_have_the_buckets_and_labels_of_the_conventions(
    make_hub: MakeHub,
) -> None:
    watched = ObservedServer(make_hub)
    async with watched.client() as client:
        await client.call_tool("get_repository", {"repository": "redis"})
        await client.call_tool("get_repository", {"repository": "none-such"})
    calls = watched.points("mcp.server.operation.duration")
    by_error = {
        point.attributes.get("error.type"): point for point in calls if "gen_ai.tool.name" in point.attributes
    }
    assert by_error.keys() == {None, "tool_error"}
    assert tuple(by_error[None].explicit_bounds) == OPERATION_BUCKETS
    assert by_error[None].count == 1
    assert not {"jsonrpc.request.id", "dockerhub_mcp.request_id"} & by_error[None].attributes.keys()
    async with watched.client() as client:
        await client.call_tool("list_tags", {"repository": "redis"})
    requests = watched.points("http.client.request.duration")
    assert {point.attributes["http.response.status_code"] for point in requests} == {200, 404}
    assert tuple(requests[0].explicit_bounds) == HUB_BUCKETS


def test_a_bad_variable_leaves_the_server_without_telemetry(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "-1")
    assert start_telemetry(Exporters(metrics=("otlp",))) is None
    assert "cannot be set up" in caplog.text


def test_problems_of_opentelemetry_are_logged_rarely_in_one_line_without_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telemetry = start_telemetry(Exporters(traces=("console",), secrets=("t0ps3cret",)))
    assert telemetry
    theirs = logging.getLogger("opentelemetry.exporter.some")
    for _ in range(50):
        try:
            int("many lines")
        except ValueError:
            theirs.exception("cannot send with header %s", "t0ps3cret")
    (record,) = (each for each in caplog.records if each.levelno >= logging.WARNING)
    assert record.__dict__["said"] == "cannot send with header ***"
    assert record.exc_info is None
    telemetry.close()


def test_variables_name_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def resource() -> dict[str, Any]:
        exporter = InMemorySpanExporter()
        telemetry = Telemetry([SimpleSpanProcessor(exporter)])
        telemetry._tracer.start_span("x").end()
        return dict(exporter.get_finished_spans()[0].resource.attributes)

    ours = resource()
    assert ours["service.name"] == "dockerhub-mcp"
    assert ours["service.instance.id"] != resource()["service.instance.id"]
    monkeypatch.setenv("OTEL_SERVICE_NAME", "hub-for-agents")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod")
    theirs = resource()
    assert theirs["service.name"] == "hub-for-agents"
    assert theirs["deployment.environment.name"] == "prod"
