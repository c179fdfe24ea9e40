from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import anyio
import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Hub, Method, RetryPolicy
from dockerhub_mcp.hub.errors import (
    BadRequest,
    ConnectionFailed,
    DeadlineExceeded,
    Forbidden,
    HubUnavailable,
    RateLimited,
    Refused,
    SignInUnavailable,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods import CheckTag, CreateRepository, GetOrgSettings, GetRepository, GetTag
from dockerhub_mcp.sandbox import Sandbox

TAG = GetTag(repository="redis", tag="latest")
CHECK = CheckTag(repository="redis", tag="latest")
CREATE = CreateRepository(namespace="ada", name="new-one")
TAG_PATH = "/v2/namespaces/library/repositories/redis/tags/latest"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("call", [TAG, CHECK])
async def test_reads_are_retried_on_transient_errors(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int, call: Method[Any]
) -> None:
    sandbox.faults.add(status=status, times=3)
    assert await make_hub().send(call)
    assert len(sandbox.requests) == 4


@pytest.mark.parametrize(
    ("status", "kind"), [(400, BadRequest), (403, Forbidden), (500, HubUnavailable), (501, HubUnavailable)]
)
async def test_reads_are_not_retried_on_permanent_errors(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int, kind: type[Refused]
) -> None:
    sandbox.faults.add(status=status)
    with pytest.raises(kind):
        await make_hub().send(TAG)
    assert len(sandbox.requests) == 1


async def test_it_gives_up_after_the_maximum_of_attempts(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(status=503)
    with pytest.raises(HubUnavailable, match="503"):
        await make_hub(retry_policy=RetryPolicy(attempts=3, base_delay=0.001)).send(TAG)
    assert len(sandbox.requests) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "0"},
        {"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"},
        {"X-Retry-After": "1420070400"},
        {"Retry-After": "soon"},
    ],
)
async def test_every_form_of_retry_after_is_followed(
    sandbox: Sandbox, make_hub: Callable[..., Hub], headers: dict[str, str]
) -> None:
    sandbox.faults.add(status=429, times=1, headers=headers)
    assert (await make_hub().send(TAG)).name == "latest"


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"Retry-After": "61"}, 61),
        ({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, 7 * 86_400),
        ({"X-Retry-After": "4102444800"}, 7 * 86_400),
    ],
)
async def test_a_retry_after_beyond_the_deadline_is_an_error_at_once(
    sandbox: Sandbox, make_hub: Callable[..., Hub], headers: dict[str, str], least: float
) -> None:
    sandbox.faults.add(status=429, headers=headers)
    with pytest.raises(RateLimited) as caught:
        await make_hub(timeout=30).send(TAG)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= least
    assert len(sandbox.requests) == 1


@pytest.mark.usefixtures("skip_waits")
async def test_the_deadline_includes_the_sign_in(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=0.2)
    sandbox.faults.add(match="/redis", status=429, headers={"Retry-After": "0.9"})
    with pytest.raises(RateLimited):  # at once: the delay would exceed the deadline
        await make_hub("owner", timeout=1, retry_policy=RetryPolicy(base_delay=0.0)).send(TAG)
    assert len(sandbox.requests) == 2


async def test_reads_are_retried_after_a_dropped_connection(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(drop=True, times=2)
    assert (await make_remote_hub().send(TAG)).name == "latest"
    assert len(sandbox.requests) == 3


async def test_writes_are_never_retried_after_a_dropped_connection(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/namespaces", drop=True)
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1:\d+ could not be reached \(tried once\)"):
        await make_remote_hub("owner").send(CREATE)
    assert [request.method for request in sandbox.requests if "namespaces" in request.path] == ["POST"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_writes_are_never_retried_on_transient_errors(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int
) -> None:
    sandbox.faults.add(match="/v2/namespaces", status=status, headers={"Retry-After": "0"})
    with pytest.raises(Refused):
        await make_hub("owner").send(CREATE)
    assert [request.path for request in sandbox.requests].count("/v2/namespaces/ada/repositories") == 1


async def test_an_unreachable_hub_is_named(sandbox: Sandbox, make_remote_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(drop=True)
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1:\d+ could not be reached \(tried 4 times\)"):
        await make_remote_hub().send(TAG)


async def test_a_late_response_is_a_deadline_error_with_the_host(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(latency=0.3)
    with pytest.raises(DeadlineExceeded, match=r"127\.0\.0\.1:\d+ did not answer within 0\.1 s") as caught:
        await make_remote_hub(timeout=0.1).send(TAG)
    assert "raise the timeout" in caught.value.remedy


@pytest.mark.usefixtures("skip_waits")
async def test_the_deadline_includes_the_wait_for_a_slot(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(latency=0.2)
    hub = make_hub(timeout=0.3, max_concurrency=1)
    results = await asyncio.gather(*(hub.send(TAG) for _ in range(3)), return_exceptions=True)
    assert isinstance(results[2], DeadlineExceeded)


@pytest.mark.parametrize(("settings", "limit"), [({}, 16), ({"max_concurrency": 3}, 3)])
@pytest.mark.usefixtures("skip_waits")
async def test_concurrent_requests_are_limited(
    sandbox: Sandbox, make_hub: Callable[..., Hub], settings: dict[str, int], limit: int
) -> None:
    running = peak = 0
    full = asyncio.Event()

    async def gate(scope: Any, receive: Any, send: Any) -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        if running == limit:
            full.set()
        await full.wait()
        await anyio.sleep(1)  # time for a surplus request to arrive
        await sandbox.app(scope, receive, send)
        running -= 1

    hub = make_hub(httpx_transport=httpx.ASGITransport(app=gate), **settings)
    await asyncio.gather(*(hub.send(TAG) for _ in range(20)))
    assert (running, peak) == (0, limit)
    assert len(sandbox.requests) == 20


async def test_a_redirect_within_the_hub_is_followed(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/none", location=TAG_PATH, status=301)
    found = await make_hub("owner").send(GetTag(repository="redis", tag="none"))
    assert found.name == "latest"
    assert [request.auth_scheme for request in sandbox.requests] == [None, "Bearer", "Bearer"]


async def test_a_relative_redirect_is_followed(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/none", location="latest", status=307)
    assert (await make_hub().send(GetTag(repository="redis", tag="none"))).name == "latest"


async def test_redirects_are_limited(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(location=TAG_PATH)
    with pytest.raises(UnexpectedAnswer, match=r"localhost redirected GET .* more than 3 times"):
        await make_hub().send(TAG)
    assert len(sandbox.requests) == 4


async def test_the_last_redirect_that_is_allowed_is_followed(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(location=TAG_PATH, times=3)
    assert (await make_hub().send(TAG)).name == "latest"
    assert len(sandbox.requests) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_write_is_never_redirected(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int
) -> None:
    sandbox.faults.add(match="/v2/namespaces", location="/v2/namespaces/ada/repositories/", status=status)
    with pytest.raises(UnexpectedAnswer, match=r"redirected POST .* this was not followed"):
        await make_hub("owner").send(CREATE)
    assert len(sandbox.requests) == 2


async def test_a_sign_in_is_never_redirected(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/v2/auth/token", location="/v2/users/login")
    hub = make_hub("owner")
    with pytest.raises(SignInUnavailable, match="redirected POST /v2/auth/token"):
        await hub.send(GetOrgSettings(name="acme"))
    assert len(sandbox.requests) == 1
    await hub.send(TAG)
    assert [request.path for request in sandbox.requests[1:]] == [TAG_PATH]


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://evil.example/v2", "https://evil.example"),
        ("//evil.example/v2", "http://evil.example"),
        ("https://localhost/v2", "https://localhost"),
        ("https://user:hush-hush@10.0.0.7:8443/?token=hush-hush", "https://***@10.0.0.7:8443"),
        ("http://localhost:81/v2", "http://localhost:81"),
        ("http://localhost@evil.example/", "http://***@evil.example"),
        ("http://user@localhost/", "http://***@localhost"),
        ("file:///etc/passwd", "file://"),
        ("", "nowhere"),
        ("http://[bad", "an invalid URL"),
        ("/\x01", "an invalid URL"),
        ("/" + "a" * 70_000, "an invalid URL"),
    ],
)
async def test_a_redirect_elsewhere_is_not_followed(
    answering: Callable[..., Hub], location: str, where: str
) -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"location": location})

    with pytest.raises(UnexpectedAnswer, match="this was not followed") as caught:
        await answering(respond).send(TAG)
    assert f" to {where}; " in caught.value.what
    assert seen == ["localhost"]


async def test_a_body_that_cannot_be_decompressed_is_unexpected(answering: Callable[..., Hub]) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))

    with pytest.raises(UnexpectedAnswer, match="with a body that cannot be decompressed"):
        await answering(respond).send(TAG)


async def test_a_transport_that_times_out_is_a_deadline(answering: Callable[..., Hub]) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        msg = "too slow"
        raise httpx.ConnectTimeout(msg, request=request)

    with pytest.raises(DeadlineExceeded, match=r"localhost did not answer in time \(4 attempts\)"):
        await answering(respond).send(TAG)


async def test_an_exception_without_a_message_is_named_by_its_class(answering: Callable[..., Hub]) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionFailed, match="ConnectionAbortedError"):
        await answering(respond, retry_policy=RetryPolicy(attempts=1)).send(TAG)


async def test_requests_and_retries_are_logged(
    sandbox: Sandbox, make_hub: Callable[..., Hub], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dockerhub_mcp.hub.transport.transport")
    sandbox.faults.add(status=503, times=1)
    await make_hub().send(GetRepository(repository="redis"))
    logged = [
        (record.message, vars(record).get("status"))
        for record in caplog.records
        if "httpx" not in record.name
    ]
    assert logged == [("hub answered", 503), ("repeating a request", 503), ("hub answered", 200)]


@pytest.mark.usefixtures("skip_waits")
async def test_the_transport_alone_keeps_its_deadline(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(latency=30)
    with pytest.raises(DeadlineExceeded, match=r"localhost did not answer within 0\.1 s \(GET /v2/x\)"):
        await make_hub(timeout=0.1)._transport.request("GET", "/v2/x")
