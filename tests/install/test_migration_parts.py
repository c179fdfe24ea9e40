"""What becomes of each part of an entry of docker/hub-mcp."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.install.editors import backups
from tests.support.hub_mcp_entries import (
    COMMANDS,
    DOCKER_RUN,
    NODE_ARGUMENTS,
    REFERENCES,
    SECRET,
    node_entry,
    place_servers,
    read_everything,
)
from tests.support.installing import Person, entry


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
    place_servers(person, host, {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=value)})
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
    place_servers(person, host, {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN=value)})
    said = person.refuses(host, "--replace")
    assert "--token-file FILE" in said
    assert value in said
    token = str(person.project / "token")
    person.calls(host, "--replace", "--token-file", token)
    assert entry(person, host, "docker-hub")["env"]["DOCKERHUB_TOKEN_FILE"] == token
    assert any("HUB_PAT_TOKEN (--token-file takes its place)" in line for line in person.said)
    assert not Path(token).exists()


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
        "args": ["--max-old-space-size=99", *NODE_ARGUMENTS[:1], "--username=ada", *OLD_FLAGS],
        "disabled": True,
        "cwd": "/src",
        "timeout": 60,
        "headers": {"Authorization": "Bearer hunter2hunter2"},
    }
    place_servers(person, "cursor", {"docker-hub": old})
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
    assert "with MCP_AUTH_TOKEN in its environment" in said
    assert ours["args"] == ["--logs-dir", "/var/log/hub"]
    assert "hunter2" not in read_everything(person)
    assert env["MCP_AUTH_TOKEN"] not in read_everything(person)


@pytest.mark.parametrize(
    ("host", "name", "expected"),
    [
        ("cursor", "${DOCKER_USER}", "${env:DOCKER_USER}"),
        ("vscode", "${input:user}", "${input:user}"),
        ("gemini-cli", "YOUR_DOCKER_HUB_USERNAME", "it is a placeholder"),
        ("codex", "${DOCKER_USER}", "Codex does not expand ${DOCKER_USER}"),
    ],
)
def test_a_user_name_may_be_a_reference_but_no_placeholder(
    person: Person, host: str, name: str, expected: str
) -> None:
    token = {} if host == "codex" else {"HUB_PAT_TOKEN": REFERENCES[host]}
    place_servers(person, host, {"docker-hub": node_entry(f"--username={name}", **token)})
    person.calls(host, "--replace")
    if expected.startswith("$"):
        assert entry(person, host, "docker-hub")["env"]["DOCKERHUB_USERNAME"] == expected
    else:
        assert "env" not in entry(person, host, "docker-hub")
        assert any(line.startswith("Left out: --username") and expected in line for line in person.said)


@pytest.mark.parametrize(
    ("old", "options", "reason"),
    [
        (node_entry("--logs-dir=logs"), (), "it depends on the working directory"),
        (node_entry("--logs-dir=/logs"), ("--container", "x/dockerhub-mcp:1"), "a directory of a container"),
        (
            {"command": "docker", "args": ["run", "-i", "mcp/dockerhub", "--logs-dir=/logs"]},
            (),
            "a directory of a container",
        ),
    ],
)
def test_a_directory_that_means_another_one_is_left_out(
    person: Person, old: dict[str, Any], options: tuple[str, ...], reason: str
) -> None:
    place_servers(person, "cursor", {"docker-hub": old})
    person.calls("cursor", "--replace", *options)
    assert "--logs-dir" not in entry(person, "cursor", "docker-hub")["args"]
    assert any(line.startswith("Left out: --logs-dir") and reason in line for line in person.said)


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (node_entry(HUB_PAT_TOKEN=SECRET), "without a user name docker/hub-mcp did not use it"),
        (node_entry("--username=ada"), "the old entry has no token"),
        (node_entry("--username=ada", HUB_PAT_TOKEN="YOUR_DOCKER_HUB_PERSONAL_ACCESS_TOKEN"), "no token"),
    ],
)
def test_half_an_account_is_none(person: Person, old: dict[str, Any], words: str) -> None:
    place_servers(person, "cursor", {"docker-hub": old})
    person.calls("cursor", "--replace")
    assert "env" not in entry(person, "cursor", "docker-hub")
    assert any(words in line for line in person.said)
    assert SECRET not in read_everything(person)


def test_options_of_the_command_line_count_for_more(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry("--username=ada", HUB_PAT_TOKEN="${env:X}")})
    token = str(person.project / "t")
    person.calls("cursor", "--replace", "--username", "bob", "--token-file", token, "--access", "write")
    ours = entry(person, "cursor", "docker-hub")
    assert ours["env"] == {"DOCKERHUB_USERNAME": "bob", "DOCKERHUB_TOKEN_FILE": token}
    assert ours["args"] == ["--access", "write"]
    assert not any("with --access write" in line for line in person.said)


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
    place_servers(person, host, {"docker-hub": node_entry() | values}, **more)
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
        "args": [*DOCKER_RUN, "--env-file", str(variables), "mcp/dockerhub", "--username=ada"],
    }
    user = {"DOCKERHUB_USERNAME": "ada"}
    place_servers(person, "cursor", {"docker-hub": docker})
    person.calls("cursor", "--replace")
    ours = entry(person, "cursor", "docker-hub")
    assert (ours["envFile"], ours["env"]) == (str(variables), user)
    person.calls("cursor", "--uninstall")
    person.calls("cursor", "--replace", "--container", "x/dockerhub-mcp:1")
    arguments = entry(person, "cursor", "docker-hub")["args"]
    assert arguments[-3:] == ["--env-file", str(variables), "x/dockerhub-mcp:1"]
    place_servers(
        person,
        "vscode",
        {"docker-hub": node_entry("--username=ada") | {"envFile": "${workspaceFolder}/.env"}},
    )
    person.calls("vscode", "--replace")
    assert entry(person, "vscode", "docker-hub")["envFile"] == "${workspaceFolder}/.env"
    place_servers(person, "zed", {"docker-hub": docker})
    assert f"its token is in {variables}" in person.refuses("zed", "--replace")
    token = person.project / "token"
    person.calls("zed", "--replace", "--token-file", str(token))
    assert token.read_text() == f"{SECRET}\n"
    assert entry(person, "zed", "docker-hub")["env"] == user | {"DOCKERHUB_TOKEN_FILE": str(token)}
    variables.unlink()
    place_servers(person, "windsurf", {"docker-hub": docker})
    assert "no HUB_PAT_TOKEN that can be read" in person.refuses("windsurf", "--replace")


def test_a_variable_that_names_a_file(person: Person) -> None:
    mounted: dict[str, Any] = {
        "command": "docker",
        "args": [*DOCKER_RUN, "-v", "/home/ada/pat:/run/pat:ro", "-e", "HUB_PAT_TOKEN_FILE=/run/pat"],
    }
    mounted["args"] += ["mcp/dockerhub", "--username=ada"]
    for host, old, expected in (
        ("cursor", node_entry("--username=ada", HUB_PAT_TOKEN_FILE="/home/ada/pat"), "/home/ada/pat"),
        ("vscode", node_entry("--username=ada", HUB_PAT_TOKEN_FILE="${userHome}/pat"), "${userHome}/pat"),
        ("zed", mounted, "/home/ada/pat"),
    ):
        place_servers(person, host, {"docker-hub": old})
        person.calls(host, "--replace")
        assert entry(person, host, "docker-hub")["env"]["DOCKERHUB_TOKEN_FILE"] == expected
    del mounted["args"][3:5]
    place_servers(person, "cursor", {"docker-hub": mounted})
    assert "not mounted from this machine" in person.refuses("cursor", "--replace")


@pytest.mark.parametrize("secret", ["hunter2", 'with "quotes" \\ and é', "$Dollar"])
def test_a_password_is_recognized_wherever_it_is(
    person: Person, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for old in (
        node_entry("--username=ada", HUB_PAT_TOKEN=secret),
        {
            "command": "docker",
            "args": [*DOCKER_RUN, "-e", f"HUB_PAT_TOKEN={secret}", "mcp/dockerhub", "--username=ada"],
        },
        node_entry("--username=ada", HUB_PAT_TOKEN=f"${{HUB_PAT_TOKEN:-{secret}}}"),
    ):
        path = place_servers(person, "claude-code", {"docker-hub": old})
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
    place_servers(person, "cursor", {"docker-hub": old})
    person.calls("cursor", "--replace", "--token-file", str(person.project / "token"))
    assert "note" not in entry(person, "cursor", "docker-hub")
    old = node_entry("--username=correct-horse", HUB_PAT_TOKEN="correct-horse")
    place_servers(person, "cursor", {"docker-hub": old})
    said = person.refuses("cursor", "--replace", "--token-file", str(person.project / "other"))
    assert "a secret in another place" in said


@pytest.mark.parametrize(
    "old",
    [
        {"command": "npx", "args": ["-y", f"git+https://ada:{SECRET}@github.com/docker/hub-mcp.git"]},
        {"command": "npx", "args": ["-y", f"https://{SECRET}@github.com/docker/hub-mcp"]},
        node_entry(f"--host={SECRET}", f"--transport={SECRET}"),
        node_entry("--username=ada", "--port=hunter2hunter2", HUB_PAT_TOKEN="hunter2hunter2"),
    ],
    ids=str,
)
def test_no_line_shows_a_secret_of_an_unexpected_place(
    person: Person, old: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    place_servers(person, "cursor", {"docker-hub": old})
    words = ("cursor", "--replace", "--username", "ada", "--token-file", str(person.project / "token"))
    for more in (("--dry-run",), ("--print",), ()):
        person.calls(*words, *more)
        shown = capsys.readouterr().out + "\n".join(person.said)
        assert "Left out: " in shown
        assert not any(secret in shown for secret in (SECRET, "hunter2hunter2"))


def test_no_refusal_shows_a_secret_of_an_unexpected_place(person: Person) -> None:
    old = node_entry("--username=ada") | {"envFile": f"https://ada:{SECRET}@example.com/.env"}
    place_servers(person, "zed", {"docker-hub": old})
    assert SECRET not in person.refuses("zed", "--replace")


def test_a_container_takes_over_as_well(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": COMMANDS["an image of the catalogue"]})
    person.calls("cursor", "--replace", "--container", "x/dockerhub-mcp:1")
    ours = entry(person, "cursor", "docker-hub")
    assert ours["env"]["DOCKERHUB_TOKEN"] == "${env:HUB_PAT_TOKEN}"
    assert [word for word in ours["args"] if word.startswith("DOCKERHUB")] == list(ours["env"])
