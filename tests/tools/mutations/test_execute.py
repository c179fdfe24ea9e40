"""Mutations: confirmation, dry runs and the audit log."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Effect, Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from tests.support.audit_logs import read_outcomes
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, add_org_token, call, changes, make_context

WRITES = [method for method in ALL_METHODS if issubclass(method, Mutation)]
UNASKED = {
    "create_repository",
    "update_repository",
    "create_org_group",
    "replace_org_group",
    "update_org_group",
    "resend_org_invite",
}
"""The mutations whose example call gives and takes nothing."""
ASKED = [method for method in WRITES if method.tool_name not in UNASKED]
GIVING = {
    "set_repository_visibility", "assign_repository_group", "create_access_token", "create_org_access_token",
    "update_org_member", "add_org_group_member", "update_org_settings", "create_org_invites", "scim_create_user",
}  # fmt: skip
"""The mutations whose example call gives rights or reach."""
ids: Callable[[Any], str] = lambda method: method.tool_name  # noqa: E731


@pytest.fixture
def hub(make_hub: MakeHub, sandbox: Sandbox) -> Hub:
    return make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))


def test_every_method_with_a_mutating_effect_is_a_mutation() -> None:
    for method in ALL_METHODS:
        assert (method in WRITES) is (method.effect not in {Effect.READ, Effect.SIGN_IN}), method.tool_name


@pytest.mark.parametrize("method", ASKED, ids=ids)
async def test_nothing_is_given_or_lost_without_confirmation(hub: Hub, sandbox: Sandbox, method: Any) -> None:
    arguments = arguments_of(sandbox)[method.tool_name]
    nobody = await call(hub, method.tool_name, **arguments)
    assert nobody.is_error
    assert "this client cannot ask for" in nobody.text
    assert "--confirm never" in nobody.text
    assert ("--confirm destructive" in nobody.text) is (method.tool_name in GIVING)
    no = FakeUser(Decision.DECLINED)
    refused = await call(make_context(hub, confirmer=no), method.tool_name, **arguments)
    assert refused.is_error
    assert "The user declined" in refused.text
    assert not changes(sandbox)
    yes = FakeUser()
    done = await call(make_context(hub, confirmer=yes), method.tool_name, **arguments)
    assert not done.is_error, done.text
    assert len(changes(sandbox)) == 1
    assert len(no.confirmations) == len(yes.confirmations) == 1
    assert len(yes.confirmations[0].text) > 30


async def test_texts_and_empty_things_need_no_confirmation(hub: Hub, sandbox: Sandbox) -> None:
    for name in sorted(UNASKED):
        sandbox.state.organizations["acme"].groups[1].description = "Before"
        sent = len(changes(sandbox))
        done = await call(hub, name, **arguments_of(sandbox)[name])  # this client cannot be asked
        assert not done.is_error, done.text
        assert len(changes(sandbox)) == sent + 1


async def test_only_losses_are_confirmed_if_the_operator_chooses_so(make_hub: MakeHub) -> None:
    for method in ASKED:
        sandbox = Sandbox()
        hub = make_hub(
            "owner",
            httpx_transport=httpx.ASGITransport(app=sandbox.app),
            scim_token=StaticSecret(sandbox.scim_token),
        )
        user = FakeUser()
        context = make_context(hub, confirmation_mode=ConfirmationMode.DESTRUCTIVE, confirmer=user)
        done = await call(context, method.tool_name, **arguments_of(sandbox)[method.tool_name])
        assert not done.is_error, done.text
        assert len(user.confirmations) == (0 if method.tool_name in GIVING else 1), method.tool_name


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("delete_repository", ["acme/mailer", "pulls", "all its tags", "cannot be undone"]),
        ("delete_tag", ["acme/storefront:latest", "sha256:", "pushed"]),
        ("remove_org_member", ["linus", "Member", "developers"]),
        ("update_org_member", ["You give linus the role editor of acme instead of Member"]),
        ("set_repository_visibility", ["becomes public", "everyone can see"]),
        ("delete_org_group", ["developers", "4 members"]),
        ("update_org_settings", ["allow_verified_publishers", "false", "true"]),
        ("update_immutable_tags", ['off becomes on for the rules "v.*"', "match no tag today"]),
        ("update_org_access_token", ["permissions removed: ", "permissions added: none"]),
        ("delete_access_token", ["deleted for good", "used"]),
        ("remove_repository_group", ["developers", "loses its permission"]),
    ],
)
async def test_the_confirmation_shows_the_current_state(
    hub: Hub, sandbox: Sandbox, tool: str, words: list[str]
) -> None:
    user = FakeUser(Decision.DECLINED)
    await call(make_context(hub, confirmer=user), tool, **arguments_of(sandbox)[tool])
    for word in words:
        assert word in user.confirmations[0].text, user.confirmations[0].text


async def test_confirm_never_asks_for_no_confirmation(hub: Hub, sandbox: Sandbox) -> None:
    user = FakeUser(Decision.DECLINED)
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER, confirmer=user)
    done = await call(context, "delete_tag", repository="acme/storefront", tag="latest")
    assert not done.is_error
    assert not user.confirmations
    assert changes(sandbox) == ["DELETE /v2/namespaces/acme/repositories/storefront/tags/latest"]


@pytest.mark.parametrize("method", [m for m in WRITES if not m.sends_dry_run], ids=ids)
async def test_a_dry_run_sends_nothing_and_shows_the_request(hub: Hub, sandbox: Sandbox, method: Any) -> None:
    user = FakeUser(Decision.DECLINED)
    arguments = arguments_of(sandbox)[method.tool_name] | {"dry_run": True}
    outcome = await call(make_context(hub, confirmer=user), method.tool_name, **arguments)
    assert not outcome.is_error, outcome.text
    assert outcome.structured_content
    assert not changes(sandbox)
    assert not user.confirmations
    request = outcome.structured_content["request"]
    assert (request["method"], "{" in request["path"]) == (method.http.verb, False)
    assert "dry_run" not in request.get("body", {})
    assert outcome.text.startswith("Dry run: nothing was sent.\nPlan: ")
    assert outcome.structured_content["plan"] in outcome.text
    asked = "The user is asked first, since it " in outcome.text
    assert asked is (method in ASKED)
    content = outcome.structured_content
    assert bool(content.get("gives") or content.get("loss")) is asked
    assert '{"dry_run"' not in outcome.text


async def test_a_dry_run_shows_before_and_after(hub: Hub) -> None:
    outcome = await call(hub, "update_org_settings", name="acme", enabled=False, dry_run=True)
    assert outcome.structured_content
    assert outcome.structured_content["before"]["restricted_images"]["enabled"] is True
    after = outcome.structured_content["after"]["restricted_images"]
    assert after == {"enabled": False, "allow_official_images": True, "allow_verified_publishers": False}


async def test_the_hubs_own_dry_run_is_sent_and_changes_nothing(hub: Hub, sandbox: Sandbox) -> None:
    before = len(sandbox.state.organizations["acme"].invitees)
    outcome = await call(hub, "create_org_invites", org="acme", invitees=["mallory"], dry_run=True)
    assert not outcome.is_error, outcome.text
    assert changes(sandbox) == ["POST /v2/invites/bulk"]
    assert len(sandbox.state.organizations["acme"].invitees) == before


async def test_the_audit_log_has_an_intent_and_an_outcome_for_each_mutation(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = AuditLog(tmp_path / "journal")
    context = make_context(
        hub, confirmation_mode=ConfirmationMode.NEVER, audit_log=journal, secrets_dir=tmp_path
    )
    await call(context, "update_repository", repository="acme/docs", description="a description")
    await call(context, "create_access_token", token_label="x", scopes=["repo:read"])
    sandbox.faults.rules.append(Fault(match="/tags/latest", method="DELETE", status=403))
    await call(context, "delete_tag", repository="acme/docs", tag="latest")
    sandbox.faults.rules[:] = [Fault(match="/tags/latest", method="DELETE", drop=True)]
    await call(context, "delete_tag", repository="acme/docs", tag="latest")
    await call(context, "delete_tag", repository="acme/docs", tag="latest", dry_run=True)
    await call(context, "list_tags", repository="acme/docs")
    journal.close()
    text = (tmp_path / "journal").read_text("utf-8")
    entries = read_outcomes(tmp_path / "journal")
    assert [(entry["tool"], entry["outcome"], entry.get("reason")) for entry in entries] == [
        ("update_repository", "done", None),
        ("create_access_token", "done", None),
        ("delete_tag", "refused", "403"),
        ("delete_tag", "unknown", "ConnectionFailed"),
    ]
    assert len(text.splitlines()) == 8
    assert [entry["target"] for entry in entries] == [
        "acme/docs",
        "x",
        "acme/docs/latest",
        "acme/docs/latest",
    ]
    assert entries[1]["change"] == {"scopes": ["repo:read"]}
    assert {entry["who"] for entry in entries} == {entry["account"] for entry in entries} == {"ada"}
    assert len({entry["request_id"] for entry in entries}) == 4
    assert "a description" not in text
    assert "dckr_pat" not in text
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


async def test_a_group_is_looked_up_by_name_and_an_unknown_one_is_never_sent(
    hub: Hub, sandbox: Sandbox
) -> None:
    for wrong in ({"group": "nobody"}, {"group_id": 999_999}):
        arguments = {"repository": "acme/incident-kit", "permission": "read", **wrong}
        outcome = await call(hub, "assign_repository_group", **arguments)
        assert outcome.is_error
        assert "nothing was sent" in outcome.text
    assert not changes(sandbox)
    context = make_context(hub, confirmer=FakeUser())
    arguments = {"repository": "acme/incident-kit", "permission": "read", "group": "Contractors"}
    done = await call(context, "assign_repository_group", **arguments)
    assert (done.structured_content or {})["group_name"] == "contractors"


async def test_a_missing_object_is_reported_before_any_confirmation(hub: Hub) -> None:
    user = FakeUser()
    outcome = await call(
        make_context(hub, confirmer=user), "delete_tag", repository="acme/docs", tag="no-such-tag"
    )
    assert outcome.is_error
    assert "acme/docs has no tag 'no-such-tag'" in outcome.text
    assert not user.confirmations


async def test_an_account_that_may_change_but_not_read_confirms_without_the_current_state(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    hub = make_hub(credentials=add_org_token(sandbox, "scope-member-edit"))
    sandbox.faults.add(match="/members?", method="GET", status=403, body='{"detail": "no"}')
    user = FakeUser()
    done = await call(
        make_context(hub, confirmer=user), "remove_org_member", org_name="acme", username="linus"
    )
    assert not done.is_error, done.text
    assert "acme/linus. The current state could not be read" in user.confirmations[0].text


@pytest.mark.parametrize("method", [m for m in WRITES if m.requires_current], ids=ids)
async def test_a_mutation_that_needs_the_current_state_is_not_sent_without_it(
    hub: Hub, sandbox: Sandbox, method: Any, tmp_path: Path
) -> None:
    sandbox.faults.add(method="GET", match="/v2/", status=403, body='{"detail": "no"}')
    arguments = arguments_of(sandbox)[method.tool_name]
    arguments.pop("immutable_tags_rules", None)  # with both given, the current state is not needed
    log = AuditLog(tmp_path / "audit.log")
    context = make_context(hub, confirmer=FakeUser(), audit_log=log)
    outcome = await call(context, method.tool_name, **arguments)
    log.close()
    assert outcome.is_error
    assert "(GET " in outcome.text or "SCIM" in outcome.text, outcome.text  # the reason, not its consequence
    assert not changes(sandbox)
    assert [line["outcome"] for line in read_outcomes(tmp_path / "audit.log")] == ["refused"]


def test_every_full_replace_requires_the_current_state() -> None:
    assert {m.tool_name for m in WRITES if m.effect is Effect.REPLACE} <= {
        m.tool_name for m in WRITES if m.requires_current
    }


async def test_a_group_beyond_the_first_hundred_is_found(hub: Hub, sandbox: Sandbox) -> None:
    acme = sandbox.state.organizations["acme"]
    last = acme.groups[-1]
    for number in range(250):
        acme.groups.append(replace(last, id=9000 + number, name=f"team-{number:03}", members=[]))
    arguments = {"repository": "acme/incident-kit", "permission": "read"}
    context = make_context(hub, confirmer=FakeUser())
    done = await call(context, "assign_repository_group", group_id=9249, **arguments)
    assert not done.is_error, done.text
    wrong = await call(context, "assign_repository_group", group="team-0", **arguments)
    assert "has no group team-0" in wrong.text


@pytest.mark.parametrize(
    ("tool", "future"),
    [
        ("update_org_member", "You give linus the role editor of acme"),
        (
            "add_org_group_member",
            "You add ada (not checked) to the team developers of acme, which means: what it may do",
        ),
    ],
)
async def test_a_confirmation_without_the_current_state_shows_the_resulting_one(
    make_hub: MakeHub, sandbox: Sandbox, tool: str, future: str
) -> None:
    hub = make_hub(credentials=add_org_token(sandbox, "scope-member-edit", "scope-group-edit"))
    sandbox.faults.add(method="GET", match="/v2/", status=403, body='{"detail": "no"}')
    user = FakeUser(Decision.DECLINED)
    await call(make_context(hub, confirmer=user), tool, **arguments_of(sandbox)[tool])
    assert re.search("could not be read|may not read", user.confirmations[0].text)
    assert future in user.confirmations[0].text


async def test_long_texts_are_shown_where_they_differ(hub: Hub, sandbox: Sandbox) -> None:
    sandbox.state.repositories["acme", "docs"].full_description = "same " * 200 + "old end"
    new = "same " * 200 + "new end, and more"
    plan = await call(hub, "update_repository", repository="acme/docs", full_description=new, dry_run=True)
    assert "1007 characters become 1017" in plan.text
    assert '"old end" becomes "new end, and more"' in plan.text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_repository", {"repository": "acme/mailer:1.0"}),
        ("delete_repository", {"repository": f"acme/mailer@sha256:{'0' * 64}"}),
        ("delete_tag", {"repository": f"acme/mailer:latest@sha256:{'0' * 64}"}),
    ],
)
async def test_a_reference_with_a_tag_never_changes_the_whole_repository(
    hub: Hub, sandbox: Sandbox, tool: str, arguments: dict[str, Any]
) -> None:
    outcome = await call(make_context(hub, confirmation_mode=ConfirmationMode.NEVER), tool, **arguments)
    assert outcome.is_error
    assert "leave it out if that is intended" in outcome.text
    assert not changes(sandbox)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (
            "update_repository_group",
            {"repository": "acme/storefront", "group_id": 999_999, "permission": "admin"},
        ),
        ("remove_repository_group", {"repository": "acme/storefront", "group_id": 999_999}),
        ("remove_org_member", {"org_name": "acme", "username": "nobody"}),
        ("update_org_member", {"org_name": "acme", "username": "nobody", "role": "owner"}),
    ],
)
async def test_a_missing_object_needs_no_confirmation(
    hub: Hub, sandbox: Sandbox, tool: str, arguments: dict[str, Any]
) -> None:
    user = FakeUser()
    outcome = await call(make_context(hub, confirmer=user), tool, **arguments)
    assert outcome.is_error
    assert "nothing was sent" in outcome.text
    assert not user.confirmations
    assert not changes(sandbox)


async def test_a_change_without_an_account_asks_and_previews_nothing(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    """What an anonymous caller sees is no current state: a private repository would be called missing."""
    calls = [
        ("delete_tag", {"repository": "acme/storefront", "tag": "latest"}),  # private
        ("delete_tag", {"repository": "acme/docs", "tag": "latest"}),  # public
        ("update_repository", {"repository": "acme/docs", "description": "Other words"}),
        ("remove_org_member", {"org_name": "acme", "username": "linus"}),
    ]
    for identity, words in (("owner", "The sign-in as ada failed"), (None, "This needs an account")):
        for tool, arguments in calls:
            for is_dry_run in (False, True):
                sandbox.faults.clear()
                sandbox.faults.add(match="/v2/auth/token", status=503)
                user = FakeUser()
                context = make_context(make_hub(identity), confirmer=user)
                outcome = await call(context, tool, **arguments, dry_run=is_dry_run)
                assert outcome.is_error
                assert outcome.text.startswith(words), outcome.text
                assert not user.confirmations, outcome.text
    assert changes(sandbox) == []
