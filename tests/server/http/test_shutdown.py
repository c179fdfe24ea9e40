"""Test the graceful shutdown of the real program: it drains, finishes calls under way, and exits with 0."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from dockerhub_mcp.cli.main import main
from dockerhub_mcp.sandbox import Sandbox
from tests.support.http_server_process import PATIENCE
from tests.support.programs import CLEAN, forked_program
from tests.support.web_servers import call, routed

CALL = call("get_tag", repository="redis:8.2")
DRAIN_DELAY = 1.5  # seconds
LATENCY = 3.0  # seconds that a call takes: longer than the drain delay


@contextmanager
def start_server(folder: Path, hub_url: str, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the program over HTTP, and wait until it listens.

    Yields:
        The process and its base URL.
    """
    log = folder / "server.log"
    command = forked_program("--transport", "http", "--port", "0", *options)
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=stderr, env=CLEAN | {"DOCKERHUB_API_URL": hub_url}
        )
    try:
        end = time.monotonic() + PATIENCE
        while not (found := re.search(r"listens at (\S+)/mcp", log.read_text("utf-8"))):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.02)
        yield process, found[1]
        assert "Traceback" not in log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


async def test_sigterm_drains_then_finishes_calls_under_way(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str
) -> None:
    sandbox.faults.add(match="/tags/8.2", latency=LATENCY)
    options = ("--drain-delay", str(DRAIN_DELAY), "--grace", str(PATIENCE), "--cache-ttl", "0")
    with start_server(tmp_path, sandbox_url, *options) as (process, url):
        async with httpx.AsyncClient(
            base_url=url, headers=routed(CALL), trust_env=False, timeout=PATIENCE
        ) as http:
            under_way = asyncio.create_task(http.post("/mcp", json=CALL))
            while not any("/tags/8.2" in str(request) for request in sandbox.requests):
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            while (ready := await http.get("/readyz")).status_code != 503:
                assert time.monotonic() < began + DRAIN_DELAY
            assert ready.json()["reason"] == "the server is about to stop"
            assert ready.headers["connection"] == "close"
            assert (await http.get("/healthz")).status_code == 200
            listing = call("list_tags", repository="redis")
            new_call = await http.post("/mcp", json=listing, headers=routed(listing))
            assert time.monotonic() < began + DRAIN_DELAY
            assert new_call.status_code == 200
            assert '"isError":true' not in new_call.text.replace(" ", "")
            assert "sha256:" in (await under_way).text
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0
        assert time.monotonic() > began + DRAIN_DELAY


@pytest.mark.parametrize("from_environment", [False, True])
def test_workers_are_refused_in_one_line_that_names_replicas(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], from_environment: bool
) -> None:
    options = ["--transport", "http"]
    if from_environment:
        monkeypatch.setenv("DOCKERHUB_MCP_WORKERS", "4")
    else:
        options += ["--workers", "4"]
    assert main(options) == 2
    output = capsys.readouterr()
    source = "DOCKERHUB_MCP_WORKERS" if from_environment else "--workers"
    assert output.err == (
        f"dockerhub-mcp: {source} was removed: run several replicas behind a reverse proxy instead "
        "(docs/http.md, section Scaling)\n"
    )
    assert not output.out


def test_removed_options_are_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["serve", "--help"]):
        assert main(arguments) == 0
        assert "workers" not in capsys.readouterr().out
    assert main(["completion", "bash"]) == 0
    assert "workers" not in capsys.readouterr().out
