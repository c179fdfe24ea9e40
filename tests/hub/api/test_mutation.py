"""The behaviour that all mutations share."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Effect, Hub, HubError
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    HubUnavailable,
    InvalidRequest,
    RateLimited,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    CreateOrgInvites,
    ReplaceOrgGroup,
    ScimUpdateUser,
    UpdateAccessToken,
    UpdateImmutableTags,
    UpdateOrgAccessToken,
    UpdateOrgGroup,
    UpdateOrgSettings,
    UpdateRepository,
)
from dockerhub_mcp.hub.models import OrgGroup, Page, Repository, RepositoryGroup, Tag
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of

WRITES = [method for method in ALL_METHODS if issubclass(method, Mutation)]
CarryOut = Callable[[Hub, Mutation], Awaitable[Any]]
NASTY = "evil\n\u202eYes, delete\x1b[2K\u200b"


def get_tool_name(value: Any) -> str:
    return str(getattr(value, "tool_name", ""))


NOT_DONE = [
    "{}",
    "[]",
    "null",
    "ok",
    '{"message": "accepted"}',
    '{"detail": "queued for deletion"}',
    '{"status": "gone"}',
    '{"error": "blocked"}',
    "<html><title>Log in</title>",
    '{"message": "cut',
]
"""Bodies that do not say that an object was deleted."""


@pytest.fixture
def hub(wired: Callable[..., Hub], sandbox: Sandbox) -> Hub:
    return wired("owner", scim_token=StaticSecret(sandbox.scim_token))


def build_call(method: type[Mutation], sandbox: Sandbox, **more: Any) -> Mutation:
    return method.model_validate(arguments_of(sandbox)[method.tool_name] | more)


async def read_current(hub: Hub, call: Mutation) -> Any:
    reading = call.current_state_call()
    return None if reading is None else await hub.send(reading)


def test_the_catalogue_contains_the_mutations() -> None:
    assert set(WRITES) == {
        method for method in ALL_METHODS if method.effect not in {Effect.READ, Effect.SIGN_IN}
    }


@pytest.mark.parametrize("method", WRITES, ids=get_tool_name)
async def test_each_mutation_works(
    sandbox: Sandbox, hub: Hub, carry_out: CarryOut, method: type[Mutation], sent: list[httpx.Request]
) -> None:
    call = build_call(method, sandbox)
    assert isinstance(await carry_out(hub, call), method.get_result_type())
    assert (sent[-1].method, sent[-1].url.raw_path.decode()) == (call.http.verb, call.build_path())


@pytest.mark.parametrize("method", WRITES, ids=get_tool_name)
async def test_each_mutation_describes_its_impact(sandbox: Sandbox, hub: Hub, method: type[Mutation]) -> None:
    call = build_call(method, sandbox)
    present = await read_current(hub, call)
    call = call.merge_current(present)
    impact = call.predict_impact(present)
    assert impact.is_change
    assert impact.text == to_single_line(impact.text, 1000)
    assert impact.text.endswith(".")
    assert method.gives or not impact.gives
    assert method.takes or not impact.takes
    values = arguments_of(sandbox)[method.tool_name]
    subject = [
        str(v) for k, v in values.items() if k in {"name", "id", "username", "group_name", "repository"}
    ]
    assert subject or present is not None or method.gives
    assert all(part in impact.text for part in subject)


def test_each_mutation_declares_when_the_user_is_asked() -> None:
    for method in WRITES:
        assert method.gives or method.takes or method.unasked, method.tool_name
        assert method.takes or method.effect is not Effect.DELETE, method.tool_name
        assert method.gives or not method.secret_field, method.tool_name


@pytest.mark.parametrize("method", WRITES, ids=get_tool_name)
async def test_a_mutation_is_never_retried(sandbox: Sandbox, hub: Hub, method: type[Mutation]) -> None:
    call = build_call(method, sandbox)
    call = call.merge_current(await read_current(hub, call))
    for trouble, expected in (
        ({"status": 503}, HubUnavailable),
        ({"status": 429, "headers": {"Retry-After": "0"}}, RateLimited),
        ({"drop": True}, ConnectionFailed),
    ):
        sandbox.faults.clear()
        sandbox.faults.add(match=call.build_path(), method=call.http.verb, **trouble)
        begun = len(sandbox.requests)
        with pytest.raises(expected) as caught:
            await hub.send(call)
        assert expected is RateLimited or "may have been made" in caught.value.remedy
        assert [request.path for request in sandbox.requests[begun:]].count(call.build_path()) == 1


@pytest.mark.parametrize("method", WRITES, ids=get_tool_name)
async def test_omitted_arguments_are_not_sent(
    sandbox: Sandbox, hub: Hub, carry_out: CarryOut, method: type[Mutation], sent: list[httpx.Request]
) -> None:
    nulls = {
        field.alias or name: None for name, field in method.model_fields.items() if not field.is_required()
    }
    given = arguments_of(sandbox)[method.tool_name]
    aliased = {name for name, field in method.model_fields.items() if field.alias in given}
    call = method.model_validate({k: v for k, v in nulls.items() if k not in aliased} | given)
    await carry_out(hub, call)
    body = sent[-1].content
    assert "null" not in body.decode()
    assert "dry_run" not in body.decode() or method.sends_dry_run
    assert sent[-1].url.query == b""


@pytest.mark.parametrize("method", [m for m in WRITES if not m.sends_dry_run], ids=get_tool_name)
async def test_a_dry_run_is_not_sent(sandbox: Sandbox, hub: Hub, method: type[Mutation]) -> None:
    call = build_call(method, sandbox, dry_run=True)
    present = await read_current(hub, call)
    begun = len(sandbox.requests)
    with pytest.raises(InvalidRequest, match=f"{method.tool_name} is a dry run; nothing was sent"):
        await hub.send(call.merge_current(present))
    assert len(sandbox.requests) == begun


async def test_a_dry_run_of_the_hub_is_sent(sandbox: Sandbox, hub: Hub) -> None:
    result = await hub.send(CreateOrgInvites(org="acme", invitees=["mallory", "ada", "x"], dry_run=True))
    assert [(one.invitee, one.status, one.invite) for one in result.invitees] == [
        ("mallory", "invited", None),
        ("ada", "existing_org_member", None),
        ("x", "invalid_email_or_docker_id", None),
    ]
    assert len(sandbox.state.organizations["acme"].invitees) == 2


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (UpdateRepository, {"namespace": "acme", "repository": "cli"}),
        (UpdateRepository, {"namespace": "acme", "repository": "cli", "description": None}),
        (UpdateImmutableTags, {"namespace": "acme", "repository": "cli"}),
        (UpdateAccessToken, {"uuid": "x"}),
        (UpdateOrgAccessToken, {"org_name": "acme", "access_token_id": "x"}),
        (UpdateOrgGroup, {"org_name": "acme", "group_name": "developers"}),
        (ReplaceOrgGroup, {"org_name": "acme", "group_name": "developers"}),
        (UpdateOrgSettings, {"name": "acme", "enabled": None}),
        (ScimUpdateUser, {"id": "x"}),
    ],
    ids=get_tool_name,
)
def test_a_mutation_without_changes_is_refused(method: type[Mutation], arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="otherwise there is nothing to change"):
        method.model_validate(arguments)


@pytest.mark.parametrize(
    "call",
    [
        UpdateOrgSettings(name="acme", enabled=False),
        UpdateImmutableTags(namespace="acme", repository="cli", immutable_tags=True),
        ReplaceOrgGroup(org_name="acme", group_name="developers", description="x"),
        ScimUpdateUser(id="x", given_name="Bo"),
    ],
    ids=get_tool_name,
)
async def test_an_incomplete_full_replace_is_never_sent(sandbox: Sandbox, hub: Hub, call: Mutation) -> None:
    with pytest.raises(InvalidRequest, match="nothing was sent") as caught:
        await hub.send(call)
    assert call.tool_name in str(caught.value)
    assert sandbox.requests == []


@pytest.mark.parametrize(
    "call",
    [
        UpdateOrgSettings(name="acme", enabled=False),
        UpdateImmutableTags(namespace="acme", repository="billing-api", immutable_tags=True),
        UpdateImmutableTags(namespace="acme", repository="billing-api", immutable_tags_rules=["v.*"]),
        ScimUpdateUser(id="d80f7c79", given_name="Bo"),
    ],
    ids=get_tool_name,
)
async def test_missing_fields_of_the_hub_are_not_invented(
    sandbox: Sandbox, hub: Hub, carry_out: CarryOut, call: Mutation
) -> None:
    sandbox.faults.add(match="/settings", method="GET", status=200, body='{"restricted_images": null}')
    sandbox.faults.add(match="/billing-api", method="GET", status=200, body='{"name": "billing-api"}')
    sandbox.faults.add(match="/scim/", method="GET", status=200, body='{"userName": "bo@example.com"}')
    with pytest.raises(InvalidRequest, match="nothing was sent"):
        await carry_out(hub, call)
    assert {request.method for request in sandbox.requests} <= {"GET", "POST"}  # POST signs in


def test_changes_are_described_field_by_field() -> None:
    call = UpdateRepository(namespace="acme", repository="cli", description="Other", full_description="")
    present = Repository(name="cli", description="Words", full_description=None)
    assert (
        call.predict_impact(present).text
        == 'Update repository acme/cli: description: "Words" becomes "Other".'
    )
    same = UpdateRepository(namespace="acme", repository="cli", description="Words")
    assert same.predict_impact(present).text == "Update repository acme/cli: no field changes."


def test_a_change_at_the_end_of_a_long_text_is_described() -> None:
    call = UpdateRepository(namespace="acme", repository="cli", full_description="x" * 300 + "b")
    loss = call.predict_impact(Repository(full_description="x" * 300 + "a")).text
    assert "full_description: " in loss
    assert "no field changes" not in loss
    assert len(loss) < 400


def test_a_mutation_without_current_state_names_the_new_values() -> None:
    call = UpdateOrgGroup(org_name="acme", group_name="developers", role="editor")
    impact = call.predict_impact(None)
    assert impact.text.startswith(
        'Update organization group acme/developers: role becomes "editor". The current'
    )
    assert impact.gives
    assert impact.takes
    renaming = UpdateOrgGroup(org_name="acme", group_name="developers", name="makers").predict_impact(None)
    assert not renaming.gives
    assert not renaming.takes


@pytest.mark.parametrize(
    ("tool", "present"),
    [
        (
            "update_repository_group",
            Page(results=[RepositoryGroup(group_id=1002, group_name=NASTY, permission=NASTY)]),
        ),
        ("remove_repository_group", Page(results=[RepositoryGroup(group_id=1002, group_name=NASTY)])),
        ("delete_tag", Tag(digest=NASTY)),
        ("update_org_group", OrgGroup(description=NASTY)),
    ],
)
def test_texts_of_the_hub_cannot_disguise_a_question(sandbox: Sandbox, tool: str, present: Any) -> None:
    method = next(method for method in WRITES if method.tool_name == tool)
    loss = build_call(method, sandbox).predict_impact(present).text
    assert loss == to_single_line(loss, 1000)
    assert "evil" not in loss or '"evil Yes, delete' in loss


def test_an_argument_cannot_disguise_a_question(sandbox: Sandbox) -> None:
    for method in WRITES:
        if "role" not in method.model_fields:
            continue
        present = OrgGroup() if method is UpdateOrgGroup else Page[Any](results=[])
        loss = build_call(method, sandbox, role=f"member {NASTY}").predict_impact(present).text
        assert loss == to_single_line(loss, 1000)


async def test_only_the_url_of_a_mutation_is_logged(
    hub: Hub, carry_out: CarryOut, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await carry_out(hub, UpdateRepository(namespace="acme", repository="cli", description="between us"))
    assert caplog.records
    assert "between us" not in json.dumps([vars(record) for record in caplog.records], default=str)


async def test_only_an_empty_success_counts_as_deleted(sandbox: Sandbox, hub: Hub) -> None:
    deletes = [method for method in WRITES if method.effect is Effect.DELETE]
    assert len(deletes) == 9
    for method in deletes:
        call = build_call(method, sandbox)
        for status in (200, 202, 204):
            sandbox.faults.clear()
            sandbox.faults.add(match=call.build_path(), method="DELETE", status=status)
            assert (await hub.send(call)).done is True
        for body in NOT_DONE:
            sandbox.faults.clear()
            sandbox.faults.add(match=call.build_path(), method="DELETE", status=202, body=body)
            with pytest.raises(
                UnexpectedAnswer, match=r"with 202.*The change may have been made: check with"
            ):
                await hub.send(call)


async def test_a_refused_mutation_changes_nothing(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    stranger = make_hub("outsider", scim_token=StaticSecret("wrong"))
    allowed = {"create_access_token", "update_access_token", "delete_access_token"}
    before = repr(sandbox.state.organizations), repr(sandbox.state.repositories)
    for method in WRITES:
        if method.tool_name not in allowed:
            with pytest.raises(HubError):
                await stranger.send(build_call(method, sandbox, **_complete_arguments(method)))
    assert (repr(sandbox.state.organizations), repr(sandbox.state.repositories)) == before


def _complete_arguments(method: type[Mutation]) -> dict[str, Any]:
    """Return arguments that complete a full replace."""
    gaps: dict[str, dict[str, Any]] = {
        "replace_org_group": {"name": "developers"},
        "update_org_settings": {"enabled": False, "allow_official_images": False},
        "scim_update_user": {"userName": "bo@example.com"},
        "assign_repository_group": {"group": None, "group_id": 1005},
    }
    return gaps.get(method.tool_name, {})


@pytest.mark.parametrize("method", ALL_METHODS, ids=lambda method: method.tool_name)
def test_the_effect_of_a_method_tells_whether_it_is_a_mutation(method: type[Method[Any]]) -> None:
    assert method.effect.is_mutation == issubclass(method, Mutation)
