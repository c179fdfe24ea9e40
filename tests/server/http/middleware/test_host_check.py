"""Test the checks of the Host and Origin headers."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.headers import RequestHeaders
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy, is_valid_host, is_valid_origin
from dockerhub_mcp.server.http.responses import HTTPRejection
from tests.support.web_servers import modern, routed, served

HOSTS = ("mcp.example.com", "Other.Example.com:8443", "[2001:db8::7]", "192.0.2.7:80")
PAGES = ("https://app.example.com", "https://App.Example.net:8443")


def get_status(front: HostOriginPolicy, **headers: str) -> int:
    try:
        front.check_headers(
            RequestHeaders([(name.encode(), value.encode()) for name, value in headers.items()])
        )
    except HTTPRejection as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST:8000",
        "localhost.",
        "localhost.:8000",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:8000",
        "mcp.example.com",
        "mcp.example.com:1",
        "MCP.Example.COM.:443",
        "other.example.com:8443",
        "OTHER.EXAMPLE.COM.:8443",
        "[2001:db8::7]:8000",
        "[2001:DB8::7]",
        "192.0.2.7:80",
    ],
)
def test_names_that_are_ours(host: str) -> None:
    assert get_status(HostOriginPolicy(HOSTS, (), loopback_only=False), host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        ".",
        ":8000",
        "evil.example",
        "localhost.evil.example",
        "evil.localhost",
        "localhost@evil.example",
        "localhost:80@evil.example",
        "evil.example#localhost",
        "evil.example/localhost",
        "localhost/",
        "localhost:",
        "localhost:http",
        "localhost:123456",
        "localhost:-1",
        "localhost:²",
        "localhost, evil.example",
        "localhost evil.example",
        "localhost\t",
        "http://localhost",
        "::1",
        "[::1",
        "::1]",
        "[::1]x",
        "[::1]:80:80",
        "[[::1]]",
        "[localhost]",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0.0.0.0",  # noqa: S104
        "mcp.example.com.evil.example",
        "xmcp.example.com",
        "mcp-example.com",
        "other.example.com",
        "other.example.com:443",
        "192.0.2.7",
        "192.0.2.7:8080",
        "2001:db8::7",
        "lócalhost",
    ],
)
def test_names_that_are_not(host: str) -> None:
    assert get_status(HostOriginPolicy(HOSTS, (), loopback_only=True), host=host) == 421


def test_a_request_without_a_name() -> None:
    assert get_status(HostOriginPolicy(HOSTS, (), loopback_only=True)) == 421


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize(
    "origin", ["https://app.example.com", "HTTPS://APP.example.com", "https://app.example.net:8443"]
)
def test_pages_that_were_named_may_call(origin: str, local: bool) -> None:
    assert (
        get_status(HostOriginPolicy((), PAGES, loopback_only=local), host="localhost", origin=origin) == 200
    )


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:6274",
        "https://LOCALHOST.:6274",
        "http://127.0.0.1:1",
        "http://127.8.9.10:1",
        "http://[::1]:6274",
    ],
)
def test_pages_of_this_machine_may_call_a_server_for_this_machine(origin: str) -> None:
    assert get_status(HostOriginPolicy((), PAGES, loopback_only=True), host="localhost", origin=origin) == 200
    assert (
        get_status(HostOriginPolicy((), PAGES, loopback_only=False), host="localhost", origin=origin) == 403
    )


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "localhost",
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://app.example.com/",
        "https://app.example.com, https://app.example.com",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://localhost:1@evil.example",
        "http://localhost:1/",
        "http://localhost:evil",
        "http://127.0.0.1.evil.example",
        "http://192.168.0.7",
        "file://localhost",
        "chrome-extension://localhost",
        "http://",
        "http://[",
        "http://[::1",
        "http://[::1]]",
        "http://[zz]",
        "http://\xbd",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    assert get_status(HostOriginPolicy((), PAGES, loopback_only=True), host="localhost", origin=origin) == 403


def test_the_name_is_looked_at_first() -> None:
    assert (
        get_status(HostOriginPolicy((), PAGES, loopback_only=True), host="evil.example", origin=PAGES[0])
        == 421
    )


def test_what_can_be_set() -> None:
    assert is_valid_host("mcp.example.com:8443")
    assert not is_valid_host("*")
    assert not is_valid_host("*.example.com")
    assert not is_valid_host("https://mcp.example.com")
    assert is_valid_origin("https://app.example.com:1")
    assert not is_valid_origin("https://*.example.com")
    assert not is_valid_origin("app.example.com")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("", False),
        ("192.168.0.7", False),
        ("localhost.example.com", False),
        ("::ffff:192.168.0.7", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://\xbd:1"])
async def test_a_page_that_does_not_exist_is_no_internal_error(origin: str) -> None:
    message = modern("tools/list")
    async with served(sandbox=True) as web, web.http() as http:
        headers = {name.encode(): value.encode() for name, value in routed(message).items()}
        headers[b"origin"] = origin.encode("latin-1")
        answer = await http.post("/mcp", json=message, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("public_url", "good", "bad"),
    [
        ("https://mcp.example.com/mcp", "mcp.example.com", "example.com"),
        ("https://mcp.example.com:443/mcp", "mcp.example.com", "mcp.example.com.evil.example"),
        ("https://MCP.example.com:8443/mcp", "mcp.example.com:8443", "evil.example:8443"),
        ("https://[2001:db8::7]:8443/mcp", "[2001:db8::7]:8443", "[2001:db8::8]:8443"),
    ],
)
async def test_the_public_address_is_a_name_of_ours(public_url: str, good: str, bad: str) -> None:
    message = modern("tools/list")
    async with served(sandbox=True, public_url=public_url) as web, web.http(**routed(message)) as http:
        for host, expected in ((good, 200), (bad, 421), ("localhost", 200)):
            answer = await http.post("/mcp", json=message, headers={"host": host})
            assert answer.status_code == expected, host


async def test_names_and_pages_are_taken_in_any_case() -> None:
    message = modern("tools/list")
    options: dict[str, Any] = {
        "allowed_hosts": "MCP.Example.COM",
        "allowed_origins": "https://App.Example.COM",
    }
    async with served(sandbox=True, **options) as web, web.http(**routed(message)) as http:
        headers = {"host": "mcp.example.com", "origin": "https://app.example.com"}
        answer = await http.post("/mcp", json=message, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
