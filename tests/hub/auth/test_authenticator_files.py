from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.auth.credentials import find_credentials
from dockerhub_mcp.hub.errors import CredentialError, SignInRefused
from dockerhub_mcp.hub.methods import GetOrgSettings, GetRepository
from dockerhub_mcp.sandbox import Sandbox

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return the files with the username and the secret of ada."""
    name, secret = tmp_path / "name", tmp_path / "secret"
    name.write_text("ada\n")
    secret.write_text("dckr_pat_sandbox_admin\n")
    return name, secret


@pytest.fixture
def hub(make_hub: Callable[..., Hub], files: tuple[Path, Path]) -> Hub:
    name, secret = files
    return make_hub(
        credentials=find_credentials(
            {"DOCKERHUB_USERNAME_FILE": str(name), "DOCKERHUB_TOKEN_FILE": str(secret)}
        )
    )


async def test_secrets_are_read_from_files(sandbox: Sandbox, hub: Hub) -> None:
    await hub.send(PRIVATE)
    await hub.send(PRIVATE)
    assert sandbox.requests[-1].user == "ada"
    assert sandbox.login_count == 1


async def test_a_rotated_secret_is_used_at_once(sandbox: Sandbox, hub: Hub, files: tuple[Path, Path]) -> None:
    await hub.send(PRIVATE)
    files[1].write_text("sandbox-password-ada")
    assert (await hub.send(GetOrgSettings(name="acme"))).restricted_images is not None
    assert sandbox.login_count == 2


async def test_a_rotated_name_is_used_at_once(sandbox: Sandbox, hub: Hub, files: tuple[Path, Path]) -> None:
    await hub.send(PRIVATE)
    files[1].write_text("dckr_pat_sandbox_reader")
    files[0].write_text("linus")
    await hub.send(PRIVATE)
    assert sandbox.requests[-1].user == "linus"


async def test_a_refused_secret_is_tried_again_when_its_file_changes(
    sandbox: Sandbox, hub: Hub, files: tuple[Path, Path]
) -> None:
    files[1].write_text("dckr_pat_wrong")
    for _ in range(3):
        with pytest.raises(SignInRefused):
            await hub.send(GetOrgSettings(name="acme"))
    assert sandbox.login_count == 1
    files[1].write_text("sandbox-password-ada")
    await hub.send(GetOrgSettings(name="acme"))
    assert sandbox.login_count == 2
    assert hub.credential_error is None


async def test_a_secret_rotated_to_a_wrong_one_is_refused_and_the_old_bearer_dropped(
    hub: Hub, files: tuple[Path, Path]
) -> None:
    await hub.send(PRIVATE)
    files[1].write_text("dckr_pat_wrong")
    with pytest.raises(SignInRefused):
        await hub.send(GetOrgSettings(name="acme"))
    assert isinstance(hub.credential_error, SignInRefused)


async def test_a_deleted_file_is_an_error_where_an_account_is_needed(
    hub: Hub, files: tuple[Path, Path]
) -> None:
    files[1].unlink()
    with pytest.raises(CredentialError, match="DOCKERHUB_TOKEN_FILE names"):
        await hub.send(GetOrgSettings(name="acme"))


async def test_without_its_file_the_client_still_reads_public_data(
    sandbox: Sandbox, hub: Hub, files: tuple[Path, Path]
) -> None:
    await hub.send(PRIVATE)
    files[1].unlink()
    assert (await hub.send(PUBLIC)).name == "redis"
    assert sandbox.requests[-1].user is None


async def test_an_empty_file_is_not_sent(sandbox: Sandbox, hub: Hub, files: tuple[Path, Path]) -> None:
    files[1].write_text("")
    with pytest.raises(CredentialError, match="is empty"):
        await hub.send(GetOrgSettings(name="acme"))
    assert sandbox.login_count == 0


async def test_a_new_secret_is_masked_too(hub: Hub, files: tuple[Path, Path]) -> None:
    await hub.send(PRIVATE)
    files[1].write_text("sandbox-password-ada")
    await hub.send(PRIVATE)
    assert hub.redact("sandbox-password-ada") == "***"
