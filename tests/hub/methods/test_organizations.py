from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.hub.methods import (
    GetOrgSettings,
    ListAuditLogActions,
    ListAuditLogs,
    ListOrgAccessTokens,
    ListOrgGroups,
    ListOrgMembers,
)
from dockerhub_mcp.sandbox import Sandbox


@pytest.mark.parametrize("identity", ["owner", "org-token"])
@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, 8),
        ({"role": "owner"}, 1),
        ({"search": "margaret"}, 1),
        ({"type": "invitee"}, 2),
        ({"type": "all"}, 10),
        ({"invites": True}, 10),
        ({"invites": False}, 8),
    ],
)
async def test_members_are_listed(
    make_hub: Callable[..., Hub], identity: str, settings: dict[str, Any], names: int
) -> None:
    page = await make_hub(identity).send(ListOrgMembers(org_name="acme", **settings))
    assert page.count == len(page.results) == names


async def test_invites_are_requested_with_the_parameters_of_the_hub(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    await make_hub("owner").send(ListOrgMembers(org_name="acme", invites=True))
    assert sandbox.requests[-1].query == "invites=true&page=1&page_size=25"


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ValidationError):
        ListOrgMembers.model_validate({"org_name": "acme", "role": "king"})


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ["contractors", "developers", "owners", "platform", "security"]),
        ({"username": "ada"}, ["owners", "security"]),
        ({"search": "plat"}, ["platform"]),
    ],
)
async def test_groups_are_listed(
    make_hub: Callable[..., Hub], settings: dict[str, str], names: list[str]
) -> None:
    page = await make_hub("org-token").send(ListOrgGroups(org_name="acme", **settings))
    assert [group.name for group in page.results] == names


async def test_settings_are_read(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub("owner").send(GetOrgSettings(name="acme"))
    assert found.restricted_images is not None
    assert found.restricted_images.enabled is True
    assert found.restricted_images.allow_verified_publishers is False


async def test_access_tokens_of_an_organization_are_listed(make_hub: Callable[..., Hub]) -> None:
    page = await make_hub("owner").send(ListOrgAccessTokens(name="acme"))
    assert {token.label for token in page.results} >= {"inventory", "migration"}
    assert "dckr_oat" not in page.model_dump_json()


@pytest.mark.parametrize("identity", ["owner", "org-token"])
async def test_audit_logs_are_listed(make_hub: Callable[..., Hub], identity: str) -> None:
    page = await make_hub(identity).send(ListAuditLogs(account="acme", page_size=10))
    assert len(page.results) == 10
    assert page.count is None
    moments = [event.timestamp for event in page.results if event.timestamp]
    assert moments == sorted(moments, reverse=True)


async def test_audit_logs_are_filtered(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    arguments = {
        "account": "acme",
        "action": "repo.create",
        "name": "acme/charts",
        "actor": "dennis",
        "from": "2020-01-01T00:00:00+02:00",
        "to": "2100-01-01T00:00:00Z",
    }
    page = await make_hub("owner").send(ListAuditLogs.model_validate(arguments))
    assert [event.action for event in page.results] == ["repo.create"]
    assert sandbox.requests[-1].query == (
        "action=repo.create&name=acme%2Fcharts&actor=dennis&from=2019-12-31T22%3A00%3A00Z"
        "&to=2100-01-01T00%3A00%3A00Z&page=1&page_size=25"
    )


async def test_users_may_read_their_own_audit_log(make_hub: Callable[..., Hub]) -> None:
    assert len((await make_hub("owner").send(ListAuditLogs(account="ada"))).results) == 2


async def test_actions_are_listed_by_group(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub("owner").send(ListAuditLogActions(account="acme"))
    assert "create" in [action.name for action in found.actions["repo"].actions]
    assert found.actions["repo"].label


@pytest.mark.parametrize(
    "call",
    [
        ListOrgMembers(org_name="nobody"),
        ListOrgGroups(org_name="nobody"),
        GetOrgSettings(name="nobody"),
        ListOrgAccessTokens(name="nobody"),
        ListAuditLogs(account="nobody"),
        ListAuditLogActions(account="nobody"),
    ],
    ids=lambda call: call.tool_name,
)
async def test_a_missing_organization_is_not_found(make_hub: Callable[..., Hub], call: Any) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        await make_hub("owner").send(call)
