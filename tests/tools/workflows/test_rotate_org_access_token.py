"""The rotation of a token: the old one works until a second confirmation, whatever happens before it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.faults.presets import apply_preset
from dockerhub_mcp.sandbox.state import OrganizationAccessTokenRecord
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations import execute
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from dockerhub_mcp.tools.mutations.secret_files import SecretFile
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.audit_logs import read_outcomes
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, changes, make_context

DAY = 86_400


@pytest.fixture
def old(sandbox: Sandbox) -> OrganizationAccessTokenRecord:
    return find(sandbox, "inventory")


def find(sandbox: Sandbox, label: str) -> OrganizationAccessTokenRecord:
    (token,) = (each for each in tokens_of(sandbox) if each.label == label)
    return token


def tokens_of(sandbox: Sandbox) -> list[OrganizationAccessTokenRecord]:
    return sandbox.state.organizations["acme"].access_tokens


async def rotate(target: Hub | ToolContext, **arguments: Any) -> ToolResult:
    return await call(target, "rotate_org_access_token", org_name="acme", **arguments)


async def test_two_calls_with_a_question_each_replace_a_token(
    make_hub: MakeHub, sandbox: Sandbox, old: OrganizationAccessTokenRecord
) -> None:
    user = FakeUser()
    context = make_context(make_hub("owner"), confirmer=user)
    created = await rotate(context, token="inventory")
    assert not created.is_error, created.text
    new = tokens_of(sandbox)[-1]
    assert (new.resources, new.is_active, old.is_active) == (old.resources, True, True)
    assert new.secret in created.secret_line
    assert new.secret not in created.text.removeprefix(created.secret_line)
    assert new.secret not in str(created.structured_content)
    assert f"token={old.id} and the id above as successor" in created.text
    assert new.label.startswith("inventory 20")
    assert old.expires_at is not None
    lifetime, given = old.expires_at - old.created_at, (new.expires_at or 0) - new.created_at
    assert lifetime - DAY <= given <= lifetime
    retired = await rotate(context, token=old.id, successor=(created.structured_content or {})["id"])
    assert not retired.is_error, retired.text
    assert (old.is_active, new.is_active) == (False, True)
    first, second = (each.text for each in user.confirmations)
    assert 'The old token "inventory"' in first
    assert "stays as it is" in first
    assert "scope-image-pull" in first
    assert "has not been used yet" in second
    assert "is_active: true becomes false" in second
    assert {each.tool for each in user.confirmations} == {"rotate_org_access_token"}
    assert len(changes(sandbox)) == 2


async def test_the_old_token_can_be_deleted(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    await rotate(context, token="public mirror", label="public mirror 2")
    done = await rotate(context, token="public mirror", successor="public mirror 2", old_token="delete")
    assert not done.is_error, done.text
    assert [each.label for each in tokens_of(sandbox) if "mirror" in each.label] == ["public mirror 2"]
    assert find(sandbox, "public mirror 2").expires_at is None, "as the old one"


@pytest.mark.parametrize("decision", [Decision.DECLINED, Decision.UNSUPPORTED, Decision.EXPIRED])
async def test_nothing_is_sent_without_the_users_word(
    make_hub: MakeHub, sandbox: Sandbox, old: OrganizationAccessTokenRecord, decision: Decision
) -> None:
    context = make_context(make_hub("owner"), confirmer=FakeUser(decision))
    for arguments in (
        {"token": "inventory"},
        {"token": "migration", "successor": "inventory", "old_token": "delete"},
    ):
        refused = await rotate(context, **arguments)
        assert refused.is_error
        assert not changes(sandbox)
    if decision is Decision.UNSUPPORTED:
        assert "rotate_org_access_token needs the user's confirmation" in refused.text
    assert old.is_active


async def test_a_dry_run_sends_nothing(make_hub: MakeHub, sandbox: Sandbox) -> None:
    plan = await rotate(make_hub("owner"), token="inventory", dry_run=True)
    assert plan.text.startswith("Dry run: nothing was sent.")
    plan = await rotate(
        make_hub("owner"), token="migration", successor="inventory", old_token="delete", dry_run=True
    )
    assert "is deleted for good" in plan.text
    assert not changes(sandbox)


async def test_the_value_goes_to_a_file_where_the_server_has_a_directory(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    context = make_context(make_hub("owner"), confirmer=FakeUser(), secrets_dir=tmp_path)
    created = await rotate(context, token="inventory")
    (file,) = tmp_path.iterdir()  # noqa: ASYNC240
    assert file.read_text("utf-8").strip() == tokens_of(sandbox)[-1].secret
    assert tokens_of(sandbox)[-1].secret not in created.text
    assert str(file) in created.text


async def test_the_old_token_works_on_where_the_value_cannot_be_stored(
    make_hub: MakeHub,
    sandbox: Sandbox,
    old: OrganizationAccessTokenRecord,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class FullDisk(SecretFile):
        def write_secret(self, secret: str) -> None:  # noqa: ARG002
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(execute, "create_secret_file", lambda directory, label: FullDisk(directory / label))
    context = make_context(make_hub("owner"), confirmer=FakeUser(), secrets_dir=tmp_path)
    lost = await rotate(context, token="inventory")
    assert lost.is_error
    assert "is lost. Delete the token (its id is below)" in lost.text
    assert "stays as it is, and still works if it did before" in lost.text
    assert "Next:" not in lost.text
    assert old.is_active
    assert len(changes(sandbox)) == 1


async def test_a_directory_that_cannot_be_written_to_stops_before_anything_is_sent(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    context = make_context(make_hub("owner"), confirmer=FakeUser(), secrets_dir=tmp_path / "missing")
    refused = await rotate(context, token="inventory")
    assert "create_org_access_token was not sent" in refused.text
    assert 'The old token "inventory"' in refused.text
    assert not changes(sandbox)


@pytest.mark.parametrize("preset", ["lost_response", "late_failure", "gateway_page"])
async def test_an_unknown_outcome_is_told_and_a_second_try_does_not_make_another_token(
    make_hub: MakeHub, sandbox: Sandbox, old: OrganizationAccessTokenRecord, preset: str
) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    fault = Fault(match="/v2/orgs/acme/access-tokens", method="POST", **apply_preset({"preset": preset}))
    sandbox.faults.rules.append(fault)
    unknown = await rotate(context, token="inventory")
    assert unknown.is_error
    assert "The token may have been made: find it by its label" in unknown.text
    assert "stays as it is." in unknown.text
    sandbox.faults.rules.clear()
    made = len(tokens_of(sandbox)) == 7
    again = await rotate(context, token="inventory")
    assert again.is_error is made, again.text
    if made:
        assert "It may be the successor that an earlier call created" in again.text
    assert len(tokens_of(sandbox)) == 7
    assert old.is_active


@pytest.mark.parametrize("preset", ["lost_response", "late_failure"])
async def test_an_unknown_end_of_the_old_token_is_told(
    make_hub: MakeHub, sandbox: Sandbox, preset: str
) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    for method in ("PATCH", "DELETE"):
        fault = Fault(match="/v2/orgs/acme/access-tokens/", method=method, **apply_preset({"preset": preset}))
        sandbox.faults.rules.append(fault)
    twin = replace(find(sandbox, "inventory"), id="twin", label="twin", secret="")
    tokens_of(sandbox).append(twin)
    for what in ("deactivate", "delete"):
        unknown = await rotate(context, token="twin", successor="inventory", old_token=what)
        assert unknown.is_error
        assert "may have been made" in unknown.text
        twin.is_active = True
        tokens_of(sandbox)[:] = [each for each in tokens_of(sandbox) if each is not twin] + [twin]


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"token": "nope"}, 'acme has no access token "nope"; nothing was sent'),
    ({"token": "twin"}, 'acme has 2 access tokens "twin"; nothing was sent. Give the id: twin-1, twin-2.'),
    ({"token": "inventory", "successor": "nope"}, 'no access token "nope"'),
    ({"token": "inventory", "successor": "inventory"}, "are the same token"),
    ({"token": "inventory", "successor": "migration"}, "does not work (deactivated)"),
    (
        {"token": "storefront dashboard", "successor": "cluster pull (old)"},
        "does not work (expired but active)",
    ),
    ({"token": "inventory", "successor": "public mirror"}, "lacks permissions of"),
    ({"token": "inventory", "label": "migration"}, 'There is an access token "migration" already'),
    (
        {"token": "inventory", "successor": "migration", "label": "x"},
        "abel and expires_at are for the first call",
    ),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED, ids=lambda value: str(value)[:50])
async def test_what_makes_no_sense_is_refused_before_a_question(
    make_hub: MakeHub, sandbox: Sandbox, arguments: dict[str, str], words: str
) -> None:
    first = tokens_of(sandbox)[0]
    tokens_of(sandbox).extend(replace(first, id=f"twin-{number}", label="twin") for number in (1, 2))
    user = FakeUser()
    refused = await rotate(make_context(make_hub("owner"), confirmer=user), **arguments)
    assert refused.is_error
    assert words in refused.text, refused.text
    assert not user.confirmations
    assert not changes(sandbox)


async def test_an_expired_token_can_be_replaced_and_only_be_deleted(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    created = await rotate(context, token="cluster pull (old)")
    new = tokens_of(sandbox)[-1]
    assert new.expires_at is not None
    assert new.expires_at > time.time() + 300 * DAY
    assert "Next:" in created.text
    refused = await rotate(context, token="cluster pull (old)", successor=new.id)
    assert "can only be deleted" in refused.text
    done = await rotate(context, token="cluster pull (old)", successor=new.id, old_token="delete")
    assert not done.is_error, done.text


async def test_a_second_rotation_replaces_the_date_in_the_label(make_hub: MakeHub, sandbox: Sandbox) -> None:
    find(sandbox, "inventory").label = "inventory 2024-01-31"
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    await rotate(context, token="inventory 2024-01-31")
    assert tokens_of(sandbox)[-1].label == time.strftime("inventory %Y-%m-%d", time.gmtime())


async def test_a_confirmation_holds_although_time_goes_on(make_hub: MakeHub, sandbox: Sandbox) -> None:
    class SlowUser(FakeUser):
        async def __call__(self, confirmation: Any) -> Decision:
            for token in tokens_of(sandbox):
                token.last_used_at = time.time()
            return await super().__call__(confirmation)

    user = SlowUser()
    created = await rotate(make_context(make_hub("owner"), confirmer=user), token="inventory")
    assert not created.is_error, created.text
    assert len(user.confirmations) == 1


@pytest.mark.parametrize("identity", ["member", "owner-pat", "org-token", "outsider", None])
async def test_only_owners_with_a_password_may_rotate(
    make_hub: MakeHub, sandbox: Sandbox, identity: str | None
) -> None:
    user = FakeUser()
    refused = await rotate(make_context(make_hub(identity), confirmer=user), token="inventory")
    assert refused.is_error
    assert not user.confirmations
    assert not changes(sandbox)


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.parametrize("part", ["", "/de5ce581"])
async def test_reads_that_fail_stop_the_rotation(
    make_hub: MakeHub, sandbox: Sandbox, old: OrganizationAccessTokenRecord, part: str, status: int
) -> None:
    path = f"/v2/orgs/acme/access-tokens/{old.id}" if part else "/v2/orgs/acme/access-tokens"
    sandbox.faults.rules.append(Fault(match=path, method="GET", status=status))
    refused = await rotate(make_context(make_hub("owner"), confirmer=FakeUser()), token="inventory")
    assert refused.is_error
    assert not changes(sandbox)


async def test_each_step_is_in_the_audit_log_without_the_value(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    context = make_context(make_hub("owner"), confirmer=FakeUser(), audit_log=log)
    await rotate(context, token="inventory")
    new = tokens_of(sandbox)[-1]
    await rotate(context, token="inventory", successor=new.id)
    await rotate(context, token="nope")
    await rotate(replace(context, confirmer=FakeUser(Decision.DECLINED)), token="public mirror")
    log.close()
    told = [(each["tool"], each["outcome"], each["confirmed"]) for each in read_outcomes(path)]
    assert told == [
        ("create_org_access_token", "done", True),
        ("update_org_access_token", "done", True),
        ("rotate_org_access_token", "refused", False),
        ("create_org_access_token", "declined", False),
    ]
    assert new.secret not in path.read_text("utf-8")
