"""Docker's own login: the program as a host starts it, with the credential store that `docker login` fills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import HubFactory, build_docker_login
from dockerhub_mcp.cli.call.parser import parse_call
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import HUB_URL, Credentials
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support import credential_helpers as helpers
from tests.support.credential_helpers import STDERR_SECRET, DockerHome
from tests.support.programs import forked_program

TOKEN = "dckr_pat_sandbox_admin"


@pytest.fixture
def docker_home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


class Host:
    """An MCP host that starts the program and calls its tools."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._id = 0
        self.request(
            "initialize",
            protocolVersion="2025-11-25",
            capabilities={},
            clientInfo={"name": "host", "version": "1"},
        )
        self._write(method="notifications/initialized")

    def request(self, method: str, **params: Any) -> Any:
        """Send a request and return the result."""
        self.send(method, **params)
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())["result"]

    def send(self, method: str, **params: Any) -> None:
        self._id += 1
        self._write(id=self._id, method=method, params=params)

    def call(self, tool: str, **arguments: Any) -> str:
        """Call a tool and return the text of its result."""
        result = self.request("tools/call", name=tool, arguments=arguments)
        return str(result["content"][0]["text"])

    def _write(self, **message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def stop(self) -> str:
        """Close the input and return what was log."""
        _, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return err


@contextmanager
def start_host(docker_home: DockerHome, sandbox_url: str, *options: str, **more: str) -> Iterator[Host]:
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


async def run_in_thread(use_host: Any, *arguments: Any) -> Any:
    """Run a function in a thread, while this event loop serves the sandbox."""
    return await anyio.to_thread.run_sync(use_host, *arguments)


async def test_the_login_is_looked_up_when_the_first_call_needs_it(
    docker_home: DockerHome, sandbox_url: str, sandbox: Sandbox
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=TOKEN)

    def use_host() -> str:
        with start_host(docker_home, sandbox_url) as host:
            assert len(host.request("tools/list")["tools"]) == len(Registry().tools)
            assert docker_home.lookups == []
            assert "storefront" in host.call("get_repository", repository="acme/storefront")
            assert docker_home.lookups == [f"get {sandbox_url}"]
            assert "ada" in host.call("get_current_user")
            return host.stop()

    log = await run_in_thread(use_host)
    assert "using docker's login  username=ada kept_in=docker-credential-x" in log
    assert "dckr_pat" not in log
    assert (sandbox.login_count, len(docker_home.lookups)) == (1, 1)


@pytest.mark.parametrize(
    ("manner", "message"),
    [
        (helpers.FAILING, "docker-credential-x failed (exit code 3) when it was asked for Docker's login."),
        (helpers.INVALID_OUTPUT, "docker-credential-x did not return the JSON"),
    ],
    ids=["fails", "nonsense"],
)
async def test_anonymous_results_say_why_docker_s_login_is_not_used(
    docker_home: DockerHome, sandbox_url: str, manner: str, message: str
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", manner)

    def use_host() -> tuple[str, str, str]:
        with start_host(docker_home, sandbox_url) as host:
            public = host.call("get_repository", repository="redis")
            own = host.call("get_current_user")
            return public, own, host.stop()

    public, own, log = await run_in_thread(use_host)
    assert "redis" in public
    assert f"Answered as for an anonymous caller. {message}" in public
    assert message in own
    assert "--no-docker-credentials" in own
    assert message.split(" when", maxsplit=1)[0] in log
    assert STDERR_SECRET not in public + own + log


async def test_docker_s_login_can_be_disabled(docker_home: DockerHome, sandbox_url: str) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=TOKEN)

    def use_host() -> list[str]:
        results = []
        for options, more in (
            (["--no-docker-credentials"], {}),
            ([], {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": "false"}),
            (["--sandbox", "--sandbox-identity", "anonymous"], {}),
        ):
            with start_host(docker_home, sandbox_url, *options, **more) as host:
                results.append(host.call("get_current_user"))
                host.stop()
        return results

    for text in await run_in_thread(use_host):
        assert "This needs an account" in text
        assert "docker login" not in text
    assert docker_home.lookups == []


async def test_configured_credentials_take_precedence(docker_home: DockerHome, sandbox_url: str) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=TOKEN)
    linus = {"DOCKERHUB_USERNAME": "linus", "DOCKERHUB_TOKEN": "dckr_pat_sandbox_reader"}

    def use_host() -> str:
        with start_host(docker_home, sandbox_url, **linus) as host:
            return host.call("get_current_user")

    assert "linus" in await run_in_thread(use_host)
    assert docker_home.lookups == []


async def test_a_signal_ends_a_credential_helper_that_a_call_waits_for(
    docker_home: DockerHome, sandbox_url: str
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.SLOW)

    def use_host() -> int:
        with start_host(docker_home, sandbox_url) as host:
            host.send("tools/call", name="get_current_user", arguments={})
            while not docker_home.read_output_file("child"):
                assert host.process.poll() is None
            host.process.send_signal(signal.SIGTERM)
            # The helper would have ten seconds, and its child sixty.
            assert host.process.wait(8) == 0
            return int(docker_home.read_output_file("child"))

    child = await run_in_thread(use_host)
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
        {"docker_credentials": "off"},
        {"api_url": "https://hub.example.com"},
        {"api_url": "https://registry.hub.docker.com"},
    ],
)
def test_docker_s_login_is_not_looked_up_where_it_is_not_used(
    docker_home: DockerHome, options: dict[str, Any]
) -> None:
    docker_home.write_config(auths={HUB_SERVER_URL: {"username": "ada", "password": TOKEN}})
    assert build_docker_login(Settings(**options), docker_home.build_env()) is None
    assert HubFactory(Settings(**options), docker_home.build_env()).docker_login is None


def test_docker_s_login_is_used_over_stdio_for_docker_s_own_hub_without_credentials(
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
    assert hubs.docker_login is None
    assert isinstance(hubs.credentials, Credentials)
    assert anyio.run(hubs.credentials.username_and_secret) == ("ada", "x")
    # Docker's own name for a user, set without a password, says nothing.
    assert HubFactory(Settings(), variables | {"DOCKER_USERNAME": "ada"}).docker_login is not None


def test_docker_s_login_is_enabled_by_default() -> None:
    assert config.load_settings({}, {}).docker_credentials == "token"


@pytest.mark.parametrize(
    ("words", "variable", "expected"),
    [
        ([], "", "token"),
        (["--docker-credentials"], "off", "token"),
        (["--docker-credentials", "serve"], "", "token"),
        (["serve", "--docker-credentials", "--access", "read"], "0", "token"),
        (["--docker-credentials", "full"], "", "full"),
        (["--docker-credentials=full", "serve"], "", "full"),
        (["--docker-credentials", "off", "serve"], "", "off"),
        (["--no-docker-credentials"], "full", "off"),
        (["--no-docker-credentials", "serve"], "", "off"),
        (["--docker-credentials", "--no-docker-credentials"], "", "off"),
        *[([], text, "off") for text in ("off", "false", "0", "no", "FALSE", "Off")],
        *[([], text, "token") for text in ("token", "true", "1", "yes", "on", "Token")],
        *[([], text, "full") for text in ("full", "FULL")],
    ],
)
def test_the_option_for_docker_s_login_has_three_values(
    words: list[str], variable: str, expected: str
) -> None:
    options = vars(build_parser().parse_args(words))
    names = {"docker_credentials"} & options.keys()
    environment = {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": variable}
    settings = config.load_settings({name: options[name] for name in names}, environment)
    assert settings.docker_credentials == expected


@pytest.mark.parametrize("value", [True, False])
def test_the_option_for_docker_s_login_may_be_a_truth_value(value: bool) -> None:
    settings = config.load_settings({"docker_credentials": value}, {})
    assert settings.docker_credentials == ("token" if value else "off")


def test_other_values_for_docker_s_login_are_refused() -> None:
    with pytest.raises(config.SettingsError, match="must be one of off, token, full, not 'maybe'"):
        config.load_settings({}, {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": "maybe"})


def test_call_accepts_the_option_for_docker_s_login() -> None:
    schema = {"properties": {"repository": {"type": "string"}}, "required": ["repository"]}
    for words, expected in (
        (["--docker-credentials", "get_repository", "redis"], "token"),
        (["--docker-credentials", "full", "get_repository", "redis"], "full"),
        (["get_repository", "redis", "--no-docker-credentials"], "off"),
    ):
        request = parse_call(words, lambda _: schema, str)
        assert request.settings == {"docker_credentials": expected}
        assert request.tool == "get_repository"


def test_tests_do_not_use_the_login_of_their_user() -> None:
    assert "no-docker-logins-" in os.environ["DOCKER_CONFIG"]
    assert not list(Path(os.environ["DOCKER_CONFIG"]).iterdir())
