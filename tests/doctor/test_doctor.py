"""The doctor: as a program, on the sandbox and with what is wrong on purpose."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import __version__
from dockerhub_mcp.cli.main import main
from dockerhub_mcp.doctor.environment import check_certificates, check_proxy, mask_userinfo
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN
from tests.support import credential_helpers as helpers
from tests.support.credential_helpers import ON_STDERR, Keeper

PROGRAM = [sys.executable, "-m", "dockerhub_mcp", "doctor"]
ACCOUNTS = {
    "owner": ("ok", "ada, signed in with a password"),
    "owner-pat": ("ok", "ada, signed in with a personal access token"),
    "reader-pat": ("ok", "linus, signed in with a personal access token"),
    "public-pat": ("ok", "ada, signed in with a personal access token"),
    "expired-pat": ("wrong", "Docker Hub refused to sign in ada with this personal access token."),
    "inactive-pat": ("wrong", "Docker Hub refused to sign in ada with this personal access token."),
    "org-token": ("ok", "the organization acme, signed in with an organization access token"),
    "org-token-narrow": ("ok", "the organization acme, signed in with an organization access token"),
    "two-factor": ("note", "The account grace has two-factor authentication"),
    "two-factor-pat": ("ok", "grace, signed in with a personal access token"),
    "member": ("ok", "linus, signed in with a password"),
    "outsider": ("ok", "mallory, signed in with a password"),
    "anonymous": ("ok", "anonymous: public repositories and tags"),
}
SECRETS = [identity.secret for identity in IDENTITIES.values()] + [SCIM_TOKEN]
Examine = Callable[..., dict[str, Any]]


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has configured must not change them."""
    for name in list(os.environ):
        is_configured = name.startswith(("DOCKERHUB", "HUB_", "DOCKER_U", "DOCKER_P", "SSL_CERT"))
        if is_configured or name.lower().endswith("_proxy") or name == "NO_COLOR":
            monkeypatch.delenv(name)


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Examine:
    """Run the command and return what it says to programs, with its exit code."""

    def run(*arguments: str) -> dict[str, Any]:
        code = main(["doctor", "--json", *arguments])
        data: dict[str, Any] = json.loads(capsys.readouterr().out)
        return data | {"code": code, "by": {finding["name"]: finding for finding in data["findings"]}}

    return run


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False, env=environment
    )


@pytest.mark.parametrize("identity", ACCOUNTS)
def test_every_identity_of_the_sandbox_is_told_who_it_is(doctor: Examine, identity: str) -> None:
    status, summary = ACCOUNTS[identity]
    found = doctor("--sandbox", "--sandbox-identity", identity)
    account = found["by"]["account"]
    assert (account["status"], account["summary"].startswith(summary)) == (status, True), account
    assert account["facts"]["source"] == f"--sandbox-identity {identity}"
    assert (found["ok"], found["code"]) == ((False, 1) if status == "wrong" else (True, 0))
    assert [finding["name"] for finding in found["findings"] if finding["status"] != "ok"] == (
        [] if status == "ok" else ["account"]
    )
    assert all(finding["remedy"] for finding in found["findings"] if finding["status"] != "ok")


def test_there_is_an_expectation_for_every_identity() -> None:
    assert ACCOUNTS.keys() == IDENTITIES.keys() | {"anonymous"}


@pytest.mark.parametrize("identity", ["owner", "expired-pat", "org-token-narrow", "two-factor", "anonymous"])
def test_the_table_fits_and_shows_no_secret(capsys: pytest.CaptureFixture[str], identity: str) -> None:
    for more in ([], ["--json"], ["--access", "admin", "--toolsets", "all"], ["--log-level", "debug"]):
        main(["doctor", "--sandbox", "--sandbox-identity", identity, *more])
        out, err = capsys.readouterr()
        assert [secret for secret in SECRETS if secret in out + err] == []
        assert "eyJ" not in out + err
        if more != ["--json"]:
            assert max(map(len, out.splitlines())) <= 100
            assert "\x1b" not in out
            assert out.isascii()
        assert (err != "") == (more == ["--log-level", "debug"])


def test_the_table_is_aligned_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--sandbox", "--sandbox-identity", "expired-pat"])
    lines = capsys.readouterr().out.splitlines()
    begun = [line for line in lines[2:] if re.match(r"[a-z-]+ +(ok|note|WRONG) ", line)]
    assert {re.match(r"[a-z-]+ +(?:ok|note|WRONG) +", line).end() for line in begun} == {21}  # type: ignore[union-attr]
    assert lines[0] == f"dockerhub-mcp {__version__}"
    assert any(line.strip().startswith("-> Check it at https://app.docker.com") for line in lines)
    assert lines[-1] == "Something is wrong: account."
    main(["doctor", "--sandbox", "--sandbox-identity", "two-factor"])
    assert capsys.readouterr().out.endswith("\nNothing is wrong; worth a look: account.\n")
    main(["doctor", "--sandbox"])
    assert capsys.readouterr().out.endswith("\nAll is well.\n")


def test_the_shape_for_programs_is_as_documented(doctor: Examine) -> None:
    found = doctor("--sandbox", "--sandbox-identity", "owner-pat")
    assert found.keys() == {"format", "version", "ok", "findings", "tools", "versions", "code", "by"}
    assert (found["format"], found["version"]) == (1, __version__)
    names = ["settings", "proxy", "certificates", "hub", "docker-login", "account", "rate-limit", "scim"]
    assert [finding["name"] for finding in found["findings"]] == names
    for finding in found["findings"]:
        assert finding.keys() == {"name", "status", "summary", "facts", "remedy"}
    account = found["by"]["account"]["facts"]
    assert account.keys() == {"source", "username", "kind", "scopes", "expires_at"}
    assert (account["username"], account["kind"], account["scopes"]) == (
        "ada",
        "personal access token",
        ["repo:admin"],
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", account["expires_at"])
    limits = found["by"]["rate-limit"]["facts"]
    assert limits.keys() == {"limit", "remaining", "resets_at"}
    assert limits["limit"] == 600
    assert [tool["name"] for tool in found["tools"]] == [method.tool_name for method in ALL_METHODS]
    for tool in found["tools"]:
        assert tool.keys() == {"name", "area", "access", "on", "off_by", "off", "usable", "lacks", "needs"}
        assert tool["on"] == (tool["off"] == "") == (tool["off_by"] == "")
        assert tool["usable"] == (tool["lacks"] == "") == (tool["needs"] == "")
    assert found["versions"].keys() == {
        *("dockerhub-mcp", "python", "mcp", "httpx2", "pydantic", "anyio", "openssl", "system")
    }


def test_each_tool_that_is_off_says_by_what(doctor: Examine) -> None:
    options = ["--access", "write", "--toolsets", "tags,repositories", "--exclude-tools", "get_tag"]
    by = {tool["name"]: tool for tool in doctor("--sandbox", *options)["tools"]}
    told = {
        name: (by[name]["on"], by[name]["off_by"])
        for name in ("list_tags", "get_tag", "delete_tag", "get_organization")
    }
    assert told == {
        "list_tags": (True, ""),
        "get_tag": (False, "excluded"),
        "delete_tag": (False, "gate"),
        "get_organization": (False, "toolset"),
    }
    by = {tool["name"]: tool for tool in doctor("--sandbox", "--tools", "get_tag")["tools"]}
    assert by["list_tags"]["off_by"] == "chosen"


def test_the_table_groups_tools_by_what_keeps_them_away(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--sandbox", "--sandbox-identity", "org-token-narrow", "--exclude-tools", "get_tag"])
    out = " ".join(capsys.readouterr().out.split())
    assert "21 of 66 are on, and this account can use 8 of these." in out
    assert "on, but the token lacks their scopes (5) list_repositories (scope-repository-list)," in out
    assert "on, but closed to organization access tokens: needs a user's sign-in (2) login," in out
    assert "off: excluded by --exclude-tools (1) get_tag" in out
    assert "off: --access write (2) create_repository, update_repository" in out
    main(["doctor", "--sandbox", "--tools", "get_tag"])
    out = " ".join(capsys.readouterr().out.split())
    assert "1 of 66 are on" in out
    assert re.search(r"off: not among those of --tools \(\d+\) create_auth_token, login, ", out)


# With accounts of the environment, at a Hub over a socket.


async def examined(**environment: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--json", env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert err == b""
    data: dict[str, Any] = json.loads(out)
    return data | {
        "code": process.returncode,
        "by": {finding["name"]: finding for finding in data["findings"]},
        "text": out.decode(),
    }


async def test_the_variables_that_an_account_comes_from_are_named(
    sandbox: Sandbox, sandbox_url: str, keeper: Keeper
) -> None:
    token = keeper.docker / "token"
    token.write_text("dckr_pat_sandbox_admin\n")
    token.chmod(0o640)
    found = await examined(
        **keeper.variables(
            DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN_FILE=str(token)
        )
    )
    assert found["code"] == 0
    by = found["by"]
    assert by["account"]["facts"]["source"] == "DOCKERHUB_USERNAME and DOCKERHUB_TOKEN_FILE"
    assert by["docker-login"]["summary"] == (
        "not used: DOCKERHUB_USERNAME and DOCKERHUB_TOKEN_FILE come first"
    )
    assert by["token-file"]["status"] == "note"
    assert by["token-file"]["summary"] == f"{token} has mode 0640: others on this machine can read it"
    assert by["token-file"]["remedy"] == f"chmod 600 {token}"
    assert sandbox.login_count == 1
    assert not any("scim" in name for name in by)
    scim = [tool for tool in found["tools"] if tool["name"] == "scim_list_users"]
    assert scim[0]["lacks"] == "SCIM token"


async def test_a_wrong_secret_is_tried_once(sandbox: Sandbox, sandbox_url: str, keeper: Keeper) -> None:
    found = await examined(
        **keeper.variables(
            DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="dckr_oat_not_adas"
        )
    )
    assert (found["code"], sandbox.login_count) == (1, 1)
    account = found["by"]["account"]
    assert account["status"] == "wrong"
    assert account["facts"]["error"] == "SignInRefused"
    assert "the name is not the organization's" in account["facts"]["why"]
    assert "Set DOCKERHUB_USERNAME to the organization's name" in account["remedy"]
    assert "dckr_oat" not in found["text"]
    assert found["by"]["rate-limit"]["facts"]["limit"] == 180
    anonymous = [tool["name"] for tool in found["tools"] if tool["usable"]]
    assert "get_tag" in anonymous
    assert "get_current_user" not in anonymous


async def test_a_bearer_that_is_not_taken_leads_to_no_second_sign_in(
    sandbox: Sandbox, sandbox_url: str, keeper: Keeper
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=401))
    found = await examined(
        **keeper.variables(
            DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="dckr_pat_sandbox_admin"
        )
    )
    assert sandbox.login_count == 1
    assert found["by"]["account"]["status"] == "ok"


async def test_the_login_of_docker_is_told_and_asked_for_once(
    sandbox: Sandbox, sandbox_url: str, keeper: Keeper
) -> None:
    keeper.configure(credHelpers={sandbox_url: "x"})
    keeper.helper("x", helpers.SPEAKS, secret="dckr_pat_sandbox_admin")
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    assert found["code"] == 0
    login = found["by"]["docker-login"]
    assert login["summary"] == "of ada"
    assert login["facts"] == {
        "used": True,
        "config": str(keeper.config),
        "config_exists": True,
        "helper": "docker-credential-x",
        "helper_path": f"{keeper.bin}/docker-credential-x",
        "username": "ada",
    }
    assert found["by"]["account"]["facts"]["source"] == "Docker's login, kept in docker-credential-x"
    assert (sandbox.login_count, keeper.asked) == (1, [f"get {sandbox_url}"])


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (None, "docker-credential-x, which is not installed"),
        (helpers.FAILS, "docker-credential-x failed (exit code 3)"),
        (helpers.NONSENSE, "docker-credential-x did not return the JSON"),
    ],
    ids=["missing", "fails", "nonsense"],
)
async def test_a_helper_that_does_not_work_is_wrong(
    sandbox_url: str, keeper: Keeper, manner: str | None, words: str
) -> None:
    keeper.configure(credHelpers={sandbox_url: "x"})
    if manner:
        keeper.helper("x", manner)
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    login = found["by"]["docker-login"]
    assert (found["code"], login["status"]) == (1, "wrong")
    assert words in login["summary"]
    assert login["remedy"]
    assert ON_STDERR not in found["text"]
    assert found["by"]["account"]["summary"] == "anonymous: public repositories and tags"
    assert len(keeper.asked) == (1 if manner else 0)


async def test_a_helper_whose_name_is_a_path_is_wrong(sandbox_url: str, keeper: Keeper) -> None:
    keeper.configure(credHelpers={sandbox_url: "../x"})
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    assert "with an invalid name" in found["by"]["docker-login"]["summary"]


async def test_a_login_that_is_switched_off_is_not_looked_at(sandbox_url: str, keeper: Keeper) -> None:
    keeper.configure(credHelpers={sandbox_url: "../x"})
    off = keeper.variables(DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_MCP_DOCKER_CREDENTIALS="false")
    found = await examined(**off)
    assert found["code"] == 0
    assert found["by"]["docker-login"]["summary"] == "not used: switched off (--no-docker-credentials)"


async def test_a_machine_without_a_login_is_well(sandbox_url: str, keeper: Keeper) -> None:
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    assert found["code"] == 0
    assert found["by"]["docker-login"]["summary"] == "none: nobody has logged in with Docker here"
    # Docker never writes a login to a Hub on this machine.
    assert found["by"]["account"]["remedy"] == ("To be somebody, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN.")


async def test_at_docker_s_own_hub_its_login_is_what_to_do(keeper: Keeper) -> None:
    # A proxy that is not there: nothing leaves this machine.
    variables = keeper.variables(HTTPS_PROXY="http://127.0.0.1:1", DOCKERHUB_MCP_TIMEOUT="1")
    found = await examined(**variables)
    assert found["by"]["hub"]["status"] == "wrong"
    assert found["by"]["account"]["remedy"] == (
        "To be somebody, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or run `docker login`."
    )
    keeper.configure(credsStore="x")
    keeper.helper("x", helpers.SPEAKS, secret="dckr_pat_x")
    found = await examined(**variables)
    assert found["by"]["docker-login"]["summary"] == "of ada"
    assert found["by"]["account"]["summary"] == "not tried, for the Hub cannot be reached"
    assert keeper.asked == ["get https://index.docker.io/v1/"]


async def test_a_scim_token_that_is_not_taken_is_wrong(
    sandbox: Sandbox, sandbox_url: str, keeper: Keeper
) -> None:
    variables = keeper.variables(DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_SCIM_TOKEN="not-this-one")
    found = await examined(**variables)
    scim = found["by"]["scim"]
    assert (found["code"], scim["status"]) == (1, "wrong")
    assert "DOCKERHUB_SCIM_TOKEN" in scim["remedy"]
    assert "not-this-one" not in found["text"]
    sandbox.faults.rules.append(Fault(match="/v2/scim/", status=403))
    found = await examined(**variables)
    assert found["by"]["scim"]["status"] == "note"


async def test_a_rate_limit_that_is_nearly_used_up_is_noted(
    sandbox: Sandbox, sandbox_url: str, keeper: Keeper
) -> None:
    told = {"X-RateLimit-Limit": "180", "X-RateLimit-Remaining": "18", "X-RateLimit-Reset": "1800000000"}
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=200, headers=told))
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    limit = found["by"]["rate-limit"]
    assert (found["code"], limit["status"]) == (0, "note")
    assert limit["summary"] == "18 of 180 requests a minute are left, until 08:00:00Z"
    assert limit["remedy"] == "Wait a minute, or sign in, which allows more."


async def test_a_hub_that_names_no_limit_has_none(sandbox: Sandbox, sandbox_url: str, keeper: Keeper) -> None:
    told = {"X-RateLimit-Limit": "", "X-RateLimit-Remaining": "", "X-RateLimit-Reset": ""}
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=200, headers=told))
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    assert found["by"]["rate-limit"]["summary"] == "the Hub named none"


async def test_a_hub_in_trouble_is_wrong(sandbox: Sandbox, sandbox_url: str, keeper: Keeper) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=501))
    found = await examined(**keeper.variables(DOCKERHUB_API_URL=sandbox_url))
    assert (found["code"], found["by"]["hub"]["status"]) == (1, "wrong")
    assert "answers 501" in found["by"]["hub"]["summary"]


async def test_a_sign_in_that_cannot_be_answered_is_wrong(
    sandbox: Sandbox, sandbox_url: str, keeper: Keeper
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/auth/token", status=500))
    variables = keeper.variables(
        DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="dckr_pat_sandbox_admin"
    )
    account = (await examined(**variables))["by"]["account"]
    assert (account["status"], account["facts"]["error"]) == ("wrong", "HubUnavailable")
    assert "dockerstatus.com" in account["remedy"]


async def test_a_token_file_that_is_not_there_is_wrong(sandbox_url: str, keeper: Keeper) -> None:
    variables = keeper.variables(
        DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN_FILE=f"{keeper.docker}/no"
    )
    found = await examined(**variables)
    assert (found["code"], found["by"]["account"]["facts"]["error"]) == (1, "CredentialError")
    assert "cannot be read: No such file" in found["by"]["account"]["summary"]
    assert "token-file" not in found["by"]


async def test_a_hub_that_is_not_there_is_wrong_and_nobody_signs_in(keeper: Keeper) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        found = await examined(
            **keeper.variables(
                DOCKERHUB_API_URL=url,
                DOCKERHUB_MCP_TIMEOUT="1",
                DOCKERHUB_USERNAME="ada",
                DOCKERHUB_TOKEN="dckr_pat_x",
            )
        )
    by = found["by"]
    assert found["code"] == 1
    assert (by["hub"]["status"], by["hub"]["facts"]["error"]) == ("wrong", "ConnectionFailed")
    assert "HTTPS_PROXY" in by["hub"]["remedy"]
    assert (by["account"]["status"], by["account"]["remedy"]) == ("note", "")
    assert "rate-limit" not in by
    # What the kind of a token closes is known all the same.
    assert [tool["lacks"] for tool in found["tools"] if tool["name"] == "list_access_tokens"] == [
        "kind of credentials"
    ]


# What is wrong with the settings.


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ([], {"DOCKERHUB_TOKEN": "dckr_pat_x"}, "DOCKERHUB_TOKEN is set, but no user name is."),
        ([], {"DOCKERHUB_USERNAME": "ada"}, "DOCKERHUB_USERNAME is set, but no token is."),
        ([], {"DOCKERHUB_API_URL": "http://hub.docker.com"}, "Plain HTTP would expose the bearer token"),
        (["--sandbox", "--tools", "gettag"], {}, "--tools: 'gettag' does not exist; did you mean get_tag"),
        (["--sandbox", "--sandbox-identity", "bob"], {}, "--sandbox-identity must be anonymous or one of"),
        (
            ["--sandbox", "--secrets-dir", "/no/such"],
            {},
            "--secrets-dir names /no/such, which is no directory",
        ),
        (
            ["--sandbox", "--audit-log", "/no/such/x"],
            {},
            "--audit-log names /no/such/x, which cannot be written",
        ),
        (["--sandbox", "--audit-log", "/usr"], {}, "--audit-log names /usr, which cannot be written"),
        (["--sandbox"], {"DOCKERHUB_MCP_ACCESS": "root"}, "DOCKERHUB_MCP_ACCESS must be one of"),
        (["--sandbox"], {"DOCKERHUB_MCP_IDENTITY": "request"}, "--identity is for --transport http or sse"),
        (
            ["--sandbox", "--transport", "http", "--workers", "2"],
            {},
            "--sandbox keeps its data in one process",
        ),
        (
            ["--sandbox", "--transport", "http", "--tls-cert", "x"],
            {},
            "--tls-cert and --tls-key belong together",
        ),
        (["--sandbox", "--transport", "http", "--host", "192.0.2.1"], {}, "so callers must be known"),
    ],
)
def test_what_would_stop_the_start_is_a_finding(
    doctor: Examine,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    words: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if "--sandbox" not in arguments:
        monkeypatch.setenv("DOCKERHUB_MCP_TIMEOUT", "0.1")
    found = doctor(*arguments)
    settings = found["by"]["settings"]
    assert (found["code"], settings["status"]) == (1, "wrong")
    assert words in settings["summary"]
    assert settings["remedy"] == "Correct this. Until then the server does not start."
    assert "dckr_pat_x" not in json.dumps(found)


def test_every_problem_of_the_settings_is_told(
    doctor: Examine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKERHUB_MCP_ACCESS", "dckr_pat_in_the_wrong_place")
    monkeypatch.setenv("DOCKERHUB_MCP_CACHE_TTL", "long")
    settings = doctor("--sandbox", "--tools", "gettag")["by"]["settings"]
    problems = settings["facts"]["problems"]
    assert [problem.split(" ")[0] for problem in problems] == [
        "DOCKERHUB_MCP_ACCESS",
        "DOCKERHUB_MCP_CACHE_TTL",
        "--tools:",
    ]
    assert "dckr_pat" not in problems[0]
    assert settings["remedy"].startswith("Correct these.")
    main(["doctor", "--sandbox", "--tools", "gettag"])
    out = capsys.readouterr().out
    assert "and: DOCKERHUB_MCP_CACHE_TTL must be a number" in out
    assert "dckr_pat" not in out
    # An option counts more than the variable, which then does no harm.
    assert doctor("--sandbox", "--access", "read", "--cache-ttl", "1")["by"]["settings"]["status"] == "ok"


def test_variables_that_belong_together_are_no_problem(
    doctor: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKERHUB_MCP_IDENTITY", "request")
    monkeypatch.setenv("DOCKERHUB_MCP_TRANSPORT", "http")
    monkeypatch.setenv("DOCKERHUB_MCP_ACCESS", "admin")
    found = doctor("--sandbox")
    assert found["code"] == 0
    assert found["by"]["account"]["summary"].startswith("each request brings its own")
    # Over stdio it contradicts, and what else is set counts all the same.
    monkeypatch.setenv("DOCKERHUB_MCP_TRANSPORT", "stdio")
    found = doctor("--sandbox")
    assert found["by"]["settings"]["summary"].startswith("--identity is for --transport http or sse")
    assert [tool["on"] for tool in found["tools"] if tool["name"] == "create_repository"] == [True]
    monkeypatch.setenv("DOCKERHUB_MCP_TRANSPORT", "pigeon")
    problems = doctor("--sandbox")["by"]["settings"]["facts"]["problems"]
    assert [problem.split(" ")[0] for problem in problems] == ["DOCKERHUB_MCP_TRANSPORT", "--identity"]


def test_nothing_is_made_and_nothing_written(doctor: Examine, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    assert doctor("--sandbox", "--audit-log", str(journal), "--secrets-dir", str(tmp_path))["code"] == 0
    assert list(tmp_path.iterdir()) == []
    journal.write_text("a line\n")
    assert doctor("--sandbox", "--audit-log", str(journal))["code"] == 0
    assert journal.read_text() == "a line\n"


@pytest.mark.parametrize(
    "arguments", [["--timeout", "long"], ["--port", "8000"], ["--tools", ","], ["--no-such"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    done = run("--json", *arguments, PATH=os.environ["PATH"])
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[0] in done.stderr
    assert "Traceback" not in done.stderr


# Other ways to serve.


def test_over_http_the_account_is_named_and_not_dockers(
    doctor: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKERHUB_API_URL", "http://127.0.0.1:1")
    found = doctor("--transport", "http", "--timeout", "0.1")
    assert "over --transport http the account is named" in found["by"]["docker-login"]["summary"]
    assert "docker login" not in found["by"]["account"]["remedy"]
    found = doctor("--transport", "http", "--identity", "request", "--sandbox")
    assert found["code"] == 0
    assert found["by"]["account"]["summary"] == "each request brings its own (--identity request)"
    assert {tool["usable"] for tool in found["tools"]} == {None}
    assert "scim" not in found["by"]


def test_a_table_for_accounts_of_requests_counts_what_is_on(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--transport", "http", "--identity", "request", "--sandbox"])
    out = capsys.readouterr().out
    assert "22 of 66 are on." in out
    assert "  on (22)\n" in out


def test_dockers_login_is_not_for_another_hub(doctor: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKERHUB_API_URL", "https://hub.invalid")
    found = doctor("--timeout", "0.1")
    assert found["by"]["docker-login"]["summary"] == (
        "not used: it is for https://hub.docker.com alone, and never sent to another address"
    )


def test_options_that_name_an_account_are_named(
    doctor: Examine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKERHUB_API_URL", "https://hub.invalid")
    token = tmp_path / "token"
    options = ["--username", "ada", "--token-file", str(token), "--timeout", "0.1"]
    account = doctor(*options)["by"]["account"]
    assert account["facts"]["source"] == "--username and --token-file"


# A terminal.


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """Return what the command writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*PROGRAM, *arguments], stdout=theirs, env=environment)
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65_536)
        except OSError:  # how Linux tells that nobody writes any more
            break
        if not chunk:
            break
        written += chunk
    os.close(ours)
    assert process.wait(60) == 0
    return written.decode()


def test_there_is_colour_on_a_terminal_unless_it_is_not_wanted() -> None:
    path = os.environ["PATH"]
    assert "\x1b[32mok\x1b[0m" in on_a_terminal("--sandbox", PATH=path, TERM="xterm")
    assert "\x1b" not in on_a_terminal("--sandbox", PATH=path, TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("--sandbox", PATH=path, TERM="dumb")
    assert "\x1b" not in on_a_terminal("--sandbox", "--json", PATH=path, TERM="xterm")
    assert "\x1b" not in run("--sandbox", PATH=path, TERM="xterm").stdout


def test_nobody_who_reads_on_is_no_trouble() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [*PROGRAM, "--sandbox"], stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


# On the way.

HUB = "https://hub.docker.com"


@pytest.mark.parametrize(
    ("variables", "summary"),
    [
        ({}, "none (HTTPS_PROXY is not set)"),
        (
            {"HTTPS_PROXY": "http://ada:hush-hush@proxy.example.com:3128"},
            "http://***@proxy.example.com:3128 (HTTPS_PROXY)",
        ),
        ({"https_proxy": "proxy.example.com:3128"}, "proxy.example.com:3128 (HTTPS_PROXY)"),
        ({"ALL_PROXY": "socks5://proxy"}, "socks5://proxy (ALL_PROXY)"),
        (
            {"HTTPS_PROXY": "http://proxy", "NO_PROXY": ".docker.com"},
            "none: hub.docker.com is excepted (NO_PROXY)",
        ),
    ],
)
def test_the_proxy_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], summary: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert check_proxy(HUB).summary == summary
    assert check_proxy("http://127.0.0.1:1").summary == "none: plain http stays on this machine"


def test_an_address_is_shown_without_who_it_is_for() -> None:
    assert mask_userinfo("http://a:b@c@host:1/x") == "http://***@host:1/x"
    assert mask_userinfo("host:1") == "host:1"


def test_the_certificates_are_told(tmp_path: Path) -> None:
    assert check_certificates("http://localhost", {"SSL_CERT_FILE": "/no"}).summary.startswith(
        "none are needed"
    )
    assert check_certificates(HUB, {}).status == "ok"
    nonsense = tmp_path / "ca.pem"
    missing = check_certificates(HUB, {"SSL_CERT_FILE": str(nonsense)})
    assert (missing.status, missing.summary) == (
        "wrong",
        f"SSL_CERT_FILE names {nonsense}, which is not there",
    )
    assert missing.remedy == "Correct or unset SSL_CERT_FILE."
    nonsense.write_text("no certificate")
    broken = check_certificates(HUB, {"SSL_CERT_FILE": str(nonsense)})
    assert broken.status == "wrong"
    assert "cannot be used" in broken.summary
    assert check_certificates(HUB, {"SSL_CERT_DIR": str(tmp_path)}).summary == f"{tmp_path} (SSL_CERT_DIR)"
    assert check_certificates(HUB, {"SSL_CERT_DIR": str(nonsense)}).status == "wrong"
