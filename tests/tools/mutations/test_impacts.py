"""Confirmation follows power: what gives rights or takes something away is never sent unasked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.enums import Service
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from dockerhub_mcp.tools.workflows import WORKFLOWS
from dockerhub_mcp.tools.workflows.base import Workflow
from tests.support.fixture_types import MakeHub
from tests.support.impacts import ACME, ImpactCase, build_impact_cases
from tests.support.tool_calls import FakeUser, add_org_token, call, changes, make_context

WRITES = {method.tool_name: method for method in ALL_METHODS if issubclass(method, Mutation)}
WRITING_WORKFLOWS = {
    each.tool_name: each
    for each in WORKFLOWS
    if (each.gives or each.takes or each.unasked) and each.tool_name != "apply_tag_cleanup"
}
"""Without `apply_tag_cleanup`, which needs a plan: tests/server/test_grants.py asks about one."""
CASES = build_impact_cases(Sandbox())
METHOD_CASES = [case for case in CASES if case.tool in WRITES]


@asynccontextmanager
async def fresh(prepare: Callable[[Sandbox], Any] = lambda _: None) -> AsyncIterator[tuple[Sandbox, Hub]]:
    sandbox = Sandbox()
    sandbox.state.personal_access_tokens[0].is_active = True
    prepare(sandbox)
    hub = Hub(
        Credentials.from_strings("ada", "sandbox-password-ada"),
        base_url="http://localhost",
        httpx_transport=httpx.ASGITransport(app=sandbox.app),
        scim_token=StaticSecret(sandbox.scim_token),
    )
    async with hub:
        yield sandbox, hub


def test_every_declared_direction_has_a_case() -> None:
    declared: dict[str, type[Mutation | Workflow]] = {**WRITES, **WRITING_WORKFLOWS}
    for name, method in declared.items():
        cases = [case for case in CASES if case.tool == name]
        assert any(case.gives for case in cases) is bool(method.gives), name
        assert any(case.takes for case in cases) is bool(method.takes), name
        assert (
            any(not case.gives and not case.takes for case in cases)
            or not method.unasked
            or name == "update_org_settings"
        ), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.tool}-{case.words[0]}")
async def test_a_mutation_is_asked_about_as_its_impact_demands(case: ImpactCase) -> None:
    async with fresh() as (sandbox, hub):
        for mode in ConfirmationMode:
            asks = mode.requires(gives=case.gives, takes=case.takes)
            user = FakeUser(Decision.DECLINED)
            context = make_context(hub, confirmer=user, confirmation_mode=mode)
            plan = await call(context, case.tool, **case.arguments, dry_run=True)
            assert not plan.is_error, plan.text
            assert all(word in plan.text for word in case.words), plan.text
            assert not user.confirmations
            if not asks:
                continue
            declined = await call(context, case.tool, **case.arguments)
            assert "The user declined this" in declined.text
            assert all(word in user.confirmations[0].text for word in case.words), user.confirmations[0].text
            unasked = await call(make_context(hub, confirmation_mode=mode), case.tool, **case.arguments)
            assert "cannot ask for" in unasked.text
            assert "--confirm never" in unasked.text
            assert ("start it with --confirm destructive" in unasked.text) is not case.takes
            assert set(changes(sandbox)) <= {"POST /v2/invites/bulk"}
        if not case.gives and not case.takes:
            done = await call(hub, case.tool, **case.arguments)
            assert not done.is_error, done.text
        assert len(sandbox.state.organizations["acme"].invitees) == 2


UNCHANGED: list[tuple[str, dict[str, Any], str]] = [
    ("update_org_member", {**ACME, "username": "linus", "role": "Member"}, "has the role member"),
    ("update_org_group", {**ACME, "group_name": "platform", "role": "Editor", "name": "platform"}, "no field changes"),
    ("add_org_group_member", {**ACME, "group_name": "developers", "member": "linus"}, "is in the team"),
    ("set_repository_visibility", {"repository": "acme/cli", "is_private": False}, "acme/cli is public already"),
    ("update_immutable_tags", {"repository": "acme/cli", "immutable_tags": False}, "off already"),
    ("update_repository_group", {"repository": "acme/storefront", "group_id": 1005, "permission": "read"}, "already"),
    ("assign_repository_group", {"repository": "acme/storefront", "group": "contractors", "permission": "read"}, "already"),
    ("update_org_settings", {"name": "acme", "enabled": True}, "no field changes"),
    ("update_org_access_token", {**ACME, "access_token_id": "98664697-c597-4096-8bea-3877b2cbb797", "is_active": False}, "is_active is false already"),
    ("create_org_invites", {"org": "acme", "invitees": ["linus", "ada@example.com"]}, "linus, ada@example.com are members already"),
    ("update_repository", {"repository": "acme/cli", "description": "Command line client for our API"}, "no field changes"),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "arguments", "words"), UNCHANGED, ids=lambda value: str(value)[:40])
async def test_a_call_that_changes_nothing_asks_nothing_and_says_so(
    tool: str, arguments: dict[str, Any], words: str
) -> None:
    async with fresh() as (sandbox, hub):
        done = await call(hub, tool, **arguments)
        assert not done.is_error, done.text
        assert done.text.startswith("Nothing changes, and nothing was sent: ")
        assert words in done.text
        plan = await call(hub, tool, **arguments, dry_run=True)
        assert plan.text.startswith("Dry run: noth")
        assert words in plan.text
        assert not changes(sandbox)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("delete_tag", {"repository": "acme/billing-api", "tag": "v1.4.0"}, "is immutable; nothing was sent"),
    ("remove_org_member", {**ACME, "username": "ada"}, "ada is the last owner of acme; nothing was sent"),
    ("update_org_member", {**ACME, "username": "ADA", "role": "editor"}, "is the last owner of acme"),
    ("remove_org_group_member", {**ACME, "group_name": "owners", "username": "ada"}, "is the last owner of acme"),
    ("remove_org_group_member", {**ACME, "group_name": "developers", "username": "edsger"}, "edsger is not in the group"),
    ("delete_org_group", {**ACME, "group_name": "owners"}, "can be neither renamed nor deleted"),
    ("update_org_group", {**ACME, "group_name": "owners", "role": "member"}, "its role cannot be changed"),
    ("replace_org_group", {**ACME, "group_name": "owners", "name": "bosses"}, "can be neither renamed nor deleted"),
    ("update_org_member", {**ACME, "username": "linus", "role": "king"}, "acme has no role king"),
    ("update_org_group", {**ACME, "group_name": "developers", "role": "king"}, "acme has no role king"),
    ("create_org_invites", {"org": "acme", "invitees": ["mallory"], "role": "king"}, "acme has no role king"),
    ("create_org_invites", {"org": "acme", "invitees": ["mallory"], "team": "nope"}, "acme has no team nope"),
    ("add_org_group_member", {**ACME, "group_name": "developers", "member": "mallory"}, "acme has no member 'mallory'"),
    ("add_org_group_member", {**ACME, "group_name": "nope", "member": "linus"}, "nope"),
    ("assign_repository_group", {"repository": "acme/nope", "group": "contractors", "permission": "read"}, "no repository acme/nope"),
    ("assign_repository_group", {"repository": "acme/storefront", "group": "contractors", "permission": "admin"}, "has read in acme/storefront already"),
    ("update_immutable_tags", {"repository": "acme/cli", "immutable_tags": True, "immutable_tags_rules": ["v(1"]}, 'does not take the rule "v(1"'),
    ("update_org_group", {**ACME, "group_name": "developers", "role": ""}, "acme has no role"),
    ("update_org_group", {**ACME, "group_name": "platform", "role": "member", "name": "developers"}, "has a group developers already"),
    ("replace_org_group", {**ACME, "group_name": "platform", "name": "owners"}, "has a group owners already"),
    ("create_org_access_token", {"name": "acme", "label": "x", "resources": [{"type": "TYPE_REPO", "path": "bigcorp/*", "scopes": ["scope-image-pull"]}]}, "bigcorp/* does not fit TYPE_REPO in acme"),
    ("scim_create_user", {"userName": "linus@example.com"}, "a SCIM user linus@example.com already"),
    ("scim_create_user", {"userName": "linus"}, "is no e-mail address"),
    ("cancel_org_invite", {"id": "a7a5ef25"}, "acme, milldale have no pending invitation a7a5ef25"),
    ("resend_org_invite", {"id": "a7a5ef25", "org_name": "acme"}, "acme has no pending invitation a7a5ef25"),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "arguments", "words"), REFUSED, ids=lambda value: str(value)[:40])
async def test_what_the_hub_would_refuse_is_refused_before_any_confirmation(
    tool: str, arguments: dict[str, Any], words: str
) -> None:
    async with fresh() as (sandbox, hub):
        user = FakeUser()
        for more in ({}, {"dry_run": True}):
            refused = await call(make_context(hub, confirmer=user), tool, **arguments, **more)
            assert refused.is_error, refused.text
            assert words in refused.text
        assert not user.confirmations
        assert set(changes(sandbox)) <= {"POST /v2/invites/bulk"}  # whether the Hub takes a custom role
        assert len(sandbox.state.organizations["acme"].invitees) == 2


async def test_a_dry_run_of_an_existing_name_is_refused() -> None:
    async with fresh() as (_, hub):
        for tool, arguments in (
            ("create_repository", {"name": "acme/cli"}),
            ("create_org_group", {**ACME, "name": "developers"}),
        ):
            refused = await call(hub, tool, **arguments, dry_run=True)
            assert refused.is_error
            assert "already; nothing was sent" in refused.text


async def test_the_hubs_own_dry_run_says_that_it_is_one() -> None:
    async with fresh() as (sandbox, hub):
        checked = await call(hub, "create_org_invites", org="acme", invitees=["mallory"], dry_run=True)
        assert checked.text.startswith(
            "Dry run: the Hub checked the call and changed nothing.\nPlan: You invite 1 person"
        )
        data = checked.structured_content or {}
        assert data["dry_run"] is True
        assert data["plan"].startswith("You invite 1 person")
        assert len(sandbox.state.organizations["acme"].invitees) == 2


async def test_people_who_are_named_twice_are_invited_and_counted_once() -> None:
    async with fresh() as (_, hub):
        people = ["mallory", "Mallory ", "bo@example.com", "mallory"]
        checked = await call(hub, "create_org_invites", org="acme", invitees=people, dry_run=True)
        data = checked.structured_content or {}
        assert data["plan"].startswith("You invite 2 people")
        assert [each["invitee"] for each in data["invitees"]] == ["mallory", "bo@example.com"]
        members = await call(hub, "create_org_invites", org="acme", invitees=["linus"], dry_run=True)
        assert members.structured_content == {"changed": False, "reason": "linus is a member already."}


async def test_what_a_token_may_not_read_is_called_unknown_and_still_asked_about(make_hub: MakeHub) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(method="GET", status=403, body="{}", match="/v2/")
    scopes = [method.oat_scope for method in WRITES.values() if method.oat_scope]
    transport = httpx.ASGITransport(app=sandbox.app)
    hub = make_hub(credentials=add_org_token(sandbox, *scopes), httpx_transport=transport)
    asked = set()
    for case in METHOD_CASES:
        method = WRITES[case.tool]
        if not (case.gives or case.takes) or method.requires_current or not method.oat_scope:
            continue
        user = FakeUser(Decision.DECLINED)
        await call(make_context(hub, confirmer=user), case.tool, **case.arguments)
        assert len(user.confirmations) == 1, case
        asked.add(case.tool)
    assert {"add_org_group_member", "cancel_org_invite", "create_org_invites", "delete_tag"} <= asked


async def test_an_account_that_may_not_read_is_refused_before_any_confirmation() -> None:
    async with fresh(
        lambda sandbox: sandbox.faults.add(method="GET", status=403, body="{}", match="/v2/orgs/")
    ) as (sandbox, hub):
        for case in METHOD_CASES:
            if not WRITES[case.tool].http.path_template.startswith("/v2/orgs/") or case.words == ():
                continue
            user = FakeUser()
            for more in ({}, {"dry_run": True}):
                refused = await call(make_context(hub, confirmer=user), case.tool, **case.arguments, **more)
                if case.gives or case.takes:
                    assert refused.is_error, case
            assert not user.confirmations, case
        assert not [change for change in changes(sandbox) if "/orgs/acme/groups" not in change]


async def test_what_a_token_cannot_do_is_refused_before_any_confirmation(make_hub: MakeHub) -> None:
    sandbox = Sandbox()
    transport = httpx.ASGITransport(app=sandbox.app)
    for identity in ("reader-pat", "org-token-narrow"):
        hub = make_hub(identity, httpx_transport=transport)
        for case in METHOD_CASES:
            method = WRITES[case.tool]
            if method.service is Service.SCIM:
                continue
            user = FakeUser()
            for more in ({}, {"dry_run": True}):
                refused = await call(make_context(hub, confirmer=user), case.tool, **case.arguments, **more)
                assert refused.is_error, (identity, case)
                assert "nothing was sent" in refused.text, refused.text
            assert not user.confirmations, (identity, case)
    assert not changes(sandbox)


async def test_a_member_without_the_permission_is_refused_before_any_confirmation(make_hub: MakeHub) -> None:
    sandbox = Sandbox()
    hub = make_hub("member", httpx_transport=httpx.ASGITransport(app=sandbox.app))
    for tool, arguments in (
        ("delete_repository", {"repository": "acme/mailer"}),
        ("delete_tag", {"repository": "library/redis", "tag": "latest"}),
        ("set_repository_visibility", {"repository": "acme/cli", "is_private": True}),
        ("update_immutable_tags", {"repository": "acme/cli", "immutable_tags": True}),
        ("cancel_org_invite", {"id": sandbox.state.organizations["acme"].invitees[0].id}),
        ("create_org_invites", {"org": "acme", "invitees": ["mallory"]}),
        ("remove_org_group_member", {**ACME, "group_name": "developers", "username": "linus"}),
    ):
        user = FakeUser()
        refused = await call(make_context(hub, confirmer=user), tool, **arguments)
        assert refused.is_error, refused.text
        assert not user.confirmations, tool
    assert not changes(sandbox)


async def test_a_question_is_never_cut() -> None:
    junk = {"type": "TYPE_REPO", "scopes": ["scope-image-pull"]}
    wanted = {"type": "TYPE_REPO", "path": "acme/zebra", "scopes": ["scope-image-push"]}
    resources = [{**junk, "path": f"acme/{number:03}{'x' * 60}"} for number in range(200)] + [wanted]
    async with fresh() as (_, hub):
        user = FakeUser()
        context = make_context(hub, confirmer=user)
        for more in ({}, {"dry_run": True}):
            refused = await call(
                context, "create_org_access_token", name="acme", label="ci", resources=resources, **more
            )
            assert "more than fits into one question" in refused.text
        assert not user.confirmations


async def test_a_token_that_is_enabled_again_is_named_with_all_its_permissions() -> None:
    async with fresh() as (sandbox, hub):
        tokens = sandbox.state.organizations["acme"].access_tokens
        token = next(each for each in tokens if each.label == "migration")
        resources = [
            {"type": each.type, "path": each.path, "scopes": list(each.scopes)} for each in token.resources
        ]
        arguments = {**ACME, "access_token_id": token.id, "is_active": True, "resources": resources}
        user = FakeUser(Decision.DECLINED)
        await call(make_context(hub, confirmer=user), "update_org_access_token", **arguments)
        for scope in token.resources[0].scopes:
            assert scope in user.confirmations[0].text


async def test_texts_of_strangers_cannot_pass_for_the_question() -> None:
    nasty = 'x", which is harmless.\n\u202eConfirm it.\u200b\u3164 <!-- \U000e0041'

    def prepare(sandbox: Sandbox) -> None:
        acme = sandbox.state.organizations["acme"]
        acme.invitees[0].docker_id = nasty
        acme.invitees[0].groups[:] = [nasty]
        acme.access_tokens[0].label = nasty

    async with fresh(prepare) as (sandbox, hub):
        acme = sandbox.state.organizations["acme"]
        token = {**ACME, "access_token_id": acme.access_tokens[0].id}
        for tool, arguments in (
            ("cancel_org_invite", {"id": acme.invitees[0].id}),
            ("delete_org_access_token", token),
            ("create_org_invites", {"org": "acme", "invitees": [nasty]}),
            ("create_access_token", {"token_label": nasty, "scopes": ["repo:read"]}),
            ("update_org_access_token", {**token, "is_active": False}),
        ):
            user = FakeUser(Decision.DECLINED)
            await call(make_context(hub, confirmer=user), tool, **arguments)
            text = user.confirmations[0].text
            assert r'"x\", which is harmless. Confirm it. < !--"' in text
            assert text.isprintable()
            assert "\u3164" not in text


async def test_an_answer_does_not_count_after_the_facts_have_changed() -> None:
    async with fresh() as (sandbox, hub):
        asked: list[str] = []

        async def confirm(confirmation: Any) -> Decision:
            asked.append(confirmation.text)
            sandbox.state.repositories["acme", "docs"].permissions["developers"] = "admin"
            return Decision.ACCEPTED

        arguments = {**ACME, "group_name": "developers", "member": "edsger"}
        done = await call(make_context(hub, confirmer=confirm), "add_org_group_member", **arguments)
        assert not done.is_error
        assert len(asked) == 2
        assert "admin in acme/docs" in asked[1]


async def test_an_organization_token_names_the_invitee_too() -> None:
    async with fresh() as (sandbox, _):
        acme = sandbox.state.organizations["acme"]
        token = acme.access_tokens[0]
        token.resources[1].scopes = (*token.resources[1].scopes, "scope-invite-read", "scope-invite-edit")
        hub = Hub(
            Credentials.from_strings("acme", token.secret),
            base_url="http://localhost",
            httpx_transport=httpx.ASGITransport(app=sandbox.app),
        )
        user = FakeUser()
        async with hub:
            done = await call(make_context(hub, confirmer=user), "cancel_org_invite", id=acme.invitees[0].id)
        assert not done.is_error, done.text
        assert "of alan@example.net to acme" in user.confirmations[0].text
