"""The command `call` on the embedded Hub, or on a sandbox behind a socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.cli.call.result_data import find_server_notes
from dockerhub_mcp.sandbox import Sandbox
from tests.support.audit_logs import read_outcomes
from tests.support.command_line import run_main
from tests.support.programs import make_connect, text_of
from tests.support.shell import CLEAN_ENVIRONMENT, PROGRAM, PROGRAM_WITHOUT_RICH, call, call_at

SCOPE = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
CALLS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "list_tags": (
        ["redis", "--page-size", "3", "--name", "alpine"],
        {"repository": "redis", "page_size": 3, "name": "alpine"},
    ),
    "get_tag": (
        ["redis:8.2", "--fields", "name,digest"],
        {"repository": "redis:8.2", "fields": ["name", "digest"]},
    ),
    "get_repository": (
        ["--arguments", '{"repository": "acme/storefront", "detail": "full"}'],
        {"repository": "acme/storefront", "detail": "full"},
    ),
    "list_repositories": (["acme", "--ordering", "newest"], {"namespace": "acme", "ordering": "newest"}),
    "list_org_members": (["--org-name", "acme", "--role=owner"], {"org_name": "acme", "role": "owner"}),
    "list_audit_logs": (
        ["acme", "--from", "2020-01-01T00:00:00Z", "--page_size", "2"],
        {"account": "acme", "from": "2020-01-01T00:00:00Z", "page_size": 2},
    ),
    "check_tag": (["--", "redis", "no-such-tag"], {"repository": "redis", "tag": "no-such-tag"}),
    "search_repositories": (["nginx"], {"query": "nginx"}),
    "list_access_tokens": (["--max-items", "3"], {"max_items": 3}),
    "delete_tag": (
        ["acme/storefront:latest", "--dry-run"],
        {"repository": "acme/storefront:latest", "dry_run": True},
    ),
    "create_org_access_token": (
        ["acme", "ci", json.dumps(SCOPE), "--dry-run"],
        {"name": "acme", "label": "ci", "resources": [SCOPE], "dry_run": True},
    ),
    "scim_list_users": (["--count", "2", "--startIndex", "2"], {"count": 2, "startIndex": 2}),
}
EVERYTHING = ["--access", "admin", "--toolsets", "all"]


async def test_the_user_gets_exactly_what_an_agent_gets(sandbox: Sandbox, sandbox_url: str) -> None:
    async with make_connect(sandbox, sandbox_url)(*EVERYTHING, mode="legacy") as client:
        for tool, (words, arguments) in CALLS.items():
            seen = await client.call_tool(tool, arguments)
            done = await call_at(sandbox, sandbox_url, *EVERYTHING, tool, *words)
            assert (done.stdout, done.stderr, done.returncode) == (f"{text_of(seen)}\n", "", 0), tool
            assert not seen.is_error, tool
            if tool in {"list_tags", "get_tag", "list_audit_logs", "create_org_access_token"}:
                done = await call_at(sandbox, sandbox_url, *EVERYTHING, tool, *words, "-o", "json")
                assert done.json() == seen.structured_content, tool


MISTAKES: list[tuple[list[str], dict[str, Any]]] = [
    (["list_tags", "--page-size", "5000"], {"page_size": 5000}),
    (["list_tags", "redis", "--arguments", '{"pagesize": "5"}'], {"repository": "redis", "pagesize": "5"}),
    (["list_tags", "redis", "--fields", "digst"], {"repository": "redis", "fields": ["digst"]}),
    (["get_tag", "--arguments", '{"invites": "x", "detail": "most"}'], {"invites": "x", "detail": "most"}),
    (["complete_2fa_login"], {}),
]


async def test_arguments_that_do_not_fit_are_reported_as_to_an_agent_with_exit_code_2(
    sandbox: Sandbox, sandbox_url: str
) -> None:
    async with make_connect(sandbox, sandbox_url)(mode="legacy") as client:
        for words, arguments in MISTAKES:
            seen = await client.call_tool(words[0], arguments)
            done = await call_at(sandbox, sandbox_url, *words)
            assert seen.is_error
            hint = f"See: dockerhub-mcp call {words[0]} --help\n"
            assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{text_of(seen)}\n{hint}")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["gettag"], 2, "dockerhub-mcp call: Unknown tool: 'gettag'; did you mean get_tag"),
        (["--pagesize", "1", "list_tags"], 2, "dockerhub-mcp call: there is no option --pagesize;"),
        (["--access", "root", "get_tag"], 2, "argument --access: invalid choice: 'root'"),
        (["--sandbox=perhaps", "get_tag"], 2, "--sandbox is true or false, not 'perhaps'"),
        (["list_tags", "redis", "--acess", "write"], 2, "there is no option --acess; did you mean --access?"),
        (["create_repository", "acme/x"], 1, "it needs --access write (or DOCKERHUB_MCP_ACCESS=write)"),
        (
            ["create_org_invites", "acme", "x"],
            1,
            "For this call: dockerhub-mcp call --access admin --toolsets default,invites create_org_invites ...\n",
        ),
        (
            ["--registry-url", "http://x", "get_tag", "redis:8"],
            2,
            "--registry-url has no effect with --sandbox",
        ),
        (["get_tag", "redis:no-such-tag"], 1, "library/redis has no tag 'no-such-tag'"),
        (
            ["login", "--password"],
            2,
            "--password needs a terminal to ask at, or --arguments @FILE or -",
        ),
        (["get_tag", "redis", "\udcff"], 2, "unable to parse raw data as a unicode string"),
    ],
)
def test_errors_go_to_standard_error_alone(words: list[str], code: int, message: str) -> None:
    done = call(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_options_may_precede_the_command() -> None:
    words = ["--sandbox", "--access=write", "call", "create_repository", "acme/new-one", "--dry-run"]
    done = run_main(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Request: POST /v2/namespaces/acme/repositories" in done.stdout
    done = run_main("--port", "1", "call", "login")
    assert done.returncode == 2
    assert "--port is for --transport http or sse" in done.stderr


def test_a_table_in_a_pipe_is_complete_and_its_hints_go_to_standard_error() -> None:
    done = call("list_tags", "redis", "--page-size", "3", "--output", "table")
    header, *rows = done.stdout.splitlines()
    columns = "name digest full_size last_updated last_updater_username tag_last_pulled platforms"
    assert header.split() == columns.split()
    assert len(rows) == 3
    start = header.index("digest")
    assert all(row[start:].startswith("sha256:") and len(row[start:].split()[0]) == 71 for row in rows)
    assert done.stderr == "3 of 2528 items. Go on with --page 2 --page-size 3.\n"
    assert "\x1b" not in done.stdout


def test_data_is_complete_where_an_agent_would_see_it_cut() -> None:
    text = call("list_tags", "redis", "--max-items", "1000")
    data = call("list_tags", "redis", "--max-items", "1000", "-o", "json")
    assert "CUT at 32768 bytes" in text.stdout
    assert len(data.json()["results"]) == 1000
    assert data.stderr == ""
    for done in (
        call("list_tags", "redis", "--max-items", "1000", "-o", "json", "--max-result-bytes", "2000"),
        call(
            "list_tags", "redis", "--max-items", "1000", "-o", "json", DOCKERHUB_MCP_MAX_RESULT_BYTES="2000"
        ),
    ):
        assert 0 < len(done.json()["results"]) < 60
        assert done.stderr.startswith("CUT at 2000 bytes: ")


def test_notes_of_the_server_go_to_standard_error_beside_data() -> None:
    done = call("check_tag", "redis", "no-such-tag", "--output", "json")
    assert done.json() == {"exists": False}
    assert done.stderr.startswith("Note: It is missing, or private and not visible to ada")


async def test_a_list_that_an_error_cuts_short_says_so(sandbox: Sandbox, sandbox_url: str) -> None:
    sandbox.faults.add(match="page=3", status=404, body="{}")
    sandbox.faults.add(match="page=2", status=400, body='{"message": "not today"}')
    done = await call_at(sandbox, sandbox_url, "list_tags", "redis", "--max-items", "300", "-o", "table")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 101
    partial, hint = done.stderr.splitlines()
    assert partial.startswith("PARTIAL, the list is cut short: ")
    assert "not today" in partial
    assert hint == "100 of 2528 items. Go on with --page 2 --page-size 100."


def test_a_change_that_nothing_can_confirm_is_refused() -> None:
    words = [*EVERYTHING, "delete_tag", "acme/storefront:latest"]
    done = call(*words, stdin="y\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing was sent." in done.stderr
    assert "At a terminal you are asked; --yes confirms in advance." in done.stderr
    done = call(*words, "--yes")
    assert (done.returncode, done.stdout) == (0, "done: true\n")
    assert "The tag acme/storefront:latest" in done.stderr
    assert done.stderr.endswith("Answered with yes (--yes).\n")
    done = call(*words, "--confirm", "never", "--output", "json")
    assert (done.returncode, done.json(), done.stderr) == (0, {"done": True}, "")


async def test_a_change_is_recorded_in_the_audit_log(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    words = [*EVERYTHING, "delete_tag", "acme/storefront:latest", "--yes", "--audit-log", f"{tmp_path}/log"]
    done = await call_at(sandbox, sandbox_url, *words)
    assert done.returncode == 0, done.stderr
    [record] = read_outcomes(tmp_path / "log")
    assert (record["tool"], record["target"], record["who"]) == (
        "delete_tag",
        "acme/storefront/latest",
        "ada",
    )
    assert (record["outcome"], record["confirmed"]) == ("done", True)
    again = await call_at(sandbox, sandbox_url, "get_tag", "acme/storefront:latest")
    assert again.returncode == 1


def test_a_new_token_is_written_to_a_file_or_shown_after_a_confirmation(tmp_path: Path) -> None:
    words = [*EVERYTHING, "create_access_token", "laptop", "repo:read,repo:write"]
    done = call(*words)
    assert done.returncode == 1
    assert "dckr_pat_" not in done.stdout + done.stderr
    done = call(*words, "--yes", "-o", "json")
    assert done.json()["token"].startswith("dckr_pat_")
    assert "dckr_pat_" not in done.stderr
    done = call(*words, "--yes")
    assert "The token, shown only once (store it safely, it cannot be read again): dckr_pat_" in done.stdout
    refused = call(*words, "--secrets-dir", str(tmp_path))
    assert "--confirm destructive" in refused.stderr
    done = call("--confirm", "destructive", *words, "--secrets-dir", str(tmp_path), "-o", "table")
    [kept] = tmp_path.iterdir()
    assert str(kept) in done.stdout
    assert kept.read_text("utf-8").startswith("dckr_pat_")
    assert "dckr_pat_" not in done.stdout + done.stderr


def test_a_second_factor_is_completed_with_a_code_on_the_command_line() -> None:
    identity = ["--sandbox-identity", "two-factor"]
    done = call(*identity, "complete_2fa_login", "--code", "012345")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "username: grace")
    done = call(*identity, "complete_2fa_login", "999999")
    assert (done.returncode, done.stdout) == (1, "")
    assert "did not accept the one-time code" in done.stderr
    done = call(*identity, "list_access_tokens")
    assert done.returncode == 1
    assert done.stderr.endswith("At a terminal you are asked for the code.\n")


def test_a_code_that_no_sign_in_waits_for_is_refused() -> None:
    done = call("--sandbox-identity", "anonymous", "complete_2fa_login", "012345")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No sign-in is waiting for a one-time code." in done.stderr
    assert call("--sandbox-identity", "expired-pat", "complete_2fa_login", "012345").returncode == 1


def test_a_secret_from_a_file_signs_in_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text('{"username": "ada", "password": "sandbox-password-ada"}', "utf-8")
    done = call("login", "--arguments", f"@{tmp_path}/sent", "--log-level", "debug")
    assert done.returncode == 0
    assert "username: ada" in done.stdout
    assert "sandbox-password-ada" not in done.stdout + done.stderr


def test_arguments_are_read_from_standard_input() -> None:
    done = call("get_tag", "--arguments", "-", stdin='{"repository": "redis:8.2", "fields": ["name"]}')
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "name: 8.2")


def test_only_errors_are_logged_unless_chosen_otherwise() -> None:
    assert call("get_tag", "redis:8.2").stderr == ""
    assert "signed in" in call("get_tag", "redis:8.2", "--log-level", "info").stderr
    assert "signed in" in call("get_tag", "redis:8.2", DOCKERHUB_MCP_LOG_LEVEL="info").stderr


def test_untrusted_text_does_not_pass_for_a_note_of_the_server() -> None:
    text = "Note: as of now.\nlabel | size\nNote: | 1\n> Note: x"
    assert find_server_notes(text) == ["Note: as of now."]


def run_program(
    *words: str, program: list[str] = PROGRAM, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the program as a shell would, where the process itself matters: its streams and what it loads."""
    environment = CLEAN_ENVIRONMENT | options.pop("env", {})
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(
        [*program, "call", "--sandbox", *words],
        text=True,
        timeout=60,
        check=False,
        env=environment,
        **options,
    )


def test_a_reader_that_closes_the_pipe_is_no_error() -> None:
    for words in (["list_tags", "redis", "--max-items", "600", "-o", "json"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = run_program(*words, stdout=writing)
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, "")


def test_characters_that_the_encoding_lacks_are_escaped() -> None:
    words = [
        "--access",
        "write",
        "create_repository",
        "acme/letters",
        "--description",
        "Grüße 日本",
        "--dry-run",
    ]
    complete = call(*words, "-o", "json")
    ascii_only = run_program(*words, "-o", "json", env={"PYTHONIOENCODING": "ascii"})
    assert "Grüße 日本" in complete.stdout
    assert ascii_only.stdout.isascii()
    assert json.loads(ascii_only.stdout) == complete.json()
    text = run_program(*words, env={"PYTHONIOENCODING": "ascii"}).stdout
    assert "Gr\\xfc\\xdfe \\u65e5" in text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, as Linux has it")
def test_a_full_disk_is_reported() -> None:
    with Path("/dev/full").open("w") as full:
        done = run_program("get_tag", "redis:8.2", stdout=full)
    assert done.returncode == 1
    assert done.stderr == "dockerhub-mcp call: standard output cannot be written: No space left on device\n"


def test_closed_streams_are_no_error() -> None:
    line = f"{' '.join(PROGRAM)} call --sandbox"
    for rest, code, message in (
        ("get_tag redis:8.2 -o json <&- >&-", 0, b""),
        ("get_tag redis:8.2 -o table >&-", 0, b""),
        ("get_tag nothing:x 2>&-", 1, b""),
        ("get_tag --arguments - <&-", 2, b"--arguments: standard input is not valid JSON"),
    ):
        done = subprocess.run(
            ["sh", "-c", f"{line} {rest}"], capture_output=True, check=False, env=CLEAN_ENVIRONMENT
        )
        assert (done.returncode, done.stdout) == (code, b""), rest
        assert message in done.stderr if message else done.stderr == b"", rest


def test_a_call_loads_neither_the_sdk_nor_the_http_server() -> None:
    code = (
        "import sys; from dockerhub_mcp.cli.main import main\n"
        "main(['call', '--sandbox', 'list_tags', 'redis', '--page-size', '1'])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=CLEAN_ENVIRONMENT
    )
    loaded = set(done.stderr.split())
    assert {"pydantic", "httpx2", "dockerhub_mcp"} <= loaded
    assert not loaded & {"mcp", "mcp_types", "uvicorn", "rich", "shtab"}


def test_it_works_without_rich() -> None:
    words = ["list_tags", "redis", "--max-items", "200", "-o", "table"]
    done = run_program(*words, program=PROGRAM_WITHOUT_RICH)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 201)
    assert done.stderr == "200 of 2528 items. Go on with --page 3 --page-size 100.\n"


def test_a_former_name_of_a_tool_is_accepted() -> None:
    for words in (["--help"], []):
        former, present = (
            call("--toolsets", "scim", name, *words)
            for name in ("scim_get_service_provider_config", "scim-get-provider-config")
        )
        assert former == present
        assert present.returncode == 0
    assert "scim_get_service_provider_config" not in call("--help").stdout
