"""Move from an entry of docker/hub-mcp in the file of every host, and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.install.editors import backups, toml_edit
from dockerhub_mcp.install.hosts import HOSTS
from tests.support.installing import Person, entry, of_every_host, parsed, tree

SECRET = "dckr_pat_abcDEF-0123456789_xyz"
NODE = ["/home/ada/docker-hub-mcp-server/dist/index.js", "--transport=stdio"]
REFERENCES = {
    "claude-code": "${HUB_PAT_TOKEN}",
    "vscode": "${input:hub-pat}",
    "cursor": "${env:HUB_PAT_TOKEN}",
    "windsurf": "${env:HUB_PAT_TOKEN}",
    "gemini-cli": "$HUB_PAT_TOKEN",
}


def render(host: str, servers: dict[str, Any], **more: Any) -> bytes:
    """Return a file of a host with servers, and another server before them."""
    every = {"docs": {"command": "npx", "args": ["docs"]}} | servers
    if HOSTS[host].is_toml:
        text = 'model = "x"\n'
        for name, values in every.items():
            text = toml_edit.append_table(text, (HOSTS[host].servers_key, name), values)
        return text.encode()
    return json.dumps({**more, HOSTS[host].servers_key: every}, indent=4).encode()


def place(person: Person, host: str, servers: dict[str, Any], **more: Any) -> Path:
    path = person.file(host)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render(host, servers, **more))
    path.chmod(0o640)
    return path


def node_entry(*arguments: str, **env: str) -> dict[str, Any]:
    return {"command": "node", "args": [*NODE, *arguments]} | ({"env": env} if env else {})


def written(person: Person) -> str:
    """Return everything that was said, and every file but the backups and those with a token."""
    files = [path for path in person.home.rglob("*") if path.is_file() and path.suffix != ".bak"]
    return "\n".join([*person.said, *(path.read_text() for path in files)])


def servers_of(person: Person, host: str) -> dict[str, Any]:
    found: dict[str, Any] = parsed(host, person.file(host).read_bytes())[HOSTS[host].servers_key]
    return found


@of_every_host
def test_a_public_entry_is_replaced_and_comes_back(person: Person, host: str) -> None:
    path = place(person, host, {"docker-hub": node_entry(), "last": {"command": "l"}})
    before = tree(person.home)
    person.calls(host, "--replace")
    assert servers_of(person, host).keys() == {"docs", "docker-hub", "last"}
    ours = entry(person, host, "docker-hub")
    assert (ours["command"], ours["args"]) == (str(person.program), [])
    assert "env" not in ours
    assert any("--access write turns writing on" in line for line in person.said)
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
    place(person, host, {"docker-hub": old}, **more)
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
    path = place(person, "codex", {"docker-hub": old})
    before = path.read_bytes()
    person.calls("codex", "--replace")
    ours = entry(person, "codex", "docker-hub")
    assert ours["env"] == {"DOCKERHUB_USERNAME": "ada"}
    assert ours["env_vars"] == ["HUB_PAT_TOKEN"]
    assert ours["startup_timeout_sec"] == 20
    person.calls("codex", "--uninstall")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("host", "value", "expected"),
    [
        ("cursor", "${HUB_PAT_TOKEN}", "${env:HUB_PAT_TOKEN}"),
        ("claude-code", "${env:HUB_PAT_TOKEN}", "${HUB_PAT_TOKEN}"),
        ("gemini-cli", "{env:MY_PAT}", "$MY_PAT"),
        ("vscode", "$HUB_PAT_TOKEN", "${env:HUB_PAT_TOKEN}"),
        ("windsurf", "${file:/run/pat}", "${file:/run/pat}"),
    ],
)
def test_a_reference_of_another_host_is_written_for_this_one(
    person: Person, host: str, value: str, expected: str
) -> None:
    place(person, host, {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=value)})
    person.calls(host, "--replace")
    assert entry(person, host, "docker-hub")["env"]["DOCKERHUB_TOKEN"] == expected


@pytest.mark.parametrize(
    ("host", "value"),
    [
        ("claude-desktop", "${HUB_PAT_TOKEN}"),
        ("zed", "${HUB_PAT_TOKEN}"),
        ("cursor", "op://vault/hub/pat"),
        ("codex", "${MY_PAT}"),
    ],
)
def test_a_reference_that_the_host_cannot_expand_is_refused(person: Person, host: str, value: str) -> None:
    place(person, host, {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=value)})
    said = person.refuses(host, "--replace")
    assert "--token-file FILE" in said
    assert value in said
    token = str(person.project / "token")
    person.calls(host, "--replace", "--token-file", token)
    assert entry(person, host, "docker-hub")["env"]["DOCKERHUB_TOKEN_FILE"] == token
    assert any("HUB_PAT_TOKEN (--token-file takes its place)" in line for line in person.said)
    assert not Path(token).exists()


@of_every_host
def test_a_secret_in_clear_is_moved_to_the_named_file(
    person: Person, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)
    path = place(person, host, {"docker-hub": old})
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
    assert SECRET not in written(person)
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


def test_the_file_of_the_token_is_never_overwritten(person: Person) -> None:
    place(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
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
    place(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})

    def fail(*_: object, **__: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backups, "create_backup", fail)
    token = person.home / "new" / "token"
    assert "cannot be written" in person.refuses("cursor", "--replace", "--token-file", str(token))


DOCKER = ["run", "-i", "--rm"]
COMMANDS: dict[str, dict[str, Any]] = {
    "an image of the catalogue": {
        "command": "docker",
        "args": [*DOCKER, "-e", "HUB_PAT_TOKEN", "mcp/dockerhub", "--transport=stdio", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "a digest, podman and --env=": {
        "command": "/usr/bin/podman",
        "args": [
            *DOCKER,
            "--network",
            "host",
            "--env=HUB_PAT_TOKEN=${env:HUB_PAT_TOKEN}",
            "docker.io/mcp/dockerhub@sha256:0a",
            "--username=ada",
        ],
    },
    "a variable that is passed on": {
        "command": "docker.exe",
        "args": [*DOCKER, "-eHUB_PAT_TOKEN", "hub", "--username=ada"],
    },
    "a script of Windows": {
        "command": "C:\\Program Files\\nodejs\\node.exe",
        "args": ["C:\\src\\hub-mcp\\dist\\index.js", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npx from the repository": {
        "command": "cmd",
        "args": ["/c", "npx", "-y", "github:docker/hub-mcp", "--username", "ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npm": {
        "command": "npm",
        "args": ["--prefix", "/src/hub-mcp", "start", "--", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npm in a working directory": {
        "command": "npm",
        "args": ["start", "--", "--username=ada"],
        "cwd": "/src/hub-mcp",
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "a shell": {
        "command": "/bin/sh",
        "args": [
            "-c",
            "cd /src/hub-mcp && HUB_PAT_TOKEN='${env:HUB_PAT_TOKEN}' exec node dist/index.js --username=ada",
        ],
    },
    "a list of words": {
        "type": "local",
        "command": ["node", "/src/hub-mcp/dist/index.js", "--username=ada"],
        "environment": {"HUB_PAT_TOKEN": "{env:HUB_PAT_TOKEN}"},
    },
    "an object": {
        "source": "custom",
        "command": {
            "path": "node",
            "args": ["/src/hub-mcp/dist/index.js", "--username=ada"],
            "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
        },
    },
    "one string": {
        "command": "docker run -i --rm -e HUB_PAT_TOKEN mcp/dockerhub --username=ada",
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "a variable of a script in no telling place": {
        "command": "node",
        "args": ["/x/dist/index.js", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_of_the_old_server_is_recognized(person: Person, kind: str) -> None:
    path = place(person, "cursor", {"My Hub": COMMANDS[kind]})
    before = path.read_bytes()
    person.calls("cursor", "--replace")
    assert servers_of(person, "cursor") == {
        "docs": {"command": "npx", "args": ["docs"]},
        "dockerhub": {
            "type": "stdio",
            "command": str(person.program),
            "args": [],
            "env": {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": "${env:HUB_PAT_TOKEN}"},
        },
    }
    assert any("The new entry is called 'dockerhub'" in line for line in person.said)
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == before


OTHERS: tuple[dict[str, Any], ...] = (
    {"command": "node", "args": ["/home/ada/github-mcp-server/dist/index.js"]},
    {"command": "node", "args": ["/x/dist/index.js"]},
    {"command": "docker", "args": ["mcp", "gateway", "run"]},
    {"command": "docker", "args": ["run", "-i", "mcp/dockerhub-lookalike"]},
    {"command": "docker", "args": ["run", "-i", "ghcr.io/github/github-mcp-server"]},
    {"command": "docker", "args": ["run"]},
    {"command": "uvx", "args": ["hub-mcp"]},
    {"url": "http://localhost:3000/mcp"},
    {"command": 7, "args": "x"},
    {"command": "sh", "args": ["-c", "echo 'hub-mcp"]},
)


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_other_servers_are_left_alone(person: Person, other: dict[str, Any]) -> None:
    place(person, "cursor", {"docker-hub": other})
    person.calls("cursor", "--replace")
    assert servers_of(person, "cursor")["docker-hub"] == other
    assert "dockerhub" in servers_of(person, "cursor")
    assert not any("docker/hub-mcp" in line for line in person.said)


def test_a_script_is_recognized_by_its_package(person: Person) -> None:
    script = person.project / "server" / "dist" / "index.js"
    script.parent.mkdir(parents=True)
    place(person, "cursor", {"hub": {"command": "node", "args": [str(script)]}})
    for name, is_it in (("another", False), ("dockerhub-mcp-server", True)):
        script.parents[1].joinpath("package.json").write_text(json.dumps({"name": name}))
        person.calls("cursor", "--replace", "--dry-run")
        assert any("was docker/hub-mcp" in line for line in person.said) is is_it


def test_the_directory_of_the_old_server_is_not_taken_for_this_program(person: Person) -> None:
    old = {"command": "node", "args": ["/src/dockerhub-mcp-server/dist/index.js"]}
    place(person, "cursor", {"dockerhub": old})
    assert "its server 'dockerhub' is docker/hub-mcp" in person.refuses("cursor")
    assert "is not this one" in person.refuses("cursor", "--uninstall")
    person.calls("cursor", "--replace")
    assert entry(person, "cursor")["command"] == str(person.program)


def test_an_installation_points_out_the_old_server(person: Person) -> None:
    place(person, "cursor", {"docker-hub": node_entry()})
    person.calls("cursor")
    assert any("dockerhub-mcp install cursor --replace" in line for line in person.said)
    assert servers_of(person, "cursor").keys() == {"docs", "docker-hub", "dockerhub"}
    person.calls("cursor", "--replace")
    assert servers_of(person, "cursor").keys() == {"docs", "dockerhub"}
    person.calls("cursor", "--uninstall")
    assert servers_of(person, "cursor") == {
        "docs": {"command": "npx", "args": ["docs"]},
        "docker-hub": node_entry(),
    }


def test_two_old_entries_need_a_name(person: Person) -> None:
    two = {"one": node_entry("--username=ada"), "two": node_entry("--username=bob")}
    path = place(person, "cursor", two)
    before = path.read_bytes()
    for words in ((), ("--name", "three")):
        said = person.refuses("cursor", "--replace", *words)
        assert "2 times, as one, two" in said
        assert "--name" in said
    person.calls("cursor", "--replace", "--name", "two")
    assert servers_of(person, "cursor")["one"] == two["one"]
    assert entry(person, "cursor", "two")["command"] == str(person.program)
    person.calls("cursor", "--replace", "--name", "one")
    person.calls("cursor", "--uninstall", "--name", "one")
    person.calls("cursor", "--uninstall", "--name", "two")
    assert path.read_bytes() == before


def test_a_given_name_renames_the_entry(person: Person) -> None:
    path = place(person, "cursor", {"docker-hub": node_entry()})
    before = path.read_bytes()
    person.calls("cursor", "--replace", "--name", "hub")
    assert servers_of(person, "cursor").keys() == {"docs", "hub"}
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == before


def test_another_server_of_the_given_name_is_replaced_instead(person: Person) -> None:
    place(person, "cursor", {"docker-hub": node_entry(), "dockerhub": {"command": "other"}})
    person.calls("cursor", "--replace", "--name", "dockerhub")
    assert servers_of(person, "cursor")["docker-hub"] == node_entry()
    assert any("--name docker-hub --replace" in line for line in person.said)
    person.calls("cursor", "--replace", "--name", "docker-hub")
    assert entry(person, "cursor", "docker-hub")["command"] == str(person.program)


@of_every_host
def test_later_changes_of_the_file_stay_and_the_old_entry_comes_back(person: Person, host: str) -> None:
    old = node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)
    path = place(person, host, {"docker-hub": old})
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
        assert (path.read_text() == before) is not later


def test_the_file_of_a_project_moves_too(person: Person) -> None:
    path = person.file("vscode", project=True)
    path.parent.mkdir()
    path.write_bytes(render("vscode", {"docker-hub": COMMANDS["an image of the catalogue"]}))
    before = path.read_bytes()
    person.calls("vscode", "--project", "--replace", "--uvx")
    ours = parsed("vscode", path.read_bytes())["servers"]["docker-hub"]
    assert (ours["command"], ours["args"]) == ("uvx", ["dockerhub-mcp"])
    assert "To return to docker/hub-mcp: dockerhub-mcp install vscode --project --uninstall" in person.said
    person.calls("vscode", "--project", "--uninstall")
    assert path.read_bytes() == before


def test_entries_for_single_projects_are_pointed_out(person: Person) -> None:
    projects = {"/work/a": {"mcpServers": {"docker-hub": node_entry()}}, "/work/b": {}, "/work/c": None}
    place(person, "claude-code", {}, projects=projects)
    person.calls("claude-code", "--replace")
    (line,) = [line for line in person.said if "/work/a" in line]
    assert "claude mcp remove --scope local docker-hub" in line


def test_a_read_only_file_is_printed_from(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    path = place(person, "cursor", {"docker-hub": node_entry() | {"timeout": 9}})
    path.chmod(0o400)
    person.calls("cursor", "--replace", "--print")
    assert json.loads(capsys.readouterr().out)["mcpServers"]["docker-hub"]["timeout"] == 9


def test_without_its_backup_the_old_entry_cannot_come_back(person: Person) -> None:
    path = place(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
    person.calls("cursor", "--replace", "--token-file", str(person.project / "token"))
    person.calls("cursor", "--delete-backups")
    assert any("--uninstall can no longer restore" in line for line in person.said)
    assert backups.find_backups(path) == []
    assert "docker-hub" in servers_of(person, "cursor")
    person.calls("cursor", "--delete-backups")
    assert "has no backups" in person.said[0]
    person.calls("cursor", "--uninstall")
    assert any("is not back" in line for line in person.said)
    assert servers_of(person, "cursor").keys() == {"docs"}


OLD_FLAGS = (
    *("--transport=http", "--port=3001", "--host=0.0.0.0", "--allowed-hosts=hub.example.com"),
    *("--allowed-origins=https://a.example.com", "--logs-dir=/var/log/hub", "--allow-unauthenticated"),
    "--verbose",
)


def test_every_flag_and_variable_is_carried_over_or_named(person: Person) -> None:
    env = {
        "HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}",
        "MCP_AUTH_TOKEN": "a-secret-of-32-characters-0123456",
        "NODE_ENV": "production",
        "HTTPS_PROXY": "http://proxy:3128",
        "HTTP_PROXY": "http://ada:hunter2@proxy:3128",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
    }
    old = node_entry("--username=ada", *OLD_FLAGS, **env) | {
        "args": ["--max-old-space-size=99", *NODE[:1], "--username=ada", *OLD_FLAGS],
        "disabled": True,
        "cwd": "/src",
        "timeout": 60,
        "headers": {"Authorization": "Bearer hunter2hunter2"},
    }
    place(person, "cursor", {"docker-hub": old})
    person.calls("cursor", "--replace")
    ours = entry(person, "cursor", "docker-hub")
    assert ours["env"] == {
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN": "${env:HUB_PAT_TOKEN}",
        "HTTPS_PROXY": "http://proxy:3128",
    }
    assert (ours["disabled"], ours["timeout"]) == (True, 60)
    said = "\n".join(person.said)
    for flag in (
        *OLD_FLAGS[:5],
        "--logs-dir",
        *OLD_FLAGS[6:],
        "--max-old-space-size",
        *env,
        "cwd",
        "headers",
    ):
        assert flag in said, flag
    assert "so the server stays off" in said
    assert (
        "dockerhub-mcp --transport http --port 3001 --host 0.0.0.0 --allowed-hosts hub.example.com "
        "--allowed-origins https://a.example.com" in said
    )
    assert "hunter2" not in written(person)
    assert env["MCP_AUTH_TOKEN"] not in written(person)


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (node_entry(HUB_PAT_TOKEN=SECRET), "without a user name docker/hub-mcp did not use it"),
        (node_entry("--username=ada"), "the old entry has no token"),
        (node_entry("--username=ada", HUB_PAT_TOKEN="YOUR_DOCKER_HUB_PERSONAL_ACCESS_TOKEN"), "no token"),
    ],
)
def test_half_an_account_is_none(person: Person, old: dict[str, Any], words: str) -> None:
    place(person, "cursor", {"docker-hub": old})
    person.calls("cursor", "--replace")
    assert "env" not in entry(person, "cursor", "docker-hub")
    assert any(words in line for line in person.said)
    assert SECRET not in written(person)


def test_options_of_the_command_line_count_for_more(person: Person) -> None:
    place(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN="${env:X}")})
    token = str(person.project / "t")
    person.calls("cursor", "--replace", "--username", "bob", "--token-file", token, "--access", "write")
    ours = entry(person, "cursor", "docker-hub")
    assert ours["env"] == {"DOCKERHUB_USERNAME": "bob", "DOCKERHUB_TOKEN_FILE": token}
    assert ours["args"] == ["--access", "write"]
    assert not any("turns writing on" in line for line in person.said)


ALLOW_LISTS = [
    ("cursor", {"alwaysAllow": ["search", "getRepositoryInfo"]}, {}, True),
    ("cursor", {"autoApprove": ["list_tags"], "alwaysAllow": []}, {}, False),
    ("windsurf", {"disabledTools": ["createRepository"]}, {}, True),
    ("gemini-cli", {"trust": True, "excludeTools": ["updateRepositoryInfo"]}, {}, True),
    ("claude-code", {}, {"permissions": {"allow": ["mcp__docker-hub__search"]}}, True),
    ("zed", {}, {"agent": {"profiles": {"a": {"tools": {"listRepositoryTags": True}}}}}, True),
    ("zed", {}, {"agent": {"mode": "search"}}, False),
    ("codex", {"enabled_tools": ["listNamespaces"]}, {}, True),
]


@pytest.mark.parametrize(("host", "values", "more", "is_added"), ALLOW_LISTS)
def test_the_old_names_are_kept_where_the_file_uses_them(
    person: Person, host: str, values: dict[str, Any], more: dict[str, Any], is_added: bool
) -> None:
    place(person, host, {"docker-hub": node_entry() | values}, **more)
    person.calls(host, "--replace")
    ours = entry(person, host, "docker-hub")
    assert ours["args"] == (["--names", "hub-mcp"] if is_added else [])
    assert {key: ours[key] for key in values} == values
    assert any("--names hub-mcp" in line for line in person.said)


def test_files_of_variables(person: Person) -> None:
    variables = person.project / "hub.env"
    variables.write_text(f"# mine\nexport HUB_PAT_TOKEN='{SECRET}'\nNODE_ENV=production\n")
    docker = {
        "command": "docker",
        "args": [*DOCKER, "--env-file", str(variables), "mcp/dockerhub", "--username=ada"],
    }
    user = {"DOCKERHUB_USERNAME": "ada"}
    place(person, "cursor", {"docker-hub": docker})
    person.calls("cursor", "--replace")
    ours = entry(person, "cursor", "docker-hub")
    assert (ours["envFile"], ours["env"]) == (str(variables), user)
    person.calls("cursor", "--uninstall")
    person.calls("cursor", "--replace", "--container", "x/dockerhub-mcp:1")
    arguments = entry(person, "cursor", "docker-hub")["args"]
    assert arguments[-3:] == ["--env-file", str(variables), "x/dockerhub-mcp:1"]
    place(
        person,
        "vscode",
        {"docker-hub": node_entry("--username=ada") | {"envFile": "${workspaceFolder}/.env"}},
    )
    person.calls("vscode", "--replace")
    assert entry(person, "vscode", "docker-hub")["envFile"] == "${workspaceFolder}/.env"
    place(person, "zed", {"docker-hub": docker})
    assert f"its token is in {variables}" in person.refuses("zed", "--replace")
    token = person.project / "token"
    person.calls("zed", "--replace", "--token-file", str(token))
    assert token.read_text() == f"{SECRET}\n"
    assert entry(person, "zed", "docker-hub")["env"] == user | {"DOCKERHUB_TOKEN_FILE": str(token)}
    variables.unlink()
    place(person, "windsurf", {"docker-hub": docker})
    assert "no HUB_PAT_TOKEN that can be read" in person.refuses("windsurf", "--replace")


def test_a_variable_that_names_a_file(person: Person) -> None:
    mounted = {
        "command": "docker",
        "args": [*DOCKER, "-v", "/home/ada/pat:/run/pat:ro", "-e", "HUB_PAT_TOKEN_FILE=/run/pat"],
    }
    mounted["args"] += ["mcp/dockerhub", "--username=ada"]
    for host, old, expected in (
        ("cursor", node_entry("--username=ada", HUB_PAT_TOKEN_FILE="/home/ada/pat"), "/home/ada/pat"),
        ("vscode", node_entry("--username=ada", HUB_PAT_TOKEN_FILE="${userHome}/pat"), "${userHome}/pat"),
        ("zed", mounted, "/home/ada/pat"),
    ):
        place(person, host, {"docker-hub": old})
        person.calls(host, "--replace")
        assert entry(person, host, "docker-hub")["env"]["DOCKERHUB_TOKEN_FILE"] == expected
    del mounted["args"][3:5]
    place(person, "cursor", {"docker-hub": mounted})
    assert "not mounted from this machine" in person.refuses("cursor", "--replace")


@pytest.mark.parametrize("secret", ["hunter2", 'with "quotes" \\ and é', "$Dollar"])
def test_a_password_is_recognized_wherever_it_is(
    person: Person, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for old in (
        node_entry("--username=ada", HUB_PAT_TOKEN=secret),
        {
            "command": "docker",
            "args": [*DOCKER, "-e", f"HUB_PAT_TOKEN={secret}", "mcp/dockerhub", "--username=ada"],
        },
        node_entry("--username=ada", HUB_PAT_TOKEN=f"${{HUB_PAT_TOKEN:-{secret}}}"),
    ):
        path = place(person, "claude-code", {"docker-hub": old})
        token = person.project / "token"
        words = ("--replace", "--token-file", str(token))
        person.calls("claude-code", *words, "--dry-run")
        shown = capsys.readouterr().out + "\n".join(person.said)
        assert secret not in shown
        assert json.dumps(secret)[1:-1] not in shown
        person.calls("claude-code", *words)
        assert token.read_text() == f"{secret}\n"
        (backup,) = backups.find_backups(path)
        assert backup.stat().st_mode & 0o777 == 0o600
        person.calls("claude-code", "--uninstall")
        token.unlink()


def test_a_secret_in_an_unexpected_place_is_refused(person: Person) -> None:
    old = node_entry("--username=ada", HUB_PAT_TOKEN=SECRET) | {"note": f"it is {SECRET}"}
    place(person, "cursor", {"docker-hub": old})
    person.calls("cursor", "--replace", "--token-file", str(person.project / "token"))
    assert "note" not in entry(person, "cursor", "docker-hub")
    old = node_entry("--username=correct-horse", HUB_PAT_TOKEN="correct-horse")
    place(person, "cursor", {"docker-hub": old})
    said = person.refuses("cursor", "--replace", "--token-file", str(person.project / "other"))
    assert "a secret in another place" in said


def test_a_container_takes_over_as_well(person: Person) -> None:
    place(person, "cursor", {"docker-hub": COMMANDS["an image of the catalogue"]})
    person.calls("cursor", "--replace", "--container", "x/dockerhub-mcp:1")
    ours = entry(person, "cursor", "docker-hub")
    assert ours["env"]["DOCKERHUB_TOKEN"] == "${env:HUB_PAT_TOKEN}"
    assert [word for word in ours["args"] if word.startswith("DOCKERHUB")] == list(ours["env"])


OTHER_WAYS = {"cursor": (("--uvx",), ("--print",), ("--dry-run",))}


@of_every_host
def test_a_token_of_the_environment_is_never_ignored_silently(person: Person, host: str) -> None:
    person.environment |= {"HUB_PAT_TOKEN": SECRET, "DOCKERHUB_USERNAME": "ada"}
    for words in ((), ("--container", "x/dockerhub-mcp:1"), *OTHER_WAYS.get(host, ())):
        person.calls(host, *words)
        (line,) = [line for line in person.said if line.startswith("HUB_PAT_TOKEN is set here")]
        assert ("Docker's login" in line) is ("--container" not in words)
        (how,) = [line for line in person.said if line.startswith("To give it the token")]
        assert "--username ada" in how
        assert ("--token-file" in how) is (host in {"claude-desktop", "zed"})
        assert SECRET not in written(person)
    person.calls(host, "--sandbox")
    assert not any("HUB_PAT_TOKEN" in line for line in person.said)
    if host not in {"claude-desktop", "zed", "vscode"}:
        person.calls(host, "--username", "ada", "--name", "two")
        assert "HUB_PAT_TOKEN" in json.dumps(entry(person, host, "two"))
        person.calls(host, "--name", "two")
        assert not any("is set here" in line for line in person.said)
    person.environment = {"DOCKERHUB_TOKEN_FILE": "/run/token"}
    person.calls(host, "--name", "three")
    assert any("--username YOUR_DOCKER_ID --token-file /run/token" in line for line in person.said)


def test_the_program_moves_and_returns(tmp_path: Path) -> None:
    path = tmp_path / ".cursor" / "mcp.json"
    path.parent.mkdir()
    before = render("cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=SECRET)})
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
