from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockerhub_mcp.hub import CredentialKind, Credentials
from dockerhub_mcp.hub.auth.account import Login
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import (
    SECRET_VARIABLES,
    USERNAME_VARIABLES,
    explain_unnamed_secret,
    find_credentials,
    find_unnamed_secret,
)
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.secret_sources import FileSecret, StaticSecret
from dockerhub_mcp.hub.auth.token_exchange import PendingSignIn
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.transport.backends import Request, Response
from dockerhub_mcp.hub.transport.proxies import Proxy


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("dckr_pat_x", CredentialKind.PAT),
        ("dckr_oat_x", CredentialKind.OAT),
        ("hunter2", CredentialKind.PASSWORD),
        ("", CredentialKind.PASSWORD),
        ("xdckr_pat_", CredentialKind.PASSWORD),
    ],
)
def test_the_prefix_tells_the_kind(secret: str, kind: CredentialKind) -> None:
    assert CredentialKind.from_secret(secret) is kind


@pytest.mark.parametrize("username", USERNAME_VARIABLES)
@pytest.mark.parametrize("secret", SECRET_VARIABLES)
def test_every_variable_name_is_accepted(username: str, secret: str) -> None:
    found = find_credentials({username: " ada ", secret: " dckr_pat_x\n"})
    assert found is not None
    assert (found.name.read_text(), found.secret.read_text()) == ("ada", "dckr_pat_x")


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"DOCKER_USERNAME": "ada"},
        {"HUB_USERNAME": "ada"},
        {"DOCKERHUB_TOKEN": " "},
        {"DOCKERHUB_USERNAME": ""},
        {"PATH": "/bin"},
    ],
)
def test_without_variables_there_are_no_credentials(environment: dict[str, str]) -> None:
    assert find_credentials(environment) is None


def test_own_variables_take_precedence() -> None:
    found = find_credentials(
        {"DOCKER_USERNAME": "x", "DOCKERHUB_USERNAME": "ada", "DOCKER_PASSWORD": "y", "DOCKERHUB_TOKEN": "z"}
    )
    assert found is not None
    assert (found.name.read_text(), found.secret.read_text()) == ("ada", "z")


@pytest.mark.parametrize("name", ["DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"])
def test_both_forms_at_once_are_refused(name: str) -> None:
    with pytest.raises(CredentialError, match=f"{name} and {name}_FILE are both set") as caught:
        find_credentials({name: "hush-hush", f"{name}_FILE": "/run/x"})
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("secret", [{"DOCKERHUB_TOKEN": "x"}, {"DOCKERHUB_TOKEN_FILE": "/x"}])
def test_a_secret_without_a_name_is_refused(secret: dict[str, str]) -> None:
    with pytest.raises(CredentialError, match="is set, but no user name is") as caught:
        find_credentials(secret)
    assert "DOCKERHUB_USERNAME" in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["HUB_PAT_TOKEN", "HUB_PAT_TOKEN_FILE", "DOCKER_PAT", "DOCKER_PASSWORD", "DOCKER_PASSWORD_FILE"]
)
def test_a_secret_of_another_program_without_a_name_is_not_used(name: str) -> None:
    assert find_credentials({name: "hush-hush"}) is None
    assert find_unnamed_secret({name: "hush-hush"}) == name
    error = explain_unnamed_secret(name)
    assert str(error).startswith(
        f"{name} is set, but no user name is, so calls are anonymous. Set DOCKERHUB_USER"
    )
    assert find_unnamed_secret({name: "hush-hush", "HUB_USERNAME": "ada"}) == ""
    assert find_unnamed_secret({name: " "}) == find_unnamed_secret({"HUB_USERNAME": "ada"}) == ""


@pytest.mark.parametrize("name", ["DOCKERHUB_USERNAME", "DOCKERHUB_USERNAME_FILE"])
def test_an_own_username_without_a_secret_is_refused(name: str) -> None:
    with pytest.raises(CredentialError, match=f"{name} is set, but no token is"):
        find_credentials({name: "ada"})


def test_a_file_is_read_without_the_white_space_around(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("\n dckr_pat_x \r\n")
    found = find_credentials({"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(path)})
    assert found is not None
    assert found.secret.read_text() == "dckr_pat_x"


def test_a_home_directory_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("x")
    found = find_credentials({"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": "~/token"})
    assert found is not None
    assert found.secret.read_text() == "x"


def test_the_home_of_an_unknown_user_cannot_be_read() -> None:
    found = find_credentials(
        {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": "~no-such-user-here/token"}
    )
    assert found is not None
    with pytest.raises(CredentialError, match="DOCKERHUB_TOKEN_FILE names, ~no-such-user-here/token"):
        found.secret.read_text()


def test_a_missing_file_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match=r"that TOKEN_FILE names, .*gone, cannot be read: No such file"):
        FileSecret(tmp_path / "gone", "TOKEN_FILE").read_text()


def test_a_directory_is_not_a_secret_file(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="cannot be read: Is a directory"):
        FileSecret(tmp_path, "TOKEN_FILE").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(CredentialError, match="cannot be read: Permission denied"):
        FileSecret(path, "TOKEN_FILE").read_text()


def test_a_binary_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\x00")
    with pytest.raises(CredentialError, match="cannot be read: it is not UTF-8 text"):
        FileSecret(tmp_path / "token", "TOKEN_FILE").read_text()


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" \n")
    with pytest.raises(CredentialError, match=r"is empty\. Write the secret into it"):
        FileSecret(tmp_path / "token", "TOKEN_FILE").read_text()


async def test_the_version_changes_with_either_file(tmp_path: Path) -> None:
    name, secret = tmp_path / "name", tmp_path / "secret"
    name.write_text("ada")
    secret.write_text("one")
    credentials = Credentials(FileSecret(name, "N"), FileSecret(secret, "S"))
    versions = [await credentials.get_version()]
    secret.write_text("three")
    versions.append(await credentials.get_version())
    name.write_text("grace")
    versions.append(await credentials.get_version())
    secret.unlink()
    versions.append(await credentials.get_version())
    assert len(set(versions)) == 4


async def test_a_file_replaced_by_another_of_the_same_size_and_time_is_another_version(
    tmp_path: Path,
) -> None:
    path, other = tmp_path / "secret", tmp_path / "new"
    path.write_text("one")
    other.write_text("two")
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    before = await FileSecret(path, "S").get_version()
    other.replace(path)
    assert await FileSecret(path, "S").get_version() != before


async def test_static_secrets_keep_their_version() -> None:
    version = await Credentials.from_strings("a", "b").get_version()
    assert await Credentials.from_strings("a", "b").get_version() == version
    assert await Credentials.from_strings("a", "c").get_version() != version


_ADA = Principal("ada", CredentialKind.PASSWORD)


@pytest.mark.parametrize(
    "value",
    [
        Credentials.from_strings("ada", "hush"),
        StaticSecret("hush"),
        Login("ada", "hush", _ADA),
        PendingSignIn(Credentials.from_strings("ada", "hush"), "ada", "hush", "hush"),
        Bearer("hush", "ada", CredentialKind.PASSWORD, (), None, renew_at=0.0),
        Request("POST", "https://hub.docker.com/v2/auth/token", {"authorization": "hush"}, b"hush"),
        Response(200, {"set-cookie": "hush"}, b"hush"),
        Proxy("http://ada:hush@proxy.example.com:3128", "HTTPS_PROXY"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_secret_is_in_the_representation(value: object) -> None:
    assert "hush" not in f"{value} {value!r}"
