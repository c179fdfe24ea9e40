"""Reading files that are none, never end, or hang."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.auth import docker_login
from dockerhub_mcp.hub.auth.credentials import find_credentials
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL, LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin
from dockerhub_mcp.hub.auth.secret_sources import FileSecret
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.files import (
    FileTimeoutError,
    FileWorker,
    get_file_version,
    is_inherited,
    read_file,
)
from dockerhub_mcp.hub.methods import GetOrgSettings, GetRepository
from dockerhub_mcp.sandbox import Sandbox

PUBLIC = GetRepository(repository="redis")


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """Return an event that operations wait for, as they would for a mount that hangs; it is set at the end."""
    event = threading.Event()
    yield event
    event.set()


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_bytes(b"\xef\xbb\xbfabc")
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert read_file(file) == read_file(link) == b"\xef\xbb\xbfabc"
    for path in (pipe, Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(OSError, match="it is not a regular file"):
            read_file(path)
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "missing")


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * (1024**2 + 1))
    with pytest.raises(OSError, match="larger than 1 MiB") as caught:
        read_file(file)
    assert caught.value.errno == errno.EFBIG


def test_a_pipe_of_this_process_is_read_once_and_remembered() -> None:
    reader, writer = os.pipe()
    path = Path(f"/dev/fd/{reader}")
    try:
        secret = FileSecret(path, "DOCKERHUB_TOKEN_FILE")

        def write_late() -> None:
            os.write(writer, b"dckr_pat_piped\n")
            os.close(writer)

        threading.Timer(0.05, write_late).start()
        secret.check_content()
        assert secret.read_text() == FileSecret(path, "OTHER").read_text() == "dckr_pat_piped"
    finally:
        os.close(reader)
    assert not is_inherited(Path("/tmp/fd/3"))  # noqa: S108 - only compared


async def test_the_version_of_a_pipe_stays_the_same() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"dckr_pat_piped")
    secret = FileSecret(Path(f"/dev/fd/{reader}"), "F")
    before = await secret.get_version()
    os.close(writer)
    assert await secret.fetch_text() == "dckr_pat_piped"
    assert await secret.get_version() == before
    os.close(reader)


async def test_an_operation_that_hangs_is_left_behind(hang: threading.Event) -> None:
    worker = FileWorker(timeout=0.05)
    with pytest.raises(FileTimeoutError):
        await worker.run(hang.wait)
    threads = threading.active_count()
    started_at = time.monotonic()
    for _ in range(20):
        with pytest.raises(FileTimeoutError):
            await worker.run(lambda: "never")
    assert time.monotonic() - started_at < 1  # at once, not after a timeout each
    assert threading.active_count() <= threads
    hang.set()
    with anyio.fail_after(5):
        while True:
            try:
                assert await worker.run(lambda: "again") == "again"
                break
            except FileTimeoutError:
                await anyio.sleep(0.01)


async def test_the_event_loop_goes_on_while_a_file_hangs(hang: threading.Event) -> None:
    worker = FileWorker(timeout=5)
    with anyio.move_on_after(0.05) as scope:
        await worker.run(hang.wait)
    assert scope.cancelled_caught


def test_an_error_of_an_operation_is_raised_to_its_caller() -> None:
    worker = FileWorker()
    with pytest.raises(ZeroDivisionError):
        worker.run_blocking(lambda: 1 / 0)
    assert worker.run_blocking(lambda: 1) == 1


@pytest.fixture
def file_hub(make_hub: Callable[..., Hub], tmp_path: Path) -> tuple[Hub, FileSecret]:
    """Return a client with its token in a file, and the file."""
    token = tmp_path / "token"
    token.write_text("sandbox-password-ada")
    credentials = find_credentials({"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(token)})
    assert credentials is not None
    assert isinstance(credentials.secret, FileSecret)
    return make_hub(credentials=credentials), credentials.secret


def make_hang(secret: FileSecret, hang: threading.Event) -> None:
    """Let the thread of a file wait, as in a read that does not return."""
    secret._worker._timeout = 0.05
    with pytest.raises(FileTimeoutError):
        secret._worker.run_blocking(hang.wait)


async def test_a_token_file_that_hangs_leaves_public_reads(
    sandbox: Sandbox, file_hub: tuple[Hub, FileSecret], hang: threading.Event
) -> None:
    hub, secret = file_hub
    make_hang(secret, hang)
    assert (await hub.send(PUBLIC)).name == "redis"
    assert sandbox.requests[-1].user is None
    with pytest.raises(
        CredentialError, match=r"cannot be read: no answer within .* s; it may be on a network"
    ):
        await hub.send(GetOrgSettings(name="acme"))


async def test_a_sign_in_outlasts_a_token_file_that_hangs(
    sandbox: Sandbox, file_hub: tuple[Hub, FileSecret], hang: threading.Event
) -> None:
    hub, secret = file_hub
    await hub.send(GetOrgSettings(name="acme"))
    make_hang(secret, hang)
    await hub.send(GetOrgSettings(name="acme"))
    assert sandbox.requests[-1].user == "ada"
    assert sandbox.login_count == 1


async def test_a_pipe_as_a_token_file_is_refused(make_hub: Callable[..., Hub], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    variables = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(tmp_path / "pipe")}
    hub = make_hub(credentials=find_credentials(variables))
    assert (await hub.send(PUBLIC)).name == "redis"
    with pytest.raises(CredentialError, match="it is not a regular file"):
        await hub.send(GetOrgSettings(name="acme"))


async def test_a_scim_token_is_read_without_blocking(make_hub: Callable[..., Hub], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    hub = make_hub(scim_token=FileSecret(tmp_path / "pipe", "DOCKERHUB_SCIM_TOKEN_FILE"))
    with pytest.raises(CredentialError, match=r"DOCKERHUB_SCIM_TOKEN_FILE names.*not a regular file"):
        await hub._executor._get_scim_bearer()


def make_login(folder: Path) -> DockerLogin:
    server = LoginServer((HUB_SERVER_URL,), is_docker_hub=True)
    return DockerLogin(DockerConfig.from_environment({"DOCKER_CONFIG": str(folder)}, server))


async def test_a_pipe_as_docker_configuration_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(CredentialError, match=r"config\.json cannot be read: it is not a regular file"):
        await make_login(tmp_path).refresh()


async def test_a_docker_configuration_that_hangs_is_an_error_until_it_answers(
    tmp_path: Path, hang: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")

    def hanging_stat(path: Path) -> object:
        hang.wait()
        return get_file_version(path)

    monkeypatch.setattr(docker_login, "get_file_version", hanging_stat)
    login = make_login(tmp_path)
    login._worker._timeout = 0.05
    with pytest.raises(CredentialError, match="no answer within"):
        await login.refresh()
    hang.set()
    login._worker._timeout = 5
    with anyio.fail_after(5):
        while True:
            try:
                await login.refresh()
                break
            except CredentialError:
                await anyio.sleep(0.01)
    assert login.is_absent
