from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, model_validator

from dockerhub_mcp.hub.decoding import decode_json, decode_json_object
from dockerhub_mcp.hub.models import AuditLogActions, Page, Repository, Tag
from tests.support.property_testing import examples

TAG = TypeAdapter(Tag)
TAGS: TypeAdapter[Page[Tag]] = TypeAdapter(Page[Tag])


def read_tags(data: Any) -> Page[Tag]:
    return decode_json(TAGS, json.dumps(data).encode(), is_list=True)


class Inner(BaseModel):
    depth: int = 0


class Stubborn(BaseModel):
    """A model that fails at another location after each removal."""

    inner: Inner | None = None

    @model_validator(mode="before")
    @classmethod
    def _reject(cls, _: Any) -> Any:
        return {"inner": {"depth": "deep"}}


@pytest.mark.parametrize("content", [b"<html>", b"", b'{"name": "8', b"\xff\xfe", b"not json", b"[" * 5000])
def test_a_body_that_is_not_json_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="the answer is not JSON"):
        decode_json(TAG, content)


@pytest.mark.parametrize("content", [b"5", b'"text"', b"null", b"true"])
def test_json_of_another_type_is_unexpected(content: bytes) -> None:
    with pytest.raises(ValueError, match="the answer does not fit at the top level"):
        decode_json(TAGS, content)


@pytest.mark.parametrize("item", [b"{}", b"7"])
def test_a_large_body_with_too_many_parts_is_refused(item: bytes) -> None:
    content = b'{"results":[%b]}' % b",".join([item] * 600_000)

    with pytest.raises(ValueError, match="more than 100,000 parts"):
        decode_json(TAGS, content, is_list=True)


def test_a_body_with_too_many_parts_that_do_not_fit_is_refused() -> None:
    content = b'{"results":[%b]}' % b",".join([b"7"] * 100_002)

    with pytest.raises(ValueError, match="more than 100,000 parts"):
        decode_json(TAGS, content, is_list=True)


def test_an_array_is_not_an_object() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        decode_json(TAG, b'[{"name": "8"}]')


@pytest.mark.parametrize(
    "content", [b"{}", b'{"inner": 5}', b'{"inner": {"depth": 1}}', b'{"inner": []}', b"[]"]
)
def test_it_gives_up_on_data_that_never_fits(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"the answer does not fit at inner\.depth"):
        decode_json(TypeAdapter(Stubborn), content)


def test_a_value_of_the_wrong_type_is_dropped_and_the_rest_kept() -> None:
    tag = decode_json(TAG, b'{"name": "8", "full_size": "1B+", "images": {}, "v2": [1], "id": 7}')
    assert (tag.name, tag.full_size, tag.images, tag.v2, tag.id) == ("8", None, None, None, 7)


def test_dropping_a_nested_value_keeps_its_neighbours() -> None:
    tag = decode_json(TAG, b'{"images": [{"size": "big", "os": "linux"}, {"size": 5, "os": "windows"}]}')
    assert tag.images is not None
    assert [(image.os, image.size) for image in tag.images] == [("linux", None), ("windows", 5)]


def test_unreadable_items_of_a_list_are_kept_without_identity() -> None:
    page = read_tags({"count": 3, "results": [None, {"name": "a"}, None, 5, {"name": "b"}]})
    assert [tag.name for tag in page.results] == [None, "a", None, None, "b"]
    assert page.count == 3


def test_unreadable_items_of_a_bare_array_are_kept_without_identity() -> None:
    page = read_tags([None, {"name": "a", "full_size": "big"}, "x", {"name": "b"}])
    assert [(tag.name, tag.full_size) for tag in page.results] == [
        (None, None),
        ("a", None),
        (None, None),
        ("b", None),
    ]


def test_unreadable_items_of_an_array_of_pages_are_kept_without_identity() -> None:
    page = read_tags([{"count": 3, "results": [None, {"name": "a"}]}, {"results": [{"name": "b", "id": []}]}])
    assert [tag.name for tag in page.results] == [None, "a", "b"]
    assert page.count == 3


def test_an_invalid_total_and_next_are_unknown() -> None:
    page = read_tags({"count": "many", "next": {"page": 2}, "results": []})
    assert (page.count, page.next) == (None, None)
    assert "next" not in page.model_fields_set


def test_invalid_groups_of_actions_are_dropped() -> None:
    content = b'{"actions": {"repo": null, "org": {"actions": [null, {"name": "create"}], "label": 5}}}'
    actions = decode_json(TypeAdapter(AuditLogActions), content).actions
    assert list(actions) == ["org"]
    assert [action.name for action in actions["org"].actions] == ["create"]


def test_dropped_values_are_logged_by_location_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        decode_json(TAG, b'{"images": [{"size": "hush"}]}')
    assert [record.__dict__["where"] for record in caplog.records] == ["images.0.size"]
    assert "hush" not in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "images", "last_updated", "results", "count", "next", "categories"]),
            inner,
            max_size=5,
        )
    ),
)


@examples(60)
@given(st.dictionaries(st.sampled_from(list(Repository.model_fields)), JSON))
def test_any_object_is_read_as_a_repository(data: dict[str, Any]) -> None:
    assert isinstance(decode_json(TypeAdapter(Repository), json.dumps(data).encode()), Repository)


@examples(60)
@given(JSON)
def test_any_json_is_a_page_or_a_value_error(data: Any) -> None:
    try:
        assert isinstance(read_tags(data), Page)
    except ValueError as error:
        assert "does not fit" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "found"),
    [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"<html>", {}), (b"", {}), (b"\xff", {})],
)
def test_only_an_object_is_decoded_as_an_object(content: bytes, found: dict[str, Any]) -> None:
    assert decode_json_object(content) == found
