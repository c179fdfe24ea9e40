"""Values that cannot be credentials are refused before anything is sent; unusual passwords are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from dockerhub_mcp.bootstrap.validate import check_hub
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.credentials import find_credentials, find_scim_token
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL, LoginServer, find_login
from dockerhub_mcp.hub.auth.secret_checks import check_header_token, check_name, check_secret
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.methods import (
    CreateAuthToken,
    GetOrgSettings,
    GetRepository,
    Login,
    ScimListUsers,
)
from dockerhub_mcp.sandbox import Sandbox

PLACEHOLDERS = [
    *("${DOCKERHUB_TOKEN}", "${input:dockerhub-token}", "${env:DOCKERHUB_TOKEN}", "${user_config.token}"),
    *("$DOCKERHUB_TOKEN", "$TOKEN", "$env:DOCKERHUB_TOKEN", "%DOCKERHUB_TOKEN%", "%HUB_PAT%"),
    *("${{ secrets.DOCKERHUB_TOKEN }}", "{{dockerhub_token}}", "{env:DOCKERHUB_TOKEN}", "$(cat token)"),
    *("process.env.DOCKERHUB_TOKEN", "secrets.DOCKERHUB_TOKEN", "op://vault/docker/token", "`cat token`"),
    *("<your token>", "<DOCKERHUB_TOKEN>", "[your-pat]", "{your token}", "your-token-here"),
    *("YOUR_DOCKERHUB_TOKEN", "your_access_token", "paste token here", "insert-your-pat-here", "changeme"),
    *("xxxxxxxx", "XXX", "********", "••••••••", "...", "…", "null", "undefined", "replace-me", "???"),
]
NOT_SECRETS = [
    *PLACEHOLDERS,
    *("'dckr_pat_abc123'", '"dckr_pat_abc123"', "“hunter22”", "'", '""')[:3],
    *("Bearer eyJabc.eyJdef.ghi", "bearer dckr_pat_abc", "Authorization: Bearer abc", "Basic YWRhOng="),
    *("DOCKERHUB_TOKEN=dckr_pat_abc", "export DOCKERHUB_TOKEN=abc", "TOKEN: abc"),
    *("dckr_pat_abc def", "dckr_pat_abc\ndckr_pat_def", "dckr_pat_", "dckr_pat_…", "dckr_pat_xxxxxxxx"),
    *("dckr_oat_<token>", "dckr_oat_${TOKEN}", "dckr_pat_your-token", "dckr_pat_abc,", "dckr_pat_ab\u200bc"),
    *("first line\nsecond line", "with\x07bell", "with\u0085next", "zero\u200bwidth", "\ud800"),
    *("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "a" * 5000),
]
PASSWORDS = [
    *("pa$$word", "$UMMER2024", "$1000", "a<b>c", "<hunter2>", "<3password<3", "%100%", "50%off", "x", "xx"),
    *(
        "correct horse battery staple",
        "sélène:☃ and more",
        "abc${x}",
        "${unclosed",
        "it's",
        '"quoted" inside',
    ),
    *("your mother", "Xxx-1", "p@ss{word}", "wrong-password", "my secret garden", "env.2024", "key: value"),
    *(
        "dckr_pat_sandbox_admin",
        "dckr_pat_AbC-_09",
        "dckr_oat_sandbox_acme",
        "dckr_pat_x",
        "🧑\u200d🚀moon-shot",
    ),
    *("token", "password", "secret", "-", "=", "a=b", "Bearer", "bearer of bad news"),
]


def test_values_that_cannot_be_secrets_are_refused_without_quoting_them() -> None:
    for value in NOT_SECRETS:
        with pytest.raises(CredentialError, match=r"SOURCE holds .+; nothing was sent\.") as caught:
            check_secret(value, "SOURCE")
        text = str(caught.value)
        assert len(value) < 4 or value not in text, value
        assert "It must be the access token or password itself." in text


def test_unusual_passwords_are_accepted() -> None:
    for value in PASSWORDS:
        check_secret(value, "SOURCE")


def test_values_that_cannot_be_names_are_refused() -> None:
    for value in [*PLACEHOLDERS, '"ada"', "ada\nlinus", "<your Docker ID>", "your-username", "Bearer ada"]:
        with pytest.raises(CredentialError, match="SOURCE holds"):
            check_name(value, "SOURCE")
    for value in ("ada", "ada@example.com", "user", "docker", "my-org", "null0", "a_b.c-d", "token"):
        check_name(value, "SOURCE")


def test_a_header_token_has_only_characters_that_a_header_can_carry() -> None:
    for value in ("a b", "a\nb", "tökén", "a\x00b", "☃", "tab\there", "${SCIM}", '"quoted"', "a\x7fb"):
        with pytest.raises(CredentialError, match="SOURCE holds"):
            check_header_token(value, "SOURCE")
    for value in ("abc", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "a+b/c=~._-", "dckr_scim_abc"):
        check_header_token(value, "SOURCE")


def test_variables_are_checked_when_they_are_found() -> None:
    for value in NOT_SECRETS:
        if "\ud800" in value:
            continue
        for variable in ("DOCKERHUB_TOKEN", "DOCKER_PAT", "HUB_PAT_TOKEN", "DOCKER_PASSWORD"):
            with pytest.raises(CredentialError, match=f"^{variable} holds"):
                find_credentials({"DOCKERHUB_USERNAME": "ada", variable: value})
    for value in PASSWORDS:
        assert find_credentials({"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": value})
    with pytest.raises(CredentialError, match=r"^DOCKERHUB_USERNAME holds a variable that was not replaced"):
        find_credentials({"DOCKERHUB_USERNAME": "${DOCKERHUB_USERNAME}", "DOCKERHUB_TOKEN": "x"})
    with pytest.raises(CredentialError, match=r"^DOCKERHUB_SCIM_TOKEN holds characters that no HTTP header"):
        find_scim_token({"DOCKERHUB_SCIM_TOKEN": "not a token"})


def test_a_server_does_not_start_with_values_that_cannot_be_credentials(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("<your token>\n")
    good = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": "dckr_pat_abc"}

    def problems(environment: dict[str, str], **options: Any) -> list[str]:
        return [str(problem) for problem in check_hub(Settings(**options), environment)]

    assert problems(good) == []
    for bad, source in (
        ({"DOCKERHUB_TOKEN": "${DOCKERHUB_TOKEN}"}, "DOCKERHUB_TOKEN holds"),
        ({"DOCKERHUB_USERNAME": "${input:name}"}, "DOCKERHUB_USERNAME holds"),
        ({"DOCKERHUB_SCIM_TOKEN": "tökén"}, "DOCKERHUB_SCIM_TOKEN holds"),
        ({"DOCKERHUB_SCIM_TOKEN_FILE": str(file)}, "The file that DOCKERHUB_SCIM_TOKEN_FILE names"),
    ):
        (problem,) = problems(good | bad)
        assert source in problem
    del good["DOCKERHUB_TOKEN"]
    (problem,) = problems(good | {"DOCKERHUB_TOKEN_FILE": str(file)})
    assert problem.startswith(f"The file that DOCKERHUB_TOKEN_FILE names, {file}, holds a placeholder")
    (problem,) = problems(good, token_file=str(file))
    assert problem.startswith("The file that --token-file names")
    (problem,) = problems({"DOCKERHUB_TOKEN": "dckr_pat_abc"}, username="<your Docker ID>")
    assert problem.startswith("--username holds a placeholder")
    # A file that does not exist yet is not an error: it may be written later.
    assert problems(good | {"DOCKERHUB_TOKEN_FILE": str(tmp_path / "later")}) == []
    # Values that the sandbox does not use are not checked.
    assert problems({"DOCKERHUB_TOKEN": "${DOCKERHUB_TOKEN}"}, sandbox=True) == []


async def test_a_client_sends_no_placeholder(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    for value in NOT_SECRETS:
        hub = make_hub(credentials=Credentials.from_strings("ada", value))
        with pytest.raises(CredentialError, match="The secret holds"):
            await hub.send(GetOrgSettings(name="acme"))
        assert (await hub.send(GetRepository(repository="redis"))).name == "redis"
        assert isinstance(hub.credential_error, CredentialError)
    assert sandbox.login_count == 0


async def test_a_file_that_turns_into_a_placeholder_is_not_sent(
    sandbox: Sandbox, make_hub: Callable[..., Hub], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("sandbox-password-ada")
    credentials = find_credentials({"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(file)})
    hub = make_hub(credentials=credentials)
    await hub.send(GetOrgSettings(name="acme"))
    file.write_text("${DOCKERHUB_TOKEN}")
    with pytest.raises(CredentialError, match="The file that DOCKERHUB_TOKEN_FILE names"):
        await hub.send(GetOrgSettings(name="acme"))
    assert sandbox.login_count == 1


async def test_arguments_that_cannot_be_secrets_are_not_sent(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    await hub.send(GetOrgSettings(name="acme"))
    for value in NOT_SECRETS[:-1]:  # the schema limits the length
        with pytest.raises(CredentialError, match=r"^The argument secret holds"):
            await hub.send(CreateAuthToken(identifier="ada", secret=SecretStr(value)))
        with pytest.raises(CredentialError, match=r"^The argument password holds"):
            await hub.send(Login(username="ada", password=SecretStr(value)))
    with pytest.raises(CredentialError, match=r"^The argument identifier holds"):
        await hub.send(CreateAuthToken(identifier="${USERNAME}", secret=SecretStr("dckr_pat_abc")))
    assert sandbox.login_count == 1
    assert hub.credential_error is None, "the configured account is in order"


async def test_a_scim_token_that_no_header_can_carry_is_not_sent(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for value in ("tökén", "a\r\nx-evil: 1", "${SCIM_TOKEN}", "two words", "☃"):
        with pytest.raises(CredentialError, match="DOCKERHUB_SCIM_TOKEN") as caught:
            await make_hub(scim_token=StaticSecret(value)).send(ScimListUsers())
        assert value not in str(caught.value)
    assert sandbox.requests == []


def test_docker_s_login_is_checked_too() -> None:
    server = LoginServer((HUB_SERVER_URL,), is_docker_hub=True)
    for value in ("${DOCKERHUB_TOKEN}", "<your token>", "dckr_pat_xxxx", '\\"quoted\\"', "Bearer abc"):
        text = f'{{"auths": {{"{HUB_SERVER_URL}": {{"username": "ada", "password": "{value}"}}}}}}'
        with pytest.raises(CredentialError, match=r"^The login in config\.json holds") as caught:
            find_login(text, server, config_name="config.json")
        assert "docker login" in caught.value.remedy
