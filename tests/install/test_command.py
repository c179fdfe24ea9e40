"""Install and uninstall in the file of every host, as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dockerhub_mcp.install.hosts import HOSTS
from tests.support import host_config_samples as samples
from tests.support.installing import NAMES, Person, entry, of_every_host, parsed, tree, words_for

CASES = [(host, sample) for host in NAMES for sample in samples.of(host)]


def place(person: Person, host: str, content: bytes) -> Path:
    path = person.file(host)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o640)
    return path


@pytest.mark.parametrize(("host", "sample"), CASES)
def test_installing_twice_and_uninstalling_restores_every_byte(
    person: Person, host: str, sample: str
) -> None:
    before = samples.of(host)[sample]
    path = place(person, host, before)
    all_before = tree(person.home)
    words = words_for(person, host)
    assert person.calls(host, *words) == 0
    once = tree(person.home)
    assert path.read_bytes() != before
    assert person.calls(host, *words) == 0
    assert tree(person.home) == once
    assert "Nothing was changed" in person.said[0]
    assert person.calls(host, "--uninstall") == 0
    assert tree(person.home) == all_before


@pytest.mark.parametrize(("host", "sample"), CASES)
def test_nothing_but_the_entry_changes(person: Person, host: str, sample: str) -> None:
    before = samples.of(host)[sample]
    path = place(person, host, before)
    person.calls(host, *words_for(person, host))
    after = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640
    was = parsed(host, before) if before.strip() else {}
    now = parsed(host, after)
    ours = now[HOSTS[host].servers_key].pop("dockerhub")
    assert ours["command"] == str(person.program)
    if not now[HOSTS[host].servers_key] and HOSTS[host].servers_key not in was:
        del now[HOSTS[host].servers_key]
    if host == "vscode":
        assert [one["id"] for one in now.pop("inputs")] == ["dockerhub-token"]
    assert now == was
    assert after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    assert (b"\r\n" in after) == (b"\r\n" in before)
    assert after.count(b"\n") - after.count(b"\r\n") == 0 or b"\r\n" not in after
    # Every line that was there is there in the same order; only a comma may have come behind one.
    if before.count(b"\n") > 3:
        lines = iter(line.replace(b",", b"") for line in after.splitlines())
        assert all(
            any(line.replace(b",", b"") == one for one in lines)
            for line in before.splitlines()
            if b"}" not in line
        )


@pytest.mark.parametrize(("host", "sample"), CASES)
def test_without_the_record_only_the_entry_is_removed(person: Person, host: str, sample: str) -> None:
    before = samples.of(host)[sample]
    path = place(person, host, before)
    person.calls(host, *words_for(person, host))
    (person.place.state_directory() / "installed.json").unlink()
    assert person.calls(host, "--uninstall") == 0
    after = path.read_bytes()
    had = parsed(host, before) if before.strip() else {}
    now = parsed(host, after) if after.strip() else {}
    if had.get(HOSTS[host].servers_key):
        assert (
            after == before
            if host != "vscode" and "no line end" not in sample
            else now.pop("inputs", []) == []
        )
    else:
        # Whether an empty list of servers was there before is what the memory is for.
        assert {key: one for key, one in now.items() if one} == {key: one for key, one in had.items() if one}


@of_every_host
def test_a_file_created_for_the_entry_is_removed_with_its_directories(person: Person, host: str) -> None:
    nothing = tree(person.home)
    assert person.calls(host, *words_for(person, host)) == 0
    path = person.file(host)
    assert path.stat().st_mode & 0o777 == 0o600
    assert parsed(host, path.read_bytes())[HOSTS[host].servers_key].keys() == {"dockerhub"}
    assert not list(path.parent.glob("*.bak"))
    assert person.calls(host, *words_for(person, host)) == 0
    assert person.calls(host, "--uninstall") == 0
    assert tree(person.home) == nothing


@pytest.mark.parametrize("host", [name for name in NAMES if HOSTS[name].project_file])
def test_the_file_of_a_project(person: Person, host: str) -> None:
    (person.project / "code.py").touch()
    before = tree(person.project)
    assert person.calls(host, "--project") == 0
    path = person.file(host, project=True)
    assert path.is_relative_to(person.project)
    assert "Everyone who uses this project gets this entry." in person.said
    assert any("exists on this machine only" in line for line in person.said)
    assert person.calls(host, "--project", "--uvx") == 0
    ours = parsed(host, path.read_bytes())[HOSTS[host].servers_key]["dockerhub"]
    assert (ours["command"], ours["args"]) == ("uvx", ["dockerhub-mcp"])
    assert not any("exists on this machine only" in line for line in person.said)
    assert person.calls(host, "--project", "--uninstall") == 0
    assert tree(person.project) == before


@pytest.mark.parametrize("host", ["claude-desktop", "windsurf"])
def test_a_host_that_reads_no_file_of_a_project(person: Person, host: str) -> None:
    assert "reads no file of a project" in person.refuses(host, "--project")


@of_every_host
def test_two_entries_are_removed_in_either_order(person: Person, host: str) -> None:
    sample = samples.of(host)["one server"]
    for order in (("one", "two"), ("two", "one")):
        path = place(person, host, sample)
        for name in ("one", "two"):
            assert person.calls(host, "--name", name) == 0
        assert entry(person, host, "one") == entry(person, host, "two")
        for name in order:
            assert person.calls(host, "--name", name, "--uninstall") == 0
        assert path.read_bytes() == sample


@of_every_host
def test_later_changes_to_the_file_are_kept(person: Person, host: str) -> None:
    path = place(person, host, samples.of(host)["one server"])
    person.calls(host)
    old, new = (b"docs", b"manual") if host == "codex" else (b"npx", b"bunx")
    path.write_bytes(path.read_bytes().replace(old, new))
    assert person.calls(host, "--uninstall") == 0
    assert path.read_bytes() == samples.of(host)["one server"].replace(old, new)
    assert person.said[1].startswith("The file was changed since")
    kept = Path(person.said[1].rpartition(": ")[2])
    assert kept.read_bytes() == samples.of(host)["one server"]


@of_every_host
def test_installing_again_updates_the_entry_and_keeps_additions_to_it(person: Person, host: str) -> None:
    sample = samples.of(host)["one server"]
    path = place(person, host, sample)
    person.calls(host, "--access", "write")
    added = b"\ntimeout = 9" if host == "codex" else b',\n      "timeout": 9'
    path.write_bytes(path.read_bytes().replace(b'"--access", "write"]', b'"--access", "write"]' + added))
    person.calls(host, "--access", "admin", *words_for(person, host)[2:])
    ours = entry(person, host)
    assert ours["timeout"] == 9
    assert ours["args"][:2] == ["--access", "admin"]
    assert ours["env"]["DOCKERHUB_USERNAME"] == "ada"
    assert person.calls(host, "--uninstall") == 0
    if host != "vscode":
        assert path.read_bytes() == sample
    assert parsed(host, path.read_bytes()).get("inputs", []) == []


def test_another_source_of_the_token_replaces_the_first(person: Person) -> None:
    place(person, "cursor", b'{"mcpServers": {}}')
    person.calls("cursor", "--username", "ada")
    assert entry(person, "cursor")["env"] == {
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN": "${env:DOCKERHUB_TOKEN}",
    }
    person.calls("cursor", "--username", "ada", "--token-file", str(person.project / "token"))
    expected = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(person.project / "token")}
    assert entry(person, "cursor")["env"] == expected
    person.calls("cursor")
    assert entry(person, "cursor")["env"] == expected
    person.calls("codex", "--username", "ada")
    person.calls("codex", "--username", "ada", "--token-file", str(person.project / "token"))
    assert entry(person, "codex")["env"] == expected
    assert entry(person, "codex")["env_vars"] == []


def test_codex_with_a_table_for_the_variables(person: Person) -> None:
    path = place(
        person,
        "codex",
        b'[mcp_servers.dockerhub]\ncommand = "dockerhub-mcp" # found\nargs = [\n  "--sandbox", # try\n]\n\n'
        b'[mcp_servers.dockerhub.env]\nDOCKERHUB_TOKEN_FILE = "/old"\nMINE = "1"\n\n[tools]\nx = 1\n',
    )
    person.calls("codex", "--username", "ada")
    text = path.read_text()
    assert f'command = "{person.program}" # found\n' in text
    assert entry(person, "codex")["env"] == {"MINE": "1", "DOCKERHUB_USERNAME": "ada"}
    assert text.endswith("[tools]\nx = 1\n")
    person.calls("codex", "--uninstall")
    assert path.read_text() == "[tools]\nx = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        b'mcp_servers = { dockerhub = { command = "dockerhub-mcp" } }\n',
        b'mcp_servers.dockerhub.command = "dockerhub-mcp"\n',
        b'[mcp_servers]\ndockerhub = { command = "dockerhub-mcp", args = [] }\n',
        b'mcp_servers = { other = { command = "x" } }\n',
    ],
)
def test_a_table_that_cannot_be_edited_in_place_is_not_touched(person: Person, text: bytes) -> None:
    place(person, "codex", text)
    said = person.refuses("codex", "--access", "write")
    assert "was not touched" in said
    assert "--print" in said
    if b"dockerhub" in text:
        assert "was not touched" in person.refuses("codex", "--uninstall")


@of_every_host
@pytest.mark.parametrize("replace", [False, True])
def test_another_server_of_that_name_is_replaced_only_with_replace(
    person: Person, host: str, replace: bool
) -> None:
    if host == "codex":
        foreign = b'[mcp_servers.dockerhub]\ncommand = "node"\nargs = ["github-mcp-server/dist/index.js"]\n'
    else:
        foreign = (
            b'{"%s": {"dockerhub": {"command": "node", "args": ["github-mcp-server/dist/index.js"], "x": 1}}}'
            % (HOSTS[host].servers_key.encode())
        )
    path = place(person, host, foreign)
    if not replace:
        assert "it has another server called 'dockerhub'" in person.refuses(host)
        assert "is not this one" in person.refuses(host, "--uninstall")
        return
    person.calls(host, "--replace")
    assert entry(person, host)["command"] == str(person.program)
    assert "x" not in entry(person, host)
    (kept,) = path.parent.glob("*.bak")
    assert kept.read_bytes() == foreign
    assert kept.stat().st_mode & 0o777 == 0o640
    person.calls(host, "--uninstall")
    assert b"dockerhub" not in path.read_bytes()
    assert kept.read_bytes() == foreign


BROKEN = [
    (
        "claude-desktop",
        b'{\n  "mcpServers": {\n    "a": {}\n    "b": {}\n  }\n}',
        "line 4, column 5: expected a comma or '}' instead of '\"'",
    ),
    ("claude-desktop", b"{\n  // mine\n}", "line 2, column 3: a comment, which this host does not accept"),
    (
        "claude-desktop",
        b'{\n  "a": 1,\n}',
        "line 2, column 9: a comma before '}', which this host does not accept",
    ),
    ("gemini-cli", b'{"a": [1, 2,]}', "line 1, column 12: a comma before ']'"),
    ("cursor", b'{"a": 1} x', "line 1, column 10: 'x' follows the end"),
    ("cursor", b'{"a": /* no end', "line 1, column 7: a '/' that is not part of a comment"),
    ("cursor", b'{"a": "b\nc"}', "line 1, column 7: a string that does not end"),
    ("cursor", b'{"a": "\\q"}', "line 1, column 8: Invalid \\escape"),
    ("cursor", b'{"a" 1}', "line 1, column 6: expected a colon instead of '1'"),
    ("cursor", b"{a: 1}", "line 1, column 2: expected a name in double quotes instead of 'a'"),
    ("cursor", b'{"a": nothing}', "line 1, column 7: expected a value instead of a word without quotes"),
    (
        "cursor",
        b'{"a": {',
        "line 1, column 8: expected a name in double quotes instead of the end of the file",
    ),
    ("cursor", b"[" * 300, "the nesting is too deep"),
    ("cursor", b"[]", "it has a list where the host expects an object"),
    ("cursor", b'"text"', "it has a string where"),
    ("cursor", b"true", "it has a boolean where"),
    ("cursor", b'{"mcpServers": null}', "it has null as `mcpServers`"),
    ("cursor", b'{"mcpServers": 7}', "it has a number as `mcpServers`"),
    ("vscode", b'{"inputs": {}}', "it has an object as `inputs`"),
    ("codex", b'model = "x"\n[mcp_servers\n', "line 2, column 13:"),
    ("codex", b"a = 1\na = 2\n", "Cannot overwrite a value"),
    ("codex", b'a = "x', "line 1, column 7"),
    ("cursor", b"\xff\xfe{\x00}\x00", "is not UTF-8 text (byte 0)"),
]


@pytest.mark.parametrize(("host", "content", "words"), BROKEN)
def test_an_invalid_file_is_not_touched_and_the_error_names_the_place(
    person: Person, host: str, content: bytes, words: str
) -> None:
    path = place(person, host, content)
    said = person.refuses(host)
    assert words in said
    assert str(path) in said
    assert "--print" in said
    assert words in person.refuses(host, "--uninstall")


def test_a_file_with_a_duplicate_name_is_not_touched(person: Person) -> None:
    place(
        person,
        "cursor",
        b'{"mcpServers": {"dockerhub": {"command": "dockerhub-mcp"}, "dockerhub": {"command": "dockerhub-mcp"}}}',
    )
    assert "cannot change without touching something else" in person.refuses("cursor", "--uninstall")


def test_a_read_only_file_is_not_touched(person: Person) -> None:
    path = place(person, "cursor", b"{}")
    path.chmod(0o444)
    assert "is read-only" in person.refuses("cursor")


def test_a_directory_in_place_of_the_file(person: Person) -> None:
    person.file("cursor").mkdir(parents=True)
    assert "is a directory, not a regular file. Nothing was changed" in person.refuses("cursor")


def test_a_file_in_place_of_a_directory(person: Person) -> None:
    (person.home / ".cursor").write_text("")
    assert "cannot be" in person.refuses("cursor")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="requires /proc, which is never writable")
def test_a_directory_that_is_not_writable(person: Person) -> None:
    assert "/proc/mcp.json cannot be written: " in person.refuses("cursor", "--file", "/proc/mcp.json")
    said = person.refuses("cursor", "--file", "/proc/a/b/mcp.json")
    assert "Nothing was changed" in said


def test_directories_created_before_a_failure_are_removed(person: Person) -> None:
    blocked = person.home / "a" / ("b" * 300) / "mcp.json"
    assert "cannot be" in person.refuses("cursor", "--file", str(blocked))
    assert "cannot be written" in person.refuses(
        "cursor", "--file", str(person.home / "c" / ("d" * 250 + ".json"))
    )


def test_a_link_stays_a_link(person: Person) -> None:
    kept = person.home / "dotfiles" / "cursor.json"
    kept.parent.mkdir()
    kept.write_bytes(samples.JSON["one server"])
    path = person.file("cursor")
    path.parent.mkdir()
    path.symlink_to(kept)
    before = tree(person.home)
    person.calls("cursor")
    assert path.is_symlink()
    assert "dockerhub" in json.loads(kept.read_text())["mcpServers"]
    person.calls("cursor", "--uninstall")
    assert tree(person.home) == before


def test_an_earlier_backup_is_kept(person: Person) -> None:
    path = place(person, "cursor", b"{}")
    earlier = path.with_name("mcp.json.dockerhub-mcp.bak")
    earlier.write_text("precious")
    person.calls("cursor")
    assert earlier.read_text() == "precious"
    assert path.with_name("mcp.json.dockerhub-mcp-1.bak").read_bytes() == b"{}"


def test_an_entry_removed_by_hand_is_removed_from_the_record(person: Person) -> None:
    path = place(person, "cursor", b"{}")
    person.calls("cursor")
    path.write_text("{}")
    assert person.calls("cursor", "--uninstall") == 0
    assert "has no server called 'dockerhub'" in person.said[0]
    assert not person.place.state_directory().exists()
    path.unlink()
    assert person.calls("cursor", "--uninstall") == 0


def test_a_record_that_cannot_be_read_or_written(person: Person) -> None:
    person.home.joinpath(".local").write_text("")
    path = place(person, "cursor", samples.JSON["one server"])
    person.calls("cursor")
    person.calls("cursor", "--uninstall")
    assert path.read_bytes() == samples.JSON["one server"]


@of_every_host
def test_a_dry_run_prints_the_diff_and_changes_nothing(
    person: Person, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place(person, host, samples.of(host)["one server"])
    before = tree(person.home)
    assert person.calls(host, "--access", "write", "--dry-run") == 0
    assert tree(person.home) == before
    shown = capsys.readouterr().out.splitlines()
    assert any(line.startswith("+") and "write" in line for line in shown)
    assert not [line for line in shown if line.startswith("-") and not line.startswith("---")]


def test_a_dry_run_masks_the_secrets_of_other_servers(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    place(
        person,
        "cursor",
        b'{\n  "mcpServers": {\n    "a": {\n      "env": {"GITHUB_TOKEN": "hunter2", "B": "dckr_pat_abc", "X_TOKEN": "${env:X}"}, "args": ["--api-key", "sk-1"]\n    }\n  }\n}',
    )
    person.calls("cursor", "--username", "ada", "--dry-run")
    shown = capsys.readouterr().out
    assert "hunter2" not in shown
    assert "dckr_pat_abc" not in shown
    assert "sk-1" not in shown
    assert "${env:X}" in shown
    assert "${env:DOCKERHUB_TOKEN}" in shown


def test_a_token_in_plain_text_is_reported_but_not_printed(person: Person) -> None:
    place(
        person,
        "cursor",
        b'{"mcpServers": {"dockerhub": {"command": "dockerhub-mcp", "env": {"DOCKERHUB_TOKEN": "dckr_pat_abc"}}}}',
    )
    person.calls("cursor")
    assert any("contains a Docker token in plain text" in line for line in person.said)
    assert not any("dckr_pat_abc" in line for line in person.said)


def test_another_file_of_the_hosts_format(person: Person) -> None:
    person.calls("vscode", "--file", "insiders.json")
    kept = json.loads((person.project / "insiders.json").read_text())
    assert "dockerhub" in kept["servers"]
    person.calls("vscode", "--file", "insiders.json", "--uninstall")
    assert tree(person.project) == {}


@pytest.mark.parametrize("word", ["", "a b", "-x", "a.b", "x" * 65])
def test_invalid_server_names(person: Person, word: str) -> None:
    assert "--name must be" in person.refuses("cursor", f"--name={word}")
    assert "allows no underscores" in person.refuses("gemini-cli", "--name=a_b")


def test_http_is_refused(person: Person) -> None:
    assert "give it the server's URL" in person.refuses("cursor", "--transport", "http")


def test_the_program_as_a_process(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("COV")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dockerhub_mcp", "install", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=environment,
            cwd=tmp_path,
        )

    done = run("cursor", "--sandbox")
    assert (done.returncode, done.stderr) == (0, "")
    kept = json.loads((tmp_path / ".cursor" / "mcp.json").read_text())["mcpServers"]["dockerhub"]
    assert kept == {"type": "stdio", "command": sys.executable, "args": ["-m", "dockerhub_mcp", "--sandbox"]}
    done = run("any", "--sandbox")
    assert json.loads(done.stdout)["mcpServers"]["dockerhub"]["args"] == kept["args"]
    assert "your host keeps" in done.stderr or "where your host" in done.stderr
    done = run("codex", "--print")
    assert tomllib.loads(done.stdout)["mcp_servers"]["dockerhub"]["args"] == ["-m", "dockerhub_mcp"]
    assert ".codex/config.toml" in done.stderr
    done = run("cursor", "--tools", "gettag")
    assert done.returncode == 2
    assert "did you mean get_tag" in done.stderr
    done = run("emacs")
    assert done.returncode == 2
    assert "invalid choice: 'emacs'" in done.stderr
    done = run("cursor", "--uninstall")
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []
