"""Problems of the HTTP server's settings: one line each, which names the option to change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.http_settings import check_addresses, check_combinations
from dockerhub_mcp.bootstrap.validate import validate
from tests.support.command_line import run_main

ISSUER = {"oauth_issuer": "https://login.example.com"}
PUBLIC = {"public_url": "https://mcp.example.com/mcp"}
SECRET = "a-token-that-is-never-shown-0123"


def load(environment: dict[str, str] | None = None, **options: Any) -> config.Settings:
    return config.load_settings({"transport": "http"} | options, environment or {})


def fatal_problems(environment: dict[str, str] | None = None, **options: Any) -> list[str]:
    """Return the fatal problems of these settings; each is one line."""
    environment = environment or {}
    found = validate(load(environment, **options), environment)
    problems = list(dict.fromkeys(str(problem) for problem in found if problem.is_fatal))
    assert not [problem for problem in problems if "\n" in problem]
    return problems


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tls_cert": "/cert.pem"}, "--tls-cert and --tls-key belong together"),
        ({"tls_key": "/key.pem"}, "--tls-cert and --tls-key belong together"),
        ({"metrics_token_file": "/token"}, "has no effect without --metrics"),
        ({"identity": "request", "secrets_dir": "/secrets"}, "--secrets-dir is on the server"),
        (ISSUER, "--oauth-issuer needs --public-url"),
        ({"oauth_audience": "hub"}, "have no effect without --oauth-issuer"),
        ({"oauth_jwks_url": "https://login.example.com/jwks"}, "have no effect without --oauth-issuer"),
    ],
)
def test_combinations_that_contradict(options: dict[str, Any], message: str) -> None:
    [problem] = check_combinations(load(**options))
    assert message in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["mcp", "https://mcp.example.com/mcp", "?x"], "must begin with a slash, not "),
        (
            [
                "/",
                "//",
                "/sse",
                "/sse/",
                "/messages/",
                "/healthz",
                "/readyz",
                "/.well-known/mcp",
                "/.well-known",
            ],
            (
                "must differ from the server's other paths (/sse, /messages, /healthz, /readyz, /metrics, "
                "/.well-known/), not "
            ),
        ),
        (
            ["//mcp", "/mcp?x=1", "/mcp#x", "/mc p", "/mcp\n", "/%6Dcp"],
            "must consist of names of letters, digits and . _ ~ -, such as /team/mcp, not ",
        ),
    ],
)
def test_invalid_paths(paths: list[str], message: str) -> None:
    for path in paths:
        assert fatal_problems(path=path) == [f"--path {message}{path!r}"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/hub/v1/mcp", "/.well-known-to-all", "/~ada/mcp_1.0"])
def test_valid_paths(path: str) -> None:
    assert fatal_problems(path=path) == []


@pytest.mark.parametrize(
    "host", ["*", "*.example.com", "https://mcp.example.com", "mcp.example.com/mcp", "a:b", "::1", "a@b"]
)
def test_invalid_host_names(host: str) -> None:
    [problem] = fatal_problems(allowed_hosts=f"mcp.example.com,{host}")
    assert problem.startswith("--allowed-hosts takes names such as mcp.example.com")
    assert problem.endswith(f"not {host!r}")


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
def test_invalid_origins(origin: str) -> None:
    [problem] = fatal_problems(allowed_origins=f"https://app.example.com,{origin}")
    assert problem.startswith("--allowed-origins takes origins such as https://app.example.com")
    assert problem.endswith(f"not {origin!r}")


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
def test_invalid_public_urls(address: str) -> None:
    [problem] = fatal_problems(public_url=address)
    assert "--public-url takes an address such as https://mcp.example.com/mcp" in problem


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
def test_combinations_that_fit(options: dict[str, Any]) -> None:
    settings = load(**options)
    assert [*check_combinations(settings), *check_addresses(settings)] == []


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        ({"host": "0.0.0.0"}, {}, "--host 0.0.0.0 lets other machines in"),  # noqa: S104
        ({"host": "::"}, {}, "--host :: lets other machines in"),
        (
            {"host": "192.0.2.7"},
            {},
            "set --auth-tokens-file, DOCKERHUB_MCP_AUTH_TOKEN (or MCP_AUTH_TOKEN), --oauth",
        ),
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
        ({}, {"MCP_AUTH_TOKEN": "short"}, "MCP_AUTH_TOKEN: the token has 5 characters and needs at least 24"),
        (
            {},
            {"MCP_AUTH_TOKEN": SECRET, "DOCKERHUB_MCP_AUTH_TOKEN": SECRET * 2},
            "DOCKERHUB_MCP_AUTH_TOKEN and MCP_AUTH_TOKEN are both set, to different tokens; unset one of them",
        ),
        ({}, {"DOCKERHUB_MCP_AUTH_TOKENS": "not toml"}, "DOCKERHUB_MCP_AUTH_TOKENS is not TOML"),
        ({"auth_tokens_file": "/no/such/file"}, {}, "--auth-tokens-file: /no/such/file cannot be read"),
        ({"oauth_scopes": "read=mcp"}, {}, "--oauth-scopes have no effect without --oauth-issuer"),
        ({"auth_tokens_file": "~no-such-user/tokens"}, {}, "cannot be read"),
        (
            {"state_key_file": "/no/such/file"},
            {},
            "--state-key-file names /no/such/file, which cannot be read: No such file",
        ),
        (
            {"state_key_file": "~no-such-user/key"},
            {},
            "--state-key-file names ~no-such-user/key",
        ),
        ({"state_key_file": "/"}, {}, "--state-key-file names /, which cannot be read"),
        ({"audit_log": "/no/such/file"}, {}, "--audit-log names /no/such/file, which cannot be written"),
        ({"audit_log": "~no-such-user/log"}, {}, "--audit-log names ~no-such-user/log"),
        ({"secrets_dir": "/no/such/directory"}, {}, "--secrets-dir names /no/such/directory"),
        ({"secrets_dir": "~no-such-user"}, {}, "which is not a directory"),
        ({"tools": "get_tagg"}, {}, "--tools: 'get_tagg' does not exist; did you mean get_tag"),
        ({"toolsets": "tag"}, {}, "--toolsets: 'tag' does not exist; did you mean tags"),
        ({"api_url": "http://hub.docker.com"}, {}, "Plain HTTP"),
        ({"sandbox": True, "sandbox_identity": "bob"}, {}, "--sandbox-identity must be anonymous or one of"),
        ({**PUBLIC, "oauth_issuer": "http://login.example.com"}, {}, "issuer"),
        ({**PUBLIC, "oauth_issuer": "https://login.example.com?x=1"}, {}, "issuer must have no query"),
        (
            {**PUBLIC, **ISSUER, "oauth_jwks_url": "http://login.example.com/jwks"},
            {},
            "--oauth-jwks-url must begin with https",
        ),
        ({**PUBLIC, **ISSUER, "oauth_scopes": "read"}, {}, "--oauth-scopes must hold pairs such as"),
        ({**PUBLIC, **ISSUER, "oauth_scopes": "root=hub:all"}, {}, "not 'root=hub:all'"),
        ({**PUBLIC, **ISSUER, "oauth_scopes": "read="}, {}, "not 'read='"),
    ],
)
def test_settings_that_keep_the_server_from_starting(
    options: dict[str, Any], environment: dict[str, str], message: str
) -> None:
    [problem] = fatal_problems(environment, **options)
    assert message in problem
    assert SECRET not in problem


def test_a_state_key_that_is_too_short(tmp_path: Path) -> None:
    path = tmp_path / "key"
    for text in ("0123456789abcdef\n", " " * 40):
        path.write_text(text, "utf-8")
        [problem] = fatal_problems(state_key_file=str(path))
        assert "32 bytes or more: openssl rand -hex 32 > " in problem
        assert "0123456789abcdef" not in problem
    path.write_text("0123456789abcdef" * 2, "utf-8")
    assert fatal_problems(state_key_file=str(path)) == []


def test_an_empty_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    empty, callers = tmp_path / "empty", tmp_path / "callers.toml"
    empty.write_text(" \n", "utf-8")
    callers.write_text('[ci]\ntoken_file = "empty"\n', "utf-8")
    for options, remedy in (
        ({"auth_tokens_file": str(empty)}, f"{empty} names no caller; write a table such as [ci]"),
        ({"auth_tokens_file": str(callers)}, f"{empty} is empty; write the token into it, make one with"),
        ({"metrics": True, "metrics_token_file": str(empty)}, f"{empty}, which is empty; write the token"),
        ({"state_key_file": str(empty)}, f"openssl rand -hex 32 > {empty}"),
    ):
        [problem] = fatal_problems(**options)
        assert remedy in problem
        assert "openssl rand -hex 32" in problem


def test_token_files_that_others_can_read_are_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "callers.toml"
    path.write_text(f'[ci]\ntoken = "{SECRET}"\n', "utf-8")
    path.chmod(0o644)
    [problem] = validate(load(auth_tokens_file=str(path)), {})
    assert not problem.is_fatal
    assert "contains tokens and is accessible to other users; chmod 600 it" in str(problem)
    assert caplog.text == ""
    HTTPServerFactory(load(auth_tokens_file=str(path)), {})
    assert "contains tokens and is accessible to other users" in caplog.text


def test_all_problems_are_found_at_once() -> None:
    problems = fatal_problems(path="mcp", tools="get_tagg", host="::", tls_cert="/cert.pem")
    assert [problem.split()[0] for problem in problems] == ["--tls-cert", "--path", "--host", "--tools:"]


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ({}, {}),
        ({"host": "localhost"}, {}),
        ({"host": "127.0.0.2"}, {}),
        ({"host": "::1"}, {}),
        ({"host": "0.0.0.0"}, {"DOCKERHUB_MCP_AUTH_TOKEN": SECRET}),  # noqa: S104
        ({"host": "0.0.0.0"}, {"MCP_AUTH_TOKEN": SECRET}),  # noqa: S104
        ({"host": "::", "identity": "request"}, {}),
        ({"host": "::", **ISSUER, **PUBLIC}, {}),
        ({"identity": "request", "sandbox": True}, {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": SECRET}),
    ],
)
def test_settings_that_a_server_starts_with(options: dict[str, Any], environment: dict[str, str]) -> None:
    assert fatal_problems(environment, **options) == []
    HTTPServerFactory(load(environment, **options), environment)


def test_plain_http_between_machines_is_a_warning() -> None:
    environment = {"DOCKERHUB_MCP_AUTH_TOKEN": SECRET}
    for options, count in (({}, 1), ({"forwarded_allow_ips": "10.0.0.1"}, 0), ({"host": "127.0.0.1"}, 0)):
        problems = validate(load(environment, **{"host": "::"} | options), environment)
        assert [(p.is_fatal, str(p).startswith("tokens travel unencrypted")) for p in problems] == (
            [(False, True)] * count
        )


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        ({"host": "::"}, {}, "--metrics needs a token here"),
        ({"identity": "request"}, {}, "--metrics needs a token here"),
        ({}, {"DOCKERHUB_MCP_AUTH_TOKEN": SECRET}, "--metrics needs a token here"),
        ({}, {"DOCKERHUB_MCP_METRICS_TOKEN": "short"}, "must have 24 characters or more"),
        (
            {"metrics_token_file": "/no/such/file"},
            {},
            "--metrics-token-file names /no/such/file, which cannot be read: No such file",
        ),
        ({"metrics_token_file": "/bin/ls"}, {}, "it is not UTF-8 text"),
        (
            {"metrics_token_file": "/dev/null"},
            {},
            "/dev/null, which cannot be read: it is not a regular file",
        ),
        ({"metrics_token_file": "/dev/null"}, {"DOCKERHUB_MCP_METRICS_TOKEN": SECRET}, "are both set"),
    ],
)
def test_metrics_that_others_could_read(
    options: dict[str, Any], environment: dict[str, str], message: str
) -> None:
    problems = [p for p in fatal_problems(environment, metrics=True, **options) if "--host" not in p]
    assert len(problems) == 1
    assert message in problems[0]
    assert "short" not in problems[0]


def test_metrics_without_the_extra_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockerhub_mcp.bootstrap.http_settings.find_spec", lambda _: None)
    assert fatal_problems(metrics=True) == [
        "--metrics needs prometheus-client: pip install 'dockerhub-mcp[metrics]'"
    ]


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--tls-cert", "/cert.pem"], {}, "--tls-key"),
        (["--path", "/sse"], {}, "--path must differ from the server's other paths"),
        (["--public-url", "https://[::1/mcp"], {}, "--public-url takes an address"),
        (["--host", "0.0.0.0"], {}, "so callers must authenticate"),  # noqa: S104
        ([], {"DOCKERHUB_MCP_HOST": "0.0.0.0"}, "so callers must authenticate"),  # noqa: S104
        (
            ["--identity", "request", "--username", "ada"],
            {"DOCKERHUB_TOKEN": SECRET},
            "unset DOCKERHUB_USERNAME",
        ),
        (["--auth-tokens-file", "~no-such-user/tokens"], {}, "cannot be read"),
        ([], {"DOCKERHUB_MCP_AUTH_TOKENS": f"[ci]\ntoken = '{SECRET}"}, "is not TOML"),
        (["--tls-cert", "/no/cert.pem", "--tls-key", "/no/key.pem"], {}, "--tls-"),
        (["--forwarded-allow-ips", "10.0.0.0/99"], {}, "--forwarded-allow-ips"),
    ],
)
def test_the_command_line_reports_problems_and_exits(
    arguments: list[str], environment: dict[str, str], message: str
) -> None:
    done = run_main("--transport", "http", "--port", "0", *arguments, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("dockerhub-mcp: ")
    assert message in line
    assert SECRET not in line


def test_a_token_for_metrics_that_no_header_can_carry() -> None:
    settings = config.Settings(transport="http", metrics=True)
    for token in (
        "two words of more than 24 characters",
        "t\u00f6ken-of-more-than-24-characters",
        f"{'x' * 24}\ny",
    ):
        problems = [str(each) for each in validate(settings, {"DOCKERHUB_MCP_METRICS_TOKEN": token})]
        assert [each for each in problems if "all of them visible ASCII" in each], token
        assert not [each for each in problems if token in each]


def test_a_callers_token_does_not_read_the_metrics(tmp_path: Path) -> None:
    path = tmp_path / "callers.toml"
    path.write_text(f'[ci]\ntoken_sha256 = "{hashlib.sha256(SECRET.encode()).hexdigest()}"\n', "utf-8")
    metrics = {"DOCKERHUB_MCP_METRICS_TOKEN": SECRET}
    for options, environment in (
        ({"auth_tokens_file": str(path)}, {}),
        ({}, {"MCP_AUTH_TOKEN": SECRET}),
        ({}, {"DOCKERHUB_MCP_AUTH_TOKENS": path.read_text("utf-8")}),
    ):
        [problem] = fatal_problems(environment | metrics, metrics=True, **options)
        assert problem.startswith("the token for --metrics is also that of a caller")
        assert SECRET not in problem
        assert fatal_problems(environment | {"DOCKERHUB_MCP_METRICS_TOKEN": SECRET[::-1]}, metrics=True) == []
