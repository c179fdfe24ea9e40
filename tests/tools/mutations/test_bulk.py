"""Several members at once: one question for all, a request and an audit line each, and every outcome told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.faults.presets import apply_preset
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.audit_logs import read_outcomes
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, add_org_token, call, changes, make_context

GROUP = {"org_name": "acme", "group_name": "security"}
MEMBERS = "/v2/orgs/acme/groups/security/members"


async def add(target: Hub | ToolContext, *names: str, **options: Any) -> ToolResult:
    return await call(target, "add_org_group_member", **GROUP, members=list(names), **options)


def members_of(sandbox: Sandbox) -> list[str]:
    group = sandbox.state.organizations["acme"].find_group("security")
    assert group is not None
    return group.members


async def test_one_question_names_all_and_what_they_gain(make_hub: MakeHub, sandbox: Sandbox) -> None:
    user = FakeUser()
    done = await add(make_context(make_hub("owner"), confirmer=user), "Linus", "edsger", "ada", "linus")
    assert not done.is_error, done.text
    (question,) = user.confirmations
    assert "You add 2 members to the team security of acme: linus, edsger (guest)." in question.text
    assert "admin in acme/incident-kit" in question.text
    assert "ada is in the team security of acme already." in question.text
    assert done.structured_content == {"done": True, "changed": ["linus", "edsger"]}
    assert members_of(sandbox) == ["barbara", "ada", "linus", "edsger"]
    assert changes(sandbox) == [f"POST {MEMBERS}"] * 2


async def test_a_dry_run_shows_each_request(make_hub: MakeHub, sandbox: Sandbox) -> None:
    plan = await add(make_hub("owner"), "linus", "grace", dry_run=True)
    assert f'Request: POST {MEMBERS}, 2 times\n  member: "linus"\n  member: "grace"' in plan.text
    bodies = [each["body"] for each in (plan.structured_content or {})["requests"]]
    assert bodies == [{"member": "linus"}, {"member": "grace"}]
    assert not changes(sandbox)


@pytest.mark.parametrize("names", [["linus"], ["linus", "barbara"]])
async def test_a_list_with_one_new_name_is_one_request(
    make_hub: MakeHub, sandbox: Sandbox, names: list[str]
) -> None:
    done = await add(make_context(make_hub("owner"), confirmer=FakeUser()), *names)
    assert done.structured_content == {"done": True}
    assert changes(sandbox) == [f"POST {MEMBERS}"]


async def test_nothing_is_sent_where_all_are_in_the_group_or_the_user_declines(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    unchanged = await add(make_hub("owner"), "ada", "barbara")
    assert unchanged.text.startswith("Nothing changes, and nothing was sent: ada, barbara are in the team")
    declined = await add(
        make_context(make_hub("owner"), confirmer=FakeUser(Decision.DECLINED)), "linus", "grace"
    )
    assert declined.is_error
    assert not changes(sandbox)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["linus", "mallory"], "acme has no member 'mallory'; nothing was sent"),
        (["mallory", "ken", "linus"], "acme has no members mallory, ken; nothing was sent"),
        (["mallory", "ken", "linus", "grace", "dennis", "radia"], "acme has no members mallory, ken"),
    ],
)
async def test_names_of_other_users_are_refused_before_the_question(
    make_hub: MakeHub, sandbox: Sandbox, names: list[str], words: str
) -> None:
    user = FakeUser()
    refused = await add(make_context(make_hub("owner"), confirmer=user), *names)
    assert words in refused.text
    assert not user.confirmations
    assert not changes(sandbox)


async def test_member_or_members_is_required_and_not_both(make_hub: MakeHub) -> None:
    for arguments in ({}, {"member": "linus", "members": ["grace"]}):
        refused = await call(make_hub("owner"), "add_org_group_member", **GROUP, **arguments)
        assert "ive member (a Docker ID) or members (a list of them), one of the two" in refused.text
    assert "members: " in (await add(make_hub("owner"))).text


async def test_a_refusal_of_one_does_not_stop_the_others(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    context = make_context(make_hub("owner"), confirmer=FakeUser(), audit_log=log)
    sandbox.faults.rules.append(
        Fault(match=MEMBERS, method="POST", status=404, body='{"detail": "No"}', times=1)
    )
    done = await add(context, "linus", "grace", "dennis")
    log.close()
    assert done.is_error
    data = done.structured_content or {}
    assert data["changed"] == ["grace", "dennis"]
    assert [(each["name"], each["outcome"]) for each in data["failed"]] == [("linus", "refused")]
    assert "not_sent" not in data
    assert members_of(sandbox) == ["barbara", "ada", "grace", "dennis"]
    told = [
        (each["target"].rpartition("/")[2], each["outcome"], each["confirmed"])
        for each in read_outcomes(tmp_path / "audit.jsonl")
    ]
    assert told == [("linus", "refused", True), ("grace", "done", True), ("dennis", "done", True)]


@pytest.mark.parametrize(("preset", "outcome"), [("lost_response", "unknown"), ("late_failure", "unknown")])
async def test_an_unknown_outcome_stops_and_is_never_sent_again(
    make_hub: MakeHub, sandbox: Sandbox, preset: str, outcome: str
) -> None:
    sandbox.faults.rules.append(
        Fault(match=MEMBERS, method="POST", times=1, **apply_preset({"preset": preset}))
    )
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    done = await add(context, "linus", "grace", "dennis")
    data = done.structured_content or {}
    assert done.is_error
    assert [(each["name"], each["outcome"]) for each in data["failed"]] == [("linus", outcome)]
    assert data["not_sent"] == ["grace", "dennis"]
    assert "check with list_org_group_members" in data["failed"][0]["reason"]
    assert len(changes(sandbox)) == 1


async def test_a_lost_permission_stops(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.rules.append(Fault(match=MEMBERS, method="POST", status=403, body="{}"))
    done = await add(make_context(make_hub("owner"), confirmer=FakeUser()), "linus", "grace")
    assert (done.structured_content or {})["not_sent"] == ["grace"]
    assert len(changes(sandbox)) == 1


async def test_a_token_that_may_only_change_adds_all_after_a_question(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    hub = make_hub(credentials=add_org_token(sandbox, "scope-group-edit"))
    user = FakeUser()
    done = await add(make_context(hub, confirmer=user), "linus", "grace")
    assert not done.is_error, done.text
    assert "linus (not checked), grace (not checked)" in user.confirmations[0].text
    assert "could not be read" in user.confirmations[0].text
    assert {"linus", "grace"} <= set(members_of(sandbox))


@pytest.mark.parametrize("names", [["edsger"], ["edsger", "barbara"]])
async def test_members_that_could_not_be_looked_up_are_called_unchecked(
    make_hub: MakeHub, sandbox: Sandbox, names: list[str]
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/orgs/acme/members", status=403))
    user = FakeUser()
    await add(make_context(make_hub("owner"), confirmer=user), *names)
    assert all(f"{name} (not checked)" in user.confirmations[0].text for name in names)


async def test_few_requests_are_needed_for_many(make_hub: MakeHub, sandbox: Sandbox) -> None:
    names = ["linus", "grace", "dennis", "radia", "margaret", "edsger"]
    await add(make_hub("owner"), *names, dry_run=True)
    read = [request.path for request in sandbox.requests if request.method == "GET"]
    assert sorted(read) == [
        "/v2/orgs/acme/groups/security",
        "/v2/orgs/acme/groups/security/members",
        "/v2/orgs/acme/groups/security/repositories",
        "/v2/orgs/acme/members",
    ]
