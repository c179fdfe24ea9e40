"""Selected fields in their short form, in texts and data."""

from __future__ import annotations

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.validation import ArgumentsError
from tests.support.faulty_hub import Telling
from tests.support.fixture_types import MakeHub
from tests.support.recorded_results import TAGS, ask, ask_tags, image, items_of, table_of
from tests.support.result_text import parse_result

START = "0a1b2c3d4e5f"
FIRST, SECOND = f"sha256:{START}{'0' * 52}", f"sha256:{START}{'1' * 52}"
PUSHED = "2026-11-28T10:11:12.345Z"


@pytest.fixture
def telling(sandbox: Sandbox, make_hub: MakeHub) -> Telling:
    return Telling(sandbox, make_hub)


async def test_the_short_form_is_that_of_a_brief_list(telling: Telling) -> None:
    tags = [
        {"name": name, "digest": digest, "full_size": 47_000_000, "last_updated": PUSHED}
        for name, digest in (("8", FIRST), ("7", SECOND))
    ]
    short = ["name", "digest:short", "full_size:short", "last_updated:short"]
    result = await ask_tags(telling, *tags, fields=short)
    table = table_of(result)
    # Both digests begin alike, so that twelve digits do not tell them apart.
    assert table.of("digest") == [f"{START}0000", f"{START}1111"]
    assert table.of("full_size") == ["47MB"] * 2
    assert table.of("last_updated") == ["2026-11-28"] * 2
    assert items_of(result) == [
        {**tag, "digest": digest, "last_updated": "2026-11-28T10:11:12Z"}
        for tag, digest in zip(tags, table.of("digest"), strict=True)
    ]
    walked = await ask_tags(telling, *tags, fields=short, max_items=10)
    assert table_of(walked) == table
    assert items_of(walked) == items_of(result)


async def test_a_field_that_is_also_selected_whole_is_whole(telling: Telling) -> None:
    tags = [{"name": name, "digest": digest} for name, digest in (("8", FIRST), ("7", SECOND))]
    for fields in (
        ["name", "digest"],
        ["name", "digest", "digest:short"],
        ["name", "digest:short", "digest"],
    ):
        result = await ask_tags(telling, *tags, fields=fields)
        assert table_of(result).of("digest") == [FIRST[7:], SECOND[7:]]
        assert items_of(result) == tags


async def test_a_digest_that_all_tags_share_is_short_too(telling: Telling) -> None:
    tags = [{"name": name, "digest": FIRST} for name in ("8", "8.2")]
    result = await ask_tags(telling, *tags, fields=["name", "digest:short"])
    assert table_of(result).common == {"digest": START}
    assert [each["digest"] for each in items_of(result)] == [START] * 2


async def test_a_single_object_has_short_fields(telling: Telling) -> None:
    tag = {"name": "8", "digest": FIRST, "last_updated": PUSHED, "images": [image("linux/amd64", 5)]}
    fields = ["digest:short", "last_updated:short", "images:short"]
    result = await ask(telling, "get_tag", tag, **TAGS, tag="8", fields=fields)
    parsed = parse_result(result.text)
    assert parsed.fields == {"digest": START, "last_updated": "2026-11-28"}
    assert parsed.tables["images"].rows == [{"platform": "linux/amd64", "size": "5B"}]
    assert (result.structured_content or {})["digest"] == START


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("digest:tiny", "digest has no form 'tiny': use digest:short, or digest to have it whole."),
        ("digest:", "digest has no form '': use digest:short, or digest to have it whole."),
        ("digst:short", "list_tags returns no field 'digst'; did you mean digest"),
        ("digest:short:short", "list_tags returns no field 'digest:short'"),
    ],
)
def test_an_unknown_form_names_the_one_that_there_is(field: str, problem: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        TOOLS_BY_NAME["list_tags"].parse({"repository": "redis", "fields": ["name", field]})
    assert f"fields: {problem}" in str(caught.value)


def test_tools_with_digests_mention_the_short_form() -> None:
    for name, mentions in (("list_tags", True), ("get_tag", True), ("list_repositories", False)):
        description = TOOLS_BY_NAME[name].input_schema["properties"]["fields"]["description"]
        assert ("`digest:short`" in description) is mentions
