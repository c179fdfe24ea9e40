"""What stops the HTTP server before it listens: one line, which names what to set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.http_settings import validate_http_settings
from dockerhub_mcp.config import SettingsError

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("DOCKER", "HUB_"))
}
ISSUER = {"oauth_issuer": "https://login.example.com"}
PUBLIC = {"public_url": "https://mcp.example.com/mcp"}
SECRET = "a-token-that-nobody-may-see-0123"


def settings(**options: Any) -> config.Settings:
    return config.load_settings({"transport": "http"} | options, {})


def refusal(**options: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        validate_http_settings(settings(**options))
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tls_cert": "/cert.pem"}, "--tls-cert and --tls-key belong together"),
        ({"tls_key": "/key.pem"}, "--tls-cert and --tls-key belong together"),
        ({"identity": "request", "secrets_dir": "/secrets"}, "--secrets-dir is on the server"),
        (ISSUER, "--oauth-issuer needs --public-url"),
        ({"oauth_audience": "hub"}, "say nothing without --oauth-issuer"),
        ({"oauth_jwks_url": "https://login.example.com/jwks"}, "say nothing without --oauth-issuer"),
    ],
)
def test_what_does_not_go_together(options: dict[str, Any], words: str) -> None:
    message = refusal(**options)
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "path",
    [
        "mcp",
        "/",
        "//mcp",
        "/sse",
        "/messages/",
        "/healthz",
        "/readyz",
        "/.well-known",
        "/.well-known/mcp",
        "/mcp?x=1",
        "/mcp#x",
        "/mc p",
        "/mcp\n",
        "/%6Dcp",
        "https://mcp.example.com/mcp",
    ],
)
def test_paths_that_no_client_would_find(path: str) -> None:
    assert "--path must begin with a slash" in refusal(path=path)


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/hub/v1/mcp", "/.well-known-to-all", "/~ada/mcp_1.0"])
def test_paths(path: str) -> None:
    validate_http_settings(settings(path=path))


@pytest.mark.parametrize(
    "host", ["*", "*.example.com", "https://mcp.example.com", "mcp.example.com/mcp", "a:b", "::1", "a@b"]
)
def test_names_that_are_none(host: str) -> None:
    message = refusal(allowed_hosts=f"mcp.example.com,{host}")
    assert message.startswith("--allowed-hosts takes names such as mcp.example.com")
    assert message.endswith(f"not {host!r}")


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "app.example.com",
        "https://",
        "https://app.example.com/",
        "https://*.example.com",
        "http://[",
        "null",
    ],
)
def test_pages_that_are_none(origin: str) -> None:
    message = refusal(allowed_origins=f"https://app.example.com,{origin}")
    assert message.startswith("--allowed-origins takes origins such as https://app.example.com")
    assert message.endswith(f"not {origin!r}")


@pytest.mark.parametrize(
    "address",
    [
        "mcp.example.com",
        "ftp://mcp.example.com/mcp",
        "https:///mcp",
        "https://mcp.example.com/mcp?x=1",
        "https://mcp.example.com/mcp?",
        "https://mcp.example.com/mcp#x",
        "https://ada:secret@mcp.example.com/mcp",
        "https://mcp.example.com:https/mcp",
        "https://[::1/mcp",
        "https://mcp.example.com/m p",
        'https://mcp.example.com/"mcp',
        "https://mcp.example.com\n/mcp",
        "https://mcp.example.com/mçp",
    ],
)
def test_addresses_that_no_client_could_use(address: str) -> None:
    assert "--public-url takes an address such as https://mcp.example.com/mcp" in refusal(public_url=address)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tls_cert": "/cert.pem", "tls_key": "/key.pem"},
        {"sessions": True, "sandbox": True},
        {"transport": "sse"},
        {"identity": "request", "sandbox": True},
        {"secrets_dir": "/secrets"},
        {**ISSUER, **PUBLIC, "oauth_audience": "hub", "oauth_jwks_url": "https://login.example.com/jwks"},
        {"allowed_hosts": "mcp.example.com,mcp.example.com:8443,[2001:db8::7]:1"},
        {"allowed_origins": "https://app.example.com,http://localhost:3000,https://[2001:db8::7]"},
        {"public_url": "http://localhost:8000/mcp"},
        {"public_url": "https://mcp.example.com"},
        {"public_url": "https://[2001:db8::7]:8443/hub/mcp/"},
    ],
)
def test_what_goes_together(options: dict[str, Any]) -> None:
    validate_http_settings(settings(**options))


# --- at the start ---


def start(environment: dict[str, str] | None = None, **options: Any) -> HTTPServerFactory:
    """Put the server together, as far as that happens before it listens."""
    environment = environment or {}
    chosen = config.load_settings({"transport": "http"} | options, environment)
    validate_http_settings(chosen)
    return HTTPServerFactory(chosen, environment)


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    [
        ({"host": "0.0.0.0"}, {}, "--host 0.0.0.0 lets other machines in"),  # noqa: S104
        ({"host": "::"}, {}, "--host :: lets other machines in"),
        ({"host": "192.0.2.7"}, {}, "set --auth-tokens-file, DOCKERHUB_MCP_AUTH_TOKEN, --oauth-issuer or"),
        ({"host": "mcp.example.com"}, {}, "or use 127.0.0.1"),
        (
            {"identity": "request"},
            {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": SECRET},
            "unset DOCKERHUB_USERNAME and DOCKERHUB_TOKEN",
        ),
        (
            {"identity": "request"},
            {"DOCKERHUB_USERNAME": "ada"},
            "DOCKERHUB_USERNAME is set, but no token is",
        ),
        ({}, {"DOCKERHUB_TOKEN": SECRET}, "DOCKERHUB_TOKEN is set, but no user name is"),
        ({}, {"DOCKERHUB_MCP_AUTH_TOKEN": "short"}, "DOCKERHUB_MCP_AUTH_TOKEN"),
        ({}, {"DOCKERHUB_MCP_AUTH_TOKENS": "not toml"}, "DOCKERHUB_MCP_AUTH_TOKENS is not TOML"),
        ({"auth_tokens_file": "/no/such/file"}, {}, "/no/such/file cannot be read"),
        ({"auth_tokens_file": "~nobody-of-this-name/tokens"}, {}, "cannot be read"),
        (
            {"state_key_file": "/no/such/file"},
            {},
            "--state-key-file names /no/such/file, which cannot be read",
        ),
        (
            {"state_key_file": "~nobody-of-this-name/key"},
            {},
            "--state-key-file names ~nobody-of-this-name/key",
        ),
        ({"state_key_file": "/"}, {}, "--state-key-file names /, which cannot be read"),
        ({"audit_log": "/no/such/file"}, {}, "--audit-log names /no/such/file, which cannot be written"),
        ({"audit_log": "~nobody-of-this-name/log"}, {}, "--audit-log names ~nobody-of-this-name/log"),
        ({"secrets_dir": "/no/such/directory"}, {}, "--secrets-dir names /no/such/directory"),
        ({"secrets_dir": "~nobody-of-this-name"}, {}, "which is no directory"),
        ({"tools": "get_tagg"}, {}, "--tools: 'get_tagg' does not exist; did you mean get_tag"),
        ({"toolsets": "tag"}, {}, "--toolsets: 'tag' does not exist; did you mean tags"),
        ({"api_url": "http://hub.docker.com"}, {}, "Plain http"),
        ({"sandbox": True, "sandbox_identity": "bob"}, {}, "--sandbox-identity must be anonymous or one of"),
        ({**PUBLIC, "oauth_issuer": "http://login.example.com"}, {}, "issuer"),
        ({**PUBLIC, "oauth_issuer": "https://login.example.com?x=1"}, {}, "issuer must have no query"),
        (
            {**PUBLIC, **ISSUER, "oauth_jwks_url": "http://login.example.com/jwks"},
            {},
            "The address of the OAuth",
        ),
        ({**PUBLIC, **ISSUER, "oauth_scopes": "read"}, {}, "--oauth-scopes must hold pairs such as"),
        ({**PUBLIC, **ISSUER, "oauth_scopes": "root=hub:all"}, {}, "not 'root=hub:all'"),
        ({**PUBLIC, **ISSUER, "oauth_scopes": "read="}, {}, "not 'read='"),
    ],
)
def test_what_stops_the_start(options: dict[str, Any], environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        start(environment, **options)
    message = str(caught.value)
    assert words in message, message
    assert "\n" not in message
    assert SECRET not in message


def test_a_key_that_is_too_short_says_how_to_make_one(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("0123456789abcdef\n", "utf-8")
    with pytest.raises(SettingsError, match="32 bytes or more: openssl rand -hex 32 > ") as caught:
        start(state_key_file=str(path))
    assert "0123456789abcdef" not in str(caught.value)
    path.write_text(" " * 40, "utf-8")
    with pytest.raises(SettingsError, match="32 bytes or more"):
        start(state_key_file=str(path))
    path.write_text("0123456789abcdef" * 2, "utf-8")
    start(state_key_file=str(path))


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ({}, {}),
        ({"host": "localhost"}, {}),
        ({"host": "127.0.0.2"}, {}),
        ({"host": "::1"}, {}),
        ({"host": "0.0.0.0"}, {"DOCKERHUB_MCP_AUTH_TOKEN": SECRET}),  # noqa: S104
        ({"host": "::", "identity": "request"}, {}),
        ({"host": "::", **ISSUER, **PUBLIC}, {}),
        ({"identity": "request", "sandbox": True}, {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": SECRET}),
    ],
)
def test_what_may_start(options: dict[str, Any], environment: dict[str, str]) -> None:
    start(environment, **options)


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["--tls-cert", "/cert.pem"], {}, "--tls-key"),
        (["--path", "/sse"], {}, "--path must begin with a slash"),
        (["--public-url", "https://[::1/mcp"], {}, "--public-url takes an address"),
        (["--host", "0.0.0.0"], {}, "so callers must be known"),  # noqa: S104
        ([], {"DOCKERHUB_MCP_HOST": "0.0.0.0"}, "so callers must be known"),  # noqa: S104
        (
            ["--identity", "request", "--username", "ada"],
            {"DOCKERHUB_TOKEN": SECRET},
            "unset DOCKERHUB_USERNAME",
        ),
        (["--auth-tokens-file", "~nobody-of-this-name/tokens"], {}, "cannot be read"),
        ([], {"DOCKERHUB_MCP_AUTH_TOKENS": f"[ci]\ntoken = '{SECRET}"}, "is not TOML"),
        (["--tls-cert", "/no/cert.pem", "--tls-key", "/no/key.pem"], {}, "--tls-"),
        (["--forwarded-allow-ips", "10.0.0.0/99"], {}, "--forwarded-allow-ips"),
    ],
)
def test_the_program_says_so_in_one_line_and_ends(
    arguments: list[str], environment: dict[str, str], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dockerhub_mcp", "--transport", "http", "--port", "0", *arguments],
        env=CLEAN | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("dockerhub-mcp: ")
    assert words in line
    assert SECRET not in line
