"""Variables with misspelt names."""

from __future__ import annotations

import dataclasses

import pytest

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.validate import validate
from dockerhub_mcp.bootstrap.variables import check_variables
from dockerhub_mcp.config import Settings, env_var_for
from tests.support.command_line import run_main

SECRET = "a-secret-of-24-characters-or-more"


def test_every_variable_of_the_program_is_known() -> None:
    environment = {env_var_for(setting): "x" for setting in dataclasses.fields(Settings)}
    for name in ("AUTH_TOKEN", "AUTH_TOKENS", "METRICS_TOKEN", "STORE_URL", "WORKERS"):
        environment[f"DOCKERHUB_MCP_{name}"] = "x"
    others = {"DOCKERHUB_PASSWORD": "x", "DOCKERHUB_MCP_TOOLSET": " ", "PATH": "/bin", "MCP_AUTH_TOKEN": "x"}
    for name in (
        "NODE",
        "NGINX",
        "REPORTS",
        "INSPECTOR",
        "FLAVOUR",
        "VERSION",
    ):  # for tests, or of other programs
        others[f"DOCKERHUB_MCP_{name}"] = "x"
    assert list(check_variables(environment | others)) == []


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("DOCKERHUB_MCP_TOOLSET", "did you mean DOCKERHUB_MCP_TOOLSETS?"),
        ("DOCKERHUB_MCP_ACESS", "did you mean DOCKERHUB_MCP_ACCESS?"),
        ("DOCKERHUB_MCP_LOGLEVEL", "did you mean DOCKERHUB_MCP_LOG_LEVEL?"),
        ("DOCKERHUB_MCP_access", "did you mean DOCKERHUB_MCP_ACCESS?"),
        ("DOCKERHUB_MCP_AUTH_TOKENS_FIL", "did you mean DOCKERHUB_MCP_AUTH_TOKENS_FILE?"),
    ],
)
def test_a_misspelt_variable_is_a_warning(variable: str, remedy: str) -> None:
    [problem] = validate(Settings(sandbox=True), {variable: SECRET})
    assert not problem.is_fatal
    assert str(problem) == f"{variable} is set, but there is no such variable; {remedy}"


def test_the_servers_log_it_and_the_doctor_reports_it(caplog: pytest.LogCaptureFixture) -> None:
    environment = {"DOCKERHUB_MCP_TOOLSET": "tags"}
    server = HTTPServerFactory(Settings(transport="http", sandbox=True), environment)
    server.announce_url("http://127.0.0.1:8000")
    warning = (
        "DOCKERHUB_MCP_TOOLSET is set, but there is no such variable; did you mean DOCKERHUB_MCP_TOOLSETS?"
    )
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [warning]
    done = run_main("--sandbox", env=environment)
    assert done.returncode == 0
    assert warning in done.stderr
    assert warning in " ".join(run_main("doctor", "--sandbox", env=environment).stdout.split())


def test_a_file_with_the_token_of_all_callers_is_not_ignored() -> None:
    environment = {"DOCKERHUB_MCP_AUTH_TOKEN_FILE": "/run/secrets/token"}
    [problem] = validate(Settings(transport="http", sandbox=True), environment)
    assert problem.is_fatal
    assert str(problem).startswith(
        "DOCKERHUB_MCP_AUTH_TOKEN_FILE is not read; name the file as the token_file of"
    )
    assert validate(Settings(sandbox=True), environment) == []  # over stdio there are no callers
