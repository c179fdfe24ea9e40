"""Tables in which repeated texts appear once: what they say is what the plain table would say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.models import AuditLogEvent, HubModel, Tag
from dockerhub_mcp.tools.results.compaction.token_estimate import estimate_tokens
from dockerhub_mcp.tools.results.projected_values import project_values
from dockerhub_mcp.tools.results.projection import SUMMARY, Projection
from dockerhub_mcp.tools.results.rows import ModelRows
from dockerhub_mcp.tools.results.tables import TableBuilder, render_table
from tests.support.failures import failures_named
from tests.support.property_testing import examples
from tests.support.result_text import parse_table

DEBIAN = ("linux/amd64", "linux/arm/v5", "linux/arm/v7", "linux/arm64/v8", "linux/386")
ALPINE = ("linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "linux/386")
WINDOWS = ("windows/amd64",)
JOINED = "Each name is an item; the other values of its line hold for it."
WORDINGS = "Labels in action_description; {} is the text behind the label, {name} the row's name:"


def make_tag(name: str, digest: str = "a", platforms: Sequence[str] = DEBIAN, **more: Any) -> Tag:
    images = []
    for platform in platforms:
        system, architecture, *variant = platform.split("/")
        images.append({"os": system, "architecture": architecture, "variant": "".join(variant) or None})
    return Tag(name=name, digest=f"sha256:{(digest * 64)[:64]}", images=images, **more)


def make_event(name: str, description: str, action: str = "repo.tag.push") -> AuditLogEvent:
    return AuditLogEvent(name=name, action=action, action_description=description)


class Example(NamedTuple):
    """A list, and the lines of its table."""

    title: str
    items: Sequence[HubModel]
    lines: list[str]
    projection: Projection = SUMMARY


PUSHES = [make_event(f"acme/{n}", f"pushed the tag main-{n} to the repository acme/{n}") for n in range(8)]
EXAMPLES = [
    Example(
        "tags of one image are on one line",
        [make_tag(name, "a1") for name in ("8", "8.2", "8.2.3")] + [make_tag("7", "b2"), make_tag("7.4", "b2")],
        [
            "All have platforms=linux/amd64 linux/arm/v5 linux/arm/v7 linux/arm64/v8 linux/386",
            JOINED,
            "name | digest (short)",
            "8 8.2 8.2.3 | a1a1a1a1a1a1",
            "7 7.4 | b2b2b2b2b2b2",
        ],
    ),
    Example(
        "the explanation must be worth its tokens",
        [make_tag("8"), make_tag("8.2"), make_tag("7", "b")],
        [
            "All have platforms=linux/amd64 linux/arm/v5 linux/arm/v7 linux/arm64/v8 linux/386",
            "name | digest (short)",
            "8 | aaaaaaaaaaaa",
            "8.2 | aaaaaaaaaaaa",
            "7 | bbbbbbbbbbbb",
        ],
    ),
    Example(
        "neighbours alone are joined, and names in quotes stay apart",
        [make_tag(name, digest) for digest in ("a1", "b2", "a1") for name in ("x y", "z", "#1")],
        [
            "All have platforms=linux/amd64 linux/arm/v5 linux/arm/v7 linux/arm64/v8 linux/386",
            JOINED,
            "name | digest (short)",
            '"x y" z "#1" | a1a1a1a1a1a1',
            '"x y" z "#1" | b2b2b2b2b2b2',
            '"x y" z "#1" | a1a1a1a1a1a1',
        ],
    ),
    Example(
        "sets of platforms get labels; a single one stays",
        [
            make_tag(f"{number}", f"{number}", (DEBIAN, ALPINE, WINDOWS)[number % 3])
            for number in range(8)
        ],
        [
            "Labels in platforms:",
            "#1 = linux/amd64 linux/arm/v5 linux/arm/v7 linux/arm64/v8 linux/386",
            "#2 = linux/amd64 linux/arm/v6 linux/arm/v7 linux/arm64/v8 linux/386",
            "name | digest (short) | platforms",
            *(
                f"{number} | {str(number) * 12} | {('#1', '#2', 'windows/amd64')[number % 3]}"
                for number in range(8)
            ),
        ],
    ),
    Example(
        "without the names of tags, nothing is joined",
        [make_tag("8"), make_tag("8.2"), make_tag("7", "b")],
        ["digest sha256:", "a" * 64, "a" * 64, "b" * 64],
        Projection(("digest",)),
    ),
    Example(
        "descriptions of one wording",
        [*PUSHES, make_event("x", "did something else")],
        [
            "All have action=repo.tag.push",
            WORDINGS,
            '#1 = "pushed the tag {} to the repository {name}"',
            "name | action_description",
            *(f"acme/{number} | #1 main-{number}" for number in range(8)),
            'x | "did something else"',
        ],
    ),
    Example(
        "a wording without a name, and a rest of several words",
        [make_event("x", f"invited the new member {each} today") for each in ("a", "b c", "{", "d", "e", "f")]
        + [make_event("x", "invited the new member g today")] * 6,
        [
            "All have action=repo.tag.push, name=x",
            WORDINGS,
            '#1 = "invited the new member {} today"',
            "action_description",
            "#1 a",
            '#1 "b c"',
            '"invited the new member { today"',
            *(f"#1 {each}" for each in "defgggggg"),
        ],
    ),
    Example(
        "a name behind the label is written out",
        [make_event("acme/web", "pushed the tag v1 to the repository acme/web")] * 4
        + [make_event("x", "pushed the tag v1 to the repository acme/api")] * 4,
        [
            "All have action=repo.tag.push",
            WORDINGS,
            '#1 = "pushed the tag v1 to the repository {}"',
            "name | action_description",
            *["acme/web | #1 acme/web"] * 4,
            *["x | #1 acme/api"] * 4,
        ],
    ),
    Example(
        "empty cells at the end of a row are left out, and columns with many come last",
        [
            make_tag("1", "1", (), tag_status="inactive"),
            *(make_tag(f"{number}", f"{number}", (), full_size=number) for number in range(2, 5)),
        ],
        [
            'All have remarks="no images"',
            "name | digest (short) | tag_status | full_size (one platform)",
            "1 | 111111111111 | inactive",
            "2 | 222222222222 |  | 2B",
            "3 | 333333333333 |  | 3B",
            "4 | 444444444444 |  | 4B",
        ],
    ),
    Example(
        "times of one day are one date",
        [
            make_tag(f"{hour}", f"{hour}", (), last_updated=datetime(2025, 10, 3, hour, tzinfo=UTC))
            for hour in range(3)
        ],
        [
            'All have remarks="no images", last_updated=2025-10-03',
            "name | digest (short)",
            *(f"{hour} | {str(hour) * 12}" for hour in range(3)),
        ],
    ),
]  # fmt: skip


def test_tables_say_once_what_rows_repeat() -> None:
    for example in EXAMPLES:
        with failures_named(example.title):
            assert render_table(example.items, example.projection).lines == example.lines


def expand(items: Sequence[HubModel], projection: Projection = SUMMARY) -> None:
    """Check that the table, read by a strict parser, has the cells of the plain one and is no longer."""
    table = render_table(items, projection)
    assert sum(table.item_counts) == len(items)
    assert len(table.item_counts) == len(table.rows)
    values = [project_values(item, projection, in_list=True) for item in items]
    builder = TableBuilder(type(items[0]), values, projection)
    for count in {1, len(items) // 2 or 1}:  # what is built for fewer rows changes nothing
        builder.build(count)
    assert builder.build(len(items)) == table
    shared, columns = builder.build_columns(len(items))
    plain = [dict(zip([c.title for c in columns], row, strict=True)) for row in zip(*(c.cells for c in columns), strict=True)]  # fmt: skip
    lines = table.lines
    parsed = parse_table(lines, len(plain))
    assert lines == []
    assert parsed.rows == plain
    assert bool(parsed.common) is bool(shared)
    full = "\n".join([*shared, " | ".join(parsed.columns), *(" | ".join(row.values()) for row in plain)])
    assert estimate_tokens("\n".join(table.lines)) <= estimate_tokens(full)


WORDS = ("#1", "#2 x", "#1 = x", "Labels", "in", "platforms:", "Labels in platforms:", JOINED, WORDINGS, "{}", "{name}", "a", "b c", '"', "|", " | ", "\\", "\n#1 = y\n", "é", "acme/x", "pushed the tag", "1.2.3", "")  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
TAGS = st.builds(
    make_tag,
    st.one_of(TEXTS, st.sampled_from(["8", "8.2", "latest"])),
    st.sampled_from("abc"),
    st.sampled_from([DEBIAN, ALPINE, WINDOWS, ()]),
    full_size=st.sampled_from([None, 1, 2_000_000]),
    last_updated=st.sampled_from([None, datetime(2025, 1, 2, 3, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)]),
    last_updater_username=st.one_of(st.none(), TEXTS),
    tag_status=st.sampled_from(["active", "inactive", None, "#1"]),
)  # fmt: skip
EVENTS = st.builds(
    AuditLogEvent,
    action=st.sampled_from(["repo.tag.push", "repo.create", "a b"]),
    actor=st.one_of(TEXTS, st.just('ada - access token "CI"')),
    name=st.one_of(st.none(), TEXTS, st.sampled_from(["acme/x", "x"])),
    action_description=st.one_of(
        st.none(),
        TEXTS,
        st.builds("pushed the tag {} to the repository {}".format, TEXTS, st.sampled_from(["acme/x", "x"])),
        st.builds("invited {}".format, st.sampled_from(["a", "b c", "acme/x"])),
    ),
)
FIELDS = st.sampled_from([SUMMARY, Projection(("name", "images")), Projection(("digest", "name"))])


@given(st.lists(TAGS, min_size=1, max_size=25), FIELDS)
@examples(40)
def test_a_list_of_tags_expands_to_its_plain_table(tags: list[Tag], projection: Projection) -> None:
    expand(tags, projection)


@given(st.lists(EVENTS, min_size=1, max_size=25), st.sampled_from([SUMMARY, Projection(("action_description", "name"))]))  # fmt: skip
@examples(40)
def test_a_list_of_events_expands_to_its_plain_table(
    events: list[AuditLogEvent], projection: Projection
) -> None:
    expand(events, projection)


def test_no_text_of_an_item_passes_for_a_line_of_a_legend() -> None:
    hostile = ["#1 = linux/amd64", "\n#1 = x\n", "Labels in platforms:\n#1 = x", JOINED, '" | #1', "#1"]
    for text in hostile:
        with failures_named(text):
            tags = [
                make_tag(f"{text}{n % 2}", f"{n % 3}", (DEBIAN, ALPINE)[n % 2], tag_status=f"{text} {n}")
                for n in range(9)
            ]
            lines = render_table(tags).lines
            assert sum(line.startswith("#") for line in lines) == 2
            assert sum(line.startswith("Labels in ") for line in lines) == 1
            expand(tags)
            pushed = [make_event("acme/x", f"pushed the tag {text} {n} to acme/x") for n in range(9)]
            lines = render_table(pushed).lines
            assert [line for line in lines if line.startswith("#1 = ")] == [
                line for line in lines if line.startswith('#1 = "pushed the tag ')
            ]  # fmt: skip
            expand(pushed)


def test_data_are_complete_beside_a_compact_text() -> None:
    tags = [make_tag(f"8.{n}") for n in range(30)]
    data = ModelRows(tags, SUMMARY).to_data(len(tags), ())
    assert [each["name"] for each in data] == [tag.name for tag in tags]
    assert all(each["platforms"] == list(DEBIAN) and len(each["digest"]) == 71 for each in data)
