from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import BadRequest, Conflict, Forbidden, HubError, NotFound, UnexpectedAnswer
from dockerhub_mcp.hub.methods import (
    AddOrgGroupMember,
    CancelOrgInvite,
    CreateOrgGroup,
    CreateOrgInvites,
    DeleteOrgGroup,
    ExportOrgMembers,
    GetOrgGroup,
    GetOrgSettings,
    ListOrgGroupMembers,
    ListOrgInvites,
    ListOrgMembers,
    RemoveOrgGroupMember,
    RemoveOrgMember,
    ReplaceOrgGroup,
    ResendOrgInvite,
    UpdateOrgGroup,
    UpdateOrgMember,
    UpdateOrgSettings,
)
from dockerhub_mcp.hub.models import OrgMember, Page
from dockerhub_mcp.sandbox import Sandbox

CarryOut = Callable[[Hub, Mutation], Awaitable[Any]]
DEVELOPERS = {"org_name": "acme", "group_name": "developers"}


@pytest.fixture
def owner(wired: Callable[..., Hub]) -> Hub:
    return wired("owner")


@pytest.mark.parametrize(("role", "shown"), [("editor", "Editor"), ("release-manager", "release-manager")])
async def test_the_role_of_a_member_is_changed(
    sandbox: Sandbox, owner: Hub, carry_out: CarryOut, role: str, shown: str
) -> None:
    changed = await carry_out(owner, UpdateOrgMember(org_name="acme", username="linus", role=role))
    assert (changed.username, changed.role) == ("linus", shown)
    assert sandbox.state.organizations["acme"].get_role("linus") == shown


async def test_the_change_of_a_role_is_described(owner: Hub) -> None:
    call = UpdateOrgMember(org_name="acme", username="Linus", role="owner")
    present = await owner.send(call.current_state_call())
    impact = call.predict_impact(present, facts=True)
    assert impact.text.startswith("You give linus the role owner of acme instead of Member: full control")
    assert (impact.gives, impact.takes) == (True, False)
    other = UpdateOrgMember(org_name="acme", username="lin", role="owner")
    text = other.predict_impact(present).text
    assert text.startswith("You give lin the role owner of acme instead of an unknown role: ")


async def test_a_member_is_removed_from_everything(sandbox: Sandbox, owner: Hub) -> None:
    call = RemoveOrgMember(org_name="acme", username="barbara")
    loss = call.predict_impact(await owner.send(call.current_state_call())).text
    assert loss == "barbara (Member) loses access to the organization acme and the team security."
    assert (await owner.send(call)).done
    assert "barbara" not in repr(sandbox.state.organizations["acme"].members)
    members = await owner.send(ListOrgGroupMembers(org_name="acme", group_name="security"))
    assert [member.username for member in members.results] == ["ada"]


def test_the_loss_of_an_unknown_member_is_described() -> None:
    call = RemoveOrgMember(org_name="acme", username="bo")
    assert call.predict_impact(Page(results=[])).text == "bo loses access to the organization acme."
    pending: Page[OrgMember] = Page(results=[OrgMember(email="bo@example.com", role="Invitee")])
    assert call.predict_impact(pending).text == "bo loses access to the organization acme."


@pytest.mark.parametrize(
    "call",
    [
        RemoveOrgMember(org_name="acme", username="ada"),
        UpdateOrgMember(org_name="acme", username="ada", role="member"),
        RemoveOrgGroupMember(org_name="acme", group_name="owners", username="ada"),
    ],
)
async def test_the_last_owner_stays(sandbox: Sandbox, owner: Hub, call: Mutation) -> None:
    with pytest.raises((BadRequest, Forbidden)) as caught:
        await owner.send(call)
    assert caught.value.why == "This would leave the organization without an owner."
    assert caught.value.remedy == "Make another member an owner first."
    assert sandbox.state.organizations["acme"].is_last_owner("ada")


async def test_invited_people_have_no_role(owner: Hub, sandbox: Sandbox) -> None:
    email = sandbox.state.organizations["acme"].invitees[0].email
    with pytest.raises(BadRequest, match="the invitation has not been accepted yet"):
        await owner.send(UpdateOrgMember(org_name="acme", username=email, role="editor"))
    with pytest.raises(NotFound, match="acme has no member 'nobody'"):
        await owner.send(RemoveOrgMember(org_name="acme", username="nobody"))


@pytest.mark.parametrize("identity", ["owner", "org-token"])
async def test_members_are_exported_as_a_table(
    sandbox: Sandbox, wired: Callable[..., Hub], sent: list[httpx.Request], identity: str
) -> None:
    sandbox.state.users["linus"].full_name = 'Linus "The Bear", Berg\nof Oslo'
    table = await wired(identity).send(ExportOrgMembers(org_name="acme"))
    assert sent[-1].headers["accept"] == "text/csv"
    assert table.columns[:6] == ["Name", "Username", "Email", "Type", "Role", "Teams"]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert len(table.rows) == 10
    linus = next(row for row in table.rows if row[1] == "linus")
    assert linus[:2] == ['Linus "The Bear", Berg\nof Oslo', "linus"]
    barbara = next(row for row in table.rows if row[1] == "barbara")
    assert barbara[5] == "security"


@pytest.mark.parametrize(
    ("body", "columns", "rows"),
    [
        ("\ufeffName,Email\r\nBo,b@x.y\r\n", ["Name", "Email"], [["Bo", "b@x.y"]]),
        ('Name\n"a\r\nb"\n\n', ["Name"], [["a\r\nb"]]),
        ("Name,Email\rBo,b@x.y\r", ["Name", "Email"], [["Bo", "b@x.y"]]),
        ("Name,Email\n", ["Name", "Email"], []),
        ('Name\n"half', ["Name"], [["half"]]),
    ],
)
async def test_tables_are_parsed_in_many_forms(
    sandbox: Sandbox, owner: Hub, body: str, columns: list[str], rows: list[list[str]]
) -> None:
    sandbox.faults.add(match="/export", status=200, body=body, content_type="text/csv")
    table = await owner.send(ExportOrgMembers(org_name="acme"))
    assert (table.columns, table.rows) == (columns, rows)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "\ufeff<html>",
        "<!DOCTYPE html><title>Sign in</title>",
        '{"detail": "x"}',
        "Name,Username\n" + "x" * 140_000,
        "Blocked by policy",
        "id,label\n1,x",
    ],
)
async def test_a_response_that_is_not_csv_is_an_error(sandbox: Sandbox, owner: Hub, body: str) -> None:
    sandbox.faults.add(match="/export", status=200, body=body, content_type="text/csv")
    with pytest.raises(UnexpectedAnswer, match=r"with 200(, but the answer is| and a web page| and text)"):
        await owner.send(ExportOrgMembers(org_name="acme"))


async def test_a_group_is_created_updated_and_deleted(
    sandbox: Sandbox, owner: Hub, carry_out: CarryOut
) -> None:
    made = await owner.send(CreateOrgGroup(org_name="acme", name="testers", description="They test"))
    assert isinstance(made.id, int)
    where = {"org_name": "acme", "group_name": "testers"}
    assert (await owner.send(AddOrgGroupMember(**where, member="radia"))).done
    members = await owner.send(ListOrgGroupMembers(**where, search="rad"))
    assert [member.username for member in members.results] == ["radia"]
    changed = await carry_out(owner, UpdateOrgGroup(**where, role="editor"))
    assert (changed.role, changed.description) == ("editor", "They test")
    assert (await owner.send(RemoveOrgGroupMember(**where, username="radia"))).done
    assert (await owner.send(GetOrgGroup(**where))).member_count == 0
    assert (await owner.send(DeleteOrgGroup(**where))).done
    assert sandbox.state.organizations["acme"].find_group("testers") is None
    assert sandbox.state.organizations["acme"].find_member("radia")


@pytest.mark.parametrize(
    ("given", "name", "description"),
    [
        ({"name": "makers"}, "makers", "Product development"),
        ({"description": "Others"}, "developers", "Others"),
        ({"description": ""}, "developers", ""),
        ({"name": None, "description": "Others"}, "developers", "Others"),
    ],
)
async def test_a_replaced_group_keeps_omitted_fields(
    owner: Hub,
    carry_out: CarryOut,
    sent: list[httpx.Request],
    given: dict[str, Any],
    name: str,
    description: str,
) -> None:
    await carry_out(owner, ReplaceOrgGroup.model_validate(DEVELOPERS | given))
    assert json.loads(sent[-1].content) == {"name": name, "description": description}
    read = await owner.send(GetOrgGroup(org_name="acme", group_name=name))
    assert (read.name, read.description, read.role, read.member_count) == (name, description, "member", 4)


async def test_an_empty_description_of_a_group_is_cleared(owner: Hub, carry_out: CarryOut) -> None:
    changed = await carry_out(owner, UpdateOrgGroup.model_validate({**DEVELOPERS, "description": ""}))
    assert (changed.description, changed.name) == ("", "developers")


async def test_the_loss_of_a_group_is_described(owner: Hub) -> None:
    delete = DeleteOrgGroup(**DEVELOPERS)
    assert delete.predict_impact(await owner.send(delete.current_state_call())).text == (
        "The group developers of acme is deleted; its 4 members lose its permissions."
    )
    one = DeleteOrgGroup(org_name="acme", group_name="contractors")
    loss = one.predict_impact(await owner.send(one.current_state_call())).text
    assert "; its 1 member loses its permissions" in loss
    remove = RemoveOrgGroupMember(**DEVELOPERS, username="linus")
    assert remove.predict_impact(None).text == "linus loses the permissions of the group developers of acme."


async def test_the_owners_group_cannot_be_changed(owner: Hub) -> None:
    with pytest.raises(Forbidden, match="can neither be renamed nor deleted") as caught:
        await owner.send(DeleteOrgGroup(org_name="acme", group_name="owners"))
    assert "Every organization has this group" in caught.value.why


async def test_an_existing_group_is_a_conflict(owner: Hub) -> None:
    with pytest.raises((BadRequest, Conflict), match="already exists") as caught:
        await owner.send(CreateOrgGroup(org_name="acme", name="developers"))
    assert caught.value.why == "It already exists."


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ({"enabled": False}, (False, True, False)),
        ({"allow_verified_publishers": True}, (True, True, True)),
        ({"enabled": None, "allow_official_images": False}, (True, False, False)),
    ],
)
async def test_omitted_settings_are_kept(
    owner: Hub, carry_out: CarryOut, given: dict[str, Any], then: tuple[bool, bool, bool]
) -> None:
    await carry_out(owner, UpdateOrgSettings.model_validate({"name": "acme", **given}))
    now = (await owner.send(GetOrgSettings(name="acme"))).restricted_images
    assert now is not None
    assert (now.enabled, now.allow_official_images, now.allow_verified_publishers) == then


async def test_the_change_of_settings_is_described(owner: Hub) -> None:
    call = UpdateOrgSettings(name="acme", enabled=False)
    present = await owner.send(call.current_state_call())
    loss = call.merge_current(present).predict_impact(present).text
    assert loss.startswith('Update organization settings acme: restricted_images: {"enabled": true, ')
    assert 'becomes {"enabled": false, ' in loss
    assert loss.endswith("its own images, all other images, images of verified publishers, official images.")


async def test_invitations_are_created_resent_and_cancelled(sandbox: Sandbox, owner: Hub) -> None:
    call = CreateOrgInvites.model_validate(
        {"org": "acme", "invitees": '["mallory", "new@example.com"]', "team": "developers", "role": "editor"}
    )
    made = await owner.send(call)
    assert [one.status for one in made.invitees] == ["invited", "invited"]
    listed = {
        invite.invitee: invite for invite in (await owner.send(ListOrgInvites(org_name="acme"))).results
    }
    invite = listed["mallory"]
    assert (invite.team, invite.inviter_username, invite.org) == ("developers", "ada", "acme")
    assert (await owner.send(ResendOrgInvite(id=str(invite.id)))).done
    cancel = CancelOrgInvite(id=str(invite.id))
    loss = f"The invitation {invite.id} is cancelled; it can no longer be accepted."
    assert cancel.predict_impact(None).text == loss
    assert (await owner.send(cancel)).done
    assert "mallory" not in {one.docker_id for one in sandbox.state.organizations["acme"].invitees}
    with pytest.raises(NotFound, match="The Hub knows no invitation"):
        await owner.send(cancel)


async def test_the_older_form_of_invitations_is_read(sandbox: Sandbox, owner: Hub) -> None:
    body = '{"invitees": {"invitees": [{"invitee": "bo", "status": "invited"}]}}'
    sandbox.faults.add(match="/v2/invites/bulk", status=202, body=body)
    made = await owner.send(CreateOrgInvites(org="acme", invitees=["bo"]))
    assert [(one.invitee, one.status) for one in made.invitees] == [("bo", "invited")]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (CreateOrgInvites, {"org": "acme", "invitees": []}),
        (CreateOrgInvites, {"org": "acme", "invitees": 7}),
        (UpdateOrgMember, {"org_name": "acme", "username": "bo", "role": ""}),
        (UpdateOrgMember, {"org_name": "acme", "username": "bo"}),
        (CreateOrgGroup, {"org_name": "acme", "name": None}),
        (UpdateOrgGroup, {**DEVELOPERS, "name": ""}),
    ],
)
def test_invalid_arguments_are_refused(method: type[Any], arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        method.model_validate(arguments)


async def test_a_name_cannot_reach_another_member(sandbox: Sandbox, owner: Hub) -> None:
    with pytest.raises(HubError):
        await owner.send(RemoveOrgMember(org_name="acme", username="../groups/developers"))
    assert sandbox.requests[-1].path == "/v2/orgs/acme/members/..%2Fgroups%2Fdevelopers"
    assert sandbox.state.organizations["acme"].find_group("developers")
    page = await owner.send(ListOrgMembers(org_name="acme"))
    assert page.count == 8
