"""The doctor: on the sandbox, and with settings, accounts and connections that are wrong on purpose."""

from __future__ import annotations

import os
import pty
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import __version__
from dockerhub_mcp.doctor.environment import check_certificates, check_proxy, mask_userinfo
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support import credential_helpers as helpers
from tests.support.command_line import Completed, run_main, run_main_in_thread
from tests.support.credential_helpers import STDERR_SECRET, DockerHome

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


@pytest.fixture
def docker_home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the user's proxies: the standard library reads these variables itself."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def examine(*arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run the doctor and return its report, with the exit code and the findings by name."""
    return read_report(run_main("doctor", "--json", *arguments, env=env))


async def examine_in_thread(**environment: str) -> dict[str, Any]:
    """Run the doctor while this event loop serves a Hub to it."""
    return read_report(await run_main_in_thread("doctor", "--json", env=environment))


def read_report(done: Completed) -> dict[str, Any]:
    assert done.stderr == ""
    report: dict[str, Any] = done.json()
    by_name = {finding["name"]: finding for finding in report["findings"]}
    return report | {"code": done.returncode, "by": by_name, "text": done.stdout}


def print_report(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run the doctor and return its report as text."""
    return run_main("doctor", *arguments, env=env).stdout


@pytest.mark.parametrize("identity", ACCOUNTS)
def test_every_identity_of_the_sandbox_is_reported(identity: str) -> None:
    status, summary = ACCOUNTS[identity]
    found = examine("--sandbox", "--sandbox-identity", identity)
    account = found["by"]["account"]
    assert (account["status"], account["summary"].startswith(summary)) == (status, True), account
    assert account["facts"]["source"] == f"--sandbox-identity {identity}"
    assert (found["ok"], found["code"]) == ((False, 1) if status == "wrong" else (True, 0))
    assert [finding["name"] for finding in found["findings"] if finding["status"] != "ok"] == (
        [] if status == "ok" else ["account"]
    )
    assert all(finding["remedy"] for finding in found["findings"] if finding["status"] != "ok")


def test_every_identity_has_an_expected_report() -> None:
    assert ACCOUNTS.keys() == IDENTITIES.keys() | {"anonymous"}


@pytest.mark.parametrize("identity", ["owner", "expired-pat", "org-token-narrow", "two-factor", "anonymous"])
def test_the_report_fits_the_terminal_and_contains_no_secret(identity: str) -> None:
    for options in ([], ["--json"], ["--access", "admin", "--toolsets", "all"], ["--log-level", "debug"]):
        done = run_main("doctor", "--sandbox", "--sandbox-identity", identity, *options)
        out, err = done.stdout, done.stderr
        assert [secret for secret in SECRETS if secret in out + err] == []
        assert "eyJ" not in out + err
        if options != ["--json"]:
            assert max(map(len, out.splitlines())) <= 100
            assert "\x1b" not in out
            assert out.isascii()
        assert (err != "") == (options == ["--log-level", "debug"])


def test_the_report_is_aligned_and_names_remedies() -> None:
    lines = print_report("--sandbox", "--sandbox-identity", "expired-pat").splitlines()
    heads = [re.match(r"[a-z-]+ +(?:ok|note|WRONG) +", line) for line in lines[2:]]
    assert {head.end() for head in heads if head} == {21}
    assert lines[0] == f"dockerhub-mcp {__version__}"
    assert any(line.strip().startswith("-> Check it at https://app.docker.com") for line in lines)
    assert lines[-1] == "Something is wrong: account."
    report = print_report("--sandbox", "--sandbox-identity", "two-factor")
    assert report.endswith("\nNothing is wrong; worth a look: account.\n")
    administrator = ("--sandbox", "--toolsets", "administrator", "--access", "admin", "--sandbox-identity")
    assert print_report(*administrator, "owner").endswith("\nAll is well.\n")
    report = print_report(*administrator, "owner-pat")
    assert report.endswith("\nAll is well; 32 of the 41 tools that are on need other credentials.\n")


def test_the_json_report_has_the_documented_shape() -> None:
    found = examine("--sandbox", "--sandbox-identity", "owner-pat")
    assert found.keys() == {"format", "version", "ok", "findings", "tools", "versions", "code", "by", "text"}
    assert (found["format"], found["version"]) == (1, __version__)
    names = ["settings", "proxy", "certificates", "hub", "docker-login", "account", "rate-limit"]
    names += ["registry", "scim"]
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
    assert [tool["name"] for tool in found["tools"]] == [tool.name for tool in ALL_TOOLS]
    for tool in found["tools"]:
        members = {"name", "area", "access", "on", "off_by", "off", "enable_with", "usable", "lacks", "needs"}
        assert tool.keys() == members
        assert bool(tool["enable_with"]) == (tool["off_by"] in {"gate", "toolset"})
        assert tool["on"] == (tool["off"] == "") == (tool["off_by"] == "")
        assert tool["usable"] == (tool["lacks"] == "") == (tool["needs"] == "")
    assert found["versions"].keys() == {
        *("dockerhub-mcp", "python", "mcp", "httpx2", "pydantic", "anyio", "openssl", "system")
    }


def test_each_disabled_tool_names_the_option() -> None:
    options = ["--access", "write", "--toolsets", "tags,repositories", "--exclude-tools", "get_tag"]
    by = {tool["name"]: tool for tool in examine("--sandbox", *options)["tools"]}
    states = {
        name: (by[name]["on"], by[name]["off_by"])
        for name in ("list_tags", "get_tag", "delete_tag", "get_organization")
    }
    assert states == {
        "list_tags": (True, ""),
        "get_tag": (False, "excluded"),
        "delete_tag": (False, "gate"),
        "get_organization": (False, "toolset"),
    }
    by = {tool["name"]: tool for tool in examine("--sandbox", "--tools", "get_tag")["tools"]}
    assert by["list_tags"]["off_by"] == "chosen"


def test_the_report_groups_tools_by_what_disables_them() -> None:
    options = ("--sandbox", "--sandbox-identity", "org-token-narrow", "--exclude-tools", "get_tag")
    report = " ".join(print_report(*options).split())
    counts = f"{len(Registry().tools) - 1} of {len(ALL_TOOLS)} are on, and this account can use"
    usable = re.search(rf"{counts} (\d+) of them\. on and usable \((\d+)\) ((?:\w+, )*\w+) on, but", report)
    assert usable, report
    assert int(usable[1]) == int(usable[2]) == len(usable[3].split(", ")) > 0
    assert "on, but the token lacks their scopes (5) list_repositories (scope-repository-list)," in report
    assert "on, but closed to organization access tokens: needs a user's sign-in (2) login," in report
    assert "off: excluded by --exclude-tools (1) get_tag" in report
    assert "off: --access write (2) create_repository, update_repository" in report
    report = " ".join(print_report("--sandbox", "--tools", "get_tag").split())
    assert f"1 of {len(ALL_TOOLS)} are on" in report
    assert re.search(r"off: not among those of --tools \(\d+\) create_auth_token, login, ", report)


# Accounts of the environment, with a Hub over a socket.


async def test_the_source_of_an_account_is_reported(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    token = docker_home.config_dir / "token"
    token.write_text("dckr_pat_sandbox_admin\n")
    token.chmod(0o640)
    found = await examine_in_thread(
        **docker_home.build_env(
            DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN_FILE=str(token)
        )
    )
    assert found["code"] == 0
    by = found["by"]
    assert by["account"]["facts"]["source"] == "DOCKERHUB_USERNAME and DOCKERHUB_TOKEN_FILE"
    assert by["docker-login"]["summary"] == (
        "not used: DOCKERHUB_USERNAME and DOCKERHUB_TOKEN_FILE take precedence"
    )
    assert by["token-file"]["status"] == "note"
    assert by["token-file"]["summary"] == f"{token} has mode 0640: other users can read it"
    assert by["token-file"]["remedy"] == f"chmod 600 {token}"
    assert sandbox.login_count == 1
    assert not any("scim" in name for name in by)
    scim = [tool for tool in found["tools"] if tool["name"] == "scim_list_users"]
    assert scim[0]["lacks"] == "SCIM token"


async def test_a_wrong_secret_is_sent_once(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    found = await examine_in_thread(
        **docker_home.build_env(
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


async def test_a_rejected_bearer_token_leads_to_no_second_sign_in(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=401))
    found = await examine_in_thread(
        **docker_home.build_env(
            DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="dckr_pat_sandbox_admin"
        )
    )
    assert sandbox.login_count == 1
    assert found["by"]["account"]["status"] == "ok"


async def test_docker_s_login_is_reported_and_looked_up_once(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_sandbox_admin")
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    assert found["code"] == 0
    login = found["by"]["docker-login"]
    assert login["summary"] == "logged in as ada"
    assert login["facts"] == {
        "used": True,
        "config": str(docker_home.config_file),
        "config_exists": True,
        "helper": "docker-credential-x",
        "helper_path": f"{docker_home.bin_dir}/docker-credential-x",
        "username": "ada",
    }
    assert found["by"]["account"]["facts"]["source"] == "Docker's login, kept in docker-credential-x"
    assert (sandbox.login_count, docker_home.lookups) == (
        1,
        [f"get {sandbox_url}", f"get {sandbox_url}/access-token"],
    )


@pytest.mark.parametrize("mode", ["token", "full"])
async def test_the_session_of_a_browser_login_is_reported(
    sandbox_url: str, docker_home: DockerHome, mode: str
) -> None:
    async with Hub(Credentials.from_strings("ada", "sandbox-password-ada"), base_url=sandbox_url) as hub:
        bearer = await hub._authenticator.get_bearer()
    assert bearer is not None
    for stored_in in ("auths", "helper"):
        if stored_in == "auths":
            login = helpers.build_entry("ada", "dckr_pat_sandbox_admin")
            session = helpers.build_entry("ada", bearer.token)
            docker_home.write_config(auths={sandbox_url: login, f"{sandbox_url}/access-token": session})
        else:
            docker_home.write_config(credHelpers={sandbox_url: "x"})
            docker_home.install_helper("x", helpers.WITH_SESSION, secret=bearer.token)
        variables = docker_home.build_env(
            DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_MCP_DOCKER_CREDENTIALS=mode
        )
        found = await examine_in_thread(**variables)
        assert found["code"] == 0
        facts = found["by"]["docker-login"]["facts"]
        assert (facts["session"], facts["session_used"]) == ("ada", mode == "full")
        assert facts["session_until"] == bearer.expires_at.isoformat() if bearer.expires_at else ""
        kind = "session of docker login" if mode == "full" else "personal access token"
        assert found["by"]["account"]["facts"]["kind"] == kind
        text = (await run_main_in_thread("doctor", env=variables)).stdout
        assert "with all rights of the account" in " ".join(text.split())
        assert ("--docker-credentials full uses it" in " ".join(text.split())) == (mode == "token")
        assert bearer.token not in text + found["text"]
        assert "eyJ" not in text + found["text"]


@pytest.mark.parametrize(
    ("manner", "message"),
    [
        (None, "docker-credential-x, which is not installed"),
        (helpers.FAILING, "docker-credential-x failed (exit code 3)"),
        (helpers.INVALID_OUTPUT, "docker-credential-x did not return the JSON"),
    ],
    ids=["missing", "fails", "nonsense"],
)
async def test_a_credential_helper_that_fails_is_wrong(
    sandbox_url: str, docker_home: DockerHome, manner: str | None, message: str
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "x"})
    if manner:
        docker_home.install_helper("x", manner)
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    login = found["by"]["docker-login"]
    assert (found["code"], login["status"]) == (1, "wrong")
    assert message in login["summary"]
    assert login["remedy"]
    assert STDERR_SECRET not in found["text"]
    assert found["by"]["account"]["summary"] == "anonymous: public repositories and tags"
    assert len(docker_home.lookups) == (1 if manner else 0)


async def test_a_credential_helper_whose_name_is_a_path_is_wrong(
    sandbox_url: str, docker_home: DockerHome
) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "../x"})
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    assert "with an invalid name" in found["by"]["docker-login"]["summary"]


async def test_a_login_that_is_disabled_is_not_looked_up(sandbox_url: str, docker_home: DockerHome) -> None:
    docker_home.write_config(credHelpers={sandbox_url: "../x"})
    off = docker_home.build_env(DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_MCP_DOCKER_CREDENTIALS="false")
    found = await examine_in_thread(**off)
    assert found["code"] == 0
    assert found["by"]["docker-login"]["summary"] == "not used: disabled (--no-docker-credentials)"


async def test_a_machine_without_a_login_is_ok(sandbox_url: str, docker_home: DockerHome) -> None:
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    assert found["code"] == 0
    assert found["by"]["docker-login"]["summary"] == "none: Docker is not logged in on this machine"
    # Docker never writes a login to a Hub on this machine.
    assert found["by"]["account"]["remedy"] == ("To sign in, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN.")


async def test_a_hub_that_cannot_be_reached_and_docker_s_own_login(
    docker_home: DockerHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nothing listens there, so nothing leaves
    variables = docker_home.build_env(DOCKERHUB_MCP_TIMEOUT="1")
    found = await examine_in_thread(**variables)
    assert found["by"]["hub"]["status"] == "wrong"
    assert found["by"]["account"]["remedy"] == (
        "To sign in, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or run `docker login`."
    )
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_x")
    found = await examine_in_thread(**variables)
    assert found["by"]["docker-login"]["summary"] == "logged in as ada"
    assert found["by"]["account"]["summary"] == "not tried because the Hub cannot be reached"
    assert docker_home.lookups == [
        "get https://index.docker.io/v1/",
        "get https://index.docker.io/v1/access-token",
    ]


async def test_a_scim_token_that_is_rejected_is_wrong(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    variables = docker_home.build_env(DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_SCIM_TOKEN="not-this-one")
    found = await examine_in_thread(**variables)
    scim = found["by"]["scim"]
    assert (found["code"], scim["status"]) == (1, "wrong")
    assert "DOCKERHUB_SCIM_TOKEN" in scim["remedy"]
    assert "not-this-one" not in found["text"]
    sandbox.faults.rules.append(Fault(match="/v2/scim/", status=403))
    found = await examine_in_thread(**variables)
    assert found["by"]["scim"]["status"] == "note"


async def test_a_rate_limit_that_is_nearly_exhausted_is_a_note(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    headers = {"X-RateLimit-Limit": "180", "X-RateLimit-Remaining": "18", "X-RateLimit-Reset": "1800000000"}
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=200, headers=headers))
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    limit = found["by"]["rate-limit"]
    assert (found["code"], limit["status"]) == (0, "note")
    assert limit["summary"] == "18 of 180 requests per minute are left, until 08:00:00Z"
    assert limit["remedy"] == "Wait a minute, or sign in for a higher limit."


async def test_a_hub_without_a_rate_limit(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    headers = {"X-RateLimit-Limit": "", "X-RateLimit-Remaining": "", "X-RateLimit-Reset": ""}
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=200, headers=headers))
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    assert found["by"]["rate-limit"]["summary"] == "the Hub reported none"


async def test_a_hub_that_answers_with_an_error_is_wrong(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/", status=501))
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url))
    assert (found["code"], found["by"]["hub"]["status"]) == (1, "wrong")
    assert "answers 501" in found["by"]["hub"]["summary"]


async def test_a_sign_in_that_fails_is_wrong(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/auth/token", status=500))
    variables = docker_home.build_env(
        DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="dckr_pat_sandbox_admin"
    )
    account = (await examine_in_thread(**variables))["by"]["account"]
    assert (account["status"], account["facts"]["error"]) == ("wrong", "SignInUnavailable")
    assert "dockerstatus.com" in account["remedy"]


async def test_a_missing_token_file_is_wrong(sandbox_url: str, docker_home: DockerHome) -> None:
    variables = docker_home.build_env(
        DOCKERHUB_API_URL=sandbox_url,
        DOCKERHUB_USERNAME="ada",
        DOCKERHUB_TOKEN_FILE=f"{docker_home.config_dir}/no",
    )
    found = await examine_in_thread(**variables)
    assert (found["code"], found["by"]["account"]["facts"]["error"]) == (1, "CredentialError")
    assert "cannot be read: No such file" in found["by"]["account"]["summary"]
    assert "token-file" not in found["by"]


@pytest.mark.parametrize(
    ("name", "secret"),
    [("DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN_FILE"), ("HUB_USERNAME", "HUB_PAT_TOKEN_FILE")],
)
async def test_an_empty_token_file_is_wrong(
    name: str, secret: str, sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    found = await examine_in_thread(
        **docker_home.build_env(DOCKERHUB_API_URL=sandbox_url, **{name: "ada", secret: str(empty)})
    )
    assert found["code"] == 1
    assert found["by"]["account"]["summary"] == f"The file that {secret} names, {empty}, is empty."
    assert found["by"]["account"]["remedy"] == "Write the secret into it, one line."
    assert sandbox.login_count == 0


async def test_the_variables_of_docker_hub_mcp_are_an_account(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    variables = {"HUB_USERNAME": "ada", "HUB_PAT_TOKEN": "dckr_pat_sandbox_admin"}
    found = await examine_in_thread(**docker_home.build_env(DOCKERHUB_API_URL=sandbox_url, **variables))
    assert found["code"] == 0
    assert found["by"]["account"]["facts"]["source"] == "HUB_USERNAME and HUB_PAT_TOKEN"
    assert sandbox.login_count == 1


@pytest.mark.parametrize("name", ["HUB_PAT_TOKEN", "DOCKER_PASSWORD"])
async def test_a_token_without_a_user_name_is_a_note(
    name: str, sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    login = helpers.build_entry("ada", "dckr_pat_sandbox_admin")
    docker_home.write_config(auths={sandbox_url: login})  # is not used: it may be another account
    variables = docker_home.build_env(DOCKERHUB_API_URL=sandbox_url, **{name: "dckr_pat_sandbox_admin"})
    found = await examine_in_thread(**variables)
    by = found["by"]
    assert found["code"] == 0
    assert by["settings"]["status"] == "note"
    assert by["settings"]["summary"].startswith(f"{name} is set, but no user name is, so calls are anonymous")
    assert by["docker-login"]["summary"] == f"not used: {name} is set, but lacks its user name"
    assert by["account"]["summary"].startswith("anonymous")
    assert by["account"]["remedy"].startswith("Set DOCKERHUB_USERNAME or --username to the Docker ID")
    assert sandbox.login_count == 0
    assert "dckr_pat_sandbox_admin" not in found["text"]


async def test_without_a_connection_there_is_no_sign_in(docker_home: DockerHome) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        found = await examine_in_thread(
            **docker_home.build_env(
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


# Problems of the settings.


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {"DOCKERHUB_TOKEN": "dckr_pat_x"}, "DOCKERHUB_TOKEN is set, but no user name is."),
        ([], {"DOCKERHUB_USERNAME": "ada"}, "DOCKERHUB_USERNAME is set, but no token is."),
        ([], {"DOCKERHUB_API_URL": "http://hub.docker.com"}, "Plain HTTP would expose the bearer token"),
        (["--sandbox", "--tools", "gettag"], {}, "--tools: 'gettag' does not exist; did you mean get_tag"),
        (["--sandbox", "--sandbox-identity", "bob"], {}, "--sandbox-identity must be anonymous or one of"),
        (
            ["--sandbox", "--secrets-dir", "/no/such"],
            {},
            "--secrets-dir names /no/such, which is not a directory",
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
            ["--sandbox", "--transport", "http", "--tls-cert", "x"],
            {},
            "--tls-cert and --tls-key belong together",
        ),
        (["--sandbox", "--transport", "http", "--host", "192.0.2.1"], {}, "so callers must authenticate"),
    ],
)
def test_a_fatal_problem_of_the_settings_is_a_finding(
    arguments: list[str], environment: dict[str, str], message: str
) -> None:
    if "--sandbox" not in arguments:
        environment |= {"DOCKERHUB_MCP_TIMEOUT": "0.1"}
    found = examine(*arguments, env=environment)
    settings = found["by"]["settings"]
    assert (found["code"], settings["status"]) == (1, "wrong")
    assert message in settings["summary"]
    assert settings["remedy"] == "Correct this. Until then the server does not start."
    assert "dckr_pat_x" not in found["text"]


def test_every_problem_of_the_settings_is_reported() -> None:
    environment = {"DOCKERHUB_MCP_ACCESS": "dckr_pat_in_the_wrong_place", "DOCKERHUB_MCP_CACHE_TTL": "long"}
    settings = examine("--sandbox", "--tools", "gettag", env=environment)["by"]["settings"]
    problems = settings["facts"]["problems"]
    assert [problem.split(" ")[0] for problem in problems] == [
        "DOCKERHUB_MCP_ACCESS",
        "DOCKERHUB_MCP_CACHE_TTL",
        "--tools:",
    ]
    assert "dckr_pat" not in problems[0]
    assert settings["remedy"].startswith("Correct these.")
    report = print_report("--sandbox", "--tools", "gettag", env=environment)
    assert "and: DOCKERHUB_MCP_CACHE_TTL must be a number" in report
    assert "dckr_pat" not in report
    # An option overrides the variable, which then does no harm.
    found = examine("--sandbox", "--access", "read", "--cache-ttl", "1", env=environment)
    assert found["by"]["settings"]["status"] == "ok"


def test_a_warning_is_a_note() -> None:
    options = ("--sandbox", "--transport", "http", "--host", "192.0.2.1")
    found = examine(*options, env={"DOCKERHUB_MCP_AUTH_TOKEN": "a-token-of-24-characters"})
    settings = found["by"]["settings"]
    assert (found["code"], settings["status"], settings["remedy"]) == (0, "note", "")
    assert settings["summary"].startswith("tokens travel unencrypted")
    report = print_report(*options)
    assert "WRONG  --host 192.0.2.1 lets other machines in" in report
    assert "note: tokens travel unencrypted" in report
    assert "and: " not in report


def test_variables_that_belong_together_are_no_problem() -> None:
    environment = {"DOCKERHUB_MCP_IDENTITY": "request", "DOCKERHUB_MCP_ACCESS": "admin"}
    found = examine("--sandbox", env=environment | {"DOCKERHUB_MCP_TRANSPORT": "http"})
    assert found["code"] == 0
    assert found["by"]["account"]["summary"].startswith("each request carries its own")
    # Over stdio it contradicts, and what else is set counts all the same.
    found = examine("--sandbox", env=environment | {"DOCKERHUB_MCP_TRANSPORT": "stdio"})
    assert found["by"]["settings"]["summary"].startswith("--identity is for --transport http or sse")
    assert [tool["on"] for tool in found["tools"] if tool["name"] == "create_repository"] == [True]
    found = examine("--sandbox", env=environment | {"DOCKERHUB_MCP_TRANSPORT": "pigeon"})
    problems = found["by"]["settings"]["facts"]["problems"]
    assert [problem.split(" ")[0] for problem in problems] == ["DOCKERHUB_MCP_TRANSPORT", "--identity"]


def test_nothing_is_created_or_written(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    assert examine("--sandbox", "--audit-log", str(journal), "--secrets-dir", str(tmp_path))["code"] == 0
    assert list(tmp_path.iterdir()) == []
    journal.write_text("a line\n")
    assert examine("--sandbox", "--audit-log", str(journal))["code"] == 0
    assert journal.read_text() == "a line\n"


@pytest.mark.parametrize(
    "arguments", [["--timeout", "long"], ["--port", "8000"], ["--tools", ","], ["--no-such"]]
)
def test_usage_errors_end_with_exit_code_2(arguments: list[str]) -> None:
    done = run_main("doctor", "--json", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[0] in done.stderr


# Other ways to serve.


def test_over_http_docker_s_login_is_not_used() -> None:
    found = examine(
        "--transport", "http", "--timeout", "0.1", env={"DOCKERHUB_API_URL": "http://127.0.0.1:1"}
    )
    assert "over --transport http only a configured account is used" in found["by"]["docker-login"]["summary"]
    assert "docker login" not in found["by"]["account"]["remedy"]
    found = examine("--transport", "http", "--identity", "request", "--sandbox")
    assert found["code"] == 0
    assert found["by"]["account"]["summary"] == "each request carries its own (--identity request)"
    assert {tool["usable"] for tool in found["tools"]} == {None}
    assert "scim" not in found["by"]


def test_the_report_for_accounts_of_requests_counts_enabled_tools() -> None:
    report = print_report("--transport", "http", "--identity", "request", "--sandbox")
    assert f"{len(Registry().tools)} of {len(ALL_TOOLS)} are on." in report
    assert f"  on ({len(Registry().tools)})\n" in report


def test_dockers_login_is_not_for_another_hub() -> None:
    found = examine("--timeout", "0.1", env={"DOCKERHUB_API_URL": "https://hub.invalid"})
    assert found["by"]["docker-login"]["summary"] == (
        "not used: it is for https://hub.docker.com only, and never sent elsewhere"
    )


def test_options_that_name_an_account_are_reported_as_its_source(tmp_path: Path) -> None:
    options = ["--username", "ada", "--token-file", str(tmp_path / "token"), "--timeout", "0.1"]
    account = examine(*options, env={"DOCKERHUB_API_URL": "https://hub.invalid"})["by"]["account"]
    assert account["facts"]["source"] == "--username and --token-file"


# A terminal.


def test_there_is_colour_on_a_terminal_unless_it_is_not_wanted() -> None:
    for arguments, environment, is_terminal, is_coloured in (
        ([], {"TERM": "xterm"}, True, True),
        ([], {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ([], {"TERM": "dumb"}, True, False),
        (["--json"], {"TERM": "xterm"}, True, False),
        ([], {"TERM": "xterm"}, False, False),
    ):
        done = run_main("doctor", "--sandbox", *arguments, env=environment, is_terminal=is_terminal)
        assert ("\x1b[32mok\x1b[0m" in done.stdout) == is_coloured
        assert ("\x1b" in done.stdout) == is_coloured


def test_the_program_as_a_process_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dockerhub_mcp", "doctor", "--sandbox"]
    with subprocess.Popen(
        command, stdout=theirs, env={"PATH": os.environ["PATH"], "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(ours, 65_536)
            except OSError:  # on Linux, the other end is closed
                break
            if not chunk:
                break
            written += chunk
    os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[32mok\x1b[0m" in written


# Proxies and certificates.

HUB = "https://hub.docker.com"


@pytest.mark.parametrize(
    ("variables", "summary"),
    [
        ({}, "none (HTTPS_PROXY is not set)"),
        (
            {"HTTPS_PROXY": "http://ada:hush-hush@proxy.example.com:3128"},
            "http://***@proxy.example.com:3128 (HTTPS_PROXY)",
        ),
        ({"https_proxy": "proxy.example.com:3128"}, "http://proxy.example.com:3128 (https_proxy)"),
        ({"ALL_PROXY": "socks5://proxy"}, "socks5://proxy:1080 (ALL_PROXY)"),
        (
            {"HTTPS_PROXY": "http://ada:hu#sh@proxy"},
            "HTTPS_PROXY cannot be used: its user name or password holds a character that must be percent-encoded",
        ),
        (
            {"HTTPS_PROXY": "http://proxy", "NO_PROXY": ".docker.com"},
            "none: hub.docker.com is in NO_PROXY",
        ),
    ],
)
def test_the_proxy_is_reported_without_its_password(variables: dict[str, str], summary: str) -> None:
    assert check_proxy(HUB, variables).summary == summary
    assert check_proxy("http://127.0.0.1:1", variables).summary == "none: plain HTTP is for this machine only"


def test_user_information_is_masked() -> None:
    assert mask_userinfo("http://a:b@c@host:1/x") == "http://***@host:1/x"
    assert mask_userinfo("host:1") == "host:1"


def test_certificates(tmp_path: Path) -> None:
    assert check_certificates("http://localhost", {"SSL_CERT_FILE": "/no"}).summary.startswith("not needed")
    assert check_certificates(HUB, {}).status == "ok"
    nonsense = tmp_path / "ca.pem"
    missing = check_certificates(HUB, {"SSL_CERT_FILE": str(nonsense)})
    assert (missing.status, missing.summary) == (
        "wrong",
        f"SSL_CERT_FILE names {nonsense}, which does not exist",
    )
    assert missing.remedy == "Correct or unset SSL_CERT_FILE."
    nonsense.write_text("no certificate")
    broken = check_certificates(HUB, {"SSL_CERT_FILE": str(nonsense)})
    assert broken.status == "wrong"
    assert "cannot be used" in broken.summary
    empty = check_certificates(HUB, {"SSL_CERT_DIR": str(tmp_path)})
    assert (empty.status, empty.remedy) == (
        "wrong",
        f"Run `openssl rehash {tmp_path}`, or unset SSL_CERT_DIR.",
    )
    (tmp_path / "0a775a30.0").touch()
    assert check_certificates(HUB, {"SSL_CERT_DIR": str(tmp_path)}).summary == f"{tmp_path} (SSL_CERT_DIR)"
    assert check_certificates(HUB, {"SSL_CERT_DIR": str(nonsense)}).status == "wrong"
