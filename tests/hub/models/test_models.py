from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub, Method
from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    GetAccessToken,
    GetOrgSettings,
    GetRepository,
    GetTag,
    ListAccessTokens,
    ListAuditLogActions,
    ListAuditLogs,
    ListOrgAccessTokens,
    ListOrgGroups,
    ListOrgMembers,
    ListRepositories,
    ListTags,
    SearchRepositories,
)
from dockerhub_mcp.hub.models import (
    AccessToken,
    AuditLogEvent,
    Image,
    OrgAccessToken,
    OrgMember,
    Page,
    Repository,
    SignInStatus,
    Tag,
    TagOverview,
)
from dockerhub_mcp.sandbox import Sandbox

READS: list[Method[Any]] = [
    ListRepositories(namespace="acme"),
    GetRepository(namespace="acme", repository="storefront"),
    ListTags(repository="redis", page_size=100),
    GetTag(repository="redis", tag="latest"),
    ListAccessTokens(),
    GetAccessToken(uuid="3e3412b8-9c2b-4110-a428-6cdc40cd7e8a"),
    ListOrgAccessTokens(name="acme"),
    ListOrgMembers(org_name="acme", type="all"),
    ListOrgGroups(org_name="acme"),
    GetOrgSettings(name="acme"),
    ListAuditLogs(account="acme"),
    ListAuditLogActions(account="acme"),
]


@pytest.mark.parametrize("call", READS, ids=lambda call: call.tool_name)
@pytest.mark.parametrize("fault", [{}, {"nulls": True}, {"unknown_words": True}], ids=str)
async def test_every_response_is_read_with_null_or_unknown_fields(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: Method[Any], fault: dict[str, bool]
) -> None:
    hub = make_hub("owner")
    whole = await hub.send(call)
    sandbox.faults.add(**fault)
    found = await hub.send(call)
    assert type(found) is type(whole)
    if isinstance(whole, Page):
        assert len(found.results) == len(whole.results) > 0


@pytest.mark.parametrize("call", READS, ids=lambda call: call.tool_name)
async def test_an_object_without_any_field_is_refused(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: Method[Any]
) -> None:
    sandbox.faults.add(match="/v2/", method="GET", status=200, body="{}")
    with pytest.raises(UnexpectedAnswer, match=r"with 200, but the answer has no \w+"):
        await make_hub("owner").send(call)


async def test_unknown_values_are_kept(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(unknown_words=True)
    tag = await make_hub().send(GetTag(repository="redis", tag="latest"))
    assert (tag.tag_status, tag.content_type) == ("something-new", "something-new")


def test_unknown_fields_are_kept() -> None:
    assert Tag.model_validate({"name": "8", "attested": {"by": "x"}}).model_extra == {"attested": {"by": "x"}}


@pytest.mark.parametrize(
    "body",
    [
        {"count": 2, "next": None, "previous": None, "results": [{"name": "a"}, {"name": "b"}]},
        {"total": 2, "results": [{"name": "a"}, {"name": "b"}]},
        {"total": 2, "data": [{"name": "a"}, {"name": "b"}]},
        [{"count": 2, "results": [{"name": "a"}]}, {"count": 2, "results": [{"name": "b"}]}],
    ],
)
def test_a_page_is_read_under_all_field_names(body: Any) -> None:
    page = ListTags(repository="redis").parse(200, json.dumps(body).encode())
    assert ([tag.name for tag in page.results], page.count, page.next) == (["a", "b"], 2, None)


def test_a_page_of_logs_has_no_count() -> None:
    page = Page[AuditLogEvent].model_validate({"logs": [{"name": "a"}]})
    assert ([event.name for event in page.results], page.count) == (["a"], None)


def test_a_bare_array_is_a_page() -> None:
    page = ListTags(repository="redis").parse(200, b' [{"name": "a", "results": []}, {"name": "b"}]')
    assert ([tag.name for tag in page.results], page.count) == (["a", "b"], None)


def test_an_empty_array_is_only_an_empty_page_behind_others() -> None:
    with pytest.raises(ValueError, match="an empty array"):
        ListTags(repository="redis").parse(200, b"[]")
    assert ListTags(repository="redis", page=2).parse(200, b" [] ").results == []


def test_unreadable_items_are_counted_and_left_out() -> None:
    for content in (b'{"results": [{"id": 1}, null, {"name": "a"}, "b"]}', b'[7, {"name": "a"}, {}, []]'):
        page = ListTags(repository="redis").parse(200, content)
        assert ([tag.name for tag in page.results], page.unreadable_count) == (["a"], 3)
    search = SearchRepositories(words="x").parse(200, b'{"total": 2, "results": [null, {"id": "library/a"}]}')
    assert (len(search.results), search.unreadable_count) == (1, 1)


def test_a_mixed_array_is_not_an_array_of_pages() -> None:
    page = ListTags(repository="redis").parse(200, b'[{"results": [{"name": "a"}]}, {"name": "b"}]')
    assert ([tag.name for tag in page.results], page.unreadable_count) == (["b"], 1)


@pytest.mark.parametrize("content", [b'[{"results": [', b'["results"', b"[" * 5000 + b'"results"'])
def test_a_truncated_array_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="the answer is not JSON"):
        ListTags(repository="redis").parse(200, content)


def test_an_invalid_value_is_dropped_in_a_bare_array_too() -> None:
    page = ListTags(repository="redis").parse(
        200, b'[{"name": "a", "full_size": "big", "digest": "sha256:1"}]'
    )
    assert (page.results[0].full_size, page.results[0].digest) == (None, "sha256:1")


async def test_a_summary_call_reads_only_summary_fields(make_hub: Callable[..., Hub]) -> None:
    call, hub = ListTags(repository="redis", page_size=3), make_hub()
    whole, rows = await hub.send(call), await hub.send(call.as_summary())
    shown = [name for name in Tag.summary_fields if name != "images"]
    for tag, row in zip(whole.results, rows.results, strict=True):
        assert isinstance(row, TagOverview)
        assert [getattr(row, name) for name in shown] == [getattr(tag, name) for name in shown]
        assert (row.platforms, row.remarks) == (tag.platforms, tag.remarks)
        assert (row.model_extra, hasattr(row, "creator"), tag.creator is None) == (None, False, False)


@pytest.mark.parametrize("second", ["amd64", "arm64", None])
def test_tags_of_one_list_keep_their_own_platforms(second: str | None) -> None:
    rest = {"variant": None, "os_version": None, "status": "active"}
    images = [[{"os": "linux", "architecture": name, **rest}] for name in ("amd64", second, "amd64")]
    images[1][0] |= {"status": "inactive"}
    tags = [{"name": str(number), "images": each} for number, each in enumerate([*images, [], images[0]])]
    content = json.dumps({"results": tags}).encode()

    rows = ListTags(repository="redis").as_summary().parse(200, content).results

    other = f"linux/{second}" if second else "linux"
    assert [row.platforms for row in rows] == [["linux/amd64"], [other], ["linux/amd64"], [], ["linux/amd64"]]
    assert [row.remarks for row in rows] == ["", "all images inactive", "", "no images", ""]


def test_a_call_without_a_summary_model_is_unchanged() -> None:
    call = GetTag(repository="redis", tag="latest")
    assert call.as_summary() is call


@pytest.mark.parametrize(
    ("image", "platform"),
    [
        (Image(os="linux", architecture="amd64"), "linux/amd64"),
        (Image(os="linux", architecture="arm64", variant="v8"), "linux/arm64/v8"),
        (Image(os="linux", variant=""), "linux"),
        (Image(), ""),
    ],
)
def test_a_platform_is_formatted_like_docker(image: Image, platform: str) -> None:
    assert image.platform == platform


@pytest.mark.parametrize(
    ("image", "attestation"),
    [
        (Image(os="unknown", architecture="unknown"), True),
        (Image(os="linux", architecture="unknown"), True),
        (Image(os="linux", architecture="amd64"), False),
        (Image(), False),
    ],
)
def test_attestations_are_recognized(image: Image, attestation: bool) -> None:
    assert image.is_attestation is attestation


def test_numbers_are_accepted_as_strings() -> None:
    assert OrgAccessToken.model_validate({"id": 5, "label": 7}).id == "5"


def test_an_invitee_has_no_username() -> None:
    member = OrgMember.model_validate({"id": "x", "email": "a@b.c", "role": "Invitee", "date_joined": ""})
    assert (member.username, member.date_joined, member.role) == (None, None, "Invitee")


def test_media_types_may_be_null() -> None:
    assert Repository.model_validate({"media_types": [None, "x"]}).media_types == [None, "x"]


def test_the_value_of_a_token_is_not_in_its_representation() -> None:
    assert "hush" not in repr(AccessToken(token="hush"))


def test_the_sign_in_status_has_no_secret() -> None:
    signed_in = SignInStatus(signed_in=True, username="ada", expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert not {"token", "access_token", "secret", "password"} & set(signed_in.model_dump())


def test_summary_fields_exist() -> None:
    for method in ALL_METHODS:
        found = method.get_result_type()
        model = found.model_fields["results"].annotation.__args__[0] if issubclass(found, Page) else found
        known = {*model.model_fields, "platform", "remarks"}
        assert set(model.summary_fields) <= known, model
        assert {*model.untrusted_fields, *model.summary_aliases, *filter(None, [model.key_field])} <= known, (
            model
        )
        assert model.summary_fields, model
