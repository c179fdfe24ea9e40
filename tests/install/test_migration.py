"""Move from an entry of docker/hub-mcp in the file of every host, and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dockerhub_mcp.install.editors import backups
from tests.support.hub_mcp_entries import (
    COMMANDS,
    REFERENCES,
    SECRET,
    node_entry,
    place_servers,
    read_everything,
    read_servers,
    render_servers,
)
from tests.support.installing import Person, entry, of_every_host, parsed, tree


@of_every_host
def test_a_public_entry_is_replaced_and_comes_back(person: Person, host: str) -> None:
    path = place_servers(person, host, {"docker-hub": node_entry(), "last": {"command": "l"}})
    before = tree(person.home)
    person.calls(host, "--replace")
    assert read_servers(person, host).keys() == {"docs", "docker-hub", "last"}
    ours = entry(person, host, "docker-hub")
    assert (ours["command"], ours["args"]) == (str(person.program), [])
    assert "env" not in ours
    assert any("Repeat the command with --access write" in line for line in person.said)
    assert any("--transport=stdio (stdio is the default)" in line for line in person.said)
    after = path.read_bytes()
    person.calls(host, "--replace")
    assert "Nothing was changed" in person.said[0]
    assert path.read_bytes() == after
    person.calls(host, "--uninstall")
    assert any("'docker-hub', docker/hub-mcp, is back" in line for line in person.said)
    assert tree(person.home) == before


@pytest.mark.parametrize("host", REFERENCES)
def test_a_reference_stays_a_reference(person: Person, host: str) -> None:
    inputs = [{"type": "promptString", "id": "hub-pat", "description": "PAT", "password": True}]
    more = {"inputs": inputs} if host == "vscode" else {}
    old = node_entry("--username=ada", HUB_PAT_TOKEN=REFERENCES[host])
    place_servers(person, host, {"docker-hub": old}, **more)
    before = tree(person.home)
    person.calls(host, "--replace")
    assert entry(person, host, "docker-hub")["env"] == {
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN": REFERENCES[host],
    }
    assert parsed(host, person.file(host).read_bytes()).get("inputs", []) == more.get("inputs", [])
    assert any("the user name ada" in line and REFERENCES[host] in line for line in person.said)
    person.calls(host, "--uninstall")
    assert tree(person.home) == before


def test_codex_forwards_the_variable_as_before(person: Person) -> None:
    old = node_entry("--username=ada") | {"env_vars": ["HUB_PAT_TOKEN"], "startup_timeout_sec": 20}
    path = place_servers(person, "codex", {"docker-hub": old})
    before = path.read_bytes()
    person.calls("codex", "--replace")
    ours = entry(person, "codex", "docker-hub")
    assert ours["env"] == {"DOCKERHUB_USERNAME": "ada"}
    assert ours["env_vars"] == ["HUB_PAT_TOKEN"]
    assert ours["startup_timeout_sec"] == 20
    person.calls("codex", "--uninstall")
    assert path.read_bytes() == before


@of_every_host
def test_a_secret_in_clear_is_moved_to_the_named_file(
    person: Person, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)
    path = place_servers(person, host, {"docker-hub": old})
    before = tree(person.home)
    said = person.refuses(host, "--replace")
    assert "HUB_PAT_TOKEN is in plain text" in said
    assert "--token-file FILE" in said
    token = person.home / "secrets" / "hub-token"
    words = ("--replace", "--token-file", str(token))
    for option in ("--dry-run", "--print"):
        person.calls(host, *words, option)
        assert tree(person.home) == before
        assert "Carried over" in "\n".join(person.said)
        shown = capsys.readouterr().out
        assert str(token) in shown
        assert SECRET not in shown + "\n".join(person.said)
    person.calls(host, *words)
    assert token.read_text() == f"{SECRET}\n"
    assert token.stat().st_mode & 0o777 == 0o600
    assert entry(person, host, "docker-hub")["env"] == {
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN_FILE": str(token),
    }
    token_text = token.read_text()
    token.unlink()
    assert SECRET not in read_everything(person)
    token.write_text(token_text)
    (backup,) = backups.find_backups(path)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert any("readable by you only. When" in line and "--delete-backups" in line for line in person.said)
    person.calls(host, *words)
    assert "Nothing was changed" in person.said[0]
    person.calls(host, "--uninstall")
    assert f"Its token is still in {token} as well." in person.said
    token.unlink()
    token.parent.rmdir()
    assert tree(person.home) == before


def test_repeating_the_command_with_another_option_keeps_the_rest(person: Person) -> None:
    old = node_entry("--username=ada", HUB_PAT_TOKEN=SECRET) | {"alwaysAllow": ["search"]}
    path = place_servers(person, "cursor", {"docker-hub": old})
    before = path.read_bytes()
    token = str(person.project / "token")
    person.calls("cursor", "--replace", "--token-file", token)
    env = entry(person, "cursor", "docker-hub")["env"]
    person.calls("cursor", "--replace", "--access", "write")
    ours = entry(person, "cursor", "docker-hub")
    assert ours["args"] == ["--access", "write", "--names", "hub-mcp"]
    assert ours["env"] == env == {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": token}
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == before


def test_repeating_the_command_with_another_file_moves_the_token_there(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    first, second = person.project / "first", person.project / "second"
    person.calls("cursor", "--replace", "--token-file", str(first))
    second.write_text("another")
    assert "never overwritten" in person.refuses("cursor", "--replace", "--token-file", str(second))
    second.unlink()
    person.calls("cursor", "--replace", "--token-file", str(second), "--dry-run")
    assert f"The token would be written to {second}, readable by you only." in person.said
    person.calls("cursor", "--replace", "--token-file", str(second))
    assert f"Wrote the token to {second}, readable by you only." in person.said
    assert f"The token is still in {first} as well." in person.said
    assert (second.read_text(), second.stat().st_mode & 0o777) == (f"{SECRET}\n", 0o600)
    assert entry(person, "cursor", "docker-hub")["env"]["DOCKERHUB_TOKEN_FILE"] == str(second)
    first.unlink()
    person.calls("cursor", "--replace", "--access", "write")
    assert not first.exists()
    person.calls("cursor", "--uninstall")
    assert f"Its token is still in {second} as well." in person.said


def test_repeating_the_command_restores_a_missing_file_and_keeps_a_changed_one(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    token = person.project / "token"
    person.calls("cursor", "--replace", "--token-file", str(token))
    for words in ((), ("--access", "write")):
        token.unlink()
        person.calls("cursor", "--replace", *words, "--dry-run")
        assert not token.exists()
        person.calls("cursor", "--replace", *words)
        assert token.read_text() == f"{SECRET}\n"
        assert f"Wrote the token to {token}, readable by you only." in person.said
        assert not any("Nothing was changed" in line for line in person.said)
    token.write_text("a newer token")
    for words in ((), ("--access", "admin"), ("--token-file", str(token))):
        person.calls("cursor", "--replace", *words)
        assert token.read_text() == "a newer token"


def test_the_file_of_the_token_is_never_overwritten(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    token = person.project / "token"
    for content in ("another", ""):
        token.write_text(content)
        said = person.refuses("cursor", "--replace", "--token-file", str(token))
        assert "never overwritten" in said
        assert token.read_text() == content
    token.write_text(SECRET)
    token.chmod(0o640)
    person.calls("cursor", "--replace", "--token-file", str(token))
    assert token.read_text() == SECRET
    person.calls("cursor", "--uninstall")
    token.unlink()
    token.symlink_to(person.project / "elsewhere")
    assert "cannot be created" in person.refuses("cursor", "--replace", "--token-file", str(token))
    assert "is a directory" in person.refuses("cursor", "--replace", "--token-file", str(person.project))


def test_the_file_of_the_token_is_removed_if_the_host_file_cannot_be_written(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})

    def fail(*_: object, **__: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backups, "create_backup", fail)
    token = person.home / "new" / "token"
    assert "cannot be written" in person.refuses("cursor", "--replace", "--token-file", str(token))


@of_every_host
def test_later_changes_of_the_file_stay_and_the_old_entry_comes_back(person: Person, host: str) -> None:
    old = node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)
    path = place_servers(person, host, {"docker-hub": old})
    words = ("--replace", "--token-file", str(person.project / "token"))
    for name in ("docker-hub", "renamed"):
        before = path.read_bytes()
        person.calls(host, *words, "--name", name)
        path.write_bytes(path.read_bytes().replace(b"docs", b"manual"))
        person.calls(host, "--uninstall", "--name", name)
        assert parsed(host, path.read_bytes()) == parsed(host, before.replace(b"docs", b"manual"))
        assert any("is back as it was" in line for line in person.said)
        path.write_bytes(before)


def test_the_old_entry_comes_back_as_it_was_written(person: Person) -> None:
    path = person.file("cursor")
    path.parent.mkdir()
    old = b'{ // mine\n      "command": "node", /* why */ "args": ["/src/hub-mcp/dist/index.js"] }'
    text = b'{\n  "mcpServers": {\n    // first\n    "hub": %s,\n    "b": {"command": "b"}\n  }\n}\n' % old
    path.write_bytes(text)
    person.calls("cursor", "--replace")
    assert b"// first" in path.read_bytes()
    assert old not in path.read_bytes()
    path.write_bytes(path.read_bytes() + b"// later\n")
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == text + b"// later\n"


def test_a_server_that_took_the_name_meanwhile_is_left_alone(person: Person) -> None:
    path = place_servers(person, "cursor", {"docker-hub": node_entry()})
    person.calls("cursor", "--replace", "--name", "hub")
    path.write_bytes(path.read_bytes().replace(b'"docs":', b'"docker-hub": {"command": "x"}, "docs":'))
    person.calls("cursor", "--uninstall")
    assert read_servers(person, "cursor")["docker-hub"] == {"command": "x"}
    assert any("was left as it is" in line for line in person.said)
    assert not any("is back as it was" in line for line in person.said)


def test_a_table_with_subtables_comes_back(person: Person) -> None:
    path = person.file("codex")
    path.parent.mkdir()
    old = (
        '[mcp_servers."docker-hub"] # mine\ncommand = "node"\nargs = ["/src/hub-mcp/dist/index.js", "--username=ada"]\n'
        "\n[mcp_servers.docker-hub.env]\n# a personal access token\n"
        f'HUB_PAT_TOKEN = "{SECRET}"\n'
    )
    path.write_text(f"model = 'x'\n\n{old}\n[tools]\nx = 1\n")
    words = ("--replace", "--token-file", str(person.project / "token"))
    for later in ("", "# later\n"):
        before = path.read_text()
        person.calls("codex", *words)
        assert entry(person, "codex", "docker-hub")["env"].keys() == {
            "DOCKERHUB_USERNAME",
            "DOCKERHUB_TOKEN_FILE",
        }
        path.write_text(path.read_text() + later)
        person.calls("codex", "--uninstall")
        assert parsed("codex", path.read_bytes()) == parsed("codex", before.encode())
        assert old.replace("\n\n", "\n") in path.read_text().replace("\n\n", "\n")
        assert (path.read_text() == before) is (later == "")


def test_the_file_of_a_project_moves_too(person: Person) -> None:
    path = person.file("vscode", project=True)
    path.parent.mkdir()
    path.write_bytes(render_servers("vscode", {"docker-hub": COMMANDS["an image of the catalogue"]}))
    before = path.read_bytes()
    person.calls("vscode", "--project", "--replace", "--uvx")
    ours = parsed("vscode", path.read_bytes())["servers"]["docker-hub"]
    assert (ours["command"], ours["args"]) == ("uvx", ["dockerhub-mcp"])
    assert "To return to docker/hub-mcp: dockerhub-mcp install vscode --project --uninstall" in person.said
    person.calls("vscode", "--project", "--uninstall")
    assert path.read_bytes() == before


def test_a_read_only_file_is_printed_from(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    path = place_servers(person, "cursor", {"docker-hub": node_entry() | {"timeout": 9}})
    path.chmod(0o400)
    person.calls("cursor", "--replace", "--print")
    assert json.loads(capsys.readouterr().out)["mcpServers"]["docker-hub"]["timeout"] == 9


def test_without_its_backup_the_old_entry_cannot_come_back(person: Person) -> None:
    path = place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    person.calls("cursor", "--replace", "--token-file", str(person.project / "token"))
    person.calls("cursor", "--delete-backups")
    assert any("--uninstall can no longer restore" in line for line in person.said)
    assert backups.find_backups(path) == []
    assert "docker-hub" in read_servers(person, "cursor")
    person.calls("cursor", "--delete-backups")
    assert "has no backups" in person.said[0]
    person.calls("cursor", "--uninstall")
    assert any("is not back" in line for line in person.said)
    assert read_servers(person, "cursor").keys() == {"docs"}


def test_the_program_moves_and_returns(tmp_path: Path) -> None:
    path = tmp_path / ".cursor" / "mcp.json"
    path.parent.mkdir()
    before = render_servers("cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    path.write_bytes(before)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dockerhub_mcp", "install", "cursor", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=environment,
            cwd=tmp_path,
        )

    done = run("--replace")
    assert (done.returncode, done.stdout) == (2, "")
    assert "repeat the command with --token-file FILE" in done.stderr
    done = run("--replace", "--token-file", "token")
    assert (done.returncode, done.stderr) == (0, "")
    assert SECRET not in done.stdout
    env = json.loads(path.read_text())["mcpServers"]["docker-hub"]["env"]
    assert env == {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(tmp_path / "token")}
    assert run("--uninstall").returncode == 0
    assert path.read_bytes() == before


def test_a_change_that_cannot_be_recorded_names_the_way_back_that_there_is(person: Person) -> None:
    path = place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    before = path.read_bytes()
    person.environment["XDG_STATE_HOME"] = str(person.program)  # a file
    person.calls("cursor", "--replace", "--token-file", str(person.project / "token"))
    (backup,) = backups.find_backups(path)
    assert (backup.read_bytes(), backup.stat().st_mode & 0o777) == (before, 0o600)
    said = "\n".join(person.said)
    assert f"{backup}, with the secret of the old entry, readable by you only" in said
    assert "cannot be written: Not a directory. So --uninstall can remove the new entry, but restore" in said
    assert "To return to docker/hub-mcp" not in said
    person.calls("cursor", "--uninstall")
    assert "This program added: docker-hub. Remove one of them with --name." in person.said
    person.calls("cursor", "--uninstall", "--name", "docker-hub")
    assert read_servers(person, "cursor").keys() == {"docs"}
    assert any(str(backup) in line for line in person.said)
