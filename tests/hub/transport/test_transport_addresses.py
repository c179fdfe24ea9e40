from __future__ import annotations

from collections.abc import Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import HUB_URL, Hub
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods import GetTag, ListTags
from dockerhub_mcp.hub.transport.urls import extract_origin, validate_base_url


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (HUB_URL, HUB_URL),
        (" https://hub.docker.com/ ", HUB_URL),
        ("https://proxy.example:8443/", "https://proxy.example:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.3.2.1:5", "http://127.3.2.1:5"),
        ("http://[::1]:5", "http://[::1]:5"),
        ("HTTPS://hub.docker.com", "HTTPS://hub.docker.com"),
    ],
)
def test_https_and_loopback_urls_are_accepted(address: str, kept: str) -> None:
    assert validate_base_url(address) == kept


@pytest.mark.parametrize(
    "address",
    [
        "http://hub.docker.com",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0",
        "http://[2001:db8::1]",
    ],
)
def test_plain_http_to_other_hosts_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequest, match="Plain HTTP would expose the bearer token"):
        validate_base_url(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://ada:hush-hush@hub.docker.com",
        "https://ada@hub.docker.com",
        "https://:hush-hush@hub.docker.com",
        "https://@hub.docker.com",
        "https://hub.docker.com?token=hush-hush",
        "https://hub.docker.com?",
        "https://hub.docker.com/#",
        "https://hub.docker.com/#hush-hush",
        "http://localhost\\@evil.example",
    ],
)
def test_a_url_with_user_query_or_fragment_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequest, match="must not hold a user name, a query or a fragment") as caught:
        Hub(base_url=address)
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hub.docker.com",
        "ftp://hub.docker.com",
        "file:///etc/passwd",
        "https://",
        "https://hub.docker.com:port",
        "https://hub.docker.com:0",
        "https://hub.docker.com:99999",
        "https://[::1",
        "https://hub\n.docker.com",
        "https://hub docker.com",
        "https://hub.docker.com /x",
    ],
)
def test_invalid_urls_are_refused(address: str) -> None:
    with pytest.raises(InvalidRequest, match=r"cannot be the Hub's address\..*https://hub.docker.com"):
        validate_base_url(address)


def test_the_origin_is_scheme_host_and_port() -> None:
    assert extract_origin("HTTPS://Hub.Docker.com:443/v2/x?y") == "https://hub.docker.com:443"
    assert extract_origin("https://user@hub.docker.com/") != extract_origin(HUB_URL)


def test_the_client_has_a_host() -> None:
    assert Hub().host == "hub.docker.com"
    assert Hub(base_url="http://localhost:8080/").host == "localhost:8080"


def test_a_path_is_refused_with_the_right_value() -> None:
    for path in ("/v2", "/v2/", "/api", "/v2/namespaces", "//v2", "/%76%32", "/v2;x", "/hub/."):
        for origin in ("https://hub.docker.com", "https://proxy.example:8443", "http://localhost:8080"):
            with pytest.raises(InvalidRequest, match="must be an origin without a path") as caught:
                Hub(base_url=f"{origin}{path}")
            assert caught.value.remedy == f"Write DOCKERHUB_API_URL as {origin}."


async def test_a_request_has_a_user_agent_and_accept_header(answering: Callable[..., Hub]) -> None:
    seen: list[httpx.Headers] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json={"name": "8"})

    await answering(respond, user_agent="probe/1").send(GetTag(repository="redis", tag="8"))
    assert (seen[0]["user-agent"], seen[0]["accept"]) == ("probe/1", "application/json")
    assert "authorization" not in seen[0]


async def test_cookies_are_not_stored(answering: Callable[..., Hub]) -> None:
    seen: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, json={"name": "8"}, headers={"set-cookie": "token=somebody; Path=/"})

    hub = answering(respond)
    await hub.send(GetTag(repository="redis", tag="8"))
    await hub.send(GetTag(repository="redis", tag="8"))
    assert seen == [None, None]


async def test_a_value_that_is_too_long_is_refused(answering: Callable[..., Hub]) -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"name": "8"})

    with pytest.raises(InvalidRequest, match=r"cannot be sent: URL too long \(70\d+ characters\)"):
        await answering(respond).send(ListTags(repository="redis", name="x" * 70_000))
    assert seen == []
