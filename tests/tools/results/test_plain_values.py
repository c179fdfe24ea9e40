"""Short cuts for plain texts and values give what the thorough way gives."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.models import HubModel, Image, Repository, RepositorySummary, Shown, Tag, TagSummary
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.results.model_types import is_instance, is_model
from dockerhub_mcp.tools.results.projected_values import project_values
from dockerhub_mcp.tools.results.projection import SUMMARY, Projection, list_selectable_fields
from dockerhub_mcp.tools.results.sanitize import inline, sanitize, sanitize_line
from dockerhub_mcp.tools.results.table_lines import byte_length, count_fitting, truncate_lines
from dockerhub_mcp.tools.results.values import NEVER_TEXT, format_full, format_short, format_timestamp
from tests.support.property_testing import examples

LINES = st.lists(st.text(max_size=40), max_size=8)
NAMES = st.sampled_from(
    ["", "redis", " a ", "a b", "<!-- x -->", "x]: y", "é", "\u3164", "a\u0301", "日本語", "тест"]
)
BODY = st.dictionaries(
    st.sampled_from(sorted({*Repository.model_fields, *Tag.model_fields})),
    st.one_of(
        st.none(),
        st.sampled_from(["", "active", "image", "x y", "2024-02-29T23:59:59.5Z", "0001-01-01T00:00:00Z"]),
        st.integers(-3, 10**12),
        st.booleans(),
    ),
)
IMAGES = st.none() | st.lists(
    st.fixed_dictionaries(
        {
            "os": st.sampled_from(["linux", "unknown", None]),
            "architecture": st.sampled_from(["amd64", "arm", "unknown"]),
            "variant": st.sampled_from([None, "v7"]),
            "size": st.integers(0, 10**9),
        }
    ),
    max_size=4,
)


def test_no_invisible_character_counts_as_plain() -> None:
    """A mark keeps a text from being plain, so that each of its characters is examined; all of them stay."""
    plain = "".join(character for character in map(chr, range(0x110000)) if sanitize(character) == character)
    letters = "".join(character for character in plain if not unicodedata.category(character).startswith("M"))
    assert len(letters) > 100_000
    for start in range(0, len(letters), 500):
        text = letters[start : start + 500].strip("\u200c\u200d")
        assert sanitize(f"{text}\u0301") == f"{text}\u0301"


@examples(200)
@given(text=st.text(max_size=60) | NAMES, limit=st.sampled_from([0, 5, 80]))
def test_a_text_within_a_line_is_sanitized(text: str, limit: int) -> None:
    line = sanitize_line(text, limit)
    assert inline(text, limit) in {line, json.dumps(line, ensure_ascii=False)}


@examples(100)
@given(lines=LINES, limit=st.integers(-5, 300))
def test_lines_are_measured_in_bytes(lines: list[str], limit: int) -> None:
    sizes = [len(line.encode("utf-8", "replace")) + 1 for line in lines]
    assert byte_length(lines) == byte_length(iter(lines)) == sum(sizes)
    fitting = count_fitting(lines, limit)
    assert sum(sizes[:fitting]) <= max(0, limit)
    assert fitting == len(lines) or sum(sizes[: fitting + 1]) > limit
    if sum(sizes) <= limit:
        assert truncate_lines(lines, limit) == lines


@examples(100)
@given(value=st.datetimes())
def test_timestamps_are_formatted(value: datetime) -> None:
    expected = NEVER_TEXT if value.year == 1 else f"{value.isoformat()[:19]}Z"
    assert format_timestamp(value) == format_full(value) == expected
    assert format_short(value) == expected[:10]


@examples(150)
@given(body=BODY, images=IMAGES, data=st.data())
@pytest.mark.parametrize("model", [Repository, RepositorySummary, Tag, TagSummary])
def test_values_are_those_that_the_fields_declare(
    model: type[HubModel], body: dict[str, Any], images: Any, data: st.DataObject
) -> None:
    known = {name: value for name, value in body.items() if name in model.model_fields}
    if "images" in model.model_fields:
        known["images"] = images
    item = build_item(model, known)
    fields = data.draw(st.lists(st.sampled_from(list_selectable_fields(model)), unique=True, max_size=4))
    projection = Projection(tuple(fields)) if fields else SUMMARY
    for in_list in (False, True):
        expected = project_slowly(item, projection, in_list=in_list)
        assert project_values(item, projection, in_list=in_list) == expected


def build_item(model: type[HubModel], values: dict[str, Any]) -> HubModel:
    """Return an item with those of the values that its fields accept."""
    accepted: dict[str, Any] = {}
    for name, value in values.items():
        try:
            model.model_validate_json(json.dumps({name: value}))
        except ValueError:
            continue
        accepted[name] = value
    return model.model_validate_json(json.dumps(accepted))


def project_slowly(item: HubModel, projection: Projection, *, in_list: bool) -> dict[str, Any]:
    """Return the values of an item that are shown, from its class attributes one by one."""
    row: dict[str, Any] = {}
    names = projection.fields or item.summary_fields
    brief_names = {brief: name for name, brief in item.summary_aliases.items()}
    for field in names:
        name = field
        if in_list and not projection.fields:
            name = item.summary_aliases.get(field, field)
        value: Any = list_platforms(item) if name in brief_names else getattr(item, name)
        if isinstance(value, list):
            value = [part for part in value if not (isinstance(part, Image) and part.is_attestation)]
        is_null = value is None and name in item.meaningful_nulls and name in item.model_fields_set
        if is_null or (isinstance(value, datetime) and is_never(value)):
            value = NEVER_TEXT
        is_usual = (
            not projection.fields and name in item.implied_values and item.implied_values[name] == value
        )
        if value not in (None, "", [], {}) and not is_usual:
            row[name] = value
    item.adjust_values(row, Shown(names, is_brief=not projection.fields, is_text=True))
    return row


def list_platforms(item: Any) -> Sequence[str]:
    images = item.images or []
    return list(dict.fromkeys(image.platform for image in images if not image.is_attestation))


def test_values_are_recognized_by_their_type() -> None:
    values: list[object] = [
        Tag(name="8"),
        TagSummary(name="8"),
        Repository(name="redis"),
        Image(),
        "a",
        1,
        None,
    ]
    for value in values:
        assert is_model(value) is isinstance(value, HubModel)
        for model in (Tag, Image, RepositorySummary):
            assert is_instance(value, model) is isinstance(value, model)
