"""The command as a shell runs it, on the embedded Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.cli.call.command import _find_server_notes
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.results.results import ToolResult
from tests.support.programs import connecting, text_of
from tests.support.shell import CLEAN, PROGRAM, WITHOUT_RICH, account, call, call_at

SCOPE = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
LINES = {
    "list_tags": ["redis", "--page-size", "3", "--name", "alpine"],
    "get_tag": ["redis:8.2", "--fields", "name,digest"],
    "get_repository": ["--arguments", '{"repository": "acme/storefront", "detail": "full"}'],
    "list_repositories": ["acme", "--ordering", "newest"],
    "list_org_members": ["--org-name", "acme", "--role=owner"],
    "list_audit_logs": ["acme", "--from", "2020-01-01T00:00:00Z", "--page_size", "2"],
    "check_tag": ["--", "redis", "no-such-tag"],
    "search_repositories": ["nginx"],
    "list_access_tokens": ["--max-items", "3"],
    "delete_tag": ["acme/storefront:latest", "--dry-run"],
    "create_org_access_token": ["acme", "ci", json.dumps(SCOPE), "--dry-run"],
    "scim_list_users": ["--count", "2", "--startIndex", "2"],
}
SENT: dict[str, dict[str, Any]] = {
    "list_tags": {"repository": "redis", "page_size": 3, "name": "alpine"},
    "get_tag": {"repository": "redis:8.2", "fields": ["name", "digest"]},
    "get_repository": {"repository": "acme/storefront", "detail": "full"},
    "list_repositories": {"namespace": "acme", "ordering": "newest"},
    "list_org_members": {"org_name": "acme", "role": "owner"},
    "list_audit_logs": {"account": "acme", "from": "2020-01-01T00:00:00Z", "page_size": 2},
    "check_tag": {"repository": "redis", "tag": "no-such-tag"},
    "search_repositories": {"query": "nginx"},
    "list_access_tokens": {"max_items": 3},
    "delete_tag": {"repository": "acme/storefront:latest", "dry_run": True},
    "create_org_access_token": {"name": "acme", "label": "ci", "resources": [SCOPE], "dry_run": True},
    "scim_list_users": {"count": 2, "startIndex": 2},
}
EVERYTHING = ["--access", "admin", "--toolsets", "all"]


async def test_a_person_sees_to_the_letter_what_an_agent_sees(sandbox: Sandbox, sandbox_url: str) -> None:
    whom = account(sandbox, "owner")
    start = connecting(sandbox, sandbox_url)
    async with start(*EVERYTHING, mode="legacy") as client:
        for tool, words in LINES.items():
            seen = await client.call_tool(tool, SENT[tool])
            done = await call_at(
                sandbox_url, *EVERYTHING, tool, *words, whom=whom, DOCKERHUB_SCIM_TOKEN=sandbox.scim_token
            )
            assert (done.out, done.err, done.code) == (f"{text_of(seen)}\n", "", 0), tool
            assert not seen.is_error, tool
            if tool not in {"list_tags", "get_tag", "list_audit_logs", "create_org_access_token"}:
                continue
            done = await call_at(
                sandbox_url,
                *EVERYTHING,
                tool,
                *words,
                "-o",
                "json",
                whom=whom,
                DOCKERHUB_SCIM_TOKEN=sandbox.scim_token,
            )
            assert json.loads(done.out) == seen.structured_content, tool


MISTAKES: list[tuple[list[str], dict[str, Any]]] = [
    (["list_tags", "redis", "--pagesize", "5"], {"repository": "redis", "pagesize": "5"}),
    (["list_tags", "--page-size", "5000"], {"page_size": 5000}),
    (["list_tags", "redis", "--page-size", "many"], {"repository": "redis", "page_size": "many"}),
    (["list_tags", "redis", "--fields", "digst"], {"repository": "redis", "fields": ["digst"]}),
    (["get_tag", "--invites", "x", "--detail", "most"], {"invites": "x", "detail": "most"}),
    (["complete_2fa_login"], {}),
]


async def test_a_mistake_is_told_as_it_is_told_to_an_agent_with_exit_code_2(
    sandbox: Sandbox, sandbox_url: str
) -> None:
    async with connecting(sandbox, sandbox_url)(mode="legacy") as client:
        for words, arguments in MISTAKES:
            seen = await client.call_tool(words[0], arguments)
            done = await call_at(sandbox_url, *words, whom=account(sandbox, "owner"))
            assert seen.is_error
            help_is = f"See: dockerhub-mcp call {words[0]} --help\n"
            assert (done.code, done.out, done.err) == (2, "", f"{text_of(seen)}\n{help_is}")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gettag"], 2, "dockerhub-mcp call: Unknown tool: 'gettag'; did you mean get_tag"),
        (["--pagesize", "1", "list_tags"], 2, "dockerhub-mcp call: there is no option --pagesize."),
        (["--access", "root", "get_tag"], 2, "--access must be one of read, write, admin, not 'root'"),
        (["--sandbox=perhaps", "get_tag"], 2, "--sandbox must be true or false, not 'perhaps'"),
        (["list_tags", "redis", "--acess", "write"], 2, "--acess may be meant as the option --access."),
        (["create_repository", "acme/x"], 1, "it needs --access write (or DOCKERHUB_MCP_ACCESS=write)"),
        (["get_tag", "redis:no-such-tag"], 1, "No tag 'no-such-tag' in library/redis"),
        (["login", "--password"], 2, "--password is asked for at a terminal, and this is none"),
        (["get_tag", "redis", "\udcff"], 2, "unable to parse raw data as a unicode string"),
    ],
)
def test_what_goes_wrong_is_told_on_standard_error_alone(words: list[str], code: int, said: str) -> None:
    done = call(*words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_options_may_stand_before_the_command_too() -> None:
    done = subprocess.run(
        [*PROGRAM, "--sandbox", "--access=write", "call", "create_repository", "acme/new-one", "--dry-run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=CLEAN,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert '"path":"/v2/namespaces/acme/repositories"' in done.stdout


def test_a_wrong_option_before_the_command_is_refused_as_ever() -> None:
    done = subprocess.run(
        [*PROGRAM, "--port", "1", "call", "login"], capture_output=True, text=True, check=False, env=CLEAN
    )
    assert done.returncode == 2
    assert "--port is for --transport http or sse" in done.stderr


def test_a_table_is_whole_in_a_pipe_and_tells_the_rest_on_standard_error() -> None:
    done = call("list_tags", "redis", "--page-size", "3", "--output", "table")
    head, *rows = done.out.splitlines()
    assert head.split() == [
        "name",
        "digest",
        "full_size",
        "last_updated",
        "last_updater_username",
        "tag_last_pulled",
        "platforms",
    ]
    assert len(rows) == 3
    at = head.index("digest")
    assert all(row[at:].startswith("sha256:") and len(row[at:].split()[0]) == 71 for row in rows)
    assert done.err == "3 of 2528 items. Go on with --page 2 --page-size 3.\n"
    assert "\x1b" not in done.out


def test_data_is_whole_where_an_agent_would_see_it_cut() -> None:
    text = call("list_tags", "redis", "--max-items", "600")
    data = call("list_tags", "redis", "--max-items", "600", "-o", "json")
    assert "CUT at 32768 bytes" in text.out
    assert len(json.loads(data.out)["results"]) == 600
    assert data.err == ""
    for done in (
        call("list_tags", "redis", "--max-items", "600", "-o", "json", "--max-result-bytes", "2000"),
        call("list_tags", "redis", "--max-items", "600", "-o", "json", DOCKERHUB_MCP_MAX_RESULT_BYTES="2000"),
    ):
        assert 0 < len(json.loads(done.out)["results"]) < 60
        assert done.err.startswith("CUT at 2000 bytes: ")


def test_what_the_server_remarks_stands_beside_data_on_standard_error() -> None:
    done = call("check_tag", "redis", "no-such-tag", "--output", "json")
    assert json.loads(done.out) == {"exists": False}
    assert done.err.startswith("Note: It is missing, or private and not visible to ada")


async def test_a_list_that_trouble_cut_short_says_so(sandbox: Sandbox, sandbox_url: str) -> None:
    sandbox.faults.add(match="page=3", status=404, body="{}")
    sandbox.faults.add(match="page=2", status=400, body='{"message": "not today"}')
    done = await call_at(
        sandbox_url, "list_tags", "redis", "--max-items", "300", "-o", "table", whom=account(sandbox, "owner")
    )
    assert done.code == 0
    assert len(done.out.splitlines()) == 101
    partial, where = done.err.splitlines()
    assert partial.startswith("PARTIAL, the list is cut short: ")
    assert "not today" in partial
    assert where == "100 of 2528 items. Go on with --page 2 --page-size 100."


def test_a_change_needs_a_yes_that_nobody_gives_in_a_pipe() -> None:
    words = [*EVERYTHING, "delete_tag", "acme/storefront:latest"]
    done = call(*words, stdin="y\n")
    assert (done.code, done.out) == (1, "")
    assert (
        "delete_tag needs a person's yes, and this client cannot ask for one. Nothing was sent." in done.err
    )
    assert "At a terminal you are asked; --yes says yes beforehand." in done.err
    done = call(*words, "--yes")
    assert (done.code, done.out) == (0, "done: true\n")
    assert "The tag acme/storefront:latest" in done.err
    assert done.err.endswith("Answered with yes (--yes).\n")
    done = call(*words, "--confirm", "never", "--output", "json")
    assert (done.code, json.loads(done.out), done.err) == (0, {"done": True}, "")


async def test_a_change_is_made_and_noted_down_as_an_agents_is(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    done = await call_at(
        sandbox_url,
        *EVERYTHING,
        "delete_tag",
        "acme/storefront:latest",
        "--yes",
        "--audit-log",
        str(tmp_path / "journal"),
        whom=account(sandbox, "owner"),
    )
    assert done.code == 0, done.err
    [line] = (tmp_path / "journal").read_text("utf-8").splitlines()
    noted = json.loads(line)
    assert (noted["tool"], noted["target"], noted["who"]) == ("delete_tag", "acme/storefront/latest", "ada")
    assert (noted["outcome"], noted["confirmed"]) == ("done", True)
    again = await call_at(sandbox_url, "get_tag", "acme/storefront:latest", whom=account(sandbox, "owner"))
    assert again.code == 1


def test_a_new_token_goes_into_a_file_or_is_shown_after_a_yes(tmp_path: Path) -> None:
    words = [*EVERYTHING, "create_access_token", "laptop", "repo:read,repo:write"]
    done = call(*words)
    assert done.code == 1
    assert "dckr_pat_" not in done.out + done.err
    done = call(*words, "--yes", "-o", "json")
    assert json.loads(done.out)["token"].startswith("dckr_pat_")
    assert "dckr_pat_" not in done.err
    done = call(*words, "--yes")
    assert "The token, shown this once (keep it safe, it cannot be read again): dckr_pat_" in done.out
    done = call(*words, "--secrets-dir", str(tmp_path), "-o", "table")
    [kept] = tmp_path.iterdir()
    assert str(kept) in done.out
    assert kept.read_text("utf-8").startswith("dckr_pat_")
    assert "dckr_pat_" not in done.out + done.err


def test_a_second_factor_is_completed_with_a_code_in_words() -> None:
    grace = ["--sandbox-identity", "two-factor"]
    done = call(*grace, "complete_2fa_login", "--code", "012345")
    assert (done.code, done.out.splitlines()[0]) == (0, "username: grace")
    done = call(*grace, "complete_2fa_login", "999999")
    assert (done.code, done.out) == (1, "")
    assert "did not accept the one-time code" in done.err
    done = call(*grace, "list_access_tokens")
    assert done.code == 1
    assert done.err.endswith("At a terminal you are asked for the code.\n")


def test_a_code_for_nobody_who_waits_is_told() -> None:
    done = call("--sandbox-identity", "anonymous", "complete_2fa_login", "012345")
    assert (done.code, done.out) == (1, "")
    assert "No sign-in is waiting for a one-time code." in done.err
    done = call("--sandbox-identity", "expired-pat", "complete_2fa_login", "012345")
    assert done.code == 1


def test_a_secret_in_a_file_signs_in_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text('{"username": "ada", "password": "sandbox-password-ada"}', "utf-8")
    done = call("login", "--arguments", f"@{tmp_path}/sent", "--log-level", "debug")
    assert done.code == 0
    assert "username: ada" in done.out
    assert "sandbox-password-ada" not in done.out + done.err


def test_only_trouble_is_logged_unless_somebody_wants_to_know() -> None:
    assert "signed in" in call("get_tag", "redis:8.2", "--log-level", "info").err
    assert "signed in" in call("get_tag", "redis:8.2", DOCKERHUB_MCP_LOG_LEVEL="info").err


@pytest.mark.parametrize("words", [["list_tags", "redis", "--max-items", "600", "-o", "json"], ["--help"]])
def test_a_reader_who_leaves_is_no_trouble(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, "call", "--sandbox", *words],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        env=CLEAN,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_the_terminal_lacks_do_not_stop_it() -> None:
    words = [
        "--access",
        "write",
        "create_repository",
        "acme/letters",
        "--description",
        "Grüße 日本",
        "--dry-run",
    ]
    whole, latin = call(*words, "-o", "json"), call(*words, "-o", "json", PYTHONIOENCODING="ascii")
    assert "Grüße 日本" in whole.out
    assert latin.out.isascii()
    assert json.loads(latin.out) == json.loads(whole.out)
    assert "Gr\\xfc\\xdfe \\u65e5" in call(*words, PYTHONIOENCODING="ascii").out


def test_a_strangers_name_does_not_pass_for_a_remark_of_the_server() -> None:
    assert _find_server_notes(ToolResult("Note: as of now.\nlabel | size\nNote: | 1\n> Note: x")) == [
        "Note: as of now."
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, as Linux has it")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "call", "--sandbox", "get_tag", "redis:8.2"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=CLEAN,
        )
    assert done.returncode == 1
    assert done.stderr == "dockerhub-mcp call: standard output cannot be written: No space left on device\n"


def test_closed_streams_are_no_trouble() -> None:
    line = f"{' '.join(PROGRAM)} call --sandbox"
    for rest in (
        "get_tag redis:8.2 -o json <&- >&-",
        "get_tag redis:8.2 -o table >&-",
        "get_tag nothing:x 2>&-",
    ):
        done = subprocess.run(["sh", "-c", f"{line} {rest}"], capture_output=True, check=False, env=CLEAN)
        assert (done.returncode, done.stdout, done.stderr) == ("nothing" in rest, b"", b"")
    done = subprocess.run(
        ["sh", "-c", f"{line} get_tag --arguments - <&-"], capture_output=True, check=False, env=CLEAN
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--arguments: standard input is no JSON" in done.stderr


def test_the_sdk_is_not_loaded_for_it_nor_what_serving_needs() -> None:
    code = (
        "import sys; from dockerhub_mcp.cli.main import main\n"
        "main(['call', '--sandbox', 'list_tags', 'redis', '--page-size', '1'])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=CLEAN)
    loaded = set(done.stderr.split())
    assert {"pydantic", "httpx2", "dockerhub_mcp"} <= loaded
    assert not loaded & {"mcp", "mcp_types", "uvicorn", "rich"}


def test_it_does_without_rich() -> None:
    done = subprocess.run(
        [*WITHOUT_RICH, "call", "--sandbox", "list_tags", "redis", "--max-items", "200", "-o", "table"],
        capture_output=True,
        text=True,
        check=False,
        env=CLEAN,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 201)
    assert done.stderr == "200 of 2528 items. Go on with --page 3 --page-size 100.\n"
