"""The reasons of refused mutations, for each kind of credentials and each area."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import Area, Effect, Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import BadRequest, Forbidden, NotFound, Refused, SignInRequired
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    AssignRepositoryGroup,
    CreateRepository,
    DeleteRepository,
    DeleteTag,
    ListRepositoryGroups,
    SetRepositoryVisibility,
    UpdateImmutableTags,
    UpdateOrgSettings,
    UpdateRepository,
    UpdateRepositoryGroup,
    VerifyImmutableTags,
)
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import TokenResourceRecord
from tests.support.calls import arguments_of

BASE = {"namespace": "acme", "repository": "base-images"}
STOREFRONT = {"namespace": "acme", "repository": "storefront"}
RULES = {"immutable_tags": True, "immutable_tags_rules": ["v.*"]}
OF_OWNERS = {
    Area.ACCESS_TOKENS,
    Area.AUDIT_LOGS,
    Area.GROUPS,
    Area.INVITES,
    Area.MEMBERS,
    Area.ORG_ACCESS_TOKENS,
    Area.ORG_SETTINGS,
}
ORGANIZATIONAL = [method for method in ALL_METHODS if method.area in OF_OWNERS]
LIMITED = "The Hub limits personal access tokens to repositories"
NO_OAT = "The Hub accepts no organization access token here, regardless of its scopes."


def get_tool_name(value: Any) -> str:
    return str(getattr(value, "tool_name", ""))


def build_call(method: type[Any], sandbox: Sandbox) -> Any:
    """Build a complete call, which can be sent without the current state."""
    gaps: dict[str, dict[str, Any]] = {
        "replace_org_group": {"name": "developers"},
        "update_org_settings": {"enabled": False, "allow_official_images": False},
        "scim_update_user": {"userName": "bo@example.com"},
    }
    return method.model_validate(arguments_of(sandbox)[method.tool_name] | gaps.get(method.tool_name, {}))


@pytest.mark.parametrize("method", ORGANIZATIONAL, ids=get_tool_name)
async def test_a_personal_access_token_cannot_manage_organizations(
    sandbox: Sandbox, make_hub: Callable[..., Hub], method: type[Any]
) -> None:
    with pytest.raises(Forbidden) as caught:
        await make_hub("owner-pat").send(build_call(method, sandbox))
    assert caught.value.why.startswith(LIMITED)
    remedy = "Sign in with the password"
    scope = f", or use an organization access token with {method.oat_scope}" if method.oat_scope else ""
    assert caught.value.remedy == f"{remedy}{scope}."


@pytest.mark.parametrize("method", ORGANIZATIONAL, ids=get_tool_name)
async def test_an_organization_token_lacks_a_scope_or_is_not_accepted(
    sandbox: Sandbox, make_hub: Callable[..., Hub], method: type[Any]
) -> None:
    with pytest.raises(Forbidden) as caught:
        await make_hub("org-token-narrow").send(build_call(method, sandbox))
    if method.oat_scope is None:
        assert caught.value.why == NO_OAT
        assert "Sign in as a user" in caught.value.remedy
    else:
        assert caught.value.why == f"The token lacks {method.oat_scope}."


@pytest.mark.parametrize(
    "method",
    [method for method in ORGANIZATIONAL if method.area is not Area.ACCESS_TOKENS],
    ids=get_tool_name,
)
async def test_a_member_is_probably_not_an_owner(
    sandbox: Sandbox, make_hub: Callable[..., Hub], method: type[Any]
) -> None:
    with pytest.raises(Forbidden) as caught:
        await make_hub("member").send(build_call(method, sandbox))
    assert caught.value.why.startswith("linus is probably not an owner of the organization")
    assert caught.value.remedy.startswith("Ask an owner")


@pytest.mark.parametrize("method", [m for m in ALL_METHODS if issubclass(m, Mutation)], ids=get_tool_name)
async def test_an_anonymous_client_sends_no_mutation(
    sandbox: Sandbox, make_hub: Callable[..., Hub], method: type[Any]
) -> None:
    with pytest.raises(SignInRequired):
        await make_hub().send(build_call(method, sandbox))
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        (CreateRepository(namespace="acme", name="new"), "scope-repository-create"),
        (UpdateRepository(**BASE, description="x"), "scope-repository-edit"),
        (DeleteRepository(**BASE), "scope-repository-admin"),
        (UpdateImmutableTags.model_validate(BASE | RULES), "scope-repository-settings-admin"),
        (VerifyImmutableTags(**BASE, regex="v"), "scope-repository-settings-admin"),
        (AssignRepositoryGroup(**BASE, group_id=1005, permission="read"), "scope-repo-group-edit"),
        (DeleteTag(**BASE, tag="jre"), "scope-tag-admin"),
        (SetRepositoryVisibility(**BASE, is_private=True), None),
        (ListRepositoryGroups(**BASE), None),
        (UpdateRepositoryGroup(**BASE, group_id=1002, permission="read"), None),
    ],
    ids=get_tool_name,
)
async def test_an_organization_token_needs_the_scope_that_is_named(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: Any, scope: str | None
) -> None:
    hub = make_hub("org-token")
    with pytest.raises(Forbidden) as caught:
        await hub.send(call)
    assert type(call).oat_scope == scope
    if scope is None:
        assert caught.value.why == NO_OAT
        return
    assert f"lacks {scope}" in caught.value.why
    token = next(t for t in sandbox.state.organizations["acme"].access_tokens if t.label == "inventory")
    everywhere = TokenResourceRecord("TYPE_REPO", "acme/*", (scope,))
    token.resources += [everywhere, TokenResourceRecord("TYPE_ORG", "acme", (scope,))]
    assert await hub.send(call)


@pytest.mark.parametrize(
    "call",
    [
        UpdateRepository(**STOREFRONT, description="x"),
        DeleteRepository(**STOREFRONT),
        DeleteTag(**STOREFRONT, tag="latest"),
        SetRepositoryVisibility(**STOREFRONT, is_private=False),
        UpdateImmutableTags.model_validate(STOREFRONT | RULES),
    ],
    ids=get_tool_name,
)
async def test_a_reader_may_not_change(make_hub: Callable[..., Hub], call: Any) -> None:
    with pytest.raises(Forbidden) as caught:
        await make_hub("reader-pat").send(call)
    assert caught.value.why == f"The personal access token has repo:read, and this needs {call.scope}."
    assert f"Create a token with {call.scope}" in caught.value.remedy
    with pytest.raises(NotFound, match="acme/storefront"):
        await make_hub("outsider").send(call)


async def test_a_writer_may_update_but_not_delete(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("member")
    assert (await hub.send(UpdateRepository(**STOREFRONT, description="x"))).description == "x"
    with pytest.raises(Forbidden, match="linus probably may not administer acme/storefront"):
        await hub.send(DeleteRepository(**STOREFRONT))


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("immutable tags cannot be deleted", "makes the tag immutable"),
        ("Tag is immutable", "makes the tag immutable"),
        ("cannot remove the last owner", "without an owner"),
        ("an organization needs at least one owner", "without an owner"),
        ("the owners group stays", "Every organization has this group"),
        ("Repository with this Name and Namespace already exists.", "It already exists."),
        ("group is already assigned to the repository", "It already exists."),
    ],
)
@pytest.mark.parametrize("identity", ["owner", "owner-pat", "org-token"])
@pytest.mark.parametrize("status", [400, 403])
async def test_the_current_state_can_be_the_reason(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str, status: int, message: str, why: str
) -> None:
    sandbox.faults.add(match="/base-images", status=status, body=f'{{"message": "{message}"}}')
    with pytest.raises((BadRequest, Forbidden)) as caught:
        await make_hub(identity).send(DeleteTag(**BASE, tag="jre"))
    assert why in caught.value.why
    assert "probably" not in str(caught.value)
    assert caught.value.hub_message == message


async def test_an_invalid_value_is_explained_by_the_hub(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(BadRequest, match="invalid regex") as caught:
        await make_hub("owner").send(VerifyImmutableTags(**BASE, regex="(?=look)"))
    assert (caught.value.why, caught.value.remedy) == ("", "Correct the value that the Hub names.")


async def test_plans_are_named_as_a_possible_reason(make_hub: Callable[..., Hub]) -> None:
    call = UpdateOrgSettings(
        name="acme", enabled=True, allow_official_images=True, allow_verified_publishers=True
    )
    with pytest.raises(Forbidden, match="or the organization has no Business plan"):
        await make_hub("member").send(call)


async def test_no_error_of_a_mutation_contains_a_secret(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    secret = sandbox.get_identity("owner").secret
    hub = make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))
    await hub.send(ListRepositoryGroups(**BASE))
    sandbox.faults.add(status=400, body=f'{{"message": "{secret} {sandbox.scim_token} dckr_pat_abc"}}')
    for method in ALL_METHODS:
        if method.effect in {Effect.READ, Effect.SIGN_IN}:
            continue
        with pytest.raises(Refused) as caught:
            await hub.send(build_call(method, sandbox))
        assert secret not in str(caught.value)
        assert "dckr_pat_abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("delete_repository", "The repository acme/mailer is deleted with all its tags"),
        ("update_immutable_tags", 'an unknown state becomes on for the rules "v.*"'),
        ("delete_org_group", "its members lose its permissions"),
        ("update_org_member", "You give linus the role editor of acme instead of an unknown role: "),
        ("remove_org_member", "linus loses access to the organization acme."),
        ("delete_tag", "(no digest)"),
    ],
)
async def test_missing_data_is_not_presented_as_a_fact(
    sandbox: Sandbox, make_hub: Callable[..., Hub], tool: str, words: str
) -> None:
    method = next(method for method in ALL_METHODS if method.tool_name == tool)
    call = method.model_validate(arguments_of(sandbox)[tool])
    assert isinstance(call, Mutation)
    reading = call.current_state_call()
    assert reading is not None
    sandbox.faults.add(method="GET", nulls=True)
    present = await make_hub("owner").send(reading)
    assert words in call.merge_current(present).predict_impact(present).text
