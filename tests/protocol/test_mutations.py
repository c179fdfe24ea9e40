"""Every mutation through a real client over a real socket, with its effect on the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Sandbox
from tests.support.audit_logs import read_outcomes
from tests.support.calls import arguments_of
from tests.support.programs import MODES, Connect, make_connect, text_of

Changed = Callable[[Any, Any, dict[str, Any]], bool]


@pytest.fixture
def connect(sandbox: Sandbox, sandbox_url: str) -> Connect:
    return make_connect(sandbox, sandbox_url)


def token(tokens: list[Any], key: str, value: str) -> Any:
    return next((token for token in tokens if getattr(token, key) == value), None)


# A condition on the sandbox's state after the call: (state, organization acme, arguments).
CHANGED: dict[str, Changed] = {
    "create_repository": lambda state, _, __: state.repositories["acme", "brand-new"].is_private,
    "update_repository": lambda state, _, a: (
        state.repositories["acme", "storefront"].description == a["description"]
    ),
    "delete_repository": lambda state, _, __: ("acme", "mailer") not in state.repositories,
    "set_repository_visibility": lambda state, _, __: not state.repositories["acme", "storefront"].is_private,
    "update_immutable_tags": lambda state, _, __: (
        "v.*" in str(vars(state.repositories["acme", "storefront"]))
    ),
    "assign_repository_group": lambda state, _, __: (
        state.repositories["acme", "incident-kit"].permissions["contractors"] == "read"
    ),
    "update_repository_group": lambda state, _, __: (
        state.repositories["acme", "storefront"].permissions["developers"] == "read"
    ),
    "remove_repository_group": lambda state, _, __: (
        "developers" not in state.repositories["acme", "storefront"].permissions
    ),
    "delete_tag": lambda state, _, __: (
        "latest" not in {tag.name for tag in state.repositories["acme", "storefront"].tags}
    ),
    "create_access_token": lambda state, _, a: bool(
        token(state.personal_access_tokens, "label", a["token_label"])
    ),
    "update_access_token": lambda state, _, a: (
        token(state.personal_access_tokens, "uuid", a["uuid"]).is_active is False
    ),
    "delete_access_token": lambda state, _, a: token(state.personal_access_tokens, "uuid", a["uuid"]) is None,
    "create_org_access_token": lambda _, acme, a: bool(token(acme.access_tokens, "label", a["label"])),
    "update_org_access_token": lambda _, acme, a: (
        token(acme.access_tokens, "id", a["access_token_id"]).resources[0].path == "acme/*"
    ),
    "delete_org_access_token": lambda _, acme, a: (
        token(acme.access_tokens, "id", a["access_token_id"]) is None
    ),
    "update_org_member": lambda _, acme, a: acme.get_role(a["username"]).lower() == a["role"],
    "remove_org_member": lambda _, acme, a: acme.find_member(a["username"]) is None,
    "create_org_group": lambda _, acme, a: acme.find_group(a["name"]).description == a["description"],
    "replace_org_group": lambda _, acme, a: acme.find_group("developers").description == a["description"],
    "update_org_group": lambda _, acme, a: acme.find_group("developers").description == a["description"],
    "delete_org_group": lambda _, acme, __: acme.find_group("developers") is None,
    "add_org_group_member": lambda _, acme, a: a["member"] in acme.find_group("developers").members,
    "remove_org_group_member": lambda _, acme, a: a["username"] not in acme.find_group("developers").members,
    "update_org_settings": lambda _, acme, __: (
        acme.restricted_images
        == {"enabled": True, "allow_official_images": True, "allow_verified_publishers": True}
    ),
    "create_org_invites": lambda _, acme, __: len(acme.invitees) == 4,
    "resend_org_invite": lambda _, acme, __: len(acme.invitees) == 2,
    "cancel_org_invite": lambda _, acme, a: a["id"] not in {invitee.id for invitee in acme.invitees},
    "scim_create_user": lambda _, acme, __: "bo" in {user.username for user in acme.scim_users},
    "scim_update_user": lambda _, acme, __: acme.find_member("linus") is None,
}
UNASKED = {
    "create_repository",
    "update_repository",
    "create_org_group",
    "replace_org_group",
    "update_org_group",  # of the description
    "resend_org_invite",
}
WRITES = [method.tool_name for method in ALL_METHODS if issubclass(method, Mutation)]


def test_every_mutation_has_a_case() -> None:
    assert list(CHANGED) == WRITES


@pytest.mark.parametrize("name", WRITES)
async def test_a_mutation_changes_what_it_says(
    connect: Connect, sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    asked: list[str] = []

    async def yes(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        asked.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True})

    mode = ("2026-07-28", "legacy")[WRITES.index(name) % 2]
    arguments = arguments_of(sandbox)[name]
    options = ["--access", "admin", "--toolsets", "all", "--audit-log", str(tmp_path / "journal")]
    async with connect(*options, mode=mode, client={"elicitation_callback": yes}) as client:
        result = await client.call_tool(name, arguments)
    assert not result.is_error, text_of(result)
    assert CHANGED[name](sandbox.state, sandbox.state.organizations["acme"], arguments)
    [entry] = read_outcomes(tmp_path / "journal")
    assert (entry["tool"], entry["outcome"]) == (name, "done")
    assert bool(asked) is (name not in UNASKED)


@MODES
async def test_nothing_is_given_or_lost_without_a_user_to_ask(
    connect: Connect, sandbox: Sandbox, mode: str
) -> None:
    async with connect("--access", "admin", "--toolsets", "all", mode=mode) as client:
        for name in (
            "delete_repository",
            "update_org_settings",
            "create_access_token",
            "add_org_group_member",
        ):
            result = await client.call_tool(name, arguments_of(sandbox)[name])
            assert result.is_error
            assert "--confirm never" in text_of(result)
    assert all(r.method in {"GET", "HEAD"} or r.path == "/v2/auth/token" for r in sandbox.requests)
