"""Special files, links, byte order marks, backups and installations at the same time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import backups, files
from dockerhub_mcp.install.editors.locking import lock_directories
from dockerhub_mcp.install.hosts import HOSTS
from dockerhub_mcp.install.output import Output
from dockerhub_mcp.install.record import InstallRecord
from dockerhub_mcp.install.secrets import holds_secret, mask_secrets
from tests.support.installing import NAMES, Person, tree

BOM = b"\xef\xbb\xbf"
ONE_SERVER = b'{"mcpServers": {"docs": {"command": "npx"}}}'
WITH_SECRET = b'{"mcpServers": {"docs": {"command": "npx", "env": {"GITHUB_TOKEN": "ghp_hunter2"}}}}'


def put(path: Path, content: bytes, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def start_installs(home: Path, commands: Sequence[Sequence[str]]) -> list[subprocess.Popen[str]]:
    """Start one process for each installation, all at once."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "dockerhub_mcp", "install", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            cwd=home,
        )
        for words in commands
    ]


def finish(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    outputs = [process.communicate(timeout=90)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), outputs
    return outputs


def test_parallel_installations_lose_nothing(tmp_path: Path) -> None:
    names = [f"hub-{number}" for number in range(5)]
    path = put(tmp_path / ".cursor" / "mcp.json", ONE_SERVER)
    finish(start_installs(tmp_path, [("cursor", "--name", name) for name in names]))
    assert json.loads(path.read_text())["mcpServers"].keys() == {"docs", *names}
    record = InstallRecord.from_directory(tmp_path / ".local" / "state" / "dockerhub-mcp")
    assert record.changes[str(path)].keys() == set(names)
    finish(start_installs(tmp_path, [("cursor", "--name", name, "--uninstall") for name in names]))
    assert json.loads(path.read_text())["mcpServers"].keys() == {"docs"}
    left = [each for each in path.parent.iterdir() if each != path and not each.name.endswith(".bak")]
    assert left == []


def test_parallel_installations_of_several_users_into_one_new_file(tmp_path: Path) -> None:
    shared = tmp_path / "shared" / "mcp.json"
    processes = []
    for number in range(4):
        home = tmp_path / f"home-{number}"
        home.mkdir()
        processes += start_installs(home, [("cursor", "--file", str(shared), "--name", f"hub-{number}")])
    finish(processes)
    assert len(json.loads(shared.read_text())["mcpServers"]) == 4


def test_a_change_by_another_program_before_the_file_is_replaced_is_kept(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(person.file("cursor"), ONE_SERVER)
    changed = ONE_SERVER.replace(b"npx", b"bunx")
    create_backup, interruptions = backups.create_backup, [changed, changed + b"\n"]

    def change_meanwhile(snapshot: files.FileSnapshot, *, is_private: bool) -> Path:
        if interruptions:
            path.write_bytes(interruptions.pop(0))
        return create_backup(snapshot, is_private=is_private)

    monkeypatch.setattr(backups, "create_backup", change_meanwhile)
    assert person.calls("cursor") == 0
    servers = json.loads(path.read_text())["mcpServers"]
    assert servers.keys() == {"docs", "dockerhub"}
    assert servers["docs"]["command"] == "bunx"
    (backup,) = path.parent.glob("*.bak")
    assert backup.read_bytes() == changed + b"\n"


def test_a_file_that_changes_all_the_time_is_not_touched(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(person.file("cursor"), ONE_SERVER)
    monkeypatch.setattr(files.FileSnapshot, "is_current", lambda _: False)
    assert "another program keeps changing it" in person.refuses("cursor")
    assert path.read_bytes() == ONE_SERVER


def test_a_snapshot_is_replaced_only_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    for before, meanwhile in ((None, b"new"), (b"old", b"new"), (b"old", None), (b"", b" ")):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        snapshot = files.read_snapshot(path)
        if meanwhile is None:
            path.unlink()
        else:
            path.write_bytes(meanwhile)
        with pytest.raises(files.FileChangedError):
            files.replace_snapshot(snapshot, b"ours")
        assert (path.read_bytes() if path.exists() else None) == meanwhile
        assert [each.name for each in tmp_path.iterdir()] == ["mcp.json"] * (meanwhile is not None)


def test_another_installation_that_hangs_is_reported(tmp_path: Path) -> None:
    start = time.monotonic()
    with (
        lock_directories([tmp_path]),
        pytest.raises(SettingsError, match="another installation is still running"),
        lock_directories([tmp_path / "missing" / "deeper", tmp_path], timeout=0.1),
    ):
        pass
    assert time.monotonic() - start < 5
    with lock_directories([tmp_path, tmp_path], timeout=0):  # free again, and not twice its own obstacle
        pass


def test_a_special_file_is_refused_at_once(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = person.home / "special"
    directory.mkdir()
    os.mkfifo(directory / "pipe")
    (directory / "directory").mkdir()
    (directory / "link").symlink_to(directory / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(directory)  # the path of a socket must be short
        listening.bind("socket")
    kinds = {
        "pipe": "a named pipe",
        "link": "a named pipe",
        "directory": "a directory",
        "socket": "a socket",
        "/dev/null": "a device",
        "/dev/zero": "a device",
    }
    start = time.monotonic()
    for name, kind in kinds.items():
        for action in ((), ("--dry-run",), ("--uninstall",)):
            said = person.refuses("cursor", "--file", str(directory / name), *action)
            assert f"is {kind}, not a regular file. Nothing was changed" in said, (name, action)
    assert time.monotonic() - start < 5


def test_a_pipe_of_the_shell_is_refused(person: Person) -> None:
    reader, writer = os.pipe()
    try:
        said = person.refuses("cursor", "--file", f"/dev/fd/{reader}")
    finally:
        os.close(reader)
        os.close(writer)
    assert "is a named pipe" in said


def test_the_real_path_of_a_link_is_named(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    real = put(person.home / "dotfiles" / "cursor.json", ONE_SERVER)
    path = person.file("cursor")
    path.parent.mkdir()
    path.symlink_to(real)
    shown = f"{path} (a link to {real})"
    person.calls("cursor", "--dry-run")
    assert shown in capsys.readouterr().out
    person.calls("cursor")
    assert f"to {shown}." in person.said[0]
    person.calls("cursor")
    assert shown in person.said[0]
    person.calls("cursor", "--uninstall")
    assert f"from {shown}." in person.said[0]
    person.calls("cursor", "--uninstall")
    assert person.said[0].startswith(f"{shown} has no server")


def test_a_file_of_the_project_that_leaves_it_is_refused(person: Person) -> None:
    outside = put(person.home / "elsewhere" / "mcp.json", ONE_SERVER)
    for host in (name for name in NAMES if HOSTS[name].project_file and name != "codex"):
        path = person.file(host, project=True)
        path.parent.mkdir(exist_ok=True)
        for target in (outside, person.home / "not-there-yet.json", Path("../../home/elsewhere/mcp.json")):
            path.symlink_to(target)
            for action in ((), ("--dry-run",), ("--uninstall",)):
                said = person.refuses(host, "--project", *action)
                assert f"leads over a link to {os.path.realpath(path)}, outside the project" in said
            path.unlink()
    directory = person.file("cursor", project=True).parent
    directory.rmdir()
    directory.symlink_to(outside.parent)
    assert "outside the project" in person.refuses("cursor", "--project")
    directory.unlink()
    inside = put(person.project / "config" / "cursor.json", ONE_SERVER)
    directory.symlink_to(inside.parent)
    (inside.parent / "mcp.json").symlink_to("cursor.json")
    assert person.calls("cursor", "--project") == 0
    assert "dockerhub" in inside.read_text()


def test_a_byte_order_mark_is_pointed_out_where_the_host_drops_the_file(person: Person) -> None:
    for host in NAMES:
        if HOSTS[host].is_toml:
            continue
        content = b'{"%s": {}}' % HOSTS[host].servers_key.encode()
        path = put(person.file(host), BOM + content)
        words = ("--username", "ada", "--token-file", "token")
        drops = host in {"claude-desktop", "claude-code", "windsurf", "gemini-cli"}
        for action in (("--dry-run",), (), (), ("--uninstall",)):
            person.calls(host, *(words if action != ("--uninstall",) else ()), *action)
            warned = [line for line in person.said if "byte order mark" in line]
            assert len(warned) == drops, (host, action)
            if drops:
                assert str(path) in warned[0]
                assert HOSTS[host].title in warned[0]
        assert path.read_bytes().startswith(BOM)
        path.write_bytes(content)
        person.calls(host, *words)
        assert not any("byte order mark" in line for line in person.said)


SECRETS = (
    '{"env": {"GITHUB_TOKEN": "hunter2"}}',
    '{"env": {"GH_PAT": "hunter2"}}',
    '{"env": {"A": "dckr_pat_abc"}}',
    '{"headers": {"Authorization": "Bearer hunter2"}}',
    '{"args": ["--api-key", "hunter2"]}',
    '{"args": ["--api-key=hunter2"]}',
    '{"url": "postgres://ada:hunter2@db/x"}',
    '{"x": "ghp_hunter2hunter2hunter2"}',
    '{"auth": "YWRhOmRja3JfcGF0X2h1bnRlcjI="}',
    'DB_PASSWORD = "hunter2"',
    "api_key = 'hunter2'",
)
HARMLESS = (
    '{"env": {"GITHUB_TOKEN": "${env:GITHUB_TOKEN}", "DOCKERHUB_TOKEN_FILE": "/run/token"}}',
    '{"args": ["--token-file", "/run/token"], "url": "https://mcp.example.com/mcp"}',
    '{"command": "npx", "args": ["-y", "@scope/server@1.2"]}',
    "",
)


def test_secrets_of_any_server_are_recognized() -> None:
    for text in SECRETS:
        assert holds_secret(text), text
        assert "hunter2" not in mask_secrets(text), text
    for text in HARMLESS[:1] + HARMLESS[2:]:
        assert not holds_secret(text), text


def test_a_backup_with_a_secret_is_for_its_owner_only(person: Person) -> None:
    for number, text in enumerate(SECRETS[:8]):
        path = put(person.project / f"file-{number}.json", text.encode())
        assert person.calls("cursor", "--file", str(path)) == 0
        (backup,) = backups.find_backups(path)
        assert backup.stat().st_mode & 0o777 == 0o600, text
        assert path.stat().st_mode & 0o777 == 0o644
        assert backup.read_bytes() == text.encode()
    path = put(person.project / "harmless.json", ONE_SERVER, 0o640)
    person.calls("cursor", "--file", str(path))
    assert backups.find_backups(path)[0].stat().st_mode & 0o777 == 0o640


def prepare_backup(person: Person) -> tuple[Path, Path]:
    """Install into a file with a secret, and change it, so that its backup is not restored."""
    path = put(person.file("cursor"), WITH_SECRET)
    person.calls("cursor")
    path.write_bytes(path.read_bytes().replace(b"npx", b"bunx"))
    return path, backups.find_backups(path)[0]


def test_uninstall_offers_to_delete_backups(person: Person) -> None:
    path, backup = prepare_backup(person)
    person.calls("cursor", "--uninstall")
    assert f"Backups of the file remain with secrets in plain text: {backup}" in person.said
    assert person.said[-1] == "Delete them with --uninstall --delete-backups."
    assert backup.exists()
    person.calls("cursor", "--uninstall", "--delete-backups")
    assert f"Deleted the backups: {backup}" in person.said
    assert not backup.exists()
    assert path.exists()
    person.calls("cursor", "--uninstall", "--delete-backups")
    assert not any("ackup" in line for line in person.said)
    assert "belongs" in person.refuses("cursor", "--delete-backups", "--access", "write")


def test_uninstall_asks_at_a_terminal(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = [False, True]

    def ask(question: str) -> bool:
        asked.append(question)
        return answers.pop(0)

    monkeypatch.setattr("tests.support.installing.Output", lambda line, text: Output(line, text, ask))
    _, backup = prepare_backup(person)
    person.calls("cursor", "--uninstall")
    assert backup.exists()
    person.calls("cursor", "--uninstall")
    assert not backup.exists()
    assert asked == ["Delete them? [y/N] "] * 2


def test_files_of_others_are_no_backups(person: Person) -> None:
    path = put(person.file("cursor"), ONE_SERVER)
    for name in ("mcp.json.bak", "mcp.json.dockerhub-mcp.bak.txt", "other.json.dockerhub-mcp.bak"):
        put(path.with_name(name), b"x")
    before = tree(person.home)
    person.calls("cursor", "--uninstall", "--delete-backups")
    assert tree(person.home) == before


def test_no_secret_of_a_file_is_written(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    """Install into files with a secret, well-formed and broken in several ways."""
    broken = (
        '{"mcpServers": {"a": {"env": {"GITHUB_TOKEN": hunter2-and-more}}}}',
        '{"mcpServers": {"a": {"env": {"GITHUB_TOKEN" "hunter2-and-more"}}}}',
        '{"mcpServers": {"a": {"env": {hunter2: 1}}}}',
        '{"mcpServers": "hunter2-and-more"}',
        '{"mcpServers": {"a": {"env": {"T": "hunter2\\q"}}}}',
        '{"mcpServers": {"a": {"env": {"T": "hunter2',
        '{"mcpServers": {}} hunter2',
        '"hunter2"',
        "hunter2",
    )
    for text in broken:
        path = put(person.file("cursor"), text.encode())
        for action in ((), ("--dry-run",), ("--uninstall",)):
            assert "hunter2" not in person.refuses("cursor", *action), text
    for text in ("token = hunter2", "[mcp_servers.hunter2\n", 'token = "hunter2', "a = 1\nhunter2"):
        put(person.file("codex"), text.encode())
        assert "hunter2" not in person.refuses("codex"), text
    for text in SECRETS[:9]:
        path = put(person.file("cursor"), text.encode())
        for option in ("--dry-run", "--print", "--replace", "--uninstall"):
            person.calls("cursor", option)
            assert "hunter2" not in "".join(person.said) + capsys.readouterr().out, (text, option)
        path.unlink()
