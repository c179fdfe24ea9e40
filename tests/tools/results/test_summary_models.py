"""Items that were parsed as a summary model have the same results as whole ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.methods import ListTags
from dockerhub_mcp.hub.models import CountedTag, Tag, TagOverview, TagSummary
from dockerhub_mcp.tools.results.projection import Projection
from dockerhub_mcp.tools.results.results import build_page_result
from dockerhub_mcp.tools.results.tool_result import ResultOptions, ResultView
from tests.support.property_testing import examples
from tests.support.recorded_hub import load_recorded_answers, needs_recorded_answers

NAMES = st.sampled_from(
    [None, "", "linux", "windows", "unknown", "amd64", "arm", "v8", "10.0.1", "inactive", "é b", 7]
)
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 1.5, "x", [], [None], {}, "2026-01-02T03:04:05Z", "0001-01-01T00:00:00Z"]
)
IMAGE_FIELDS = (
    "os",
    "architecture",
    "variant",
    "os_version",
    "status",
    "size",
    "digest",
    "last_pulled",
    "layers",
)
USUAL_IMAGES = st.fixed_dictionaries(
    {
        "os": st.sampled_from(["linux", "linux", "unknown"]),
        "architecture": st.sampled_from(["amd64", "arm", "unknown"]),
        "variant": st.sampled_from([None, "v7"]),
        "os_version": st.none(),
        "status": st.sampled_from(["active", "active", "inactive", "stale"]),
    }
)
IMAGES = st.one_of(USUAL_IMAGES, st.dictionaries(st.sampled_from(IMAGE_FIELDS), st.one_of(NAMES, ODD)), ODD)
TAGS = st.dictionaries(
    st.sampled_from(["images", "last_updated", "digest", "full_size", "tag_status", "content_type", "media_type", "v2"]),
    st.one_of(NAMES, ODD),
).flatmap(
    lambda tag: st.fixed_dictionaries(
        {"name": st.sampled_from(["8", "8.2", "latest", "a b", None])},
        optional={"images": st.one_of(st.none(), st.lists(IMAGES, max_size=4))},
    ).map(lambda more: tag | more)
)  # fmt: skip
CALLS = [ListTags(repository="redis"), ListTags(repository="redis", architecture="arm64", ordering="name")]
PROJECTIONS = [Projection(), Projection(("name", "platforms", "last_updated"))]


def check_summary(content: bytes) -> None:
    """Check that results do not depend on the model that a page is parsed as."""
    for call in CALLS:
        for projection in PROJECTIONS:
            assert projection.is_covered_by(TagSummary)
            results = []
            for each in (call, call.as_summary()):
                view = ResultView(projection, ResultOptions(include_structured=True))
                page = each.parse(200, content)
                result = build_page_result(page, each.explain_result(page), view, number=1, size=25)
                results.append((result, page.unreadable_count))
            assert results[0] == results[1]


@given(st.lists(TAGS, min_size=1, max_size=6))
@examples(200)
def test_generated_tags_have_the_same_results_in_brief(tags: list[dict[str, Any]]) -> None:
    content = json.dumps({"count": len(tags), "next": None, "results": [{"name": "first"}, *tags]}).encode()
    check_summary(content)


@needs_recorded_answers
@pytest.mark.parametrize("name", ["tags-sillytavern-2025-08.json", "tags-gcmirrors-2020.json"])
def test_recorded_tags_have_the_same_results_in_brief(name: str) -> None:
    check_summary(load_recorded_answers()[name].content)


def test_a_call_chooses_the_smallest_model_that_its_filters_allow() -> None:
    content = json.dumps({"count": 1, "results": [{"name": "8", "images": [{"os": "linux"}]}]}).encode()
    plain, filtered = CALLS
    for call, model in (
        (plain, Tag),
        (plain.as_summary(), TagOverview),
        (filtered.as_summary(), TagSummary),
        (plain.with_item_model(lambda: CountedTag), CountedTag),
        (plain.with_item_model(lambda: None), Tag),
    ):
        assert [type(item) for item in call.parse(200, content).results] == [model]
    assert plain.as_summary() == plain.as_summary() != plain
