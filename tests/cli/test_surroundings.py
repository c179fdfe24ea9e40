"""The program in surroundings that were not made for it: variables, descriptors and files of other programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import CLEAN, forked_program

PROGRAM = [sys.executable, "-m", "dockerhub_mcp"]
BASE = {
    name: value
    for name, value in CLEAN.items()
    if not name.lower().endswith("_proxy") and not name.startswith("SSL")
}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "host", "version": "1"},
    },
}

pytestmark = pytest.mark.e2e


def run(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program at the end of its input, after a host's first request."""
    return subprocess.run(
        forked_program(*options),
        input=json.dumps(INITIALIZE) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=BASE | variables,
    )


@contextmanager
def running(*options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start the program over stdio, and kill it at the end of the block."""
    process = subprocess.Popen(
        forked_program(*options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=BASE | variables,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(process: subprocess.Popen[str], message: dict[str, Any]) -> dict[str, Any]:
    """Send a request and return its response."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    assert answer["id"] == message["id"]
    return answer


def call(number: int, tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def test_unusable_variables_are_one_line_before_the_first_answer(tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    os.mkfifo(tmp_path / "pipe")
    cases: list[tuple[dict[str, str], str]] = [
        ({"HTTPS_PROXY": "ftp://proxy"}, "HTTPS_PROXY cannot be used: its scheme (ftp) is none of"),
        ({"all_proxy": "http://ada:s3#cret@proxy"}, "all_proxy cannot be used: its user name or password"),
        ({"ALL_PROXY": "socks4://proxy"}, "ALL_PROXY cannot be used: its scheme (socks4)"),
        ({"SSL_CERT_FILE": "/no/such.pem"}, "SSL_CERT_FILE names /no/such.pem, which does not exist"),
        ({"SSL_CERT_FILE": str(text)}, "which cannot be used: it holds no certificates in PEM format"),
        ({"SSL_CERT_FILE": str(tmp_path / "pipe")}, "which is not a regular file"),
        ({"SSL_CERT_DIR": str(tmp_path)}, "it holds no certificates under hashed names"),
        ({"SSLKEYLOGFILE": "/no/such/keys"}, "SSLKEYLOGFILE names /no/such/keys, which does not exist"),
        ({"SSLKEYLOGFILE": str(tmp_path)}, "which is not a regular file"),
    ]
    for variables, message in cases:
        done = run("--no-docker-credentials", **variables)
        assert (done.returncode, done.stdout) == (2, ""), variables
        (line,) = done.stderr.splitlines()
        assert line.startswith("dockerhub-mcp: ")
        assert message in line
        assert "cret" not in line
        assert run("--sandbox", **variables).returncode == 0, variables


def test_files_that_loading_tls_waits_for_count_for_plain_http_too(tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    plain = ("--no-docker-credentials", "--api-url", "http://127.0.0.1:9")
    for variable, path in (
        ("SSLKEYLOGFILE", "/no/such/keys"),
        ("SSLKEYLOGFILE", pipe),
        ("SSL_CERT_FILE", pipe),
        ("SSL_CERT_FILE", "/dev/zero"),
        ("SSL_CERT_DIR", pipe),
    ):
        done = run(*plain, **{variable: path})
        assert (done.returncode, done.stdout) == (2, ""), variable
        assert done.stderr.startswith(f"dockerhub-mcp: {variable} names {path}, which ")
    assert run(*plain, SSL_CERT_FILE="/no/such.pem", SSL_CERT_DIR=str(tmp_path)).returncode == 0


def test_variables_that_do_not_count_are_left_alone(tmp_path: Path) -> None:
    for variables in (
        {"HTTP_PROXY": "ftp://proxy", "FTP_PROXY": "nonsense", "no_proxy": "::::"},
        {"HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks4://proxy"},
        {"HTTPS_PROXY": "socks4://proxy", "NO_PROXY": "hub.docker.com:443,docker.io"},
        {"HTTPS_PROXY": " 'http://127.0.0.1:9' "},
        {"SSLKEYLOGFILE": str(tmp_path / "keys.log")},
    ):
        done = run("--no-docker-credentials", "--log-level", "warning", **variables)
        assert done.returncode == 0, variables
        assert json.loads(done.stdout)["id"] == 1
        assert done.stderr == ""


def test_a_call_through_a_proxy_that_fails_is_an_error_of_the_tool() -> None:
    with running("--no-docker-credentials", HTTPS_PROXY="http://ada:s3cret@127.0.0.1:9") as server:
        ask(server, INITIALIZE)
        result = ask(server, call(2, "get_tag", repository="redis:8.2"))["result"]
        assert result["isError"]
        assert "the proxy in HTTPS_PROXY does not accept connections" in result["content"][0]["text"]
        assert "s3cret" not in result["content"][0]["text"]


def test_the_doctor_reports_what_the_start_refuses() -> None:
    for variables, name in (
        ({"HTTPS_PROXY": "http://ada:s3cret@"}, "proxy"),
        ({"SSL_CERT_FILE": "/no/such.pem"}, "certificates"),
    ):
        done = run("doctor", "--json", "--no-docker-credentials", **variables)
        findings = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
        assert done.returncode == 1
        assert findings[name]["status"] == "wrong"
        assert next(iter(variables)) in findings[name]["summary"]
        assert "s3cret" not in done.stdout


@pytest.mark.parametrize(
    ("closed", "code", "message"),
    [
        ("<&-", 2, "standard input is closed"),
        (">&-", 2, "standard output is closed"),
        ("0>/dev/null", 2, "standard input is not open to be read"),
        ("<&- >&- 2>&-", 2, ""),
        ("--version <&-", 0, ""),
        ("--version >&-", 0, ""),
        ("tools >&-", 0, ""),
    ],
)
def test_closed_descriptors(closed: str, code: int, message: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m dockerhub_mcp {closed}', sys.executable],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=BASE,
    )
    assert done.returncode == code
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == bool(message)


def test_an_interrupt_at_the_start_leaves_no_traceback_of_the_program() -> None:
    for milliseconds in (60, 80, 100, 140, 180, 250):
        process = subprocess.Popen(
            [*PROGRAM, "--sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=BASE,
        )
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        # Before this program's first line, Python itself writes a traceback, which names none of its modules.
        assert "dockerhub_mcp/" not in said
        assert process.returncode in {130, 1, -2}


def test_a_secret_comes_through_a_pipe_of_the_shell() -> None:
    script = '"$0" -m dockerhub_mcp call get_tag redis:8.2 --username ada --token-file <(echo dckr_pat_piped)'
    done = subprocess.run(
        ["bash", "-c", f"{script} --api-url http://127.0.0.1:9 --timeout 2", sys.executable],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=BASE,
    )
    assert "could not be reached" in done.stdout + done.stderr
    assert "is empty" not in done.stdout + done.stderr


def test_files_that_hang_leave_the_server_alone(tmp_path: Path) -> None:
    for name in ("token", "config.json"):
        os.mkfifo(tmp_path / name)
    variables = {"DOCKER_CONFIG": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}
    for options in ((), ("--username", "ada", "--token-file", str(tmp_path / "token"))):
        with running("--timeout", "5", *options, **variables) as server:
            ask(server, INITIALIZE)
            assert ask(server, {"jsonrpc": "2.0", "id": 2, "method": "ping"})["result"] == {}
            text = ask(server, call(3, "get_tag", repository="redis:8.2"))["result"]["content"][0]["text"]
            assert "hub.docker.com could not be reached" in text
            server.terminate()
            assert server.wait(20) == 0


HANGING_PROGRAM = """
import os, sys, time
from dockerhub_mcp.hub import files
real = files.os.open
def hang(path, *rest):
    if str(path) == sys.argv[-1]:
        time.sleep(1000)
    return real(path, *rest)
files.os.open = hang
real_stat = files.os.stat
def hang_stat(path, *rest, **named):
    if str(path) == sys.argv[-1]:
        time.sleep(1000)
    return real_stat(path, *rest, **named)
files.os.stat = hang_stat
from dockerhub_mcp.__main__ import run
sys.exit(run())
"""


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]])
def test_a_thread_that_hangs_does_not_keep_the_process(signals: list[signal.Signals]) -> None:
    program = (
        "import sys, threading, time; threading.Thread(target=time.sleep, args=(1000,)).start(); "
        "from dockerhub_mcp.__main__ import run; sys.exit(run())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=BASE,
    )
    try:
        ask(process, INITIALIZE)
        ask(process, call(2, "get_tag", repository="redis:8.2"))  # by then it handles signals
        for number in signals:
            process.send_signal(number)
            time.sleep(0.5)
        assert process.wait(20) == (130 if signals[0] == signal.SIGINT else 0)
    finally:
        process.kill()
        process.communicate()


def test_a_mount_that_hangs_leaves_ping_public_reads_and_signals(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("dckr_pat_abc")
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING_PROGRAM, "--username", "ada", "--token-file", str(token)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=BASE | {"HTTPS_PROXY": "http://127.0.0.1:9"},
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        ask(process, INITIALIZE)
        assert ask(process, {"jsonrpc": "2.0", "id": 2, "method": "ping"})["result"] == {}
        for number in (3, 4):
            started_at = time.monotonic()
            text = ask(process, call(number, "get_tag", repository="redis:8.2"))["result"]["content"][0][
                "text"
            ]
            assert "hub.docker.com could not be reached" in text
            assert time.monotonic() - started_at < 20
        process.terminate()
        assert process.wait(20) == 0
        _, said = process.communicate()
        assert "Traceback" not in said
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()
