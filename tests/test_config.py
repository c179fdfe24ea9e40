from __future__ import annotations

import argparse
import dataclasses
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.validate import build_credential_environment
from dockerhub_mcp.cli.options import add_settings_options
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import (
    Settings,
    SettingsError,
    load_settings,
    parse_settings,
)


def parse_options(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_settings_options(parser)
    return vars(parser.parse_args(arguments))


def test_settings_that_are_not_given_have_defaults() -> None:
    assert load_settings(parse_options(), {}) == Settings()


@pytest.mark.parametrize(
    ("arguments", "environment", "field", "value"),
    [
        (["--sandbox"], {}, "sandbox", True),
        ([], {"DOCKERHUB_MCP_SANDBOX": "true"}, "sandbox", True),
        (["--no-sandbox"], {"DOCKERHUB_MCP_SANDBOX": "1"}, "sandbox", False),
        (["--access", "write"], {"DOCKERHUB_MCP_ACCESS": "admin"}, "access", "write"),
        ([], {"DOCKERHUB_MCP_ACCESS": "ADMIN"}, "access", "admin"),
        (["--toolsets", "tags, members,"], {}, "toolsets", ("tags", "members")),
        ([], {"DOCKERHUB_MCP_TOOLS": "get_tag"}, "tools", ("get_tag",)),
        ([], {"DOCKERHUB_MCP_EXCLUDE_TOOLS": "login,get_tag"}, "exclude_tools", ("login", "get_tag")),
        ([], {"DOCKERHUB_MCP_TIMEOUT": "2.5"}, "timeout", 2.5),
        (["--max-concurrency", "4"], {}, "max_concurrency", 4),
        ([], {"DOCKERHUB_MCP_LOG_LEVEL": "debug"}, "log_level", "debug"),
        (["--log-format", "json"], {}, "log_format", "json"),
        ([], {"DOCKERHUB_API_URL": "http://localhost:1"}, "api_url", "http://localhost:1"),
        ([], {"DOCKERHUB_MCP_ACCESS": "  "}, "access", "read"),
        (["--transport", "http"], {}, "transport", "http"),
        ([], {"DOCKERHUB_MCP_TRANSPORT": "SSE"}, "transport", "sse"),
        (["--transport", "stdio"], {"DOCKERHUB_MCP_TRANSPORT": "http"}, "transport", "stdio"),
        ([], {"DOCKERHUB_MCP_HOST": "::1"}, "host", "::1"),
        (["--transport=http", "--port", "0"], {"DOCKERHUB_MCP_PORT": "1"}, "port", 0),
        (["--transport=http", "--sessions"], {}, "sessions", True),
        (["--transport=http", "--no-sessions"], {"DOCKERHUB_MCP_SESSIONS": "yes"}, "sessions", False),
        (
            [],
            {"DOCKERHUB_MCP_ALLOWED_HOSTS": "a.example, [::1]:1"},
            "allowed_hosts",
            ("a.example", "[::1]:1"),
        ),
        (
            [],
            {"DOCKERHUB_MCP_ALLOWED_ORIGINS": "https://a.example"},
            "allowed_origins",
            ("https://a.example",),
        ),
        ([], {"DOCKERHUB_MCP_OAUTH_SCOPES": "read=r,admin=a"}, "oauth_scopes", ("read=r", "admin=a")),
        ([], {"DOCKERHUB_MCP_SESSION_TIMEOUT": "1.5"}, "session_timeout", 1.5),
        ([], {"DOCKERHUB_MCP_GRACE": "0"}, "grace", 0.0),
        (["--transport=http", "--identity", "request"], {}, "identity", "request"),
        ([], {"DOCKERHUB_MCP_TRANSPORT": "http", "DOCKERHUB_MCP_IDENTITY": "REQUEST"}, "identity", "request"),
        ([], {"DOCKERHUB_MCP_AUTH_TOKENS_FILE": "/run/tokens"}, "auth_tokens_file", "/run/tokens"),
        (["--port="], {"DOCKERHUB_MCP_PORT": "1"}, "port", 1),
        (["--transport=http", "--port", "9", "--port", " "], {}, "port", 8000),
        (["--access="], {"DOCKERHUB_MCP_ACCESS": "write"}, "access", "write"),
        (["--docker-credentials", ""], {}, "docker_credentials", "token"),
        (["--username="], {}, "username", ""),
    ],
)
def test_an_option_overrides_its_variable(
    arguments: list[str], environment: dict[str, str], field: str, value: object
) -> None:
    assert getattr(load_settings(parse_options(*arguments), environment), field) == value


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"DOCKERHUB_MCP_SANDBOX": "perhaps"}, "DOCKERHUB_MCP_SANDBOX must be true or false, not 'perhaps'"),
        (
            {"DOCKERHUB_MCP_ACCESS": "root"},
            "DOCKERHUB_MCP_ACCESS must be one of read, write, admin, not 'root'",
        ),
        (
            {"DOCKERHUB_MCP_TIMEOUT": "soon"},
            "DOCKERHUB_MCP_TIMEOUT must be a number from 0.1 to 600, not 'soon'",
        ),
        ({"DOCKERHUB_MCP_TIMEOUT": "nan"}, "DOCKERHUB_MCP_TIMEOUT must be a number"),
        (
            {"DOCKERHUB_MCP_MAX_CONCURRENCY": "0"},
            "DOCKERHUB_MCP_MAX_CONCURRENCY must be a number from 1 to 256",
        ),
        ({"DOCKERHUB_MCP_MAX_CONCURRENCY": "1.5"}, "DOCKERHUB_MCP_MAX_CONCURRENCY must be a number"),
        (
            {"DOCKERHUB_MCP_TRANSPORT": "ws"},
            "DOCKERHUB_MCP_TRANSPORT must be one of stdio, http, sse, not 'ws'",
        ),
        ({"DOCKERHUB_MCP_MAX_RESULT_BYTES": "1"}, "must be a number from 1024 to 10000000, not '1'"),
        ({"DOCKERHUB_MCP_PORT": "65536"}, "DOCKERHUB_MCP_PORT must be a number from 0 to 65535"),
        ({"DOCKERHUB_MCP_WORKERS": "4"}, "DOCKERHUB_MCP_WORKERS was removed: run several replicas behind"),
        ({"DOCKERHUB_MCP_IDENTITY": "both"}, "DOCKERHUB_MCP_IDENTITY must be one of server, request"),
        ({"DOCKERHUB_MCP_ALLOWED_HOSTS": ","}, "DOCKERHUB_MCP_ALLOWED_HOSTS names nothing"),
        ({"DOCKERHUB_MCP_SESSIONS": "2"}, "DOCKERHUB_MCP_SESSIONS must be true or false"),
    ],
)
def test_a_value_that_cannot_be_parsed_is_reported_with_its_name(
    environment: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings({}, environment)


def test_every_empty_value_counts_as_none() -> None:
    arguments, environment = [], {}
    for setting in dataclasses.fields(Settings):
        if not isinstance(setting.default, bool):
            arguments.append(f"{config.flag_for(setting.name)}=")
            environment[config.env_var_for(setting)] = " "
    assert parse_options(*arguments) == {}
    assert load_settings(dict.fromkeys(map(str, environment), ""), environment) == Settings()
    assert load_settings({setting.name: "" for setting in dataclasses.fields(Settings)}, {}) == Settings()


def test_a_flag_with_an_empty_value_is_not_given() -> None:
    assert vars(build_parser().parse_args(["--sandbox=", "--no-sessions=", "--allow-unauthenticated="])) == {
        "command": None,
        "allow_unauthenticated": "",
    }
    assert load_settings({"allow_unauthenticated": ""}, {}) == Settings()


@pytest.mark.parametrize("arguments", [["--allow-unauthenticated"], ["--allow-unauthenticated=true"]])
def test_an_option_that_is_not_followed_says_what_to_do(arguments: list[str]) -> None:
    _, [problem] = parse_settings(parse_options(*arguments), {})
    assert problem.is_fatal
    assert problem.is_usage_error
    message = "--allow-unauthenticated is no option of this server: on 127.0.0.1 callers need no token"
    assert str(problem).startswith(message)
    assert "DOCKERHUB_MCP_AUTH_TOKEN" in str(problem)


def test_every_setting_has_an_option_and_a_variable() -> None:
    variables = {field.name: config.env_var_for(field) for field in dataclasses.fields(Settings)}
    assert variables["access"] == "DOCKERHUB_MCP_ACCESS"
    assert variables["api_url"] == "DOCKERHUB_API_URL"
    assert {name for name, variable in variables.items() if not variable} == {"username", "token_file"}


def test_credential_options_override_both_forms_of_their_variables() -> None:
    environment = {
        "DOCKERHUB_USERNAME": "one",
        "DOCKERHUB_USERNAME_FILE": "/one",
        "DOCKERHUB_TOKEN": "x",
        "DOCKERHUB_TOKEN_FILE": "/x",
    }
    settings = load_settings(parse_options("--username", "two", "--token-file", "/two"), environment)
    assert build_credential_environment(settings, environment) == {
        "DOCKERHUB_USERNAME": "two",
        "DOCKERHUB_TOKEN_FILE": "/two",
    }
    assert build_credential_environment(Settings(), environment) == environment


def test_all_values_that_cannot_be_parsed_are_reported() -> None:
    options, environment = {"timeout": "soon"}, {"DOCKERHUB_MCP_ACCESS": "root", "DOCKERHUB_MCP_PORT": "9"}
    settings, problems = parse_settings(options, environment)
    assert settings == Settings(port=9)
    assert [(problem.setting, problem.is_usage_error) for problem in problems] == [
        ("DOCKERHUB_MCP_ACCESS", False),
        ("--timeout", True),
    ]
    with pytest.raises(SettingsError) as caught:
        load_settings(options, environment)
    assert caught.value.messages == tuple(map(str, problems))
    assert str(caught.value).count("\n") == 1


@pytest.mark.parametrize(("given", "kept"), [(None, "__all__"), ("", ""), ("one", "one")])
def test_pydantic_searches_for_plugins_only_where_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, given: str | None, kept: str
) -> None:
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", given or "")  # restored after the test
    if given is None:
        monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS")
    config.skip_pydantic_plugins()
    assert config.read_environment()["PYDANTIC_DISABLE_PLUGINS"] == kept
