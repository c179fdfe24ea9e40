"""After `docker login` nothing needs to be configured: the program as a host starts it, with Docker's store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import HubFactory, build_docker_login
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import HUB_URL, Credentials
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL
from dockerhub_mcp.sandbox import Sandbox
from tests.support import credential_helpers as helpers
from tests.support.credential_helpers import STDERR_SECRET, DockerHome
from tests.support.programs import forked_program

OURS = "dckr_pat_sandbox_admin"


@pytest.fixture
def docker_home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


class Host:
    """A host of MCP that starts the program and calls its tools."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._id = 0
        self.ask(
            "initialize",
            protocolVersion="2025-11-25",
            capabilities={},
            clientInfo={"name": "host", "version": "1"},
        )
        self._write(method="notifications/initialized")

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        self.send(method, **params)
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())["result"]

    def send(self, method: str, **params: Any) -> None:
        self._id += 1
        self._write(id=self._id, method=method, params=params)

    def call(self, tool: str, **arguments: Any) -> str:
        """Call a tool and return the text of its result."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        return str(result["content"][0]["text"])

    def _write(self, **message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def end(self) -> str:
        """Close the input and return what was logged."""
        _, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return err


@contextmanager
def started(docker_home: DockerHome, sandbox_url: str, *options: str, **more: str) -> Iterator[Host]:
    with subprocess.Popen(
        forked_program("--log-level", "debug", *options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=docker_home.build_env(DOCKERHUB_API_URL=sandbox_url, **more),
    ) as process:
        try:
            yield Host(process)
        finally:
            process.kill()


async def meanwhile(story: Any, *arguments: Any) -> Any:
    """Let the sandbox answer while a host waits."""
    return await anyio.to_thread.run_sync(story, *arguments)


async def test_a_login_is_found_when_a_call_needs_it_and_not_before(
    docker_home: DockerHome, sandbox_url: str, sandbox: Sandbox
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)

    def story() -> str:
        with started(docker_home, sandbox_url) as host:
            assert len(host.ask("tools/list")["tools"]) == 22
            assert docker_home.lookups == []
            assert "storefront" in host.call("get_repository", repository="acme/storefront")
            assert docker_home.lookups == [f"get {sandbox_url}"]
            assert "username: ada" in host.call("get_current_user")
            return host.end()

    logged = await meanwhile(story)
    assert "using docker's login  username=ada kept_in=docker-credential-x" in logged
    assert "dckr_pat" not in logged
    assert (sandbox.login_count, len(docker_home.lookups)) == (1, 1)


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (helpers.FAILING, "docker-credential-x failed (exit code 3) when it was asked for Docker's login."),
        (helpers.INVALID_OUTPUT, "docker-credential-x did not return the JSON"),
    ],
    ids=["fails", "nonsense"],
)
async def test_an_answer_to_nobody_says_why_docker_s_login_is_not_in_use(
    docker_home: DockerHome, sandbox_url: str, manner: str, words: str
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", manner)

    def story() -> tuple[str, str, str]:
        with started(docker_home, sandbox_url) as host:
            public = host.call("get_repository", repository="redis")
            own = host.call("get_current_user")
            return public, own, host.end()

    public, own, logged = await meanwhile(story)
    assert "redis" in public
    assert f"Answered as for an anonymous caller. {words}" in public
    assert words in own
    assert "--no-docker-credentials" in own
    assert words.split(" when", maxsplit=1)[0] in logged
    assert STDERR_SECRET not in public + own + logged


async def test_it_can_be_switched_off(docker_home: DockerHome, sandbox_url: str) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)

    def story() -> list[str]:
        told = []
        for options, more in (
            (["--no-docker-credentials"], {}),
            ([], {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": "false"}),
            (["--sandbox", "--sandbox-identity", "anonymous"], {}),
        ):
            with started(docker_home, sandbox_url, *options, **more) as host:
                told.append(host.call("get_current_user"))
                host.end()
        return told

    for text in await meanwhile(story):
        assert "This needs an account" in text
        assert "docker login" not in text
    assert docker_home.lookups == []


async def test_what_is_configured_goes_before(docker_home: DockerHome, sandbox_url: str) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)
    linus = {"DOCKERHUB_USERNAME": "linus", "DOCKERHUB_TOKEN": "dckr_pat_sandbox_reader"}

    def story() -> str:
        with started(docker_home, sandbox_url, **linus) as host:
            return host.call("get_current_user")

    assert "username: linus" in await meanwhile(story)
    assert docker_home.lookups == []


async def test_a_signal_ends_a_helper_that_somebody_waits_for(
    docker_home: DockerHome, sandbox_url: str
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.SLOW)

    def story() -> int:
        with started(docker_home, sandbox_url) as host:
            host.send("tools/call", name="get_current_user", arguments={})
            while not docker_home.read_output_file("child"):
                assert host.process.poll() is None
            host.process.send_signal(signal.SIGTERM)
            # The helper would have ten seconds, and its child sixty.
            assert host.process.wait(8) == 0
            return int(docker_home.read_output_file("child"))

    child = await meanwhile(story)
    with anyio.fail_after(10):
        while is_running(child):
            await anyio.sleep(0.01)


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    "options",
    [
        {"sandbox": True},
        {"transport": "http"},
        {"transport": "sse"},
        {"transport": "http", "identity": "request"},
        {"docker_credentials": False},
        {"api_url": "https://hub.example.com"},
        {"api_url": "https://registry.hub.docker.com"},
    ],
)
def test_where_docker_s_login_does_not_count_nobody_looks(
    docker_home: DockerHome, options: dict[str, Any]
) -> None:
    docker_home.write_config(auths={HUB_SERVER_URL: {"username": "ada", "password": OURS}})
    assert build_docker_login(Settings(**options), docker_home.build_env()) is None
    assert HubFactory(Settings(**options), docker_home.build_env()).docker_login is None


def test_it_counts_over_stdio_for_docker_s_own_hub_where_nothing_is_configured(
    docker_home: DockerHome,
) -> None:
    variables = docker_home.build_env()
    assert Settings().api_url == HUB_URL
    login = build_docker_login(Settings(), variables)
    assert login
    assert login.config.path == docker_home.config_file
    assert login.config.helper_timeout == 10
    hurried = build_docker_login(Settings(timeout=3), variables)
    assert hurried
    assert hurried.config.helper_timeout == 1  # so that a call has something left of its own
    named = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": "x"}
    hubs = HubFactory(Settings(), variables | named)
    assert (hubs.docker_login, hubs.credentials) == (None, Credentials.from_strings("ada", "x"))
    # Docker's own name for a user, set without a password, says nothing.
    assert HubFactory(Settings(), variables | {"DOCKER_USERNAME": "ada"}).docker_login is not None


def test_the_variable_is_that_of_an_option_that_is_on() -> None:
    assert config.load_settings({}, {}).docker_credentials
    assert not config.load_settings({}, {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": "off"}).docker_credentials
    assert config.load_settings(
        {"docker_credentials": True}, {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": "0"}
    ).docker_credentials


def test_the_tests_see_no_login_of_the_person_who_runs_them() -> None:
    assert "no-docker-logins-" in os.environ["DOCKER_CONFIG"]
    assert not list(Path(os.environ["DOCKER_CONFIG"]).iterdir())
