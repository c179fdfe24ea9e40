"""Problems of settings that a server has over any transport."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import build_registry
from dockerhub_mcp.bootstrap.validate import load_valid_settings, read_settings, validate
from dockerhub_mcp.config import Settings, SettingsError, flag_for
from dockerhub_mcp.sandbox.data.identities import IDENTITIES
from dockerhub_mcp.tools.catalog.registry import UnknownNameError
from tests.support.command_line import run_main

TOKEN = "dckr_pat_never_shown"


def find_problems(environment: Mapping[str, str] | None = None, **options: Any) -> list[str]:
    environment = environment or {}
    found = validate(config.load_settings(options, environment), environment)
    return [str(problem) for problem in found if problem.is_fatal]


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({"port": "8000"}, ["--port"]),
        ({"auth_tokens_file": "/tokens"}, ["--auth-tokens-file"]),
        ({"sessions": False}, ["--sessions"]),
        ({"transport": "stdio", "host": "::"}, ["--host"]),
        ({"port": "8000", "host": "::"}, ["--port", "--host"]),
        ({"identity": "request"}, ["--identity"]),
    ],
)
def test_options_of_http_need_an_http_transport(options: dict[str, Any], flags: list[str]) -> None:
    settings, problems = read_settings(options, {})
    assert [str(problem) for problem in problems] == [
        f"{flag} is for --transport http or sse; over stdio there is one client" for flag in flags
    ]
    assert all(problem.is_usage_error for problem in problems)
    assert settings.identity == "server"


@pytest.mark.parametrize("name", ["api_url", "registry_url", "registry_auth_url", "username", "token_file"])
def test_an_option_without_effect_on_the_embedded_hub_is_refused(name: str) -> None:
    flag, value = flag_for(name), "http://localhost:1"
    _, [problem] = read_settings({"sandbox": True, name: value}, {})
    assert str(problem) == (
        f"{flag} has no effect with --sandbox, which uses the embedded Hub and its registry; "
        "leave one of the two out"
    )
    assert problem.is_usage_error
    assert read_settings({name: value}, {})[1] == []
    variable = f"DOCKERHUB_{name.upper()}"
    assert read_settings({"sandbox": True}, {variable: value})[1] == []


def test_variables_of_http_may_stay_set_over_stdio() -> None:
    environment = {"DOCKERHUB_MCP_PORT": "9000", "DOCKERHUB_MCP_AUTH_TOKENS_FILE": "/tokens"}
    settings = load_valid_settings({}, environment, validate)
    assert (settings.transport, settings.port) == ("stdio", 9000)


def test_the_variable_for_accounts_of_requests_needs_http() -> None:
    settings, [problem] = read_settings({}, {"DOCKERHUB_MCP_IDENTITY": "request"})
    assert str(problem).startswith("--identity is for --transport http or sse")
    assert not problem.is_usage_error
    assert settings.identity == "server"


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({"toolsets": "tags,tag"}, ["--toolsets: 'tag' does not exist; did you mean tags?"]),
        (
            {"tools": "get_tagg,get_tag,gettag"},
            ["--tools: 'get_tagg' does not exist; did you mean", "--tools: 'gettag' does not exist;"],
        ),
        ({"exclude_tools": "loggin"}, ["--exclude-tools: 'loggin' does not exist; did you mean login?"]),
        ({"tools": "delete_tag"}, ["--tools: delete_tag is named but disabled: it needs --access admin"]),
        ({"tools": "delete_tag", "exclude_tools": "delete_tag"}, []),
        ({"tools": "delete_tag", "access": "admin"}, []),
        (
            {"tools": "list_tags", "toolsets": "search"},
            ["--tools: list_tags is named but disabled: it needs --toolsets search,tags (or"],
        ),
        ({"toolsets": "default,all,scim"}, []),
    ],
)
def test_tools_and_toolsets_exist_and_can_be_enabled(options: dict[str, Any], problems: list[str]) -> None:
    found = find_problems(**options)
    assert len(found) == len(problems)
    for problem, expected in zip(found, problems, strict=True):
        assert problem.startswith(expected)
    # The registry, which knows the tools themselves, agrees.
    if problems:
        with pytest.raises(UnknownNameError) as caught:
            build_registry(config.load_settings(options, {}))
        assert f"--{caught.value}" == found[0]
    else:
        build_registry(config.load_settings(options, {}))


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"DOCKERHUB_TOKEN": TOKEN}, "DOCKERHUB_TOKEN is set, but no user name is."),
        ({"DOCKERHUB_USERNAME": "ada"}, "DOCKERHUB_USERNAME is set, but no token is."),
        (
            {"DOCKERHUB_TOKEN": TOKEN, "DOCKERHUB_TOKEN_FILE": "/token", "DOCKERHUB_USERNAME": "ada"},
            "DOCKERHUB_TOKEN and DOCKERHUB_TOKEN_FILE are both set",
        ),
        ({"DOCKERHUB_SCIM_TOKEN": TOKEN, "DOCKERHUB_SCIM_TOKEN_FILE": "/token"}, "are both set"),
        ({"DOCKERHUB_API_URL": "http://hub.example.com"}, "Plain HTTP would expose the bearer token"),
        ({"DOCKERHUB_API_URL": "nonsense"}, "nonsense cannot be the Hub's address"),
    ],
)
def test_credentials_and_the_address_of_the_hub(environment: dict[str, str], message: str) -> None:
    [problem] = find_problems(environment)
    assert message in problem
    assert TOKEN not in problem
    assert find_problems({**environment, "DOCKERHUB_MCP_SANDBOX": "true"}) == []


def test_identities_of_the_sandbox() -> None:
    for name in (*IDENTITIES, "anonymous"):
        assert find_problems(sandbox=True, sandbox_identity=name) == []
    [problem] = find_problems(sandbox=True, sandbox_identity="bob")
    assert problem.startswith("--sandbox-identity must be anonymous or one of owner, ")
    assert find_problems(sandbox_identity="bob") == []


def test_places_to_write_to(tmp_path: Path) -> None:
    audit_log = tmp_path / "audit.log"
    assert find_problems(audit_log=str(audit_log), secrets_dir=str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == [], "nothing is created"
    audit_log.write_text("a line\n")
    assert find_problems(audit_log=str(audit_log)) == []
    assert audit_log.read_text() == "a line\n"
    (tmp_path / "link").symlink_to(audit_log)
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path, "Is a directory"),
        (tmp_path / "link", "it is a symbolic link; name the file itself"),
        (tmp_path / "pipe", "it is not a regular file"),
        (tmp_path / "no" / "log", "No such file or directory"),
    ):
        [problem] = find_problems(audit_log=str(path))
        assert problem == f"--audit-log names {path}, which cannot be written: {reason}"
    (tmp_path / "folder").symlink_to(tmp_path)
    assert find_problems(audit_log=str(tmp_path / "folder" / "new.log")) == []
    [problem] = find_problems(secrets_dir=str(audit_log))
    assert problem.startswith(f"--secrets-dir names {audit_log}, which is not a directory")


def test_the_directory_of_plans(tmp_path: Path) -> None:
    assert find_problems(plans_dir=str(tmp_path / "plans")) == []
    assert list(tmp_path.iterdir()) == [], "nothing is created"
    (tmp_path / "open").mkdir(mode=0o755)
    for path, reason in (
        (tmp_path / "open", "others than its owner can open it (mode 0755, not 0700)"),
        (tmp_path / "no" / "plans", "its parent directory does not exist"),
    ):
        [problem] = find_problems(plans_dir=str(path))
        assert problem.startswith(f"--plans-dir names {path}, which cannot be used: {reason}")


def test_an_audit_log_that_others_can_open_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.touch()
    for mode in (0o644, 0o660):
        path.chmod(mode)
        [problem] = validate(Settings(audit_log=str(path)), {})
        assert not problem.is_fatal
        assert f"others than its owner can open (mode {mode:04o})" in str(problem)


def test_a_directory_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    problems = find_problems(audit_log=str(tmp_path / "log"))
    tmp_path.chmod(0o700)
    if problems:  # a superuser may write there all the same
        assert problems[0].endswith("which cannot be written: Permission denied")


def test_all_problems_are_reported_unparsable_values_first() -> None:
    environment = {"DOCKERHUB_MCP_CACHE_TTL": "long", "DOCKERHUB_TOKEN": TOKEN}
    options = {"timeout": "soon", "tools": "gettag", "secrets_dir": "/no/such/place"}
    with pytest.raises(SettingsError) as caught:
        load_valid_settings(options, environment, validate)
    assert [message.split()[0] for message in caught.value.messages] == [
        "--timeout",
        "DOCKERHUB_MCP_CACHE_TTL",
        "--tools:",
        "--secrets-dir",
        "DOCKERHUB_TOKEN",
    ]
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    done = run_main(*arguments, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "".join(f"dockerhub-mcp: {message}\n" for message in caught.value.messages)


def test_settings_without_problems() -> None:
    assert load_valid_settings({}, {}, validate) == Settings()


def test_validating_settings_for_stdio_needs_the_standard_library_alone() -> None:
    program = (
        "import json, sys; from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate; "
        "options = {'toolsets': 'tags', 'exclude_tools': 'get_tag', 'audit_log': 'log', 'username': 'ada'}; "
        "load_valid_settings(options, {'DOCKERHUB_TOKEN': 'x'}, validate); "
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"mcp", "mcp_types", "httpx2", "pydantic", "anyio", "asyncio", "starlette"}
