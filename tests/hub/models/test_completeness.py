"""What an answer must have to be a list, an object or an outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import Effect, Hub, Method
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    CreateOrgInvites,
    ExportOrgMembers,
    ListAuditLogActions,
    ListAuditLogs,
    ListOrgInvites,
    ListOrgMembers,
    ListRepositories,
    ListTags,
    ScimListResourceTypes,
    ScimListSchemas,
    ScimListUsers,
    SearchRepositories,
    VerifyImmutableTags,
)
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of

WITH_RESULT = [
    method
    for method in ALL_METHODS
    if method.effect is not Effect.SIGN_IN
    and method.http.verb != "HEAD"
    and not issubclass(method, NoContent | ExportOrgMembers)
]
FOREIGN = [
    {},
    {"message": "ok"},
    {"detail": "Not found."},
    {"error": "blocked", "status": "denied"},
    {"count": 3, "next": None},
    {"results": "none"},
    {"results": 0, "logs": 0, "data": 0, "Resources": 0, "actions": 0, "tags": 0, "invitees": 0},
    {"results": {"name": None}},
    {"results": [1, "x", None]},
    {"results": [{}], "invitees": [{}], "logs": [{}], "data": [{}], "Resources": [{}]},
    {"items": [{"title": "x"}], "total_count": 1},
    {"name": None, "uuid": None, "id": None, "username": None, "orgname": None, "group_id": None},
    {"restricted_images": {}},
    {"restricted_images": "off"},
]
TAGS = ListTags(repository="redis")


@pytest.fixture
def hub(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> Hub:
    return make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))


def answer(sandbox: Sandbox, call: Method[Any], body: Any) -> None:
    sandbox.faults.clear()
    text = body if isinstance(body, str) else json.dumps(body)
    sandbox.faults.add(match=call.build_path(), method=call.http.verb, status=200, body=text)


@pytest.mark.parametrize("method", WITH_RESULT, ids=lambda method: method.tool_name)
async def test_an_object_of_another_kind_is_no_result(
    sandbox: Sandbox, hub: Hub, method: type[Method[Any]]
) -> None:
    values = {"name": "developers", "enabled": True, "allow_official_images": True, "user_name": "bo@x.io"}
    call = method.model_validate(arguments_of(sandbox)[method.tool_name])
    call = call.model_copy(update={k: v for k, v in values.items() if getattr(call, k, "") is None})
    for body in FOREIGN:
        answer(sandbox, call, body)
        with pytest.raises(UnexpectedAnswer, match=r"with 200, but .*(has no|without|names no|does not fit)"):
            await hub.send(call)


async def test_real_empty_lists_are_empty(sandbox: Sandbox, hub: Hub) -> None:
    cases: list[tuple[Method[Any], list[Any]]] = [
        (ListAuditLogs(account="acme"), [{"logs": None}, {"logs": []}]),
        (TAGS, [{"count": 0, "results": []}, {"results": []}, {"count": 0, "results": None}]),
        (ListOrgInvites(org_name="acme"), [{"data": []}, {"data": None}]),
        (ListOrgMembers(org_name="acme"), [[{"count": 0, "results": []}]]),
        (SearchRepositories(words="x"), [{"total": 0, "results": []}, {"results": None}]),
    ]
    for call, bodies in cases:
        for body in bodies:
            answer(sandbox, call, body)
            assert (await hub.send(call)).results == [], body
    for call in (ScimListUsers(), ScimListSchemas(), ScimListResourceTypes()):
        for body in ({"totalResults": 0}, {"totalResults": 0, "Resources": []}, {"Resources": None}):
            answer(sandbox, call, body)
            assert (await hub.send(call)).Resources == []
    matching = VerifyImmutableTags(namespace="acme", repository="storefront", regex="x")
    for body in ({"tags": []}, {"tags": None}):
        answer(sandbox, matching, body)
        assert (await hub.send(matching)).tags == []
    actions = ListAuditLogActions(account="acme")
    for body in ({"actions": {}}, {"actions": None}):
        answer(sandbox, actions, body)
        assert (await hub.send(actions)).actions == {}


async def test_a_count_without_items_contradicts_itself(sandbox: Sandbox, hub: Hub) -> None:
    for call, body in (
        (TAGS, {"count": 7, "results": []}),
        (TAGS, {"count": 7, "results": None}),
        (TAGS, [{"count": 7, "results": []}]),
        (ListRepositories(namespace="acme"), {"count": 1, "next": None, "results": []}),
        (ListRepositories(namespace="acme").as_summary(), {"count": 7, "results": []}),
        (SearchRepositories(words="x"), {"total": 7, "results": []}),
        (ScimListUsers(), {"totalResults": 7, "Resources": []}),
        (ScimListUsers(start_index=1), {"totalResults": 7, "Resources": None}),
    ):
        answer(sandbox, call, body)
        count = "1 item" if "1" in json.dumps(body) else "7 items"
        with pytest.raises(UnexpectedAnswer, match=f"counts {count} and lists none") as caught:
            await hub.send(call)
        assert "the list is not empty" in caught.value.why
    for later, body in (
        (ListTags(repository="redis", page=2), {"count": 7, "results": []}),
        (SearchRepositories(words="x", from_=10), {"total": 7, "results": []}),
        (ScimListUsers(start_index=8), {"totalResults": 7, "Resources": []}),
    ):
        answer(sandbox, later, body)
        await hub.send(later)
    for none in (0, -1, None):
        answer(sandbox, TAGS, {"count": none, "results": []})
        assert (await hub.send(TAGS)).results == []


async def test_all_forms_of_a_list_are_read(sandbox: Sandbox, hub: Hub) -> None:
    item = {"name": "8"}
    for body in (
        {"results": [item]},
        {"count": 1, "results": [item]},
        [item],
        [{"count": 1, "results": [item]}],
        {"data": [item]},
        {"logs": [item]},
        {"results": [item, 5, None]},
        {"count": 9, "results": [item, {}]},
    ):
        answer(sandbox, TAGS, body)
        assert (await hub.send(TAGS)).results[0].name == "8"


async def test_invitations_need_an_outcome(sandbox: Sandbox, hub: Hub) -> None:
    call = CreateOrgInvites(org="acme", invitees=["ada"])
    row = {"invitee": "ada", "status": "invited"}
    good: list[Any] = [{"invitees": [row]}, {"invitees": {"invitees": [row]}}]
    for body in good:
        answer(sandbox, call, body)
        assert (await hub.send(call)).invitees[0].status == "invited"
    for body in ({"invitees": []}, {"invitees": None}, {"invitees": {}}, {"invitees": {"invitees": []}}):
        answer(sandbox, call, body)
        with pytest.raises(UnexpectedAnswer, match="may have been made"):
            await hub.send(call)
