"""A server with a shared store, and what the doctor says about the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.shared.local import LocalState
from tests.support.command_line import run_main
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.web_servers import served

PASSWORD = "pass-word-of-the-store"
VARIABLE = "DOCKERHUB_MCP_STORE_URL"
NOWHERE = f"redis://:{PASSWORD}@127.0.0.1:1"
SHARING = "sharing state with other replicas through a store"


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Return the options of a server, with a key file."""
    path = tmp_path / "state.key"
    path.write_text("0123456789abcdef" * 2, "utf-8")
    return {"sandbox": True, "state_key_file": str(path), "metrics": True}


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Return a server with a password."""
    with run_redis(password=PASSWORD) as server:
        yield server


def list_messages(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return the log lines about the store; none contains its address or password."""
    messages = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name in {"dockerhub_mcp.bootstrap.store", "dockerhub_mcp.shared.circuit"}
    ]
    assert PASSWORD not in caplog.text
    assert "127.0.0.1:1" not in str(messages)
    return messages


async def test_a_server_says_that_it_shares_state(
    redis_server: RedisServer, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """One line, and the gauge is 1."""
    caplog.set_level("INFO")
    async with served(environment={VARIABLE: redis_server.url}, **options) as web, web.http() as http:
        assert "dockerhub_mcp_store_up 1.0" in (await http.get("/metrics")).text
        assert b"name=dockerhub-mcp" in redis_server.execute("CLIENT", "LIST")
    assert list_messages(caplog) == [("INFO", SHARING)]
    assert redis_server.execute("CLIENT", "LIST").count(b"name=dockerhub-mcp") == 0


async def test_a_server_starts_without_its_store(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """It is ready; one warning and the gauge say that the store is unavailable."""
    caplog.set_level("INFO")
    async with served(environment={VARIABLE: NOWHERE}, **options) as web, web.http() as http:
        assert "dockerhub_mcp_store_up 0.0" in (await http.get("/metrics")).text
        assert (await http.get("/readyz")).status_code == 200
    warning = ("WARNING", "the shared store is unavailable: connection refused")
    assert list_messages(caplog) == [warning, ("INFO", SHARING)]


async def test_a_server_without_a_store(options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """State is kept in memory; there is no line and no gauge."""
    caplog.set_level("INFO")
    async with served(**options) as web, web.http() as http:
        assert "store_up" not in (await http.get("/metrics")).text
    assert list_messages(caplog) == []
    await LocalState().check()


def find_store(options: dict[str, Any], url: str) -> tuple[int, dict[str, Any] | None]:
    """Run the doctor, and return its exit code and its finding about the store; it logs nothing."""
    arguments = ["--sandbox", "--transport", options.get("transport", "http")]
    if key_file := options.get("state_key_file"):
        arguments += ["--state-key-file", key_file]
    done = run_main("doctor", "--json", *arguments, env={VARIABLE: url})
    assert PASSWORD not in done.stdout
    assert done.stderr == ""
    findings = json.loads(done.stdout)["findings"]
    return done.returncode, next((each for each in findings if each["name"] == "store"), None)


def test_the_doctor_tries_the_store(redis_server: RedisServer, options: dict[str, Any]) -> None:
    """It names the server's version and the key file, and why a store is unavailable."""
    code, finding = find_store(options, redis_server.url)
    assert finding is not None
    assert (code, finding["status"]) == (0, "ok")
    assert finding["summary"].startswith(("Redis ", "Valkey "))
    assert finding["summary"].endswith(f"ms; {options['state_key_file']} seals what it keeps")
    assert finding["facts"]["version"].split()[1][0].isdigit()
    assert finding["facts"]["key_file"] == options["state_key_file"]
    redis_server.execute("ACL", "SETUSER", "default", "-info")
    code, finding = find_store(options, redis_server.url)
    assert finding is not None
    assert (code, finding["facts"]["version"]) == (0, "")
    assert finding["summary"].startswith("the store answers in ")
    code, finding = find_store(options, redis_server.url.replace(PASSWORD, f"{PASSWORD}x"))
    assert finding is not None
    assert (code, finding["status"]) == (1, "wrong")
    assert finding["summary"] == "is unavailable: wrong or missing password"
    assert "Check the URL" in finding["remedy"]


@pytest.mark.parametrize(
    ("command", "reason", "remedy"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), "out of memory", "Raise maxmemory of the store"),
        (("ACL", "SETUSER", "default", "-set"), "its account lacks a permission", "Give its user"),
    ],
)
def test_the_doctor_tells_how_to_let_a_store_accept_changes(
    redis_server: RedisServer, options: dict[str, Any], command: tuple[str, ...], reason: str, remedy: str
) -> None:
    redis_server.execute(*command)
    code, finding = find_store(options, redis_server.url)
    assert finding is not None
    assert (code, finding["summary"]) == (1, f"is unavailable: {reason}")
    assert finding["remedy"].startswith(remedy)


def test_the_doctor_says_that_a_store_is_not_used_over_stdio() -> None:
    """Otherwise a store that does not work seems to be fine where the transport was left out."""
    code, finding = find_store({"transport": "stdio"}, NOWHERE)
    assert finding is not None
    assert (code, finding["status"]) == (0, "note")
    assert "--transport http" in finding["remedy"]


def test_the_doctor_does_not_also_log_that_a_store_is_unavailable(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The report says so."""
    caplog.set_level("WARNING", "dockerhub_mcp")
    _, finding = find_store(options, NOWHERE)
    assert finding is not None
    assert finding["summary"] == "is unavailable: connection refused"
    assert not caplog.messages


def test_the_doctor_tries_no_store_that_is_not_set_up(options: dict[str, Any]) -> None:
    """Problems of the settings are reported as such, and a server without a store has no finding."""
    code, finding = find_store({}, NOWHERE)
    assert finding is not None
    assert (code, finding["status"]) == (1, "note")
    assert finding["summary"] == "not tried: its settings are not valid"
    assert find_store(options, "")[1] is None
