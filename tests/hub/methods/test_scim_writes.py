from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import BadRequest, Conflict, NotFound
from dockerhub_mcp.hub.methods import (
    ScimCreateUser,
    ScimGetProviderConfig,
    ScimGetResourceType,
    ScimGetSchema,
    ScimGetUser,
    ScimListResourceTypes,
    ScimListSchemas,
    ScimListUsers,
    ScimUpdateUser,
)
from dockerhub_mcp.hub.methods.scim import USER_SCHEMA_URN
from dockerhub_mcp.sandbox import Sandbox

CarryOut = Callable[[Hub, Mutation], Awaitable[Any]]


@pytest.fixture
def hub(wired: Callable[..., Hub], sandbox: Sandbox) -> Hub:
    return wired(scim_token=StaticSecret(sandbox.scim_token))


async def find_user_id(hub: Hub, name: str) -> str:
    found = await hub.send(ScimListUsers(filter=f'userName eq "{name}@example.com"'))
    assert found.totalResults == 1
    return str(found.Resources[0].id)


async def test_the_service_describes_itself(hub: Hub) -> None:
    config = await hub.send(ScimGetProviderConfig())
    assert config.filter is not None
    assert config.filter["supported"] is True
    types = await hub.send(ScimListResourceTypes())
    assert [kind.name for kind in types.Resources] == ["User"]
    kind = await hub.send(ScimGetResourceType(name="User"))
    assert (kind.endpoint, kind.schema_) == ("/Users", USER_SCHEMA_URN)
    schemas = await hub.send(ScimListSchemas())
    assert (schemas.totalResults, schemas.Resources[0].id) == (1, USER_SCHEMA_URN)
    schema = await hub.send(ScimGetSchema(id=USER_SCHEMA_URN))
    assert "userName" in [attribute["name"] for attribute in schema.attributes or []]


@pytest.mark.parametrize(
    "call", [ScimGetResourceType(name="Car"), ScimGetSchema(id="x"), ScimGetUser(id="x")]
)
async def test_missing_resources_are_not_found(hub: Hub, call: Any) -> None:
    with pytest.raises(NotFound, match="The Hub knows no"):
        await hub.send(call)


async def test_users_are_counted_from_one_and_sorted(hub: Hub, sent: list[httpx.Request]) -> None:
    call = ScimListUsers.model_validate(
        {
            "startIndex": 2,
            "count": 2,
            "sortBy": "userName",
            "sortOrder": "descending",
            "attributes": "userName",
        }
    )
    found = await hub.send(call)
    assert sent[-1].url.query.decode() == (
        "startIndex=2&count=2&attributes=userName&sortBy=userName&sortOrder=descending"
    )
    assert (found.startIndex, found.itemsPerPage) == (2, 2)
    assert found.totalResults is not None
    names = [user.userName or "" for user in found.Resources]
    assert names == sorted(names, reverse=True)
    assert found.Resources[0].active is None


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (ScimListUsers, {"startIndex": 0}),
        (ScimListUsers, {"count": 201}),
        (ScimListUsers, {"sortOrder": "up"}),
        (ScimCreateUser, {}),
        (ScimCreateUser, {"userName": ""}),
        (ScimUpdateUser, {"id": "", "active": True}),
        (ScimUpdateUser, {"id": "x", "active": "perhaps"}),
    ],
)
def test_invalid_arguments_are_refused(method: type[Any], arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        method.model_validate(arguments)


async def test_an_invalid_filter_quotes_the_message_of_the_hub(hub: Hub) -> None:
    with pytest.raises(BadRequest) as caught:
        await hub.send(ScimListUsers(filter="oops ("))
    assert caught.value.hub_message


async def test_a_user_is_created(sandbox: Sandbox, hub: Hub, sent: list[httpx.Request]) -> None:
    call = ScimCreateUser.model_validate({"userName": "bo@example.com", "given_name": "Bo"})
    made = await hub.send(call)
    assert json.loads(sent[-1].content) == {
        "schemas": [USER_SCHEMA_URN],
        "userName": "bo@example.com",
        "name": {"givenName": "Bo"},
    }
    assert (made.userName, made.active) == ("bo@example.com", True)
    assert made.meta is not None
    assert made.meta.created is not None
    read = await hub.send(ScimGetUser(id=str(made.id)))
    assert read.name is not None
    assert (read.displayName, read.name.givenName) == ("bo", "Bo")
    assert sandbox.state.organizations["acme"].find_member("bo")


async def test_an_omitted_name_is_not_sent(hub: Hub, sent: list[httpx.Request]) -> None:
    await hub.send(ScimCreateUser(user_name="bo@example.com"))
    assert json.loads(sent[-1].content) == {"schemas": [USER_SCHEMA_URN], "userName": "bo@example.com"}


async def test_an_existing_user_is_a_conflict(hub: Hub) -> None:
    with pytest.raises(Conflict, match="a user with this userName already exists"):
        await hub.send(ScimCreateUser(user_name="linus@example.com"))


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({"given_name": "Lino"}, {"name": {"givenName": "Lino", "familyName": "Berg"}}),
        ({"family_name": "Fjell"}, {"name": {"givenName": "Linus", "familyName": "Fjell"}}),
        ({"userName": "lb@example.com"}, {"userName": "lb@example.com"}),
        ({"active": None, "given_name": "Lino"}, {"name": {"givenName": "Lino", "familyName": "Berg"}}),
        ({"active": True}, {}),
    ],
)
async def test_an_update_does_not_deactivate_the_user(
    sandbox: Sandbox,
    hub: Hub,
    carry_out: CarryOut,
    sent: list[httpx.Request],
    given: dict[str, Any],
    body: dict[str, Any],
) -> None:
    changed = await carry_out(
        hub, ScimUpdateUser.model_validate({"id": await find_user_id(hub, "linus"), **given})
    )
    whole = {
        "schemas": [USER_SCHEMA_URN],
        "userName": "linus@example.com",
        "name": {"givenName": "Linus", "familyName": "Berg"},
        "active": True,
    }
    assert json.loads(sent[-1].content) == whole | body
    assert changed.active is True
    assert sandbox.state.organizations["acme"].find_member("linus")


async def test_a_user_stays_deactivated_until_reactivated(
    sandbox: Sandbox, hub: Hub, carry_out: CarryOut
) -> None:
    linus = await find_user_id(hub, "linus")
    off = ScimUpdateUser(id=linus, active=False)
    present = await hub.send(off.current_state_call())
    loss = off.merge_current(present).predict_impact(present).text
    assert linus in loss
    assert loss.endswith(": active true becomes false. They lose access to the organization.")
    assert (await carry_out(hub, off)).active is False
    assert sandbox.state.organizations["acme"].find_member("linus") is None
    assert (await carry_out(hub, ScimUpdateUser(id=linus, given_name="Lino"))).active is False
    assert (await carry_out(hub, ScimUpdateUser(id=linus, active=True))).active is True
    assert sandbox.state.organizations["acme"].get_role("linus") == "Member"


async def test_a_user_without_a_name_keeps_none(
    sandbox: Sandbox, hub: Hub, carry_out: CarryOut, sent: list[httpx.Request]
) -> None:
    body = json.dumps({"id": "x", "userName": "bo@example.com", "active": True})
    sandbox.faults.add(match="/Users/x", status=200, body=body)
    await carry_out(hub, ScimUpdateUser(id="x", active=False))
    assert json.loads(sent[-1].content) == {
        "schemas": [USER_SCHEMA_URN],
        "userName": "bo@example.com",
        "active": False,
    }


async def test_the_last_owner_is_not_deactivated(hub: Hub, carry_out: CarryOut) -> None:
    with pytest.raises(BadRequest, match="Make another member an owner first"):
        await carry_out(hub, ScimUpdateUser(id=await find_user_id(hub, "ada"), active=False))
