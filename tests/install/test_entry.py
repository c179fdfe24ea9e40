"""The entry for each host, against the schema of its file, and the location of that file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.install import entry as entries
from dockerhub_mcp.install.hosts import HOSTS, PlatformPaths
from tests.support.hub_mcp_entries import node_entry, place_servers
from tests.support.installing import NAMES, Person, entry, of_every_host, parsed, words_for

TEXTS = {"type": "array", "items": {"type": "string"}}
VARIABLES = {"type": "object", "additionalProperties": {"type": "string"}}
STDIO = {"command": {"type": "string", "minLength": 1}, "args": TEXTS, "env": VARIABLES}


def strict(more: dict[str, Any] | None = None, *required: str) -> dict[str, Any]:
    """Return the schema of an entry that has nothing the host does not know."""
    return {
        "type": "object",
        "properties": STDIO | (more or {}),
        "additionalProperties": False,
        "required": ["command", *required],
    }


TYPED = {"type": {"enum": ["stdio"]}}
# What the hosts' own sources and schemas say of a server that is started, as far as we write it.
ENTRIES = {
    "claude-desktop": strict(),
    "claude-code": strict(TYPED),
    "vscode": strict(TYPED | {"cwd": {"type": "string"}, "envFile": {"type": "string"}, "dev": {}}),
    "cursor": strict(TYPED | {"envFile": {"type": "string"}}, "type"),
    "windsurf": strict({"disabled": {"type": "boolean"}, "disabledTools": TEXTS}),
    "zed": strict(
        {"enabled": {"type": "boolean"}, "remote": {"type": "boolean"}, "timeout": {"type": "integer"}},
        "args",
    ),
    "gemini-cli": strict({"cwd": {"type": "string"}, "timeout": {}, "trust": {"type": "boolean"}}),
    "codex": strict({"env_vars": TEXTS, "cwd": {"type": "string"}, "enabled": {"type": "boolean"}}),
}
PROMPT = {
    "type": "object",
    "properties": {
        "type": {"const": "promptString"},
        "id": {"type": "string"},
        "description": {"type": "string"},
        "password": {"const": True},
    },
    "required": ["type", "id", "description", "password"],
    "additionalProperties": False,
}


@of_every_host
def test_an_entry_matches_the_schema_of_the_host(person: Person, host: str) -> None:
    person.calls(host, *words_for(person, host))
    whole = parsed(host, person.file(host).read_bytes())
    keys = {HOSTS[host].servers_key} | ({"inputs"} if host == "vscode" else set())
    assert whole.keys() == keys
    Draft202012Validator(ENTRIES[host]).validate(entry(person, host))
    for asked in whole.get("inputs", ()):
        Draft202012Validator(PROMPT).validate(asked)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("claude-code", {"env": {"DOCKERHUB_TOKEN": "${DOCKERHUB_TOKEN}"}}),
        ("vscode", {"env": {"DOCKERHUB_TOKEN": "${input:dockerhub-token}"}}),
        ("cursor", {"env": {"DOCKERHUB_TOKEN": "${env:DOCKERHUB_TOKEN}"}}),
        ("windsurf", {"env": {"DOCKERHUB_TOKEN": "${env:DOCKERHUB_TOKEN}"}}),
        ("gemini-cli", {"env": {"DOCKERHUB_TOKEN": "$DOCKERHUB_TOKEN"}}),
        ("codex", {"env": {}, "env_vars": ["DOCKERHUB_TOKEN"]}),
    ],
)
def test_a_token_is_referenced_and_never_written(person: Person, host: str, expected: dict[str, Any]) -> None:
    person.environment["DOCKERHUB_TOKEN"] = "dckr_pat_secret"
    person.calls(host, "--username", "ada")
    ours = entry(person, host)
    expected["env"]["DOCKERHUB_USERNAME"] = "ada"
    assert {key: ours[key] for key in expected} == expected
    assert any("DOCKERHUB_TOKEN" in line or "asks for the token" in line for line in person.said)
    assert "dckr_pat_secret" not in "".join(
        [*person.said, *(p.read_text() for p in person.home.rglob("*") if p.is_file())]
    )


@pytest.mark.parametrize("host", ["claude-desktop", "zed"])
def test_a_host_without_references_requires_a_token_file(person: Person, host: str) -> None:
    said = person.refuses(host, "--username", "ada")
    assert "--token-file FILE; after `docker login`, omit both" in said
    token = person.project / "token"
    person.calls(host, "--username", "ada", "--token-file", "token")
    assert entry(person, host)["env"]["DOCKERHUB_TOKEN_FILE"] == str(Path.cwd() / "token")
    assert any("chmod 600" in line for line in person.said)
    token.write_text("dckr_pat_secret")
    person.calls(host, "--username", "ada", "--token-file", str(token))
    assert not any("chmod" in line for line in person.said)
    assert "dckr_pat_secret" not in person.file(host).read_text()


def test_a_token_file_requires_a_user_name(person: Person) -> None:
    assert "needs --username" in person.refuses("cursor", "--token-file", "x")


def test_an_entry_without_options(person: Person) -> None:
    for host in NAMES:
        person.calls(host)
        assert entry(person, host).keys() <= {"type", "command", "args"}


def test_options_of_the_server_are_passed_on_as_given(person: Person) -> None:
    person.calls(
        "cursor",
        *(
            "--sandbox",
            "--access",
            "admin",
            "--toolsets",
            "tags,search",
            "--tools",
            "get_tag",
            "--exclude-tools",
            "login",
        ),
        *(
            "--timeout",
            "12",
            "--max-result-bytes",
            "2000",
            "--audit-log",
            "journal",
            "--api-url",
            "http://127.0.0.1:1",
        ),
    )
    assert entry(person, "cursor")["args"] == [
        *(
            "--sandbox",
            "--access",
            "admin",
            "--toolsets",
            "tags,search",
            "--tools",
            "get_tag",
            "--exclude-tools",
            "login",
        ),
        *("--audit-log", str(Path.cwd() / "journal"), "--api-url", "http://127.0.0.1:1"),
        *("--timeout", "12.0", "--max-result-bytes", "2000"),
    ]
    person.calls("cursor", "--no-sandbox")
    assert entry(person, "cursor")["args"] == ["--no-sandbox"]


@of_every_host
def test_a_server_in_a_container(person: Person, host: str) -> None:
    person.calls(host, *words_for(person, host)[4:], "--container", "ghcr.io/x/y:1", "--access", "write")
    ours = entry(person, host)
    words = ours["args"]
    assert ours["command"] == "docker"
    assert words[:4] == ["run", "-i", "--rm", "--read-only"]
    at = words.index("ghcr.io/x/y:1")
    assert words[at + 1 :] == ["--access", "write"]
    passed = [words[i + 1] for i, word in enumerate(words) if word == "-e"]
    assert set(passed) == {*ours["env"], *ours.get("env_vars", ())}
    if "-v" in words:
        assert words[words.index("-v") + 1] == f"{person.project}/token:/run/secrets/dockerhub-token:ro"
        assert ours["env"]["DOCKERHUB_TOKEN_FILE"] == "/run/secrets/dockerhub-token"
    # It is known again by what is remembered, though its words do not name this program.
    person.calls(host, "--uninstall")
    assert not person.file(host).exists()


def test_options_that_name_files_are_refused_for_containers(person: Person) -> None:
    assert "--audit-log names a path of this machine" in person.refuses(
        "cursor", "--container", "x", "--audit-log", "y"
    )
    for image in ("", "--privileged"):
        assert "needs the name of an image" in person.refuses("cursor", f"--container={image}")


def test_programs_are_named_by_their_absolute_path(person: Person) -> None:
    tool = person.project / "uvx"
    tool.touch(mode=0o755)
    person.environment["PATH"] = str(person.project)
    person.calls("cursor", "--uvx")
    assert entry(person, "cursor")["command"] == str(tool)
    person.calls("cursor", "--uvx", "--project")
    shared = json.loads(person.file("cursor", project=True).read_text())
    assert shared["mcpServers"]["dockerhub"]["command"] == "uvx"


def test_a_temporary_environment_is_replaced_by_uvx(person: Person) -> None:
    person.prefix = "/home/ada/.cache/uv/archive-v0/abc"
    person.calls("cursor")
    assert entry(person, "cursor")["args"] == ["dockerhub-mcp"]


def test_the_command_of_the_running_program(person: Person) -> None:
    place = person.place

    def launched(started: str) -> entries.LaunchCommand:
        return entries.build_installed_command(started, "/usr/bin/python3", "/usr", place, is_shared=False)

    assert launched(str(person.program)) == entries.LaunchCommand(
        str(person.program), is_machine_specific=True
    )
    module = entries.LaunchCommand("/usr/bin/python3", ("-m", "dockerhub_mcp"), is_machine_specific=True)
    assert launched("/x/dockerhub_mcp/__main__.py") == module
    assert launched(str(person.project / "dockerhub-mcp")) == module
    (person.project / "dockerhub-mcp.exe").touch()
    assert launched(str(person.project / "dockerhub-mcp")).command.endswith("dockerhub-mcp.exe")
    link = person.project / "bin" / "dockerhub-mcp"
    link.parent.mkdir()
    link.symlink_to(person.program)
    assert launched(str(link)).command == str(link)


LINUX, MAC, WINDOWS = ("linux", "/home/ada"), ("darwin", "/Users/ada"), ("win32", r"C:\Users\ada")
PLACES = [
    ("claude-desktop", LINUX, {}, "/home/ada/.config/Claude/claude_desktop_config.json"),
    ("claude-desktop", MAC, {}, "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json"),
    ("claude-desktop", WINDOWS, {}, r"C:\Users\ada\AppData\Roaming\Claude\claude_desktop_config.json"),
    ("claude-desktop", WINDOWS, {"APPDATA": r"D:\R"}, r"D:\R\Claude\claude_desktop_config.json"),
    ("claude-code", LINUX, {}, "/home/ada/.claude.json"),
    ("claude-code", LINUX, {"CLAUDE_CONFIG_DIR": "/c"}, "/c/.claude.json"),
    ("claude-code", WINDOWS, {}, r"C:\Users\ada\.claude.json"),
    ("vscode", LINUX, {}, "/home/ada/.config/Code/User/mcp.json"),
    ("vscode", LINUX, {"XDG_CONFIG_HOME": "/x"}, "/x/Code/User/mcp.json"),
    ("vscode", MAC, {}, "/Users/ada/Library/Application Support/Code/User/mcp.json"),
    ("vscode", WINDOWS, {}, r"C:\Users\ada\AppData\Roaming\Code\User\mcp.json"),
    ("cursor", MAC, {}, "/Users/ada/.cursor/mcp.json"),
    ("cursor", WINDOWS, {}, r"C:\Users\ada\.cursor\mcp.json"),
    ("windsurf", LINUX, {}, "/home/ada/.codeium/windsurf/mcp_config.json"),
    ("zed", LINUX, {"XDG_CONFIG_HOME": "/x"}, "/x/zed/settings.json"),
    ("zed", MAC, {}, "/Users/ada/.config/zed/settings.json"),
    ("zed", WINDOWS, {}, r"C:\Users\ada\AppData\Roaming\Zed\settings.json"),
    ("gemini-cli", LINUX, {}, "/home/ada/.gemini/settings.json"),
    ("gemini-cli", LINUX, {"GEMINI_CLI_HOME": "/g"}, "/g/.gemini/settings.json"),
    ("codex", LINUX, {}, "/home/ada/.codex/config.toml"),
    ("codex", LINUX, {"CODEX_HOME": "/c"}, "/c/config.toml"),
]


@pytest.mark.parametrize(("host", "system", "environment", "path"), PLACES)
def test_the_configuration_file_of_each_host(
    host: str, system: tuple[str, str], environment: dict[str, str], path: str
) -> None:
    platform, home = system
    assert str(HOSTS[host].locate_user_config(PlatformPaths(platform, home, environment, Path()))) == path


def test_the_directory_of_the_record() -> None:
    def state(system: tuple[str, str], **environment: str) -> str:
        return str(PlatformPaths(*system, environment, Path()).state_directory())

    assert state(LINUX) == "/home/ada/.local/state/dockerhub-mcp"
    assert state(LINUX, XDG_STATE_HOME="/s") == "/s/dockerhub-mcp"
    assert state(WINDOWS) == r"C:\Users\ada\AppData\Local\dockerhub-mcp"


def test_options_that_a_repeated_installation_drops_are_named(person: Person) -> None:
    person.calls("cursor", "--access", "write", "--toolsets", "tags", "--no-sandbox")
    person.calls("cursor", "--access", "admin")
    (line,) = [line for line in person.said if "no longer has" in line]
    assert line == (
        "The entry no longer has --no-sandbox, --toolsets tags: it gets the options of this command. Repeat "
        "it with them to keep them."
    )
    person.calls("cursor", "--access", "admin", "--container", "x/dockerhub-mcp:1")
    person.calls("cursor", "--access=admin", "--uvx")
    assert not any("no longer has" in line for line in person.said)


def test_options_of_a_move_that_a_repetition_drops_are_named(person: Person) -> None:
    place_servers(person, "cursor", {"docker-hub": node_entry()})
    person.calls("cursor", "--replace", "--names", "hub-mcp")
    assert not any("no longer has" in line for line in person.said)
    person.calls("cursor", "--replace", "--access", "write", "--dry-run")
    assert any("The entry no longer has --names hub-mcp: " in line for line in person.said)


@of_every_host
def test_a_token_file_needs_no_user_name_that_the_entry_has(person: Person, host: str) -> None:
    assert "--token-file needs --username" in person.refuses(host, "--token-file", "/run/one")
    person.calls(host, "--username", "ada", "--token-file", "/run/one")
    person.calls(host, "--token-file", "/run/two")
    assert entry(person, host)["env"] == {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": "/run/two"}
    person.calls(host, "--username", "grace", "--token-file", "/run/two")
    assert entry(person, host)["env"]["DOCKERHUB_USERNAME"] == "grace"
