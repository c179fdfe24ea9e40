"""Settings of the shared store: what is refused, with one line that names the setting and quotes no password."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.bootstrap import store_settings
from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.bootstrap.store_settings import list_url_secrets, read_store_url
from dockerhub_mcp.bootstrap.validate import validate
from dockerhub_mcp.config import Settings, load_settings
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.tls_files import write_certificate

PASSWORD = "pass-word-of-the-store"
URL = f"redis://:{PASSWORD}@valkey.example.com:6379/1"
VARIABLE = "DOCKERHUB_MCP_STORE_URL"
KEY = "0123456789abcdef" * 2


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    """Return the path of a file with a key."""
    path = tmp_path / "state.key"
    path.write_text(KEY, "utf-8")
    return str(path)


def load(environment: dict[str, str], **options: Any) -> Settings:
    """Return the settings of an HTTP server."""
    return load_settings({"transport": "http", "sandbox": True} | options, environment)


def find_problems(environment: dict[str, str], **options: Any) -> list[str]:
    """Return the fatal problems; none contains anything of the URL."""
    problems = [
        str(problem) for problem in validate(load(environment, **options), environment) if problem.is_fatal
    ]
    for problem in problems:
        assert "\n" not in problem
        assert PASSWORD not in problem
        assert "secret" not in problem
        assert "store.host" not in problem
    return problems


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "redis://localhost",
        "redis://localhost/",
        "rediss://user:pass%2Fword@[::1]:6380?db=2",
        "unix:///run/valkey.sock",
        "unix://user:secret@/run/valkey.sock?db=1",
    ],
)
def test_urls_that_are_accepted(key_file: str, url: str) -> None:
    """They may be in a variable or in a file, with a line end."""
    assert find_problems({VARIABLE: url}, state_key_file=key_file) == []
    path = Path(key_file).with_name("url")
    path.write_text(f"{url}\n", "utf-8")
    options = {"store_url_file": str(path), "state_key_file": key_file}
    assert find_problems({}, **options) == []
    assert read_store_url(load({}, **options), {}) == url
    # The client understands them as well.
    assert RedisState(url).is_available


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("store.host:6379", "must begin with redis://, rediss:// or unix://"),
        ("http://store.host", "must begin with redis://, rediss:// or unix://"),
        ("redis://:sec ret@store.host", "contains a space or another character that a URL must escape"),
        ("redis://:geheim\N{LATIN SMALL LETTER SHARP S}@store.host", "contains a space or another character"),
        ("redis://:secret/more@store.host", "is no valid URL; escape the special characters of its password"),
        ("redis://:secret#more@store.host", "is no valid URL; escape the special characters"),
        ("redis://user:#secret@store.host", "contains #; write it as %23"),
        ("redis://store.host:port", "is no valid URL"),
        ("redis://[store.host", "is no valid URL"),
        ("redis://:secret@", "must name a host"),
        ("redis:///1", "must name a host"),
        ("redis://store.host/name", "must have the number of a database as its path, or none"),
        ("unix://run/secret.sock", "must name a socket by its absolute path"),
        ("unix://", "must name a socket by its absolute path"),
        ("redis://store.host?ssl_cert_reqs=none", "has the option ssl_cert_reqs, which is not accepted"),
        ("redis://store.host?SECRET=1", "has an option, which is not accepted; only db and ssl_ca_certs are"),
        ("redis://store.host?db=secret", "has a db that is no number"),
        ("redis://store.host?ssl_ca_certs=/ca.pem", "has ssl_ca_certs, which is for rediss:// only"),
        ("rediss://store.host?ssl_ca_certs=/secret", "that cannot be used: No such file or directory"),
    ],
)
def test_urls_that_are_refused(key_file: str, url: str, flaw: str) -> None:
    """The message names where the URL is, what is wrong, and nothing of the URL itself."""
    [problem] = find_problems({VARIABLE: url}, state_key_file=key_file)
    assert problem.startswith(f"{VARIABLE} ")
    assert flaw in problem
    path = Path(key_file).with_name("url")
    path.write_text(url, "utf-8")
    [problem] = find_problems({}, store_url_file=str(path), state_key_file=key_file)
    assert problem.startswith(f"the URL in {path} (--store-url-file) ")
    assert flaw in problem


def test_certificates(tmp_path: Path, key_file: str) -> None:
    """The file of ssl_ca_certs must hold certificates."""
    cert_file, _ = write_certificate(tmp_path)
    options = {"state_key_file": key_file}
    url = "rediss://localhost?ssl_ca_certs="
    assert find_problems({VARIABLE: f"{url}{cert_file}"}, **options) == []
    [problem] = find_problems({VARIABLE: f"{url}{key_file}"}, **options)
    assert problem.endswith("has ssl_ca_certs with a file that cannot be used: it holds no certificates")


def test_files_that_cannot_be_used(tmp_path: Path, key_file: str) -> None:
    """The problem names the file and the remedy."""
    empty = tmp_path / "empty"
    empty.write_text(" \n", "utf-8")
    for path, message in (
        ("/no/such/file", "--store-url-file names /no/such/file, which cannot be read: No such file"),
        ("/bin/ls", "which cannot be read: it is not UTF-8 text; check the path and its permissions"),
        (str(empty), "which is empty; write a URL such as rediss://"),
    ):
        [problem] = find_problems({}, store_url_file=path, state_key_file=key_file)
        assert message in problem


def test_the_url_is_set_once(tmp_path: Path, key_file: str) -> None:
    """A file and the variable exclude each other."""
    options = {"store_url_file": str(tmp_path / "url"), "state_key_file": key_file}
    assert find_problems({VARIABLE: URL}, **options) == [
        "--store-url-file and DOCKERHUB_MCP_STORE_URL are both set; keep one"
    ]


def test_a_store_needs_a_key_file() -> None:
    """Otherwise replicas could not read what the others have sealed."""
    [problem] = find_problems({VARIABLE: URL})
    assert problem.startswith("DOCKERHUB_MCP_STORE_URL needs --state-key-file")
    assert problem.endswith("openssl rand -hex 32 > state.key")


def test_plans_are_kept_in_the_store(tmp_path: Path, key_file: str) -> None:
    """A directory for plans is refused, because it would stay empty."""
    tmp_path.chmod(0o700)
    [problem] = find_problems({VARIABLE: URL}, state_key_file=key_file, plans_dir=str(tmp_path))
    assert problem.startswith("--plans-dir cannot be combined with DOCKERHUB_MCP_STORE_URL")


def test_the_client_is_an_extra(key_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, the problem says how to install it."""

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "redis" else importlib.util.find_spec(name)

    monkeypatch.setattr(store_settings, "find_spec", find_spec)
    [problem] = find_problems({VARIABLE: URL}, state_key_file=key_file)
    assert (
        problem
        == "DOCKERHUB_MCP_STORE_URL needs the Python package redis: pip install 'dockerhub-mcp[store]'"
    )


def test_over_stdio_the_store_has_no_effect() -> None:
    """The variable may stay set for a server on HTTP; the option is refused as all of HTTP's are."""
    environment = {VARIABLE: "nonsense"}
    assert validate(load_settings({"sandbox": True}, environment), environment) == []


def test_the_password_is_masked(tmp_path: Path, key_file: str) -> None:
    """In log lines of the server, as it is written and decoded, and in messages before it starts."""
    path = tmp_path / "url"
    path.write_text("redis://:pass%2Fword@localhost", "utf-8")
    settings = load({}, store_url_file=str(path), state_key_file=key_file)
    redact = HTTPServerFactory(settings, {}).redactor.redact_log
    assert redact("pass/word pass%2Fword") == "*** ***"
    assert PASSWORD not in create_message_redactor({VARIABLE: URL})(f"the password {PASSWORD} of {URL}")
    assert list_url_secrets("redis://localhost") == []
