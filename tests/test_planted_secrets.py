"""Everything that the program writes, with a Hub that repeats its client's secrets in every encoding."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from dockerhub_mcp.logs import configure_logging
from tests.support.command_line import Completed, run_main, run_main_in_thread
from tests.support.echoing_hub import (
    BEARER,
    FORMS,
    PASSWORD,
    SCIM_TOKEN,
    USERNAME,
    EchoingHub,
    find_leaks,
    run_echoing_hub,
)
from tests.support.programs import CLEAN, forked_program
from tests.support.web_servers import BOTH, call, served

ANSWERS = [
    (200, "data"),
    (200, "page"),
    (200, "broken"),
    (302, "data"),
    (400, "data"),
    (401, "data"),
    (403, "data"),
    (404, "data"),
    (404, "page"),
    (409, "data"),
    (422, "data"),
    (429, "data"),
    (500, "data"),
    (503, "page"),
]
CALLS = [
    ("get_tag", "library/redis", "latest"),
    ("get_repository", "library/redis"),
    ("list_tags", "library/redis"),
    ("scim_list_users",),
]


@pytest.fixture
def hub() -> Iterator[EchoingHub]:
    with run_echoing_hub() as hub:
        yield hub


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)


def variables(hub: EchoingHub, log_format: str) -> dict[str, str]:
    return {
        "DOCKERHUB_API_URL": hub.url,
        "DOCKERHUB_USERNAME": USERNAME,
        "DOCKERHUB_TOKEN": PASSWORD,
        "DOCKERHUB_SCIM_TOKEN": SCIM_TOKEN,
        "DOCKERHUB_MCP_LOG_LEVEL": "debug",
        "DOCKERHUB_MCP_LOG_FORMAT": log_format,
        "DOCKERHUB_MCP_TOOLSETS": "all",
        "DOCKERHUB_MCP_ACCESS": "admin",
        "DOCKERHUB_MCP_TIMEOUT": "5",
    }


def expect_clean(completed: Completed, where: object) -> None:
    assert find_leaks(completed.stdout) == [], where
    assert find_leaks(completed.stderr) == [], where


def test_the_forms_differ() -> None:
    assert len(set(FORMS)) > 40
    assert find_leaks(" ".join(FORMS))
    assert find_leaks("nothing") == []


def test_calls_and_their_log(hub: EchoingHub) -> None:
    written = 0
    for log_format in ("text", "json"):
        environment = variables(hub, log_format)
        for index, (hub.status, hub.kind) in enumerate(ANSWERS):
            for tool, *words in CALLS[:2] if index % 3 else CALLS:
                output = ("text", "table", "json")[index % 3]
                completed = run_main("call", tool, *words, "-o", output, env=environment)
                expect_clean(completed, (log_format, hub.status, hub.kind, tool))
                written += len(completed.stdout) + len(completed.stderr)
    assert written > 10_000
    assert any("scim" in line for line in hub.requests)


def test_refused_sign_ins(hub: EchoingHub) -> None:
    hub.signs_in = False
    for log_format in ("text", "json"):
        for hub.status, hub.kind in ANSWERS[:8]:
            completed = run_main("call", "get_current_user", env=variables(hub, log_format))
            assert completed.returncode == 1
            expect_clean(completed, (hub.status, hub.kind))


def test_the_doctor(hub: EchoingHub, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(PASSWORD)
    for words in ((), ("--json",)):
        for hub.signs_in in (True, False):
            for hub.status, hub.kind in ((200, "data"), (403, "data"), (503, "page"), (302, "data")):
                environment = variables(hub, "text")
                if hub.kind == "data":
                    del environment["DOCKERHUB_TOKEN"]
                    environment["DOCKERHUB_TOKEN_FILE"] = str(token_file)
                expect_clean(run_main("doctor", *words, env=environment), (words, hub.status))


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_a_server_over_http_with_metrics(hub: EchoingHub, log_format: str) -> None:
    caller_token = "caller/Token+of-the-server=1234"
    log = io.StringIO()
    environment = variables(hub, log_format) | {"DOCKERHUB_MCP_AUTH_TOKEN": caller_token}
    environment["DOCKERHUB_MCP_METRICS_TOKEN"] = "metrics-token/of+the-server-1234"
    answers = []
    async with served(environment=environment, metrics=True, sessions=True, log_format=log_format) as server:
        redact = server.redactor.redact_log
        configure_logging("debug", as_json=log_format == "json", redact=redact, stream=log)
        bearer = f"Bearer {caller_token}"
        async with server.client(mode="legacy", authorization=bearer) as client:
            for hub.status, hub.kind in ANSWERS:
                result = await client.call_tool("get_tag", {"repository": "library/redis", "tag": "latest"})
                answers.append(result.model_dump_json())
            logging.getLogger("dockerhub_mcp.x").warning("proxy %s", f"http://x:{PASSWORD}@proxy {BEARER}")
        async with server.http(authorization=bearer) as http:
            answers.append((await http.get("/metrics")).text)
        metrics_token = environment["DOCKERHUB_MCP_METRICS_TOKEN"]
        async with server.http(authorization=f"Bearer {metrics_token}") as http:
            answers.append((await http.get("/metrics")).text)
        async with server.http(authorization=bearer, mcp_session_id="a" * 32) as http:
            answers.append((await http.post("/mcp", json=call("ping"))).text)
    written = "\n".join(answers) + log.getvalue()
    assert "hub answered" in log.getvalue()
    assert "dockerhub_mcp" in answers[-2]
    assert find_leaks(written) == []
    for secret in (caller_token, metrics_token, "a" * 32):
        assert secret not in written


async def test_an_unreachable_proxy_with_a_password(hub: EchoingHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://ada:Pr0xyS3cret@127.0.0.1:{hub.server_address[1]}")
    environment = variables(hub, "text") | {"DOCKERHUB_API_URL": "https://hub.example.com"}
    for words in (("call", "get_tag", "library/redis", "latest"), ("doctor",), ("doctor", "--json")):
        completed = await run_main_in_thread(*words, env=environment)
        assert "Pr0xyS3cret" not in completed.stdout + completed.stderr, words
        expect_clean(completed, words)


def usage_errors() -> list[tuple[str, ...]]:
    """Command lines with a secret in a wrong place."""
    token = "dckr_pat_Hunter2-and-more-characters"
    return [
        ("call", "login", USERNAME, PASSWORD),
        ("call", "login", USERNAME, "--password", PASSWORD),
        ("call", "login", USERNAME, f"--password={PASSWORD}"),
        ("call", "login", USERNAME, f"--passwort={PASSWORD}"),
        ("call", "login", USERNAME, f"-p{PASSWORD}"),
        ("call", "login", "--username", USERNAME, USERNAME, PASSWORD),
        ("call", "login", "--arguments", json.dumps({"password": PASSWORD})),
        ("call", "login", "--arguments", f'{{"password": "{PASSWORD}'),
        ("call", "login", "--arguments", f'@{{"password": "{PASSWORD}"}}'),
        ("call", "create_auth_token", USERNAME, token),
        ("call", token),
        ("call", PASSWORD),
        ("call", "--timeout", PASSWORD, "get_tag"),
        ("call", "get_tag", "library/redis", "latest", token),
        ("call", "get_tag", "library/redis", "--page", PASSWORD),
        ("call", "list_tags", "library/redis", "--page-size", token),
        ("--timeout", token),
        ("--username", USERNAME, "--password", PASSWORD),
        ("-p", PASSWORD),
        (f"-p{PASSWORD}",),
        (token,),
        ("--token-file", token),
        ("--token-file", f"/nowhere/{PASSWORD}"),
        ("--api-url", f"https://ada:{PASSWORD}@hub.example.com"),
        ("--api-url", f"https://ada:{PASSWORD.replace(' ', '')}@hub.example.com:x"),
        ("--api-url", f"https://hub.example.com/{PASSWORD}"),
        ("--audit-log", f"/nowhere/{token}"),
        ("--tools", token),
        ("--transport", "http", "--public-url", f"https://ada:{PASSWORD}@mcp.example.com/mcp"),
        ("--transport", "http", "--allowed-origins", f"https://ada:{PASSWORD}@app.example.com"),
        ("--transport", "http", "--allowed-hosts", f"ada:{PASSWORD}@app.example.com"),
        ("--transport", "http", "--oauth-issuer", f"https://ada:{PASSWORD}@auth.example.com"),
        ("install", "cursor", "--print", "--api-url", f"https://ada:{PASSWORD}@hub.example.com"),
        ("install", "cursor", "--print", "--api-url", f"https://ada:{PASSWORD}@hub.example.com:x"),
        ("install", "cursor", "--print", "--username", token),
        ("install", "cursor", "--print", "--username", "ada", "--token-file", token),
        ("install", "cursor", "--print", "--container", token),
        ("install", "cursor", "--print", "--password", PASSWORD),
        ("install", "cursor", "--print", f"--name={token}"),
        ("doctor", "--timeout", token),
        ("health", "--password", PASSWORD),
        ("completion", token),
    ]


def test_usage_errors_do_not_repeat_a_secret(tmp_path: Path) -> None:
    environments: list[Mapping[str, str]] = [{}, {"DOCKERHUB_TOKEN": PASSWORD, "HOME": str(tmp_path)}]
    for environment in environments:
        for words in usage_errors():
            # Without the variable, nothing tells an unknown word from a password.
            is_unknowable = not environment and words[:2] in {
                ("call", PASSWORD),
                ("call", "--timeout"),
                ("--token-file", f"/nowhere/{PASSWORD}"),
                ("--api-url", f"https://hub.example.com/{PASSWORD}"),
            }
            if is_unknowable or (not environment and words[-2:] == ("--page", PASSWORD)):
                continue
            completed = run_main(*words, env={"HOME": str(tmp_path), **environment})
            assert completed.returncode == 2, words
            assert completed.stderr, words
            said = completed.stdout + completed.stderr
            assert "unter2" not in said, (words, said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_a_server_over_stdio_with_traces(hub: EchoingHub, tmp_path: Path, log_format: str) -> None:
    log, answers = tmp_path / "log", []
    command, *arguments = forked_program()
    environment = {name: value for name, value in CLEAN.items() if not name.startswith("OTEL_")}
    environment |= variables(hub, log_format) | {"OTEL_TRACES_EXPORTER": "console"}
    environment["HTTPS_PROXY"] = f"http://ada:{quote(PASSWORD, safe='')}@proxy.example"
    server = StdioServerParameters(command=command, args=arguments, env=environment)
    with log.open("w") as errlog:
        async with Client(stdio_client(server, errlog=errlog)) as client:
            for hub.status, hub.kind in ANSWERS:
                for tool, given in (
                    ("get_tag", {"repository": "library/redis", "tag": PASSWORD}),
                    ("get_repository", {"repository": "library/redis", PASSWORD: PASSWORD}),
                    ("scim_list_users", {}),
                    ("update_repository", {"repository": "acme/cli", "description": SCIM_TOKEN}),
                    ("login", {"username": USERNAME, "password": PASSWORD}),
                ):
                    result = await client.call_tool(tool, given)
                    answers.append(result.model_dump_json())
            answers.append((await client.read_resource("dockerhub://server")).model_dump_json())
    written = log.read_text("utf-8")
    assert '"mcp.method.name": "tools/call"' in written
    assert "hub answered" in written
    assert find_leaks(written) == []
    # What the agent sent itself may be repeated to it; what the Hub sent is masked.
    assert find_leaks("\n".join(answers[2::5])) == []
    assert any("***" in answer for answer in answers)


async def test_the_session_ids_of_clients_are_not_logged(hub: EchoingHub) -> None:
    log = io.StringIO()
    sessions = [uuid.uuid4().hex, str(uuid.uuid4()), "no-session-at-all"]
    async with served(environment=variables(hub, "text"), sessions=True) as server:
        configure_logging("debug", as_json=False, redact=server.redactor.redact_log, stream=log)
        async with server.http(**BOTH) as http:
            for session in sessions:
                await http.post(f"/messages/?session_id={session}", json=call("ping"))
                await http.post("/mcp", json=call("ping"), headers={"mcp-session-id": session})
                await http.get("/mcp", headers={"mcp-session-id": session})
                await http.delete("/mcp", headers={"mcp-session-id": session})
        async with server.client(mode="legacy") as client:
            await client.call_tool("get_tag", {"repository": "library/redis", "tag": "latest"})
    assert log.getvalue()
    for session in sessions:
        assert session not in log.getvalue()
