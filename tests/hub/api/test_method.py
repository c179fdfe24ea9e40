from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from dockerhub_mcp.hub import Area, Effect, Hub, Method, Scope
from dockerhub_mcp.hub.api.method import LOCAL
from dockerhub_mcp.hub.api.route import DELETE, GET, HEAD, PATCH, POST, PUT, Route
from dockerhub_mcp.hub.errors import InvalidRequest, NotFound, Refused
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    CheckTag,
    Complete2FALogin,
    CreateAuthToken,
    CreateRepository,
    GetTag,
    ListAuditLogs,
    ListRepositories,
    ListTags,
)
from dockerhub_mcp.hub.models import Page, Tag
from dockerhub_mcp.sandbox import Sandbox
from tests.support.awkward_servers import AWKWARD
from tests.support.property_testing import examples

TAGS = "/v2/namespaces/library/repositories/redis/tags/"
BOX = Sandbox(anonymous_limit=None)


class Probe(Method[Tag]):
    """Say something.

    At length,
    over lines.
    """

    http = GET("/v2/probe/{place}")
    effect = Effect.READ
    scope = Scope.NONE
    area = Area.TAGS
    title = "Probe"

    place: str
    flag: bool | None = None
    when: datetime | None = None
    words: list[str] | None = None
    quiet: bool | None = None


@pytest.mark.parametrize(
    ("tag", "sent"),
    [
        ("%2e%2e", "%252e%252e"),
        ("latest?x=1#y", "latest%3Fx%3D1%23y"),
        ("a\nb", "a%0Ab"),
        ("größe", "gr%C3%B6%C3%9Fe"),
        ("a b", "a%20b"),
        ("a;b&c=d+e", "a%3Bb%26c%3Dd%2Be"),
        ("..\\..", "..%5C.."),
        ("...", "..."),
    ],
)
async def test_a_value_is_sent_as_one_encoded_segment(
    sandbox: Sandbox, make_hub: Callable[..., Hub], tag: str, sent: str
) -> None:
    with pytest.raises(NotFound):
        await make_hub().send(GetTag(repository="redis", tag=tag))
    assert (sandbox.requests[-1].path, sandbox.requests[-1].query) == (TAGS + sent, "")


@pytest.mark.parametrize("namespace", ["..", ".", " .. "])
async def test_a_value_that_would_change_the_path_is_never_sent(
    sandbox: Sandbox, make_hub: Callable[..., Hub], namespace: str
) -> None:
    with pytest.raises(InvalidRequest, match="namespace is"):
        await make_hub("owner").send(GetTag(namespace=namespace, repository="redis", tag="8"))
    assert sandbox.requests == []


async def test_reading_a_namespace_cannot_reach_audit_logs(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    with pytest.raises(ValidationError, match="without repository"):
        ListRepositories(namespace="../auditlogs/acme")
    call = ListRepositories(namespace="acme").model_copy(update={"namespace": "../auditlogs/acme"})
    assert (await make_hub("owner").send(call)).results == []
    assert sandbox.requests[-1].path == "/v2/namespaces/..%2Fauditlogs%2Facme/repositories"


async def test_creating_a_repository_cannot_reach_access_tokens(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    with pytest.raises(Refused):
        await make_hub("owner").send(CreateRepository(namespace="../access-tokens?", name="xx"))
    assert sandbox.requests[-1].path == "/v2/namespaces/..%2Faccess-tokens%3F/repositories"


@examples(60)
@given(st.text(max_size=60) | st.sampled_from(AWKWARD))
async def test_no_text_can_change_the_path_of_a_request(text: str) -> None:
    async with Hub(base_url="http://localhost", httpx_transport=httpx.ASGITransport(app=BOX.app)) as hub:
        BOX.requests.clear()
        try:
            call = CheckTag(repository="redis", tag=text)
            await hub.send(call)
        except (ValidationError, InvalidRequest):
            assert BOX.requests == []
            return
        segments = BOX.requests[0].path.split("/")
        assert "/".join(segments[:-1]) + "/" == TAGS
        assert unquote(segments[-1]) == call.tag
        assert BOX.requests[0].query == ""


def test_query_values_are_formatted_for_the_hub() -> None:
    moment = datetime(2026, 1, 31, 2, tzinfo=timezone(timedelta(hours=2)))
    probe = Probe(place="x", flag=True, quiet=False, when=moment.astimezone(UTC), words=["a", "b"])
    query = {"flag": "true", "quiet": "false", "when": "2026-01-31T00:00:00Z", "words": "a,b"}
    assert probe.build_query() == query
    assert probe.build_body() is None


def test_a_body_method_has_no_query() -> None:
    call = CreateRepository(namespace="acme", name="web", is_private=True)
    assert call.build_query() == {}
    assert call.build_body() == {"name": "web", "is_private": True, "namespace": "acme"}


def test_a_secret_is_revealed_in_the_body_only() -> None:
    call = CreateAuthToken(identifier="ada", secret=SecretStr("sandbox-password-ada"))
    assert call.build_body() == {"identifier": "ada", "secret": "sandbox-password-ada"}
    assert "sandbox-password" not in repr(call)


def test_local_fields_are_not_sent() -> None:
    assert LOCAL in ListTags.model_fields["max_items"].metadata
    assert ListTags(repository="redis", max_items=5).build_query() == {"page": "1", "page_size": "25"}
    assert Complete2FALogin(code="012345", login_2fa_token=SecretStr("ticket")).build_body() == {
        "code": "012345"
    }


def test_a_field_is_sent_under_its_name_on_the_wire() -> None:
    call = ListAuditLogs.model_validate({"account": "acme", "from": "2026-01-31T01:00:00+01:00"})
    assert call.build_query()["from"] == "2026-01-31T00:00:00Z"


def test_datetimes_without_a_time_zone_are_utc() -> None:
    call = ListAuditLogs.model_validate({"account": "acme", "to": "2026-01-31T00:00:00"})
    assert call.build_query()["to"] == "2026-01-31T00:00:00Z"


@pytest.mark.parametrize(
    "arguments",
    [
        {"repository": "redis", "tag": "8", "colour": "red"},
        {"repository": "redis"},
        {"repository": "redis", "tag": None},
        {"repository": "redis", "tag": ""},
        {"repository": "redis", "tag": "x" * 129},
        {"repository": "x" * 256, "tag": "8"},
    ],
)
def test_unknown_arguments_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GetTag.model_validate(arguments)


@pytest.mark.parametrize("page", [{"page": 0}, {"page": -5}, {"page": 1.5}, {"page_size": 101}])
def test_page_numbers_and_sizes_are_integers_within_limits(page: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ListTags.model_validate({"repository": "redis", **page})


def test_a_validation_error_does_not_contain_the_secret() -> None:
    with pytest.raises(ValidationError) as caught:
        CreateAuthToken.model_validate({"identifier": "", "secret": "dckr_pat_very_secret"})
    assert "dckr_pat_very_secret" not in str(caught.value)


def test_a_call_is_immutable() -> None:
    call = GetTag(repository="redis", tag="8")
    with pytest.raises(ValidationError):
        call.tag = "9"  # type: ignore[misc]


def test_the_result_type_is_the_type_parameter() -> None:
    assert GetTag.get_result_type() is Tag
    assert ListTags.get_result_type() is Page[Tag]


def test_a_method_without_a_result_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="Method declares no result"):
        Method.get_result_type()


def test_the_description_has_one_line_per_paragraph() -> None:
    assert Probe.build_description() == "Say something.\nAt length, over lines."


def test_tools_are_named_after_their_classes() -> None:
    names = [method.tool_name for method in ALL_METHODS]
    assert len(set(names)) == len(names)
    assert {"get_tag", "list_org_access_tokens", "complete_2fa_login"} <= set(names)


def test_an_instance_has_its_own_call() -> None:
    call = GetTag(repository="redis", tag="8")
    assert GetTag.model_validate(call) is call


@pytest.mark.parametrize("route", [GET, HEAD, DELETE])
def test_fields_outside_the_path_are_the_query_of_a_method_without_a_body(
    route: Callable[[str], Route],
) -> None:
    class Other(Probe):
        http = route("/v2/probe/{place}")

    call = Other(place="x", flag=True)
    assert (call.build_path(), call.build_query(), call.build_body()) == (
        "/v2/probe/x",
        {"flag": "true"},
        None,
    )


@pytest.mark.parametrize("route", [POST, PUT, PATCH])
def test_fields_outside_the_path_are_the_body_of_a_method_with_one(route: Callable[[str], Route]) -> None:
    class Other(Probe):
        http = route("/v2/probe/{place}")

    call = Other(place="x", flag=True)
    assert (call.build_path(), call.build_query(), call.build_body()) == ("/v2/probe/x", {}, {"flag": True})
