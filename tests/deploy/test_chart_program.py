"""The program accepts what the Helm chart passes to it, and `helm test` checks a running server."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dockerhub_mcp.cli.healthcheck import check_health
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.server.http.headers import RequestHeaders
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from tests.support.chart import (
    NAMESPACE,
    VALUE_SETS,
    find_one,
    load_container_settings,
    needs_helm,
    read_server_container,
    read_variables,
    render_value_set,
)
from tests.support.documented_programs import known_variables
from tests.support.programs import CLEAN, forked_program

pytestmark = needs_helm
of_every_value_set = pytest.mark.parametrize("name", VALUE_SETS)
SYSTEM_VARIABLES = {"HTTPS_PROXY"}


@of_every_value_set
def test_the_program_knows_every_variable(name: str) -> None:
    assert (
        set(read_variables(read_server_container(render_value_set(name))))
        <= known_variables() | SYSTEM_VARIABLES
    )


@of_every_value_set
def test_the_program_has_no_complaint(name: str, tmp_path: Path) -> None:
    loaded = load_container_settings(render_value_set(name), tmp_path)
    complaints = [problem for problem in loaded.problems if problem.is_fatal]
    assert complaints == []
    warnings = {problem.setting: str(problem) for problem in loaded.problems}
    is_plain = not loaded.settings.tls_cert and not loaded.settings.forwarded_allow_ips
    assert set(warnings) == (
        {"--tls-cert"} if is_plain else set()
    )  # inside the cluster, tokens travel unencrypted


@of_every_value_set
def test_every_file_that_is_named_is_mounted(name: str) -> None:
    container = read_server_container(render_value_set(name))
    mounted = [mount["mountPath"] for mount in container.get("volumeMounts", ())]
    named = [text for text in read_variables(container).values() if text.startswith("/")]
    assert all(any(text.startswith(f"{path}/") for path in mounted) for text in named)


def test_the_settings_are_those_of_the_values(tmp_path: Path) -> None:
    settings = load_container_settings(render_value_set("replicas"), tmp_path).settings
    assert (settings.transport, settings.host, settings.port) == ("http", "0.0.0.0", 8000)  # noqa: S104
    assert (settings.access, settings.sessions, settings.identity) == ("write", True, "server")
    assert settings.toolsets == ("repositories", "tags")
    assert settings.forwarded_allow_ips == ("10.244.0.0/16",)
    assert (settings.drain_delay, settings.grace) == (5, 30)
    assert settings.log_format == "json"
    assert Path(settings.store_url_file).read_text("utf-8").startswith("redis://")
    assert settings.state_key_file


def test_oauth_and_request_identity_reach_the_program(tmp_path: Path) -> None:
    (tmp_path / "oauth").mkdir()
    settings = load_container_settings(render_value_set("oauth"), tmp_path / "oauth").settings
    assert (settings.oauth_issuer, settings.public_url) == (
        "https://login.example.com",
        "https://mcp.example.com/mcp",
    )
    assert settings.oauth_scopes == ("read=hub.read", "write=hub.write", "admin=hub.admin")
    (tmp_path / "identity").mkdir()
    settings = load_container_settings(render_value_set("identity"), tmp_path / "identity").settings
    assert (settings.identity, settings.max_identities, settings.metrics) == ("request", 500, True)


@of_every_value_set
def test_the_server_answers_to_the_names_of_its_service_and_ingress(name: str, tmp_path: Path) -> None:
    manifests = render_value_set(name)
    settings = load_container_settings(manifests, tmp_path).settings
    policy = HostOriginPolicy(settings.allowed_hosts, (), loopback_only=False)
    service = find_one(manifests, "Service")
    [port] = service["spec"]["ports"]
    for domain in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc", f".{NAMESPACE}.svc.cluster.local"):
        policy.check_headers(make_headers(f"{service['metadata']['name']}{domain}:{port['port']}"))
    for ingress in (each for each in manifests if each["kind"] == "Ingress"):
        policy.check_headers(make_headers(ingress["spec"]["rules"][0]["host"]))


def make_headers(host: str) -> RequestHeaders:
    return RequestHeaders([(b"host", host.encode())])


@pytest.mark.parametrize("name", ["read", "identity"])
def test_helm_test_passes_with_a_server_that_demands_credentials(name: str, tmp_path: Path) -> None:
    manifests = render_value_set(name)
    (tmp_path / "volumes").mkdir()
    loaded = load_container_settings(manifests, tmp_path / "volumes")
    here = {
        "DOCKERHUB_MCP_PORT": "0",
        "DOCKERHUB_MCP_HOST": "127.0.0.1",
        "DOCKERHUB_MCP_SANDBOX": "true",
        "DOCKERHUB_MCP_DRAIN_DELAY": "0",
    }
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            forked_program(*loaded.arguments),
            env=CLEAN | loaded.environment | here,
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        port = wait_for_port(server, tmp_path / "log")
        health, authentication = find_one(manifests, "Pod")["spec"]["containers"]
        service = find_one(manifests, "Service")
        place = f"{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
        assert run_health_container(health["args"], place, port) == (0, "")
        assert run_python_container(authentication["command"], place, port) == (0, "")
    finally:
        server.terminate()
        assert server.wait(60) == 0
    code, message = run_health_container(health["args"], place, port)
    assert code == 1
    assert "does not answer" in message
    assert run_python_container(authentication["command"], place, port)[0] == 1


def test_helm_test_fails_with_a_server_that_lets_anyone_in(tmp_path: Path) -> None:
    manifests = render_value_set("read")
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            forked_program("--transport", "http", "--port", "0", "--sandbox", "--log-format", "json"),
            env=CLEAN,
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        port = wait_for_port(server, tmp_path / "log")
        _, authentication = find_one(manifests, "Pod")["spec"]["containers"]
        code, message = run_python_container(authentication["command"], "hub-dockerhub-mcp:8000", port)
    finally:
        server.terminate()
        assert server.wait(60) == 0
    assert code == 1
    assert message.endswith("answered 200 to a caller without credentials\n")


def wait_for_port(server: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + 60  # a margin for a busy machine
    while not (found := re.search(r"https?://127\.0\.0\.1:(\d+)", log.read_text("utf-8"))):
        assert server.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < end
        time.sleep(0.02)
    return int(found[1])


def run_health_container(arguments: list[str], place: str, port: int) -> tuple[int, str]:
    """Run the image's `health` with a container's arguments, against a port of this machine."""
    host, _, service_port = place.partition(":")
    words = [
        word.replace(f"={host}", "=127.0.0.1").replace(f"={service_port}", f"={port}") for word in arguments
    ]
    options = vars(build_parser(words).parse_args(words))
    assert options.pop("command") == "health"
    stderr = io.StringIO()
    code = check_health(options, {}, stderr=stderr, init_cmdline=Path("/no-such-file"))
    return code, stderr.getvalue()


def run_python_container(command: list[str], place: str, port: int) -> tuple[int, str]:
    """Run a container's Python program, against a port of this machine."""
    interpreter, *words = [word.replace(place, f"127.0.0.1:{port}") for word in command]
    assert interpreter == "python3"
    done = subprocess.run([sys.executable, *words], env=CLEAN, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr
