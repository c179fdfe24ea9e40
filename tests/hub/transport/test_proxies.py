"""Which proxy a request goes through, from the variables alone."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from dockerhub_mcp.hub.errors import ConnectionFailed
from dockerhub_mcp.hub.transport import proxies
from dockerhub_mcp.hub.transport.proxies import Proxy, find_proxy, select_proxy_variables

HUB = "https://hub.docker.com"
PROXY = "http://proxy.example.com:3128"


def find_url(environment: dict[str, str], url: str = HUB) -> str:
    """Return the URL of the proxy that counts, empty for none."""
    proxy = find_proxy(url, environment)
    return proxy.url if proxy else ""


@pytest.mark.parametrize(
    ("environment", "source"),
    [
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": "nonsense://"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "nonsense://", "https_proxy": PROXY}, "https_proxy"),
        ({"ALL_PROXY": PROXY}, "ALL_PROXY"),
        ({"HTTPS_PROXY": "", "ALL_PROXY": PROXY, "HTTP_PROXY": "nonsense://"}, "ALL_PROXY"),
        ({"HTTPS_PROXY": " '' ", "all_proxy": f' "{PROXY}" '}, "all_proxy"),
        ({"HTTPS_PROXY": f"\t'{PROXY}'\n"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "proxy.example.com:3128"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": f"{PROXY}/"}, "HTTPS_PROXY"),
    ],
)
def test_one_variable_counts(environment: dict[str, str], source: str) -> None:
    assert find_proxy(HUB, environment) == Proxy(PROXY, source)


def test_an_empty_variable_in_lower_case_hides_the_one_in_upper_case() -> None:
    assert find_url({"https_proxy": "", "HTTPS_PROXY": PROXY}) == ""


def test_plain_http_uses_no_proxy() -> None:
    assert find_url({"HTTPS_PROXY": "nonsense://", "HTTP_PROXY": PROXY}, "http://localhost:8080") == ""


def test_ports_have_defaults() -> None:
    for value, url in {
        "http://proxy": "http://proxy:80",
        "https://proxy": "https://proxy:443",
        "HTTP://[::1]": "http://[::1]:80",
        "http://ada:p%40ss@proxy": "http://ada:p%40ss@proxy:80",
    }.items():
        assert find_url({"HTTPS_PROXY": value}) == url


@pytest.mark.parametrize(
    ("url", "entries"),
    [
        (HUB, ["*", "hub.docker.com", "docker.com", ".docker.com", "*.docker.com", "HUB.docker.com."]),
        (HUB, ["hub.docker.com:443", ".docker.com:443", "'hub.docker.com'", "a.example, hub.docker.com"]),
        (HUB, ["a.example hub.docker.com", "https://hub.docker.com", "all://hub.docker.com:443"]),
        ("https://hub.docker.com:8443", ["hub.docker.com:8443", "hub.docker.com"]),
        ("https://10.1.2.3", ["10.1.2.3", "10.0.0.0/8", "10.1.2.3:443"]),
        ("https://[::1]:8443", ["::1", "[::1]", "[::1]:8443", "::/0"]),
    ],
)
def test_hosts_that_are_exempt(url: str, entries: list[str]) -> None:
    for entry in entries:
        for name in ("NO_PROXY", "no_proxy"):
            assert find_url({"HTTPS_PROXY": "nonsense://", name: entry}, url) == "", entry


def test_other_hosts_are_not_exempt() -> None:
    for entry in (
        "hub.docker.com:8443",
        "ub.docker.com",
        "docker",
        "http://hub.docker.com",
        "10.0.0.0/8",
        ",",
        ".",
    ):
        assert find_url({"HTTPS_PROXY": PROXY, "NO_PROXY": entry}) == PROXY, entry


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        ("ftp://proxy", "its scheme (ftp) is none of http, https, socks5 and socks5h"),
        ("socks4://proxy", "its scheme (socks4) is none of"),
        ("s3cret://proxy", "its scheme is none of"),
        ("http://", "it names no host"),
        ("http://:3128", "it names no host"),
        ("http://proxy:port", "its host or port is not one"),
        ("http://proxy:99999", "its host or port is not one"),
        ("http://proxy:0", "its host or port is not one"),
        ("http://[::1", "its host or port is not one"),
        ("http://pro<xy", "its host or port is not one"),
        ("http://proxy/path?x", "it has a path"),
        ("http://my proxy", "it holds blanks"),
        ("http://proxy.exämple", "non-ASCII"),
        ("http://ada:s3cret\udcff@proxy", "non-ASCII"),
        ("http://ada:s3@cret@proxy", "must be percent-encoded"),
        ("http://ada:s3#cret@proxy", "must be percent-encoded"),
        ("http://ada:s3/cret@proxy:3128", "must be percent-encoded"),
        ("http://ada:12?cret@proxy:3128", "must be percent-encoded"),
    ],
)
def test_an_unusable_variable_is_named_but_not_quoted(value: str, flaw: str) -> None:
    for variable in ("HTTPS_PROXY", "all_proxy"):
        with pytest.raises(ConnectionFailed) as caught:
            find_proxy(HUB, {variable: value})
        message = str(caught.value)
        assert message.startswith(f"{variable} cannot be used: ")
        assert flaw in message
        assert "cret" not in message
        assert "\n" not in message
        assert (caught.value.is_sent, caught.value.is_permanent) == (False, True)
    assert find_url({"HTTPS_PROXY": value, "NO_PROXY": "docker.com"}) == ""


def test_a_socks_proxy_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "find_spec", lambda _: None)
    with pytest.raises(
        ConnectionFailed, match=r"ALL_PROXY cannot be used: it names a SOCKS proxy.*\[socks\]"
    ):
        find_proxy(HUB, {"ALL_PROXY": "socks5://ada:s3cret@proxy"})
    assert find_url({"HTTPS_PROXY": PROXY, "ALL_PROXY": "socks5://proxy"}) == PROXY


@pytest.mark.skipif(find_spec("socksio") is None, reason="the extra is not installed")
def test_a_socks_proxy() -> None:
    proxy = find_proxy(HUB, {"ALL_PROXY": "socks5h://ada:s3cret@proxy"})
    assert proxy == Proxy("socks5h://ada:s3cret@proxy:1080", "ALL_PROXY")
    assert proxy.is_socks
    assert proxy.has_credentials
    assert "s3cret" not in repr(proxy)


def test_the_variables_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "no_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "docker.com")
    variables = select_proxy_variables(None)
    assert (variables["HTTPS_PROXY"], variables["NO_PROXY"]) == (PROXY, "docker.com")
    assert select_proxy_variables({}) == {}
