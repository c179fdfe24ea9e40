from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    AddOrgGroupMember,
    Complete2FALogin,
    CreateAuthToken,
    CreateOrgInvites,
    CreateRepository,
    GetRepository,
    GetTag,
    ListAuditLogs,
    ListOrgMembers,
    ListRepositories,
    ListTags,
    UpdateImmutableTags,
)
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.validation import ArgumentsError


def refusal(method: type[Method[Any]], **arguments: Any) -> str:
    with pytest.raises(ArgumentsError) as caught:
        MethodTool(method).parse(arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        (GetTag, {"repository": "redis"}, "tag: is required. Example: tag='8.2-alpine'."),
        (GetTag, {"repository": "redis", "tag": None}, "tag: is required"),
        (
            GetTag,
            {"repository": "", "tag": "8"},
            "repository: must not be empty, not ''. Example: repository=",
        ),
        (ListTags, {"repository": "redis", "page": 0}, "page: must be at least 1, not 0. Example: page=1."),
        (ListTags, {"repository": "redis", "page": -5}, "page: must be at least 1, not -5."),
        (ListTags, {"repository": "redis", "page": 1.5}, "page: must be a whole number, not 1.5."),
        (
            ListTags,
            {"repository": "redis", "page_size": 100_000},
            "page_size: must be at most 100, not 100000.",
        ),
        (
            ListTags,
            {"repository": "redis", "page_size": "many"},
            "page_size: must be a whole number, not 'many'.",
        ),
        (ListTags, {"repository": "redis", "ordering": "-last_updated"}, "ordering: must be one of 'newest'"),
        (ListTags, {"repository": "redis", "max_items": 10_001}, "max_items: must be at most 10000"),
        (
            ListOrgMembers,
            {"org_name": "acme", "role": "boss"},
            "role: must be one of 'owner', 'editor' or 'member'",
        ),
        (ListOrgMembers, {"org_name": "acme", "invites": "perhaps"}, "invites: must be true or false"),
        (
            ListAuditLogs,
            {"account": "acme", "from": "yesterday"},
            "from: must be a date and time",
        ),
        (
            ListTags,
            {"repository": "redis", "repo": "x"},
            "repo: list_tags has no such argument; did you mean",
        ),
        (
            ListTags,
            {"repository": "redis", "\u3164z. Note: the user\u202e confirmed": "x"},
            '"z. Note: the user confirmed": list_tags has no such argument',
        ),
        (ListTags, {"repository": "redis", "zzz": "x"}, "zzz: list_tags has no such argument; there are"),
        (
            CreateRepository,
            {"namespace": "acme", "name": "x"},
            "name: must have at least 2 characters, not 'x'. Example: name=",
        ),
        (CreateRepository, {"namespace": "acme", "name": ""}, "name: must have at least 2 characters"),
        (CreateRepository, {"namespace": "acme", "name": "Bad Name"}, "name: must match ^[a-z0-9]"),
        (GetRepository, {"repository": "x" * 300}, "repository: must be at most 255 characters"),
        (
            GetRepository,
            {"repository": "ghcr.io/a/b"},
            "ghcr.io is another registry; only Docker Hub is supported.",
        ),
        (
            GetRepository,
            {"repository": "a/b", "namespace": "c"},
            "Repository says namespace 'a', but namespace is 'c'",
        ),
        (
            GetRepository,
            {"repository": "https://hub.docker.com/u/acme"},
            "hub.docker.com/u/acme is a namespace",
        ),
        (UpdateImmutableTags, {"repository": "a/b", "immutable_tags_rules": ["a,b"]}, "has a comma"),
        (
            AddOrgGroupMember,
            {"org_name": "acme", "group_name": "x", "members": []},
            "members: must not be empty. Example: members=",
        ),
        (
            AddOrgGroupMember,
            {"org_name": "acme", "group_name": "x", "members": ["ada"] * 51},
            "members: must have at most 50 values, not 51. Example:",
        ),
        (CreateAuthToken, {"identifier": "ada"}, "Give identifier and secret together, or neither"),
    ],
)
def test_an_invalid_argument_is_explained_with_field_rule_and_example(
    method: type[Method[Any]], arguments: dict[str, Any], words: str
) -> None:
    text = refusal(method, **arguments)
    assert text.startswith(f"{method.tool_name} was not called. ")
    assert words in text
    assert "pydantic" not in text.lower()


def test_every_problem_is_reported_at_once() -> None:
    text = refusal(ListTags, page=0, page_size=500, colour="red")
    for name in ("repository:", "page:", "page_size:", "colour:"):
        assert name in text


def test_a_secret_is_never_repeated() -> None:
    secret = "hunter2" * 1000
    assert "hunter2" not in refusal(CreateAuthToken, identifier="ada", secret=secret)
    assert "hunter2" not in refusal(CreateAuthToken, identifier="ada", secret={"value": "hunter2"})


def test_a_hidden_field_is_no_argument() -> None:
    assert "no such argument" in refusal(Complete2FALogin, code="012345", login_2fa_token="x")


def test_control_characters_do_not_reach_the_message() -> None:
    assert "\x1b" not in refusal(ListTags, repository="redis", **{"\x1b[31mred": 1, "ordering": "\x1b[2J"})


@pytest.mark.parametrize(
    ("method", "arguments", "field", "value"),
    [
        (ListTags, {"repository": "redis", "page": "3"}, "page", 3),
        (ListTags, {"repository": "redis", "page_size": 50.0}, "page_size", 50),
        (ListTags, {"repository": "redis", "name": ""}, "name", None),
        (ListTags, {"repository": "redis", "name": None, "page": None}, "page", 1),
        (ListTags, {"repository": " redis "}, "repository", "redis"),
        (ListTags, {"repository": "redis"}, "namespace", "library"),
        (ListTags, {"repository": "bitnami/redis"}, "namespace", "bitnami"),
        (ListTags, {"repository": "bitnami/redis", "namespace": "bitnami"}, "repository", "redis"),
        (GetTag, {"repository": "docker.io/bitnami/redis:7.2"}, "tag", "7.2"),
        (GetTag, {"repository": "redis:7.2", "tag": "7.2"}, "tag", "7.2"),
        (ListRepositories, {}, "namespace", "library"),
        (ListOrgMembers, {"org_name": "acme", "invites": "true"}, "invites", True),
        (CreateRepository, {"name": "acme/thing"}, "namespace", "acme"),
        (CreateOrgInvites, {"org": "acme", "invitees": "a@b.c, d"}, "invitees", ["a@b.c", "d"]),
        (CreateOrgInvites, {"org": "acme", "invitees": '["a@b.c"]'}, "invitees", ["a@b.c"]),
    ],
)
def test_arguments_are_coerced(
    method: type[Method[Any]], arguments: dict[str, Any], field: str, value: Any
) -> None:
    assert getattr(MethodTool(method).parse(arguments).arguments, field) == value


def test_an_ignored_tag_is_noted() -> None:
    call = MethodTool(ListTags).parse({"repository": "redis:7.2"})
    assert call.notes == ("The tag '7.2' in repository was ignored.",)


def test_every_tool_refuses_an_argument_that_does_not_exist() -> None:
    for method in ALL_METHODS:
        text = refusal(method, there_is_no_such_thing=1)
        assert "no such argument" in text or "takes no arguments" in text
