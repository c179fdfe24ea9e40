"""What hosts and users do to the arguments of a call: added arguments, numbers for texts, pasted references."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from dockerhub_mcp.hub.api.pasted_text import extract_reference, strip_quotes
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.injected_arguments import INJECTED_ARGUMENTS
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.validation import ArgumentsError
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.server_clients import MODES, connected
from tests.support.source_tree import ROOT
from tests.support.tool_calls import call, changes, make_context

SHA = "sha256:" + "0a" * 32
N8N = {
    "toolCallId": "call_tjbFFFLWX9u3AJIiioFVpZks",
    "sessionId": "c0ffee",
    "action": "sendMessage",
    "chatInput": "Which tags has redis?",
    "tool": {"name": "get_tag"},
}


def parse(tool: str, arguments: dict[str, Any]) -> Any:
    return TOOLS_BY_NAME[tool].parse(arguments)


def refusal(tool: str, arguments: dict[str, Any]) -> str:
    with pytest.raises(ArgumentsError) as caught:
        parse(tool, arguments)
    return str(caught.value)


def test_every_tool_sets_aside_what_hosts_add() -> None:
    injected = {name: f"value of {name}" for name in INJECTED_ARGUMENTS}
    for name, arguments in arguments_of(Sandbox()).items():
        tool = TOOLS_BY_NAME[name]
        others = {key: value for key, value in injected.items() if key not in tool.input_schema["properties"]}
        plain, called = tool.parse(arguments), tool.parse(arguments | others)
        assert called.arguments == plain.arguments, name
        (note,) = called.notes[len(plain.notes) :]
        assert note.startswith("Set aside as added by the host: toolCallId, sessionId, ")
        assert "value of" not in note


def test_a_name_on_the_list_is_an_argument_where_the_tool_has_it() -> None:
    called = parse("list_audit_logs", {"account": "acme", "action": "repo.tag.push"})
    assert (called.arguments.action, called.notes) == ("repo.tag.push", ())
    with_a_name_of_the_list = {
        tool.name for tool in ALL_TOOLS if INJECTED_ARGUMENTS.keys() & tool.input_schema["properties"].keys()
    }
    assert with_a_name_of_the_list == {"list_audit_logs"}


def test_names_that_only_resemble_real_ones_are_refused_beside_injected_ones() -> None:
    for tool, arguments, words in (
        ("list_tags", {"repository": "redis", "pgae": 2}, "pgae: list_tags has no such argument; did you mean page"),
        ("list_audit_logs", {"account": "acme", "actions": "x"}, "did you mean action"),
        ("get_tag", {"repository": "redis", "tag": "8", "toolcallid": "x"}, "toolcallid: get_tag has no such"),
        ("delete_tag", {"repository": "acme/web", "tag": "1", "confirmed": True}, "confirmed: delete_tag has no such"),
        ("create_repository", {"org": "acme", "name": "web", "private": True}, "did you mean is_private"),
    ):  # fmt: skip
        text = refusal(tool, arguments | {"toolCallId": "call_1", "task_progress": "- [x] done"})
        assert words in text
        assert "call_1" not in text
        assert "toolCallId" not in text


async def test_the_note_is_in_the_result_and_has_no_values(make_hub: MakeHub) -> None:
    keys = set()
    for number in range(2):
        arguments = {"repository": "redis:8.2", **N8N, "toolCallId": f"call_{number}"}
        result = await call(make_hub(), "get_tag", **arguments)
        assert not result.is_error
        note = "Set aside as added by the host: toolCallId, sessionId, action, chatInput, tool.\n"
        assert result.text.count(note) == 1
        assert "call_" not in result.text
        keys.add(parse("get_tag", arguments).cache_key)
    assert len(keys) == 1


async def test_a_change_is_sent_without_what_the_host_added(sandbox: Sandbox, make_hub: MakeHub) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    result = await call(context, "create_org_group", org="acme", name="night-shift", **N8N)
    assert not result.is_error, result.text
    assert "Set aside as added by the host: toolCallId" in result.text
    result = await call(context, "delete_org_group", org="acme", group_name="night-shift", force=True, **N8N)
    assert result.is_error
    assert "force: delete_org_group has no such argument" in result.text
    assert changes(sandbox) == ["POST /v2/orgs/acme/groups"]
    assert b"sendMessage" not in json.dumps([repr(each) for each in sandbox.requests]).encode()


@MODES
async def test_clients_may_send_them(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode, access=Access.ADMIN, toolsets=["all"]) as client:
        result = await client.call_tool(
            "get_current_user", {"random_string": "x", "_meta": {"progressToken": 1}}
        )
        assert not result.is_error
        assert "the host: random_string, _meta." in result.content[0].text  # type: ignore[union-attr]


def test_the_documented_list_is_the_one_in_use() -> None:
    text = (ROOT / "docs/hosts.md").read_text("utf-8")
    rows = dict(line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `"))
    assert rows == {f"`{name}`": host for name, host in INJECTED_ARGUMENTS.items()}


@pytest.mark.parametrize(
    ("tool", "arguments", "field", "value"),
    [
        ("get_tag", {"repository": "redis", "tag": 8}, "tag", "8"),
        ("get_tag", {"repository": "redis", "tag": 20250101}, "tag", "20250101"),
        ("get_tag", {"repository": "redis", "tag": 10**30}, "tag", "1" + "0" * 30),
        ("list_tags", {"repository": 5, "name": 8}, "name", "8"),
        ("list_tags", {"repository": 5, "name": 8}, "repository", "5"),
        ("list_org_members", {"org_name": 1234}, "org_name", "1234"),
        ("create_org_invites", {"org": "acme", "invitees": [1234, "ada"]}, "invitees", ["1234", "ada"]),
        ("complete_2fa_login", {"code": 123456}, "code", "123456"),
        ("list_tags", {"repository": "redis", "page": 2.0}, "page", 2),
        ("get_tag", {"repository": "redis:8.2", "tag": None}, "tag", "8.2"),
        ("get_tag", {"repository": "redis:8.2", "tag": ""}, "tag", "8.2"),
        ("delete_tag", {"repository": "acme/web:8", "tag": None}, "tag", "8"),
        ("get_tag", {"repository": "redis", "tag": ":8.2"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": "`8.2`"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": "'redis:8.2'"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": "library/redis:8.2"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": "docker.io/library/redis:8.2"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": f"8.2@{SHA}"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": f"redis:8.2@{SHA}"}, "tag", "8.2"),
        ("get_tag", {"repository": "redis", "tag": "bitnami/redis:7"}, "namespace", "bitnami"),
        ("get_tag", {"tag": "bitnami/redis:7"}, "repository", "redis"),
        ("get_tag", {"tag": "docker pull bitnami/redis:7"}, "namespace", "bitnami"),
        ("get_tag", {"repository": "docker pull redis:8.2"}, "tag", "8.2"),
        ("get_tag", {"repository": "$ sudo docker image pull -q redis:8.2"}, "tag", "8.2"),
        ("get_tag", {"repository": "`docker pull redis:8.2`"}, "tag", "8.2"),
        ("get_tag", {"repository": "FROM redis:8.2 AS base"}, "tag", "8.2"),
        ("get_tag", {"repository": "“redis:8.2”"}, "tag", "8.2"),
        ("list_tags", {"repository": "redis:"}, "repository", "redis"),
        ("list_tags", {"repository": "`redis`", "namespace": '"library"'}, "namespace", "library"),
        ("list_tags", {"repository": "redis", "name": "`8.2`"}, "name", "8.2"),
        ("list_repositories", {"namespace": "`acme`"}, "namespace", "acme"),
        ("list_org_members", {"org": "'acme'"}, "org_name", "acme"),
        ("delete_tag", {"repository": "`acme/web`", "tag": "web:1"}, "tag", "1"),
        ("delete_tag", {"repository": "acme/web", "tag": "acme/web:1"}, "tag", "1"),
    ],
)  # fmt: skip
def test_the_forms_of_a_value_are_understood(
    tool: str, arguments: dict[str, Any], field: str, value: Any
) -> None:
    assert getattr(parse(tool, arguments).arguments, field) == value


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_tag", {"repository": "redis", "tag": 8.2}, "(8.20 becomes 8.2). Example: tag='8.2-alpine'"),
        ("get_tag", {"repository": "redis", "tag": 8.0}, "must be text in quotation marks"),
        ("get_tag", {"repository": "redis", "tag": math.nan}, "must be text in quotation marks"),
        ("create_org_invites", {"org": "acme", "invitees": [1.5]}, "must be text in quotation marks"),
        ("get_tag", {"repository": "redis", "tag": True}, "tag: must be text, not true"),
        ("get_tag", {"repository": "redis", "tag": 10**5000}, "tag: must be text, not a int"),
        ("list_tags", {"repository": "redis", "page": True}, "page: must be a whole number, not 'true'"),
        ("list_tags", {"repository": "redis", "max_items": False}, "max_items: must be a whole number"),
        ("list_audit_logs", {"account": "acme", "from": True}, "from: must be a date and time, not 'true'"),
        ("get_tag", {"repository": "redis", "tag": None}, "tag: is required"),
        ("get_tag", {"repository": "redis", "tag": ""}, "tag: is required"),
        ("get_tag", {"repository": None, "tag": "8"}, "repository: is required"),
        ("get_tag", {"repository": "redis", "tag": SHA}, "tag: must be a tag name"),
        ("get_tag", {"repository": f"redis@{SHA}"}, "but no tag; list the tags"),
        ("get_tag", {"repository": "redis", "tag": "nginx:1"}, "Tag says repository 'nginx', but repository is 'redis'"),
        ("get_tag", {"repository": "acme/redis", "tag": "bitnami/redis:1"}, "namespace 'acme', but namespace is 'bitnami'"),
        ("get_tag", {"repository": "redis", "namespace": "acme", "tag": "bitnami/redis:1"}, "namespace 'bitnami', but namespace is 'acme'"),
        ("get_tag", {"repository": "redis:8.2", "tag": "redis:8.4"}, "tag '8.2', but tag is '8.4'"),
        ("get_tag", {"repository": "redis", "tag": "bitnami/redis"}, "names a repository but no tag"),
        ("get_tag", {"repository": "redis", "tag": "ghcr.io/a/redis:1"}, "is another registry"),
        ("get_tag", {"repository": "docker pull --platform linux/arm64 redis:8.2"}, "is not a repository of Docker Hub"),
        ("get_tag", {"repository": "redis:8.2:1", "tag": "1"}, "is not a repository of Docker Hub"),
        ("delete_tag", {"repository": "acme/web", "tag": ""}, "tag: must not be empty"),
        ("delete_tag", {"repository": "acme/web:1", "tag": ""}, "tag '1', but tag is ''"),
        ("delete_tag", {"repository": "acme/web:"}, "empty tag"),
        ("delete_tag", {"repository": "acme/web:", "tag": "1"}, "empty tag"),
        ("delete_tag", {"repository": "acme/web"}, "tag: is required"),
        ("delete_tag", {"repository": "acme/web", "tag": None}, "tag: is required"),
        ("delete_tag", {"repository": "acme/web", "tag": SHA}, "tag: must be a tag name"),
        ("delete_tag", {"repository": "acme/web", "tag": f"1@{SHA}"}, "cannot be limited to it"),
        ("delete_tag", {"repository": "acme/web", "tag": f"acme/web@{SHA}"}, "cannot be limited to it"),
        ("delete_tag", {"repository": f"acme/web:1@{SHA}"}, "cannot be limited to it"),
        ("delete_tag", {"repository": "acme/web", "tag": "storefront:1"}, "Tag says repository 'storefront'"),
        ("delete_tag", {"tag": "acme/web:1"}, "repository: is required"),
        ("delete_tag", {"repository": "acme/web", "tag": 1.0}, "must be text in quotation marks"),
        ("delete_repository", {"repository": "acme/web:"}, "empty tag"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(tool: str, arguments: dict[str, Any], words: str) -> None:
    assert words in refusal(tool, arguments)


def test_marks_are_removed_in_pairs_only() -> None:
    for text in ("redis", "`redis`", "```redis```", "'`redis`'", ' " redis " ', "„redis“", "«redis»"):
        assert strip_quotes(text) == "redis"
    for text in ("`redis", "redis'", "'redis`", "", "'", "''"):
        assert strip_quotes(text) == text
    assert extract_reference("docker pull 'redis:8.2'") == "redis:8.2"
    assert extract_reference("docker run redis:8.2") == "docker run redis:8.2"


def test_a_text_with_marks_stays_as_it_is() -> None:
    called = parse("update_repository", {"repository": "acme/web", "description": "`web`"})
    assert called.arguments.description == "`web`"
