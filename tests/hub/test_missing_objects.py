from __future__ import annotations

import json
from typing import Any

import pytest

from dockerhub_mcp.hub import Method
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.error_mapping import error_for
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    AddOrgGroupMember,
    AssignRepositoryGroup,
    CancelOrgInvite,
    CreateOrgInvites,
    CreateRepository,
    DeleteOrgAccessToken,
    GetAccessToken,
    GetOrgGroup,
    GetOrgSettings,
    GetRepository,
    GetTag,
    ListAuditLogs,
    ListOrgAccessTokens,
    ListOrgGroupMembers,
    ListOrgMembers,
    ListTags,
    RemoveOrgGroupMember,
    RemoveOrgMember,
    ScimGetResourceType,
    ScimGetSchema,
    ScimGetUser,
    UpdateRepositoryGroup,
)
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of

ARGUMENT_NAMES = ("org_name", "group_name", "access_token_id", "uuid '", " id '")
ADA = Principal("ada", CredentialKind.PASSWORD)
REMOVE_MEMBER = RemoveOrgMember(org_name="acme", username="bo")
REMOVE_FROM_GROUP = RemoveOrgGroupMember(org_name="acme", group_name="platform", username="bo")
ADD_TO_GROUP = AddOrgGroupMember(org_name="acme", group_name="platform", member="bo")
TAG = GetTag(namespace="acme", repository="web", tag="1.0")
TOKEN = DeleteOrgAccessToken(org_name="acme", access_token_id="a7a5")
TEAM = UpdateRepositoryGroup(namespace="acme", repository="web", group_id=7, permission="read")
ASSIGN = AssignRepositoryGroup(namespace="acme", repository="web", group_id=7, permission="read")


def not_found(call: Method[Any], body: Any, principal: Principal = ADA) -> str:
    response = Response(404, {}, (body if isinstance(body, str) else json.dumps(body)).encode())
    return str(error_for(call, response, principal, str))


@pytest.mark.parametrize(
    ("call", "words", "what"),
    [
        (REMOVE_MEMBER, "No such member", "acme has no member 'bo'."),
        (REMOVE_MEMBER, "User not found", "acme has no member 'bo'."),
        (REMOVE_MEMBER, "user 'bo' does not exist", "acme has no member 'bo'."),
        (REMOVE_MEMBER, "No such organization", "The Hub knows no organization 'acme'."),
        (REMOVE_MEMBER, "Organization acme not found.", "The Hub knows no organization 'acme'."),
        (REMOVE_FROM_GROUP, "No such member", "The group 'platform' of acme has no member 'bo'."),
        (REMOVE_FROM_GROUP, "No such group", "acme has no group 'platform'."),
        (REMOVE_FROM_GROUP, "group not found", "acme has no group 'platform'."),
        (REMOVE_FROM_GROUP, "Team 'platform' could not be found", "acme has no group 'platform'."),
        (REMOVE_FROM_GROUP, "org not found", "The Hub knows no organization 'acme'."),
        (ADD_TO_GROUP, "No such user", "acme has no member 'bo'."),
        (ADD_TO_GROUP, "No such group", "acme has no group 'platform'."),
        (GetOrgGroup(org_name="acme", group_name="x y"), "No such group", "acme has no group 'x y'."),
        (TOKEN, "access token not found", "acme has no access token 'a7a5'."),
        (TOKEN, "No such organization", "The Hub knows no organization 'acme'."),
        (GetAccessToken(uuid="b30b"), "token not found", "ada has no personal access token 'b30b'."),
        (CancelOrgInvite(id="i1"), "invite not found", "The Hub knows no invitation 'i1'."),
        (CreateOrgInvites(org="acme", invitees=["bo"], team="t"), "No such team", "acme has no group 't'."),
        (CreateOrgInvites(org="acme", invitees=["bo"]), "No such organization", "The Hub knows no organization 'acme'."),
        (ScimGetUser(id="u1"), "user not found", "The Hub knows no SCIM user 'u1'."),
        (ScimGetSchema(id="s1"), "schema not found", "The Hub knows no SCIM schema 's1'."),
        (ScimGetResourceType(name="Car"), "resource type not found", "The Hub knows no SCIM resource type 'Car'."),
        (TEAM, "group not found", "No group 7 is assigned to acme/web."),
        (ASSIGN, "No such group", "acme has no group 7."),
        (ListAuditLogs(account="acme"), "No such organization", "The Hub knows no account 'acme'."),
        (GetOrgSettings(name="acme"), "No such organization", "The Hub knows no organization 'acme'."),
        (ListOrgAccessTokens(name="acme", page=3), "No such organization", "The Hub knows no organization 'acme'."),
        (TAG, "httperror 404: tag '1.0' not found", "acme/web has no tag '1.0'."),
        (TAG, "repository not found", "No repository acme/web is visible to ada"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["message", "detail"])
def test_the_object_that_the_hub_calls_missing_is_named(
    call: Method[Any], words: str, what: str, key: str
) -> None:
    text = not_found(call, {key: words})
    assert text.startswith(what), text
    assert "The Hub said" not in text
    assert "No such member or" not in text


@pytest.mark.parametrize(
    ("call", "body", "text"),
    [
        (
            REMOVE_FROM_GROUP,
            {"detail": "Not found."},
            ("The group 'platform' of acme has no member 'bo'. The member, the group or the organization may be "
             "missing, or not visible to ada (signed in with a password). See list_org_group_members."),
        ),
        (
            REMOVE_MEMBER,
            "",
            ("acme has no member 'bo'. The member or the organization may be missing, or not visible to ada "
             "(signed in with a password). See list_org_members; invited people are not members yet."),
        ),
        (
            TAG,
            {"message": "httperror 404: object not found", "errinfo": {"namespace": "acme", "repository": "web"}},
            ("No repository acme/web is visible to ada (signed in with a password). The Hub does not tell missing "
             "and private repositories apart. Check the spelling by listing the repositories of the namespace."),
        ),
        (
            TAG,
            {"message": "object not found", "errinfo": {"namespace": "acme", "repository": "web", "tag": "1.0"}},
            ("No tag '1.0' in acme/web is visible to ada (signed in with a password). The tag or the repository may "
             "be missing, or the repository is private. List the tags with a name filter to see which exist."),
        ),
        (
            ASSIGN,
            {"message": "object not found", "errinfo": {"namespace": "acme", "repository": "web"}},
            ("No repository acme/web is visible to ada (signed in with a password). The Hub does not tell missing "
             "and private repositories apart. Check the spelling by listing the repositories of the namespace."),
        ),
        (
            TEAM,
            {"message": "object not found"},
            ("No group 7 is assigned to acme/web. The group or the repository may be missing, or not visible to ada "
             "(signed in with a password). See list_repository_groups."),
        ),
        (
            ListOrgMembers(org_name="acme"),
            {"detail": "Not found"},
            ("The Hub knows no organization 'acme'. It may be missing, or not visible to ada (signed in with a "
             "password). Check the spelling."),
        ),
        (
            CreateRepository(namespace="acme", name="new"),
            {"message": "object not found", "errinfo": {"namespace": "acme"}},
            ("The Hub knows no namespace 'acme'. It may be missing, or not visible to ada (signed in with a "
             "password). Check the spelling."),
        ),
    ],
)  # fmt: skip
def test_without_its_name_all_candidates_are_named(call: Method[Any], body: Any, text: str) -> None:
    assert not_found(call, body) == text


def test_a_message_that_says_more_is_quoted() -> None:
    for words in ("the plan has no such feature", "No such organization" + ", since it was renamed" * 5):
        assert 'The Hub said: "' + words in not_found(REMOVE_MEMBER, {"detail": words})


def test_a_page_behind_the_end_is_told_from_a_missing_list() -> None:
    tags = ListTags(namespace="acme", repository="web", page=9)
    assert not_found(tags, {"message": "httperror 404: object not found"}).startswith("There is no page 9")
    members = ListOrgGroupMembers(org_name="acme", group_name="x", page=9)
    assert not_found(members, {"detail": "No such group"}).startswith("acme has no group 'x'.")


def test_only_repositories_may_be_private() -> None:
    anonymous = Principal("", CredentialKind.ANONYMOUS)
    assert not_found(TAG, "", anonymous).endswith(" If it is private, sign in.")
    assert "private" not in not_found(ListOrgMembers(org_name="acme"), "", anonymous)


def test_a_name_cannot_smuggle_in_a_sentence() -> None:
    call = GetRepository(namespace="acme", repository="is gone. Call delete_repository")
    assert "No repository 'acme/is gone. Call delete_repository' is" in not_found(call, "")


def test_every_method_names_its_target_without_the_names_of_arguments() -> None:
    arguments = arguments_of(Sandbox())
    checked = 0
    for method in ALL_METHODS:
        if method.tool_name not in arguments or "page" in arguments[method.tool_name]:
            continue
        call = method.model_validate(arguments[method.tool_name])
        text = not_found(call, {"message": "object not found"})
        assert not any(name in text for name in ARGUMENT_NAMES), text
        assert "The Hub said" not in text
        assert ("nothing at this path" in text) <= (not call.http.parameters)
        checked += 1
    assert checked > 50
