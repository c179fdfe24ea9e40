"""Which entries are of docker/hub-mcp, and which of them is replaced."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dockerhub_mcp.install import command
from dockerhub_mcp.install.hosts import HOSTS
from tests.support.hub_mcp_entries import (
    COMMANDS,
    SECRET,
    node_entry,
    place_servers,
    read_everything,
    read_servers,
    render_servers,
)
from tests.support.installing import Person, entry, of_every_host


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_of_the_old_server_is_recognized(person: Person, kind: str) -> None:
    path = place_servers(person, "cursor", {"My Hub": COMMANDS[kind]})
    before = path.read_bytes()
    person.calls("cursor", "--replace")
    assert read_servers(person, "cursor") == {
        "docs": {"command": "npx", "args": ["docs"]},
        "dockerhub": {
            "type": "stdio",
            "command": str(person.program),
            "args": [],
            "env": {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": "${env:HUB_PAT_TOKEN}"},
        },
    }
    assert any("The new entry is called 'dockerhub'" in line for line in person.said)
    assert not any("has no such option" in line for line in person.said)
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
    {"command": "sh", "args": ["-c", "cd /src/hub-mcp/../other && node dist/index.js"]},
)


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_other_servers_are_left_alone(person: Person, other: dict[str, Any]) -> None:
    place_servers(person, "cursor", {"docker-hub": other})
    person.calls("cursor", "--replace")
    assert read_servers(person, "cursor")["docker-hub"] == other
    assert "dockerhub" in read_servers(person, "cursor")
    assert "There was neither docker/hub-mcp nor a server called 'dockerhub' to replace." in person.said


PLACES = (
    {"command": "sh", "args": ["-c", "cd /src/hub-mcp && node dist/index.js"]},
    {
        "command": "bash",
        "args": ["-lc", "export A=b; cd '/src/hub-mcp'; exec npm start -- --transport=stdio"],
    },
    {"command": "cmd", "args": ["/c", "cd /d C:\\src\\hub-mcp && node dist\\index.js"]},
    {"command": "sh", "args": ["-c", "cd /src && cd hub-mcp && node dist/index.js"]},
    {"command": "npm", "args": ["-C", "/src/hub-mcp", "start"]},
    {"command": "pnpm", "args": ["--dir", "/src/hub-mcp", "start"]},
    {"command": "yarn", "args": ["--cwd=/src/hub-mcp", "start"]},
    {"command": "npx", "args": ["-y", "--package=github:docker/hub-mcp", "dockerhub-mcp-server"]},
)


@pytest.mark.parametrize("old", PLACES, ids=str)
def test_a_public_server_is_recognized_by_the_directory_it_runs_in(
    person: Person, old: dict[str, Any]
) -> None:
    path = place_servers(person, "cursor", {"docker-hub": old})
    before = path.read_bytes()
    person.calls("cursor", "--replace")
    assert entry(person, "cursor", "docker-hub")["command"] == str(person.program)
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == before


def test_a_script_is_recognized_by_its_package(person: Person) -> None:
    script = person.project / "server" / "dist" / "index.js"
    script.parent.mkdir(parents=True)
    place_servers(person, "cursor", {"hub": {"command": "node", "args": [str(script)]}})
    for name, is_it in (("another", False), ("dockerhub-mcp-server", True)):
        script.parents[1].joinpath("package.json").write_text(json.dumps({"name": name}))
        person.calls("cursor", "--replace", "--dry-run")
        assert any("was docker/hub-mcp" in line for line in person.said) is is_it


def test_the_directory_of_the_old_server_is_not_taken_for_this_program(person: Person) -> None:
    old = {"command": "node", "args": ["/src/dockerhub-mcp-server/dist/index.js"]}
    place_servers(person, "cursor", {"dockerhub": old})
    assert "its server 'dockerhub' is docker/hub-mcp" in person.refuses("cursor")
    assert "is not this one" in person.refuses("cursor", "--uninstall")
    person.calls("cursor", "--replace")
    assert entry(person, "cursor")["command"] == str(person.program)


def test_an_installation_points_out_the_old_server(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry()})
    person.calls("cursor")
    assert any("dockerhub-mcp install cursor --replace" in line for line in person.said)
    assert read_servers(person, "cursor").keys() == {"docs", "docker-hub", "dockerhub"}
    person.calls("cursor", "--replace")
    assert read_servers(person, "cursor").keys() == {"docs", "dockerhub"}
    person.calls("cursor", "--uninstall")
    assert read_servers(person, "cursor") == {
        "docs": {"command": "npx", "args": ["docs"]},
        "docker-hub": node_entry(),
    }


def test_two_old_entries_need_a_name(person: Person) -> None:
    two = {"one": node_entry("--username=ada"), "two": node_entry("--username=bob")}
    path = place_servers(person, "cursor", two)
    before = path.read_bytes()
    for words in ((), ("--name", "three")):
        said = person.refuses("cursor", "--replace", *words)
        assert "2 times, as one, two" in said
        assert "--name" in said
    person.calls("cursor", "--replace", "--name", "two")
    assert read_servers(person, "cursor")["one"] == two["one"]
    assert entry(person, "cursor", "two")["command"] == str(person.program)
    person.calls("cursor", "--replace", "--name", "one")
    person.calls("cursor", "--uninstall")
    assert person.said[1] == "This program added: one, two. Remove one of them with --name."
    person.calls("cursor", "--uninstall", "--name", "one")
    person.calls("cursor", "--uninstall", "--name", "two")
    assert path.read_bytes() == before


def test_a_given_name_renames_the_entry(person: Person) -> None:
    path = place_servers(person, "cursor", {"docker-hub": node_entry()})
    before = path.read_bytes()
    person.calls("cursor", "--replace", "--name", "hub")
    assert read_servers(person, "cursor").keys() == {"docs", "hub"}
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == before


def test_another_server_of_the_given_name_is_replaced_instead(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry(), "dockerhub": {"command": "other"}})
    person.calls("cursor", "--replace", "--name", "dockerhub")
    assert read_servers(person, "cursor")["docker-hub"] == node_entry()
    assert any("--name docker-hub --replace" in line for line in person.said)
    person.calls("cursor", "--replace", "--name", "docker-hub")
    assert entry(person, "cursor", "docker-hub")["command"] == str(person.program)


def test_entries_for_single_projects_are_pointed_out(person: Person) -> None:
    projects = {"/src/a": {"mcpServers": {"docker-hub": node_entry()}}, "/src/b": {}, "/src/c": None}
    place_servers(person, "claude-code", {}, projects=projects)
    person.calls("claude-code", "--replace")
    (line,) = [line for line in person.said if "/src/a" in line]
    assert "claude mcp remove --scope local docker-hub" in line


VS_CODE_SETTINGS = (
    {"mcp": {"servers": {"docker-hub": node_entry("--username=ada")}}},
    {"mcp.servers": {"docker-hub": node_entry("--username=ada")}},
    {"mcpServers": {"docker-hub": node_entry("--username=ada")}},  # as its README says
)


@pytest.mark.parametrize("settings", VS_CODE_SETTINGS, ids=lambda each: next(iter(each)))
@pytest.mark.parametrize("project", [False, True])
def test_entries_in_the_settings_of_vs_code_are_pointed_out(
    person: Person, settings: dict[str, Any], project: bool
) -> None:
    path = person.file("vscode", project=project)
    path.parent.mkdir(parents=True)
    other = path.with_name("settings.json")
    other.write_text(f"{{ // a comment\n{json.dumps(settings)[1:-1]},}}")
    words = ("--project",) if project else ()
    for more in ((), ("--replace",)):
        person.calls("vscode", *more, *words)
        (line,) = [line for line in person.said if str(other) in line]
        assert "docker/hub-mcp is also in" in line
        assert f"Move its entry 'docker-hub' to `servers` in {path}" in line
        assert "with --replace" in line
    other.write_text("{")
    person.calls("vscode", "--replace", *words)
    assert not any(str(other) in line for line in person.said)


PROJECT_HOSTS = [name for name, host in HOSTS.items() if host.project_file]


@pytest.mark.parametrize("host", PROJECT_HOSTS)
def test_entries_in_the_other_file_of_a_host_are_pointed_out(person: Person, host: str) -> None:
    for project in (False, True):
        path = person.file(host, project=project)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render_servers(host, {"docker-hub": node_entry()}))
    for words, other, ending in (
        ((), person.file(host, project=True), f"dockerhub-mcp install {host} --project --replace"),
        (("--project",), person.file(host), f"dockerhub-mcp install {host} --replace"),
    ):
        person.calls(host, *words, "--replace", "--dry-run")
        (line,) = [line for line in person.said if str(other) in line]
        assert line.endswith(ending)
    person.calls(host, "--replace")
    person.calls(host, "--project")
    assert not any(str(person.file(host)) in line for line in person.said)


def test_commands_in_messages_start_the_program_as_the_user_can(person: Person) -> None:
    directory = person.program.parent
    person.program.chmod(0o755)
    assert command.find_shown_command(".venv/bin/dockerhub-mcp", {"PATH": str(directory)}) == "dockerhub-mcp"
    assert command.find_shown_command("/x/__main__.py", {"PATH": "/none"}) == "dockerhub-mcp"
    person.shown_command = command.find_shown_command("a b/bin/dockerhub-mcp", {"PATH": "/none"})
    http = node_entry("--transport=http", "--username=ada", HUB_PAT_TOKEN=SECRET)
    place_servers(person, "cursor", {"docker-hub": http})
    other = person.file("cursor", project=True)
    other.parent.mkdir()
    other.write_bytes(render_servers("cursor", {"docker-hub": node_entry()}))
    person.calls("cursor", "--name", "other")
    person.calls("cursor", "--replace", "--token-file", str(person.project / "token"))
    said = "\n".join(person.said)
    assert said.count("'a b/bin/dockerhub-mcp' ") == 4
    assert "'a b/bin/dockerhub-mcp' --transport http" in said
    assert not re.search(r"(?<!/)dockerhub-mcp (?:install|-)", said)


def test_a_home_that_is_the_project_has_one_file(person: Person) -> None:
    person.project = person.home
    place_servers(person, "cursor", {"docker-hub": node_entry()})
    person.calls("cursor", "--replace", "--dry-run")
    assert not any("is also in" in line for line in person.said)


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
        assert SECRET not in read_everything(person)
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
