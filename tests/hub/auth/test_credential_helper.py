"""Credential helpers as processes; the scripts are in `tests/support/credential_helpers.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import anyio
import pytest

from dockerhub_mcp.hub.auth import credential_helper
from dockerhub_mcp.hub.auth.credential_helper import HelperEnvironment, query_helper
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL, HelperLookup, StoredLogin
from dockerhub_mcp.hub.errors import CredentialError
from tests.support import credential_helpers as helpers
from tests.support.credential_helpers import STDERR_SECRET, DockerHome


@pytest.fixture
def docker_home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


async def query(
    docker_home: DockerHome, *, servers: tuple[str, ...] = (HUB_SERVER_URL,), deadline: float = 10
) -> StoredLogin | None:
    return await query_helper(
        HelperLookup("x", servers), HelperEnvironment(docker_home.build_env(), ()), helper_timeout=deadline
    )


async def test_a_helper_is_run_as_the_protocol_says(
    docker_home: DockerHome, capfd: pytest.CaptureFixture[str]
) -> None:
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_y")
    assert await query(docker_home) == StoredLogin("ada", "dckr_pat_y", "docker-credential-x")
    assert docker_home.lookups == [f"get {HUB_SERVER_URL}"]
    assert capfd.readouterr() == ("", "")  # its standard error is discarded


async def test_a_helper_without_a_login_is_queried_for_the_other_key(docker_home: DockerHome) -> None:
    docker_home.install_helper("x", helpers.WITHOUT_LOGIN)
    assert await query(docker_home, servers=(HUB_SERVER_URL, "docker.io")) is None
    assert docker_home.lookups == [f"get {HUB_SERVER_URL}", "get docker.io"]


async def test_a_missing_helper_is_an_error(docker_home: DockerHome) -> None:
    with pytest.raises(CredentialError, match="docker-credential-x, which is not installed") as caught:
        await query(docker_home)
    assert "--no-docker-credentials" in caught.value.remedy


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (helpers.FAILING, "docker-credential-x failed \\(exit code 3\\)"),
        (helpers.INVALID_OUTPUT, "did not return the JSON of a credential helper"),
        (helpers.ENDLESS_OUTPUT, "more than 64 KiB"),
        ("exit 0", "did not return the JSON of a credential helper"),
        ("kill -9 $$", "exit code -9"),
    ],
)
async def test_a_broken_helper_is_an_error_without_its_output(
    docker_home: DockerHome, script: str, message: str
) -> None:
    docker_home.install_helper("x", script)
    with pytest.raises(CredentialError, match=message) as caught:
        await query(docker_home)
    assert STDERR_SECRET not in str(caught.value)
    assert "docker-credential-x list" in caught.value.remedy


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie has ended, but was not waited for yet.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def wait_for_child(docker_home: DockerHome) -> int:
    with anyio.fail_after(10):
        while not (pid := docker_home.read_output_file("child").strip()):
            await anyio.sleep(0.01)
    return int(pid)


async def wait_until_ended(pid: int) -> None:
    with anyio.fail_after(10):
        while not has_ended(pid):
            await anyio.sleep(0.01)


async def test_a_slow_helper_is_killed_with_its_children(docker_home: DockerHome) -> None:
    docker_home.install_helper("x", helpers.SLOW)
    with pytest.raises(CredentialError, match=r"did not answer within 0\.5 s") as caught:
        await query(docker_home, deadline=0.5)
    assert "waiting to be unlocked" in caught.value.why
    await wait_until_ended(await wait_for_child(docker_home))


async def test_a_helper_is_killed_when_its_call_is_cancelled(docker_home: DockerHome) -> None:
    docker_home.install_helper("x", helpers.SLOW)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(query, docker_home)
            child = await wait_for_child(docker_home)
            tasks.cancel_scope.cancel()
    await wait_until_ended(child)


async def test_a_child_that_keeps_running_delays_nothing(
    docker_home: DockerHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_helper, "_DRAIN_TIMEOUT", 0.3)
    keep_child = "setsid sleep 30 &\necho $! > {log}.child\n"
    docker_home.install_helper("x", keep_child + helpers.WITH_LOGIN, secret="dckr_pat_y")
    try:
        assert await query(docker_home) == StoredLogin("ada", "dckr_pat_y", "docker-credential-x")
        assert not has_ended(await wait_for_child(docker_home))  # such as an agent that keeps a key unlocked
    finally:
        os.kill(await wait_for_child(docker_home), 9)


async def test_a_helper_that_is_not_executable_is_an_error(docker_home: DockerHome) -> None:
    path = docker_home.bin_dir / "docker-credential-x"
    path.write_bytes(b"\x7fELF nothing")
    path.chmod(0o755)
    with pytest.raises(CredentialError, match="cannot be run: Exec format error"):
        await query(docker_home)


async def test_a_helper_receives_no_secret_of_this_program(docker_home: DockerHome) -> None:
    docker_home.install_helper("x", "env > {log}.env\n" + helpers.WITHOUT_LOGIN)
    secrets = {
        "DOCKERHUB_SCIM_TOKEN": "scim-secret",
        "DOCKERHUB_MCP_AUTH_TOKEN": "caller-secret",
        "HUB_PAT_TOKEN": "pat-secret",
        "MCP_AUTH_TOKEN": "http-secret",
        "DOCKER_PASSWORD": "password-secret",
        "DOCKER_AUTH_CONFIG": "auth-secret",
    }
    variables = docker_home.build_env(GNUPGHOME="/keys", **secrets)
    assert await query_helper(HelperLookup("x", (HUB_SERVER_URL,)), HelperEnvironment(variables, ())) is None
    received = docker_home.read_output_file("env")
    assert [secret for secret in secrets.values() if secret in received] == []
    assert "GNUPGHOME=/keys" in received
    assert f"DOCKER_CONFIG={docker_home.config_dir}" in received


async def test_only_absolute_directories_are_searched(
    docker_home: DockerHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_y")
    monkeypatch.chdir(docker_home.bin_dir)
    for path in ("", ".", "bin", ":", "./:../bin"):
        assert HelperEnvironment({"PATH": path}, ()).find_program("docker-credential-x") is None
    assert (
        HelperEnvironment({}, (str(docker_home.bin_dir),)).find_program("docker-credential-x")
        == f"{docker_home.bin_dir}/docker-credential-x"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    assert HelperEnvironment({}, ("~/bin",)).find_program("docker-credential-x") is not None


@pytest.mark.skipif(
    not all(map(shutil.which, ("docker-credential-pass", "pass", "gpg"))),
    reason="docker-credential-pass, pass and gpg are not installed (Debian: golang-docker-credential-helpers, pass)",
)
async def test_the_helper_of_pass(tmp_path: Path) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GNUPGHOME": str(home),
        "PASSWORD_STORE_DIR": str(tmp_path / "store"),
    }

    def run(*command: str, stdin: str = "") -> str:
        done = subprocess.run(
            command, input=stdin, env=variables, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    lookup, environment = HelperLookup("pass", (HUB_SERVER_URL,)), HelperEnvironment(variables)
    assert await query_helper(lookup, environment) is None  # there is no store yet
    try:
        run(
            "gpg",
            "--batch",
            "--passphrase",
            "",
            "--quick-gen-key",
            "tests@example.com",
            "default",
            "default",
            "never",
        )
        run("pass", "init", "tests@example.com")
        assert await query_helper(lookup, environment) is None
        entry = f'{{"ServerURL": "{HUB_SERVER_URL}", "Username": "ada", "Secret": "dckr_pat_in_pass"}}'
        run("docker-credential-pass", "store", stdin=entry)
        assert await query_helper(lookup, environment) == StoredLogin(
            "ada", "dckr_pat_in_pass", "docker-credential-pass"
        )
    finally:
        run("gpgconf", "--kill", "all")
