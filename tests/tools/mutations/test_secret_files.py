"""Files for new tokens, and masking of secrets."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import anyio
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, changes, make_context


@pytest.fixture
def hub(make_hub: MakeHub) -> Hub:
    return make_hub("owner")


def only(directory: Path) -> Path | None:
    """Return the only file in a directory, if there is one."""
    files = list(directory.iterdir())
    assert len(files) <= 1
    return files[0] if files else None


async def test_a_new_token_is_written_to_a_file_of_its_owner(
    hub: Hub, make_hub: MakeHub, tmp_path: Path
) -> None:
    user = FakeUser()
    context = make_context(hub, confirmer=user, secrets_dir=tmp_path)
    label = "ci/../server ünï"
    made = await call(context, "create_access_token", token_label=label, scopes=["repo:read"])
    assert not made.is_error, made.text
    assert "written to a file in the server's secrets directory" in user.confirmations[0].text
    path = only(tmp_path)
    assert path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = path.read_text("utf-8").strip()
    assert secret.startswith("dckr_pat_")
    assert secret not in made.text
    assert secret not in json.dumps(made.structured_content)
    assert str(path) in made.text
    signed_in = await call(make_hub(credentials=Credentials.from_strings("ada", secret)), "create_auth_token")
    assert (signed_in.structured_content or {})["kind"] == "personal access token"


async def test_without_a_directory_a_new_token_is_confirmed_and_shown_once(
    hub: Hub, sandbox: Sandbox
) -> None:
    arguments = arguments_of(sandbox)["create_org_access_token"]
    refused = await call(hub, "create_org_access_token", **arguments)
    assert refused.is_error
    assert not changes(sandbox)
    user = FakeUser()
    made = await call(make_context(hub, confirmer=user), "create_org_access_token", **arguments)
    assert "shown in this conversation, once" in user.confirmations[0].text
    secret = sandbox.state.organizations["acme"].access_tokens[-1].secret
    assert made.text.count(secret) == 1
    assert secret not in json.dumps(made.structured_content)


async def test_a_directory_for_secrets_does_not_replace_the_confirmation(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    for name in ("create_access_token", "create_org_access_token"):
        arguments = arguments_of(sandbox)[name]
        refused = await call(make_context(hub, secrets_dir=tmp_path), name, **arguments)
        assert refused.is_error
        assert "--confirm destructive" in refused.text
        assert not changes(sandbox)
        assert only(tmp_path) is None
    context = make_context(hub, secrets_dir=tmp_path, confirmation_mode=ConfirmationMode.DESTRUCTIVE)
    made = await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    assert not made.is_error, made.text
    assert only(tmp_path) is not None


async def test_no_secret_is_created_without_a_file_to_store_it(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    user = FakeUser()
    context = make_context(hub, secrets_dir=tmp_path / "missing", confirmer=user)
    outcome = await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    assert outcome.is_error
    assert "--secrets-dir" in outcome.text
    assert not user.confirmations, "nothing is asked that could not be carried out"
    assert not changes(sandbox)


async def test_no_secret_is_created_on_a_full_disk(
    hub: Hub, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:100] if data.isspace() else data))
    context = make_context(hub, secrets_dir=tmp_path, confirmer=FakeUser())
    outcome = await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    assert "(No space left on device)" in outcome.text
    assert not changes(sandbox)
    assert only(tmp_path) is None


async def test_a_file_that_may_lack_a_part_of_the_value_is_removed(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails while the value is made durable, behind the reservation and its probe."""
    calls: list[int] = []
    sync = os.fsync

    def fail_third(fd: int) -> None:
        calls.append(fd)
        if len(calls) == 3:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(fd)

    monkeypatch.setattr(os, "fsync", fail_third)
    context = make_context(hub, secrets_dir=tmp_path, confirmer=FakeUser())
    outcome = await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    assert outcome.is_error
    assert "is lost. Delete the token (its id is below)" in outcome.text
    assert only(tmp_path) is None


async def test_a_refused_creation_leaves_no_empty_file(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add(match="/v2/access-tokens", method="POST", status=400, body='{"message": "no"}')
    context = make_context(hub, secrets_dir=tmp_path, confirmer=FakeUser())
    outcome = await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    assert outcome.is_error
    assert only(tmp_path) is None


async def test_a_token_with_a_lost_value_is_reported_with_its_id(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add(match="/v2/access-tokens", method="POST", latency=0.2)
    context = make_context(hub, secrets_dir=tmp_path, confirmer=FakeUser())

    async def disturb() -> None:
        while (path := only(tmp_path)) is None:
            await anyio.sleep(0.01)
        path.unlink()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(disturb)
        outcome = await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    assert outcome.is_error
    assert "could not be written" in outcome.text
    made = sandbox.state.personal_access_tokens[-1]
    assert made.uuid in outcome.text
    assert made.secret not in outcome.text


async def test_text_that_looks_like_a_token_is_masked_in_results(hub: Hub, sandbox: Sandbox) -> None:
    leaked = "deploy with dckr_pat_AbCdEf0123456789"
    sandbox.state.repositories["acme", "docs"].description = leaked
    read = await call(hub, "get_repository", repository="acme/docs")
    user = FakeUser(Decision.DECLINED)
    sandbox.state.organizations["acme"].invitees[0].docker_id = leaked.rsplit(maxsplit=1)[-1]
    invite = sandbox.state.organizations["acme"].invitees[0].id
    asked = await call(make_context(hub, confirmer=user), "cancel_org_invite", id=invite)
    dry = await call(hub, "update_repository", repository="acme/docs", description=leaked, dry_run=True)
    told = [
        read.text,
        json.dumps(read.structured_content),
        asked.text,
        user.confirmations[0].text,
        dry.text,
        json.dumps(dry.structured_content),
    ]
    assert "dckr_pat_AbC" not in "".join(told)
    assert "deploy with ***" in read.text


async def test_a_password_that_is_a_common_word_does_not_garble_results(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    sandbox.state.users["ada"].password = "redis"
    hub = make_hub(credentials=Credentials.from_strings("ada", "redis"))
    outcome = await call(hub, "get_repository", repository="redis")
    assert (outcome.structured_content or {})["name"] == "redis"


async def test_an_unreadable_secret_file_is_reported_with_public_results(
    make_hub: MakeHub, tmp_path: Path
) -> None:
    from dockerhub_mcp.hub.auth.credentials import find_credentials  # noqa: PLC0415 - only here

    credentials = find_credentials(
        {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(tmp_path / "missing")}
    )
    outcome = await call(make_hub(credentials=credentials), "list_repositories", namespace="acme")
    assert not outcome.is_error
    assert "Answered as for an anonymous caller. The file that DOCKERHUB_TOKEN_FILE names" in outcome.text
