"""The ways in which docker/hub-mcp is started, as its README shows them, with this program in its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import load_settings
from dockerhub_mcp.sandbox import Sandbox
from tests.support.command_line import run_main
from tests.support.programs import CLEAN, forked_program, text_of
from tests.support.web_servers import BOTH, served

SECRET = "a_long_random_secret_of_32_chars"
PAT = "dckr_pat_sandbox_admin"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",  # the newest that docker/hub-mcp speaks
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.parametrize(
    ("arguments", "environment", "account", "warning"),
    [
        (["--transport=stdio", "--username=ada"], {"HUB_PAT_TOKEN": f"{PAT}\n"}, "ada", ""),
        ([], {"HUB_PAT_TOKEN": PAT, "HUB_USERNAME": "ada"}, "ada", ""),
        ([], {"HUB_PAT_TOKEN": PAT}, "", "HUB_PAT_TOKEN is set, but no user name is, so calls are anonymous"),
        (
            ["--transport=stdio", "--username=", "--port="],
            {"HUB_PAT_TOKEN": "", "MCP_AUTH_TOKEN": ""},
            "",
            "",
        ),
    ],
)
async def test_over_stdio(
    arguments: list[str],
    environment: dict[str, str],
    account: str,
    warning: str,
    sandbox: Sandbox,
    sandbox_url: str,
    tmp_path: Path,
) -> None:
    command, *words = forked_program(*arguments)
    variables = {"DOCKERHUB_API_URL": sandbox_url, "DOCKERHUB_REGISTRY_URL": sandbox_url, **environment}
    words += ["--logs-dir", str(tmp_path)]
    server = StdioServerParameters(command=command, args=words, env=CLEAN | variables)
    async with Client(server, mode="legacy") as client:
        assert {"check_tag", "list_repositories"} <= {tool.name for tool in (await client.list_tools()).tools}
        found = text_of(await client.call_tool("what_can_i_do", {}))
    assert f"account: {account or 'anonymous'}" in found
    log = tmp_path / "dockerhub-mcp.log"
    lines = [line for line in log.read_text().splitlines() if " warning " in line]
    assert len(lines) == bool(warning)
    assert all(warning in line for line in lines)
    assert PAT not in log.read_text()
    assert sandbox.login_count == bool(account)


BOTH_LISTS = ["--allowed-hosts=my-host.internal", "--allowed-origins=https://my-app.example.com"]
CALLERS: list[tuple[dict[str, str], int]] = [
    ({}, 401),
    ({"authorization": "Bearer another_random_secret_of_32_char"}, 401),
    ({"authorization": SECRET}, 401),
    ({"authorization": f"Bearer {SECRET}"}, 200),
    ({"authorization": f"bearer {SECRET}"}, 200),
]


@pytest.mark.parametrize(
    ("arguments", "environment", "requests"),
    [
        (["--transport=http"], {"MCP_AUTH_TOKEN": SECRET}, CALLERS),
        (["--transport=http"], {"MCP_AUTH_TOKEN": SECRET, "DOCKERHUB_MCP_AUTH_TOKEN": SECRET}, CALLERS),
        (
            ["--transport=http", "--host=0.0.0.0", *BOTH_LISTS],
            {"MCP_AUTH_TOKEN": f" {SECRET}\n", "HUB_PAT_TOKEN": PAT, "HUB_USERNAME": "ada"},
            [
                *CALLERS,
                *(
                    ({"authorization": f"Bearer {SECRET}", **headers}, status)
                    for headers, status in (
                        ({"host": "my-host.internal"}, 200),
                        ({"host": "my-host.internal:3000"}, 200),
                        ({"host": "other-host.internal"}, 421),  # docker/hub-mcp answers 403
                        ({"origin": "https://my-app.example.com"}, 200),
                        ({"origin": "https://other.example.com"}, 403),
                    )
                ),
            ],
        ),
        # Without a token, docker/hub-mcp does not start; here programs of this machine may call.
        (["--transport=http", "--allowed-hosts=", "--allowed-origins="], {"MCP_AUTH_TOKEN": ""}, [({}, 200)]),
    ],
)
async def test_over_http(
    arguments: list[str],
    environment: dict[str, str],
    requests: list[tuple[dict[str, str], int]],
    sandbox_url: str,
) -> None:
    options = vars(build_parser(arguments).parse_args(arguments))
    del options["command"]
    variables = {"DOCKERHUB_API_URL": sandbox_url, **environment}
    async with served(environment=variables, **options) as web:
        async with web.http(**BOTH) as http:
            for headers, status in requests:
                answer = await http.post("/mcp", json=INITIALIZE, headers=headers)
                assert answer.status_code == status, headers
                assert (status == 401) == ("www-authenticate" in answer.headers)
        is_masked = SECRET not in web.redactor.redact_log(f"Authorization: {SECRET}")
        assert is_masked == bool(environment["MCP_AUTH_TOKEN"])


@pytest.mark.parametrize(
    ("arguments", "environment", "messages"),
    [
        (
            ["--transport=http", "--host=0.0.0.0"],
            {},
            ["--host 0.0.0.0 lets other machines in, so callers must authenticate; set", "MCP_AUTH_TOKEN"],
        ),
        (
            ["--transport=http", "--host=0.0.0.0", "--allow-unauthenticated"],
            {"MCP_AUTH_TOKEN": SECRET},
            ["--allow-unauthenticated is no option of this server: on 127.0.0.1 callers need no token"],
        ),
        (["--transport=stdio", "--allow-unauthenticated"], {}, ["--allow-unauthenticated is no option"]),
        (
            ["--transport=http"],
            {"MCP_AUTH_TOKEN": SECRET, "DOCKERHUB_MCP_AUTH_TOKEN": SECRET[::-1]},
            ["DOCKERHUB_MCP_AUTH_TOKEN and MCP_AUTH_TOKEN are both set, to different tokens; unset one"],
        ),
        (
            ["--transport=http"],
            {"MCP_AUTH_TOKEN": "too_short"},
            ["MCP_AUTH_TOKEN: the token has 9 characters and needs at least 24; make one with: openssl rand"],
        ),
        (["--transport=sse2"], {}, ["argument --transport: invalid choice: 'sse2'"]),
        (["--transport=http", "--port=x"], {}, ["--port must be a number from 0 to 65535, not 'x'"]),
        ([], {"HUB_PAT_TOKEN": "<a_pat_token>"}, ["HUB_PAT_TOKEN holds a placeholder; nothing was sent"]),
        (["--username=ada"], {}, ["--username is set, but no token is. Set DOCKERHUB_TOKEN"]),
    ],
)
def test_what_does_not_start_says_what_to_do(
    arguments: list[str], environment: Mapping[str, str], messages: list[str]
) -> None:
    done = run_main(*arguments, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(message in done.stderr for message in messages), done.stderr
    for secret in environment.values():
        assert secret not in done.stderr


async def test_the_log_names_the_other_default_port(
    sandbox_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for options, peer, count in (
        ({}, {"MCP_AUTH_TOKEN": SECRET}, 1),
        ({"port": "3000"}, {"MCP_AUTH_TOKEN": SECRET}, 0),
        ({}, {"DOCKERHUB_MCP_AUTH_TOKEN": SECRET}, 0),
    ):
        environment: dict[str, Any] = {"DOCKERHUB_API_URL": sandbox_url, **peer}
        settings = load_settings({"transport": "http"} | options, environment)
        caplog.clear()
        HTTPServerFactory(settings, environment).announce_url("http://127.0.0.1:8000")
        assert caplog.text.count("the default port is 8000, where docker/hub-mcp has 3000") == count
