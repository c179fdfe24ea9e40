from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import BadRequest, Forbidden, InvalidRequest, NotFound
from dockerhub_mcp.hub.methods import (
    AssignRepositoryGroup,
    CheckRepository,
    CheckTag,
    CheckTags,
    CreateRepository,
    DeleteRepository,
    DeleteTag,
    GetRepository,
    ListRepositoryGroups,
    ListTags,
    RemoveRepositoryGroup,
    SetRepositoryVisibility,
    UpdateImmutableTags,
    UpdateRepository,
    UpdateRepositoryGroup,
    VerifyImmutableTags,
)
from dockerhub_mcp.hub.models import OrgGroup, Page
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import GroupRecord

CarryOut = Callable[[Hub, Mutation], Awaitable[Any]]
CLI = {"namespace": "acme", "repository": "cli"}
BILLING = {"namespace": "acme", "repository": "billing-api"}


@pytest.fixture
def owner(wired: Callable[..., Hub]) -> Hub:
    return wired("owner")


async def test_texts_are_changed_and_omitted_ones_kept(owner: Hub, carry_out: CarryOut) -> None:
    before = await owner.send(GetRepository(**CLI))
    changed = await carry_out(owner, UpdateRepository(**CLI, full_description="# CLI"))
    assert (changed.full_description, changed.description) == ("# CLI", before.description)
    assert (await owner.send(GetRepository(**CLI))).full_description == "# CLI"


async def test_an_empty_text_clears_the_current_one(
    owner: Hub, carry_out: CarryOut, sent: list[httpx.Request]
) -> None:
    call = UpdateRepository.model_validate({**CLI, "description": "", "full_description": ""})
    await carry_out(owner, call)
    assert json.loads(sent[-1].content) == {"description": "", "full_description": ""}
    now = await owner.send(GetRepository(**CLI))
    assert (now.description, now.full_description) == ("", "")


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (UpdateRepository, {**CLI, "description": "x" * 101}),
        (UpdateRepository, {**CLI, "full_description": "x" * 25_001}),
        (UpdateRepository, {"repository": "cli", "description": "x"}),
        (DeleteRepository, {"repository": "redis"}),
        (DeleteTag, {"repository": "redis", "tag": "8"}),
        (SetRepositoryVisibility, CLI),
        (SetRepositoryVisibility, {**CLI, "is_private": None}),
        (UpdateImmutableTags, {**CLI, "immutable_tags_rules": [None]}),
        (VerifyImmutableTags, {**CLI, "regex": "v{1,2}"}),
        (VerifyImmutableTags, {**CLI, "regex": ""}),
        (AssignRepositoryGroup, {**CLI, "permission": "read"}),
        (AssignRepositoryGroup, {**CLI, "permission": "read", "group": "a", "group_id": 1}),
        (AssignRepositoryGroup, {**CLI, "permission": "king", "group": "a"}),
        (AssignRepositoryGroup, {**CLI, "permission": "read", "group_id": 0}),
        (UpdateRepositoryGroup, {**CLI, "group_id": 1002}),
    ],
)
def test_invalid_arguments_are_refused(method: type[Any], arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        method.model_validate(arguments)


async def test_a_repository_is_deleted_with_its_tags(owner: Hub) -> None:
    assert (await owner.send(DeleteRepository.model_validate({"repository": "acme/mailer"}))).done
    assert not (await owner.send(CheckRepository(namespace="acme", repository="mailer"))).exists
    with pytest.raises(NotFound):
        await owner.send(ListTags(namespace="acme", repository="mailer"))


async def test_the_loss_of_a_repository_is_described(owner: Hub) -> None:
    call = DeleteRepository(**CLI)
    loss = call.describe_loss(await owner.send(call.current_state_call()))
    assert "The repository acme/cli (24880 pulls, last changed 20" in loss
    assert "cannot be undone" in loss


async def test_the_visibility_of_a_repository_is_changed(owner: Hub, make_hub: Callable[..., Hub]) -> None:
    check = CheckRepository(**CLI)
    assert (await owner.send(SetRepositoryVisibility(**CLI, is_private=True))).done
    assert not (await make_hub().send(check)).exists
    assert (await owner.send(SetRepositoryVisibility(**CLI, is_private=False))).done
    assert (await make_hub().send(check)).exists


@pytest.mark.parametrize(
    ("repository", "is_private", "words"),
    [
        ("cli", True, "acme/cli becomes private; it can only be pulled from within its namespace."),
        ("cli", False, "acme/cli is public already; nothing changes."),
        ("mailer", False, "acme/mailer becomes public; everyone can see and pull all its tags."),
        ("mailer", True, "acme/mailer is private already; nothing changes."),
    ],
)
async def test_the_change_of_visibility_is_described(
    owner: Hub, repository: str, is_private: bool, words: str
) -> None:
    call = SetRepositoryVisibility(namespace="acme", repository=repository, is_private=is_private)
    assert call.describe_loss(await owner.send(call.current_state_call())) == words


@pytest.mark.parametrize(
    ("given", "enabled", "rules"),
    [
        ({"immutable_tags": False}, False, [r"v\d+\..+", "stable"]),
        ({"immutable_tags_rules": ["v.*"]}, True, ["v.*"]),
        ({"immutable_tags_rules": []}, True, []),
        ({"immutable_tags_rules": '["a", "b"]'}, True, ["a", "b"]),
        ({"immutable_tags": False, "immutable_tags_rules": ["x"]}, False, ["x"]),
    ],
)
async def test_immutable_tags_keep_omitted_settings(
    owner: Hub,
    carry_out: CarryOut,
    sent: list[httpx.Request],
    given: dict[str, Any],
    enabled: bool,
    rules: list[str],
) -> None:
    changed = await carry_out(owner, UpdateImmutableTags.model_validate(BILLING | given))
    assert json.loads(sent[-1].content) == {"immutable_tags": enabled, "immutable_tags_rules": rules}
    read = await owner.send(GetRepository(**BILLING))
    for settings in (changed.immutable_tags_settings, read.immutable_tags_settings):
        assert settings is not None
        # The Hub shows the rule that applies where there is none.
        assert (settings.enabled, settings.rules) == (enabled, rules or [".*"])


async def test_the_change_of_rules_is_described(owner: Hub) -> None:
    call = UpdateImmutableTags(**BILLING, immutable_tags=False)
    present = await owner.send(call.current_state_call())
    assert call.merge_current(present).describe_loss(present) == (
        'Immutable tags of acme/billing-api: on with rules ["v\\\\d+\\\\..+", "stable"] becomes off with '
        'rules ["v\\\\d+\\\\..+", "stable"].'
    )
    with pytest.raises(InvalidRequest, match="immutable_tags_rules is unknown; nothing was sent"):
        call.describe_loss(present)


async def test_a_rule_is_verified_without_a_change(sandbox: Sandbox, owner: Hub) -> None:
    repository = sandbox.state.get_repository("acme", "cli")
    assert repository.tags
    before = repr(repository)
    found = await owner.send(VerifyImmutableTags(**CLI, regex=r"v1\.3.*"))
    assert found.tags == ["v1.3.1", "v1.3.2"]
    assert repr(repository) == before


async def test_a_tag_is_deleted(owner: Hub) -> None:
    call = DeleteTag.model_validate({"repository": "acme/cli:v1.3.1"})
    loss = call.describe_loss(await owner.send(call.current_state_call()))
    assert loss.startswith("The tag acme/cli:v1.3.1 (sha256:")
    assert ", pushed 20" in loss
    assert (await owner.send(call)).done
    assert not (await owner.send(CheckTag(**CLI, tag="v1.3.1"))).exists
    assert (await owner.send(CheckTags(**CLI))).exists


async def test_an_immutable_tag_cannot_be_deleted(owner: Hub) -> None:
    with pytest.raises(Forbidden, match="immutable tags cannot be deleted") as caught:
        await owner.send(DeleteTag(**BILLING, tag="v1.4.0"))
    assert "A rule of the repository makes the tag immutable" in caught.value.why
    assert "update_immutable_tags" in caught.value.remedy
    assert (await owner.send(CheckTag(**BILLING, tag="v1.4.0"))).exists


async def test_an_existing_repository_is_a_conflict(owner: Hub) -> None:
    with pytest.raises(BadRequest, match="already exists") as caught:
        await owner.send(CreateRepository(namespace="acme", name="cli"))
    assert (caught.value.why, "choose another name" in caught.value.remedy) == ("It already exists.", True)


KIT = {"namespace": "acme", "repository": "incident-kit"}


@pytest.mark.parametrize(
    "named", [{"group": "contractors"}, {"group": "Contractors"}, {"group_id": 1005}, {"group_id": "1005"}]
)
async def test_a_group_is_assigned_by_its_numeric_id(
    owner: Hub, carry_out: CarryOut, sent: list[httpx.Request], named: dict[str, Any]
) -> None:
    call = AssignRepositoryGroup.model_validate({**KIT, "permission": "write", **named})
    made = await carry_out(owner, call)
    assert json.loads(sent[-1].content) == {"group_id": 1005, "permission": "write"}
    assert (made.group_id, made.group_name, made.permission) == (1005, "contractors", "write")
    listed = await owner.send(ListRepositoryGroups(**KIT))
    assert [(one.group_id, one.permission) for one in listed.results] == [(1005, "write"), (1004, "admin")]


@pytest.mark.parametrize("named", [{"group": "contractor"}, {"group": "nobody"}, {"group_id": 999}])
async def test_an_unknown_group_is_refused_before_anything_is_sent(
    sandbox: Sandbox, owner: Hub, carry_out: CarryOut, named: dict[str, Any]
) -> None:
    call = AssignRepositoryGroup.model_validate({**KIT, "permission": "read", **named})
    with pytest.raises(InvalidRequest, match=r"acme has no group.*; nothing was sent.*list_org_groups"):
        await carry_out(owner, call)
    assert not [
        request
        for request in sandbox.requests
        if request.path.endswith("/groups") and request.method == "POST"
    ]


async def test_a_group_beyond_the_first_page_is_found_by_name_only(
    sandbox: Sandbox, owner: Hub, carry_out: CarryOut
) -> None:
    groups = sandbox.state.organizations["acme"].groups
    groups += [
        GroupRecord(3000 + index, str(index), f"team-{index:03}", "", None, []) for index in range(120)
    ]
    with pytest.raises(InvalidRequest, match=r"is not among the first 100 groups of acme; .*full name"):
        await carry_out(owner, AssignRepositoryGroup(**KIT, group_id=3119, permission="read"))
    made = await carry_out(owner, AssignRepositoryGroup(**KIT, group="team-119", permission="read"))
    assert made.group_id == 3119


def test_a_group_without_a_name_matches_nothing() -> None:
    call = AssignRepositoryGroup(**KIT, group="a", permission="read")
    with pytest.raises(InvalidRequest):
        call.merge_current(Page(results=[OrgGroup(id=1)]))


async def test_assigning_an_assigned_group_is_a_conflict(owner: Hub, carry_out: CarryOut) -> None:
    with pytest.raises(BadRequest, match="already assigned") as caught:
        await carry_out(owner, AssignRepositoryGroup(**KIT, group="security", permission="read"))
    assert "update it" in caught.value.remedy


async def test_a_permission_is_changed_and_removed(owner: Hub) -> None:
    changed = await owner.send(UpdateRepositoryGroup(**KIT, group_id=1004, permission="read"))
    assert changed.permission == "read"
    assert (await owner.send(RemoveRepositoryGroup(**KIT, group_id=1004))).done
    assert (await owner.send(ListRepositoryGroups(**KIT))).results == []


async def test_the_loss_of_a_permission_is_described(owner: Hub) -> None:
    update = UpdateRepositoryGroup(**KIT, group_id=1004, permission="read")
    present = await owner.send(update.current_state_call())
    assert update.describe_loss(present) == "The group security (admin now) gets read in acme/incident-kit."
    remove = RemoveRepositoryGroup(**KIT, group_id=1004)
    assert (
        remove.describe_loss(present)
        == "The group security (admin now) loses its permission in acme/incident-kit."
    )
    unknown = RemoveRepositoryGroup(**KIT, group_id=9)
    assert unknown.describe_loss(present) == "The group 9 loses its permission in acme/incident-kit."


async def test_groups_of_a_repository_are_paginated(sandbox: Sandbox, owner: Hub) -> None:
    acme, repository = (
        sandbox.state.organizations["acme"],
        sandbox.state.get_repository("acme", "incident-kit"),
    )
    acme.groups += [
        GroupRecord(3000 + index, str(index), f"team-{index:03}", "", None, []) for index in range(30)
    ]
    repository.permissions.update({f"team-{index:03}": "read" for index in range(30)})
    assert len((await owner.send(ListRepositoryGroups(**KIT))).results) == 25
    assert len((await owner.paginate(ListRepositoryGroups(**KIT))).results) == 31
    call = RemoveRepositoryGroup(**KIT, group_id=3029)
    assert "The group team-029 (read now)" in call.describe_loss(await owner.send(call.current_state_call()))
