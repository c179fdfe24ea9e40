from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import BadRequest, Forbidden, NotFound, UnexpectedAnswer
from dockerhub_mcp.hub.methods import (
    CreateAccessToken,
    CreateAuthToken,
    CreateOrgAccessToken,
    DeleteAccessToken,
    DeleteOrgAccessToken,
    GetAccessToken,
    GetOrgAccessToken,
    GetRepository,
    ListAccessTokens,
    ListOrgAccessTokens,
    UpdateAccessToken,
    UpdateOrgAccessToken,
)
from dockerhub_mcp.hub.models import OrgAccessTokenDetail, OrgAccessTokenResource
from dockerhub_mcp.sandbox import Sandbox

CarryOut = Callable[[Hub, Mutation], Awaitable[Any]]
PULL = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
MEMBERS = {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-member-read", "scope-group-read"]}
OFFSET = "2090-01-31T01:30:00+02:00"
END = datetime(2090, 1, 30, 23, 30, tzinfo=UTC)


@pytest.fixture
def owner(wired: Callable[..., Hub]) -> Hub:
    return wired("owner")


async def find_token_id(hub: Hub, label: str) -> str:
    listed = await hub.send(ListOrgAccessTokens(name="acme"))
    return next(token.id for token in listed.results if token.label == label and token.id)


async def test_a_personal_access_token_is_created_updated_and_deleted(
    owner: Hub, wired: Callable[..., Hub], carry_out: CarryOut, sent: list[httpx.Request]
) -> None:
    call = CreateAccessToken.model_validate(
        {"token_label": "ci", "scopes": '["repo:read"]', "expires_at": OFFSET}
    )
    made = await owner.send(call)
    assert json.loads(sent[-1].content) == {
        "token_label": "ci",
        "scopes": ["repo:read"],
        "expires_at": "2090-01-30T23:30:00Z",
    }
    assert (made.token_label, made.scopes, made.expires_at) == ("ci", ["repo:read"], END)
    assert made.uuid is not None
    assert made.token is not None
    signed_in = await wired().send(
        CreateAuthToken.model_validate({"identifier": "ada", "secret": made.token})
    )
    assert signed_in.scopes == ["repo:read"]
    changed = await carry_out(owner, UpdateAccessToken(uuid=made.uuid, token_label="ci 2", is_active=False))
    assert (changed.token_label, changed.is_active) == ("ci 2", False)
    read = await owner.send(GetAccessToken(uuid=made.uuid))
    assert (read.token_label, read.is_active, read.token) == ("ci 2", False, "***")
    with pytest.raises(HubError):
        await wired().send(CreateAuthToken.model_validate({"identifier": "ada", "secret": made.token}))
    assert (await carry_out(owner, UpdateAccessToken(uuid=made.uuid, is_active=True))).is_active
    assert (await owner.send(DeleteAccessToken(uuid=made.uuid))).done
    with pytest.raises(NotFound):
        await owner.send(GetAccessToken(uuid=made.uuid))


async def test_the_loss_of_a_token_is_described(owner: Hub) -> None:
    tokens = {
        token.token_label: token for token in (await owner.send(ListAccessTokens(page_size=50))).results
    }
    used, never = tokens["laptop"], tokens["demo for the workshop"]
    assert used.last_used is not None
    loss = DeleteAccessToken(uuid=str(used.uuid)).describe_loss(used)
    assert loss.startswith("The personal access token 'laptop' (")
    assert f"last used {used.last_used:%Y-%m-%d}) is deleted for good; its users lose access." in loss
    loss = DeleteAccessToken(uuid=str(never.uuid)).describe_loss(never)
    assert "'demo for the workshop'" in loss
    assert "never used)" in loss
    off = UpdateAccessToken(uuid="u", is_active=False)
    assert off.describe_loss(used).startswith("'laptop': ")
    assert off.describe_loss(used).endswith(": is_active: true becomes false. Its users lose access.")


async def test_an_organization_access_token_is_created_updated_and_deleted(
    owner: Hub, wired: Callable[..., Hub], carry_out: CarryOut, sent: list[httpx.Request]
) -> None:
    arguments = {"name": "acme", "label": "deploy", "description": "Pulls", "expires_at": OFFSET}
    made = await owner.send(CreateOrgAccessToken.model_validate({**arguments, "resources": [PULL, MEMBERS]}))
    body = json.loads(sent[-1].content)
    assert (body["resources"], body["expires_at"]) == ([PULL, MEMBERS], "2090-01-30T23:30:00Z")
    assert set(body) == {"label", "description", "resources", "expires_at"}
    assert (made.label, made.expires_at) == ("deploy", END)
    assert made.token is not None
    signed_in = await wired().send(
        CreateAuthToken.model_validate({"identifier": "acme", "secret": made.token})
    )
    assert signed_in.kind == "organization access token"
    where = {"org_name": "acme", "access_token_id": str(made.id)}
    changed = await carry_out(owner, UpdateOrgAccessToken.model_validate({**where, "description": ""}))
    assert json.loads(sent[-1].content) == {"description": ""}
    assert not changed.description
    read = await owner.send(GetOrgAccessToken(**where))
    assert [(r.type, r.path, r.scopes) for r in read.resources or []] == [
        (r["type"], r["path"], r["scopes"]) for r in (PULL, MEMBERS)
    ]
    assert read.token is None
    assert (await owner.send(DeleteOrgAccessToken(**where))).done
    with pytest.raises(NotFound):
        await owner.send(GetOrgAccessToken(**where))


@pytest.mark.parametrize("resources", [[PULL], json.dumps([PULL])])
async def test_resources_replace_all_current_ones(
    owner: Hub, carry_out: CarryOut, sent: list[httpx.Request], resources: Any
) -> None:
    where = {"org_name": "acme", "access_token_id": await find_token_id(owner, "inventory")}
    call = UpdateOrgAccessToken.model_validate({**where, "resources": resources})
    loss = call.describe_loss(await owner.send(call.current_state_call()))
    for right in ("scope-activity-read on acme", "scope-group-read on acme", "scope-tag-read on acme/*"):
        assert right in loss
    assert "scope-image-pull on" not in loss
    assert "OrgAccessTokenResource" not in loss
    await carry_out(owner, call)
    assert json.loads(sent[-1].content) == {"resources": [PULL]}
    read = await owner.send(GetOrgAccessToken(**where))
    assert [r.path for r in read.resources or []] == ["acme/*"]
    assert read.label == "inventory"


async def test_unchanged_resources_are_no_change() -> None:
    present = OrgAccessTokenDetail(resources=[OrgAccessTokenResource.model_validate(PULL)])
    where = {"org_name": "acme", "access_token_id": "x"}
    call = UpdateOrgAccessToken.model_validate({**where, "resources": [PULL]})
    assert "scope-image-pull on" not in call.describe_loss(present)
    off = UpdateOrgAccessToken.model_validate({**where, "is_active": False})
    assert "ights" not in off.describe_loss(present)


async def test_the_loss_of_an_organization_token_is_described(owner: Hub) -> None:
    for label, words in (("inventory", "last used 20"), ("public mirror", "never used)")):
        call = DeleteOrgAccessToken(org_name="acme", access_token_id=await find_token_id(owner, label))
        loss = call.describe_loss(await owner.send(call.current_state_call()))
        assert f"The access token {label!r} of acme (" in loss
        assert words in loss
        assert "its users lose access" in loss


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (CreateAccessToken, {"token_label": "", "scopes": ["repo:read"]}),
        (CreateAccessToken, {"token_label": "x" * 101, "scopes": ["repo:read"]}),
        (CreateAccessToken, {"token_label": "x", "scopes": []}),
        (CreateAccessToken, {"token_label": "x", "scopes": ["repo:everything"]}),
        (CreateAccessToken, {"token_label": "x", "scopes": None}),
        (CreateAccessToken, {"token_label": "x", "scopes": ["repo:read"], "expires_at": "soon"}),
        (CreateOrgAccessToken, {"name": "acme", "label": "x", "resources": []}),
        (CreateOrgAccessToken, {"name": "acme", "label": "x", "resources": "[oops"}),
        (CreateOrgAccessToken, {"name": "acme", "label": "x", "resources": [{**PULL, "scopes": []}]}),
        (CreateOrgAccessToken, {"name": "acme", "label": "x", "resources": [{**PULL, "path": None}]}),
        (CreateOrgAccessToken, {"name": "acme", "label": "x", "resources": [{**PULL, "type": "ORG"}]}),
        (CreateOrgAccessToken, {"name": "acme", "label": "x", "resources": [{**PULL, "more": 1}]}),
        (UpdateOrgAccessToken, {"org_name": "a", "access_token_id": "x", "description": "x" * 201}),
        (UpdateOrgAccessToken, {"org_name": "a", "access_token_id": "x", "expires_at": OFFSET}),
    ],
)
def test_invalid_arguments_are_refused(method: type[Any], arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        method.model_validate(arguments)


async def test_errors_of_the_hub_are_shown(owner: Hub) -> None:
    unknown = {"name": "acme", "label": "x", "resources": [{**PULL, "scopes": ["scope-everything"]}]}
    with pytest.raises(BadRequest, match="unknown scope"):
        await owner.send(CreateOrgAccessToken.model_validate(unknown))
    past = {"token_label": "x", "scopes": ["repo:read"], "expires_at": "2001-01-01T00:00:00Z"}
    with pytest.raises(BadRequest, match="must be in the future"):
        await owner.send(CreateAccessToken.model_validate(past))


@pytest.mark.parametrize(
    "call",
    [
        CreateAccessToken(token_label="ci", scopes=["repo:read"]),
        CreateOrgAccessToken.model_validate({"name": "acme", "label": "ci", "resources": [PULL]}),
    ],
    ids=["personal", "organization"],
)
async def test_a_new_secret_is_only_in_its_field(
    sandbox: Sandbox, owner: Hub, caplog: pytest.LogCaptureFixture, call: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await owner.send(call)
    assert made.token.startswith("dckr_")
    assert made.token in made.model_dump_json()
    assert made.token not in f"{made!r} {made!s} {call!r}"
    assert made.token not in json.dumps([vars(record) for record in caplog.records], default=str)
    assert made.token not in owner.redact(f"here: {made.token}")
    body = json.dumps({"message": f"the token {made.token} is spare", "token": made.token})
    for status in (400, 403, 500):
        sandbox.faults.clear()
        sandbox.faults.add(match="access-tokens", status=status, body=body)
        with pytest.raises(HubError, match=r"the token \*\*\* is spare") as caught:
            await owner.send(call)
        assert "dckr_" not in f"{caught.value!s} {caught.value!r} {caught.value.hub_message}"


async def test_a_truncated_response_exposes_no_secret(sandbox: Sandbox, owner: Hub) -> None:
    sandbox.faults.add(match="/v2/access-tokens", truncate=True)
    with pytest.raises(UnexpectedAnswer, match="with 201, but the answer is not JSON") as caught:
        await owner.send(CreateAccessToken(token_label="ci", scopes=["repo:read"]))
    assert "dckr_" not in str(caught.value)
    assert "find it by its label with list_access_tokens and delete it" in caught.value.remedy


@pytest.mark.parametrize("identity", ["owner-pat", "org-token"])
async def test_tokens_cannot_create_tokens(make_hub: Callable[..., Hub], identity: str) -> None:
    hub = make_hub(identity)
    organization = {"name": "acme", "label": "ci", "resources": [PULL]}
    for call in (
        CreateAccessToken(token_label="ci", scopes=["repo:read"]),
        CreateOrgAccessToken.model_validate(organization),
    ):
        with pytest.raises(Forbidden) as caught:
            await hub.send(call)
        assert "regardless of" in caught.value.why
        assert "Sign in" in caught.value.remedy


async def test_a_deleted_token_ends_its_sessions(owner: Hub, make_hub: Callable[..., Hub]) -> None:
    other = make_hub("owner-pat")
    private = GetRepository(namespace="acme", repository="storefront")
    assert (await other.send(private)).is_private
    tokens = (await owner.send(ListAccessTokens(page_size=50))).results
    uuid = next(str(token.uuid) for token in tokens if token.token_label == "laptop")
    await owner.send(DeleteAccessToken(uuid=uuid))
    with pytest.raises(HubError):
        await other.send(private)
