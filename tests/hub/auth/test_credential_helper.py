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
from tests.support.credential_helpers import ON_STDERR, Keeper


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


async def query(
    keeper: Keeper, *, servers: tuple[str, ...] = (HUB_SERVER_URL,), deadline: float = 10
) -> StoredLogin | None:
    return await query_helper(
        HelperLookup("x", servers), HelperEnvironment(keeper.variables(), ()), helper_timeout=deadline
    )


async def test_a_helper_is_run_as_the_protocol_says(
    keeper: Keeper, capfd: pytest.CaptureFixture[str]
) -> None:
    keeper.helper("x", helpers.SPEAKS, secret="dckr_pat_y")
    assert await query(keeper) == StoredLogin("ada", "dckr_pat_y", "docker-credential-x")
    assert keeper.asked == [f"get {HUB_SERVER_URL}"]
    assert capfd.readouterr() == ("", "")  # its standard error is discarded


async def test_a_helper_without_a_login_is_queried_for_the_other_key(keeper: Keeper) -> None:
    keeper.helper("x", helpers.NOT_FOUND)
    assert await query(keeper, servers=(HUB_SERVER_URL, "docker.io")) is None
    assert keeper.asked == [f"get {HUB_SERVER_URL}", "get docker.io"]


async def test_a_missing_helper_is_an_error(keeper: Keeper) -> None:
    with pytest.raises(CredentialError, match="docker-credential-x, which is not installed") as caught:
        await query(keeper)
    assert "--no-docker-credentials" in caught.value.remedy


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (helpers.FAILS, "docker-credential-x failed \\(exit code 3\\)"),
        (helpers.NONSENSE, "did not return the JSON of a credential helper"),
        (helpers.ENDLESS, "more than 64 KiB"),
        ("exit 0", "did not return the JSON of a credential helper"),
        ("kill -9 $$", "exit code -9"),
    ],
)
async def test_a_broken_helper_is_an_error_without_its_output(
    keeper: Keeper, script: str, message: str
) -> None:
    keeper.helper("x", script)
    with pytest.raises(CredentialError, match=message) as caught:
        await query(keeper)
    assert ON_STDERR not in str(caught.value)
    assert "docker-credential-x list" in caught.value.remedy


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie has ended, but was not waited for yet.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def wait_for_child(keeper: Keeper) -> int:
    with anyio.fail_after(10):
        while not (pid := keeper.left("child").strip()):
            await anyio.sleep(0.01)
    return int(pid)


async def wait_until_ended(pid: int) -> None:
    with anyio.fail_after(10):
        while not has_ended(pid):
            await anyio.sleep(0.01)


async def test_a_slow_helper_is_killed_with_its_children(keeper: Keeper) -> None:
    keeper.helper("x", helpers.SLOW)
    with pytest.raises(CredentialError, match=r"did not answer within 0\.5 s") as caught:
        await query(keeper, deadline=0.5)
    assert "waiting to be unlocked" in caught.value.why
    await wait_until_ended(await wait_for_child(keeper))


async def test_a_helper_is_killed_when_its_call_is_cancelled(keeper: Keeper) -> None:
    keeper.helper("x", helpers.SLOW)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(query, keeper)
            child = await wait_for_child(keeper)
            tasks.cancel_scope.cancel()
    await wait_until_ended(child)


async def test_a_child_that_keeps_running_delays_nothing(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_helper, "_DRAIN_TIMEOUT", 0.3)
    keep_child = "setsid sleep 30 &\necho $! > {asked}.child\n"
    keeper.helper("x", keep_child + helpers.SPEAKS, secret="dckr_pat_y")
    try:
        assert await query(keeper) == StoredLogin("ada", "dckr_pat_y", "docker-credential-x")
        assert not has_ended(await wait_for_child(keeper))  # such as an agent that keeps a key unlocked
    finally:
        os.kill(await wait_for_child(keeper), 9)


async def test_a_helper_that_is_not_executable_is_an_error(keeper: Keeper) -> None:
    path = keeper.bin / "docker-credential-x"
    path.write_bytes(b"\x7fELF nothing")
    path.chmod(0o755)
    with pytest.raises(CredentialError, match="cannot be run: Exec format error"):
        await query(keeper)


async def test_a_helper_receives_no_secret_of_this_program(keeper: Keeper) -> None:
    keeper.helper("x", "env > {asked}.env\n" + helpers.NOT_FOUND)
    secrets = {
        "DOCKERHUB_SCIM_TOKEN": "scim-secret",
        "DOCKERHUB_MCP_AUTH_TOKEN": "caller-secret",
        "HUB_PAT_TOKEN": "pat-secret",
        "DOCKER_PASSWORD": "password-secret",
        "DOCKER_AUTH_CONFIG": "auth-secret",
    }
    variables = keeper.variables(GNUPGHOME="/keys", **secrets)
    assert await query_helper(HelperLookup("x", (HUB_SERVER_URL,)), HelperEnvironment(variables, ())) is None
    received = keeper.left("env")
    assert [secret for secret in secrets.values() if secret in received] == []
    assert "GNUPGHOME=/keys" in received
    assert f"DOCKER_CONFIG={keeper.docker}" in received


async def test_only_absolute_directories_are_searched(
    keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.helper("x", helpers.SPEAKS, secret="dckr_pat_y")
    monkeypatch.chdir(keeper.bin)
    for path in ("", ".", "bin", ":", "./:../bin"):
        assert HelperEnvironment({"PATH": path}, ()).find_program("docker-credential-x") is None
    assert (
        HelperEnvironment({}, (str(keeper.bin),)).find_program("docker-credential-x")
        == f"{keeper.bin}/docker-credential-x"
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
