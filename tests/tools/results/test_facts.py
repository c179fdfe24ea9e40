"""Results contain the facts that answer common questions, and no item is lost between pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import HubUnavailable
from dockerhub_mcp.hub.lists.pagination import PageResult
from dockerhub_mcp.hub.methods import (
    ListTags,
)
from dockerhub_mcp.hub.models import (
    AccessToken,
    HubModel,
    Page,
    Repository,
    RepositorySummary,
    SearchResult,
    SearchResults,
    Tag,
)
from dockerhub_mcp.hub.models.base import Display
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.results.object_results import build_object_result
from dockerhub_mcp.tools.results.projection import (
    Projection,
    get_display,
    get_item_model,
    list_selectable_fields,
)
from dockerhub_mcp.tools.results.results import (
    build_list_result,
    build_page_result,
    build_pagination_result,
)
from dockerhub_mcp.tools.results.tool_result import ResultOptions, ResultView, ToolResult
from dockerhub_mcp.tools.results.values import format_size
from tests.support.faulty_hub import Telling
from tests.support.fixture_types import MakeHub
from tests.support.list_answers import (
    ANSWERED_IN_JSON,
    LISTING,
    NOT_JSON,
    SELECTING,
    items_of,
    named,
)
from tests.support.property_testing import examples
from tests.support.result_text import ParsedResult, ParsedTable, parse_cell, parse_result, split_cells
from tests.support.tool_calls import call, make_context

PAGED = [method for method in SELECTING if issubclass(method.get_result_type(), Page)]


def limit(max_bytes: int) -> ResultOptions:
    return ResultOptions(include_structured=True, max_bytes=max_bytes)


@pytest.fixture
def telling(sandbox: Sandbox, make_hub: MakeHub) -> Telling:
    return Telling(sandbox, make_hub)


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value not in (None, ""):
        yield value


MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")


def in_full(leaf: Any) -> list[str]:
    """Return the accepted forms of a value, of which a text must contain one."""
    if isinstance(leaf, bool):
        return ["true" if leaf else "false"]
    if isinstance(leaf, int | float):
        return [str(leaf)]
    if moment := MOMENT.fullmatch(leaf):
        return [moment[1]]
    if leaf.startswith("sha256:"):
        return [leaf.removeprefix("sha256:")]
    collapsed = " ".join(leaf.split())
    return [json.dumps(form, ensure_ascii=False)[1:-1] for form in (leaf, collapsed, leaf.split("\n")[0])]


# Summaries


def bytes_of(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([kMGTP]?)B", text).groups()  # type: ignore[union-attr]
    return float(number) * 1000.0 ** ("kMGTP".index(unit) + 1 if unit else 0)


def is_told(cell: str, raw: Any, shown: Display | None, *, listed: bool) -> bool:
    """Return whether a cell or value shows the Hub's value."""
    if shown is Display.SIZE:
        told = bytes_of(cell if listed else cell.partition(" (")[0].removesuffix(" B") + "B")
        return bool(abs(told - raw) <= (0.05 * raw if listed else 0))
    if shown is Display.DIGEST:
        bare = parse_cell(cell).removeprefix("sha256:")
        return raw.removeprefix("sha256:").startswith(bare) and (
            len(bare) >= 12 if listed else len(bare) == 64
        )
    if isinstance(raw, str) and MOMENT.fullmatch(raw):
        return cell == (f"{raw[:19]}Z" if shown is Display.DATETIME or not listed else raw[:10])
    if isinstance(raw, str):
        text = parse_cell(cell)
        return text == raw or (listed and text.endswith("…") and raw.startswith(text[:-1]))
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        return [parse_cell(each) for each in split_cells(cell, " ")] == raw
    if isinstance(raw, dict) and raw.keys() == {"read", "write", "admin"}:
        return cell.split() == [name for name, is_allowed in raw.items() if is_allowed]
    told_in = [any(form in cell for form in in_full(leaf)) for leaf in leaves(raw)]
    return any(told_in) if isinstance(raw, list) else all(told_in)


def facts_of(item: dict[str, Any], model: type[HubModel]) -> dict[str, Any]:
    """Return the summary values of an item, by field."""
    facts: dict[str, Any] = {}
    for name in model.summary_fields:
        value = item.get(name)
        if value is None and name in item and name in model.meaningful_nulls:
            facts[name] = "never"
        elif name == "is_active" and value and (item["expires_at"] or "9") < f"{datetime.now(UTC):%Y-%m-%d}":
            facts[name] = "expired"
        elif model is SearchResult and name == "name":
            facts[name] = item["id"]
        elif name == "immutable_tags_settings" and value and not value["enabled"]:
            facts[name] = {"enabled": False}  # its rules have no effect
        elif value not in (None, "", []) and model.implied_values.get(name, ...) != value:
            facts[name] = value
    return facts


def platforms_of(images: list[dict[str, Any]], table: ParsedTable) -> list[str]:
    real = [image for image in images if image["os"] != "unknown"]
    names = ["/".join(filter(None, (image["os"], image["architecture"], image["variant"]))) for image in real]
    short = "platforms (linux/)" in table.columns
    return list(dict.fromkeys(name.removeprefix("linux/") if short else name for name in names))


@pytest.mark.parametrize("method", LISTING, ids=named)
async def test_each_value_of_each_item_is_the_hubs(telling: Telling, method: type[Method[Any]]) -> None:
    model = get_item_model(method.get_result_type())
    assert model
    items = items_of(method, await telling.body_of(method.tool_name))
    tables = parse_result((await telling.ask(method.tool_name)).text).tables
    (table,) = tables.values()
    assert len(table.rows) == len(items) > 0
    for number, item in enumerate(items):
        for name, raw in facts_of(item, model).items():
            label, value = name, raw
            if name == "images" and "architecture" not in telling.arguments[method.tool_name]:
                label, value = "platforms", platforms_of(raw, table)
            elif name in {"images", "full_size"} and method is ListTags:
                continue  # under the filter the size of the platform takes their place
            elif name == "pull_count" and "raw_pull_count" in item:
                continue  # rounded, where the other is exact
            assert is_told(table.of(label)[number], value, get_display(model, name), listed=True), (name, raw)


@pytest.mark.parametrize(
    "method", [method for method in ANSWERED_IN_JSON if method not in LISTING], ids=named
)
async def test_each_value_of_an_object_is_the_hubs(telling: Telling, method: type[Method[Any]]) -> None:
    model = get_item_model(method.get_result_type())
    assert model
    body = await telling.body_of(method.tool_name)
    found = parse_result((await telling.ask(method.tool_name)).text)
    for name, raw in facts_of(body, model).items():
        if name == "full_size":
            assert format_size(raw) in found.tables["images"].of("size")
        elif name in found.fields:
            assert is_told(found.fields[name], raw, get_display(model, name), listed=False), (name, raw)
        elif name in found.prose:
            assert found.prose[name][0] == raw.split("\n")[0]
        elif name in found.tables:
            kept = [part for part in raw if part.get("os") != "unknown"]
            assert len(found.tables[name].rows) == len(kept)
        else:
            assert {f"{name} of {key}" for key in raw} <= set(found.tables), name


async def test_a_tag_shows_each_platform_with_its_digest_and_size(telling: Telling) -> None:
    body = await telling.body_of("get_tag")
    found = parse_result((await telling.ask("get_tag")).text)
    assert found.fields["digest"] == body["digest"]
    for row, image in zip(
        found.tables["images"].rows, [i for i in body["images"] if i["os"] != "unknown"], strict=True
    ):
        assert f"sha256:{row['digest sha256:']}" == image["digest"]
        assert abs(bytes_of(row["size"]) - image["size"]) <= 0.05 * image["size"]
        assert row["platform"].split("/")[:2] == [image["os"], image["architecture"]]


async def test_missing_expiry_and_last_use_are_shown_as_never(telling: Telling) -> None:
    body = await telling.body_of("list_org_access_tokens")
    table = parse_result((await telling.ask("list_org_access_tokens")).text).table
    for name in ("expires_at", "last_used_at"):
        told = table.of(name)
        assert told == [(item[name] or "never")[:10] for item in body["results"]]
        assert "never" in told
    one = parse_result((await telling.ask("get_access_token")).text)
    assert one.fields["expires_at"] == "never"
    assert one.fields["scopes"] == "repo:admin"


async def test_an_event_shows_actor_action_target_and_time_to_the_second(telling: Telling) -> None:
    body = await telling.body_of("list_audit_logs")
    table = parse_result((await telling.ask("list_audit_logs")).text).table
    for number, event in enumerate(body["logs"]):
        assert table.of("timestamp")[number] == f"{event['timestamp'][:19]}Z"
        assert table.of("actor")[number] == event["actor"]
        assert table.of("name")[number] == event["name"]
        assert table.of("action")[number] == event["action"]
        assert parse_cell(table.of("action_description")[number]) == event["action_description"]


async def test_an_export_shows_every_cell(telling: Telling) -> None:
    outcome = await telling.ask("export_org_members")
    rows = parse_result(outcome.text).tables["rows"].rows
    assert outcome.structured_content
    assert [[parse_cell(cell) for cell in row.values()] for row in rows] == outcome.structured_content["rows"]


async def test_hardened_images_show_their_source(telling: Telling) -> None:
    found = parse_result((await telling.ask("list_hardened_images")).text)
    assert found.fields["organization"] == "acme"
    assert found.tables["results"].of("source") == ["dhi/node", "dhi/python"]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0B"), (999, "999B"), (1000, "1.0kB"), (9_949, "9.9kB"), (9_950, "10kB"), (999_499, "999kB"), (999_500, "1.0MB"),
     (46_800_000, "47MB"), (1_250_000_000, "1.2GB"), (10**15, "1.0PB"), (10**18, "1.0e+18B"), (10**400, "1.0e+400B"), (-5, "-5B"), (-(10**400), "-1.0e+400B")],
)  # fmt: skip
def test_a_size_is_rounded(value: int, told: str) -> None:
    assert format_size(value) == told


# Selected fields


@pytest.mark.parametrize("method", SELECTING, ids=named)
async def test_every_field_can_be_selected_and_is_untruncated(
    telling: Telling, method: type[Method[Any]]
) -> None:
    model = get_item_model(method.get_result_type())
    assert model
    body = await telling.body_of(method.tool_name) if method.tool_name not in NOT_JSON else {}
    telling.sandbox.faults.clear()
    items = items_of(method, body) if body else []
    for name in list_selectable_fields(model):
        outcome = await telling.ask(method.tool_name, fields=[name])
        assert not outcome.is_error, outcome.text
        if name in model.summary_aliases.values():
            continue
        for item in items[:3]:
            raw = item.get(name)
            if name == "images":
                raw = [image for image in item[name] if image["os"] != "unknown"]
            for leaf in leaves(raw):
                assert any(form in outcome.text for form in in_full(leaf)), (name, leaf, outcome.text[:500])


LONG = "Words without end. " * 40


@pytest.mark.parametrize(
    ("tool", "path", "name"),
    [
        ("list_repositories", ("results", 0, "description"), "description"),
        ("list_access_tokens", ("results", 0, "token_label"), "token_label"),
        ("list_audit_logs", ("logs", 0, "action_description"), "action_description"),
        ("search_repositories", ("results", 0, "short_description"), "short_description"),
        ("scim_list_users", ("Resources", 0, "displayName"), "displayName"),
        ("list_org_members", ("results", 0, "full_name"), "full_name"),
    ],
)
async def test_a_selected_field_is_not_truncated_in_a_list(
    telling: Telling, tool: str, path: tuple[Any, ...], name: str
) -> None:
    body = await telling.body_of(tool)
    body[path[0]][path[1]][path[2]] = LONG
    telling.tell(json.dumps(body))
    brief = await telling.ask(tool)
    assert LONG.strip() not in brief.text
    assert "…" in brief.text
    whole = await telling.ask(tool, fields=[name])
    assert json.dumps(LONG.strip()) in whole.text
    assert LONG.strip() in (await telling.ask(tool, detail="full")).text


async def test_selected_timestamps_sizes_and_digests_are_exact_in_a_list(telling: Telling) -> None:
    body = await telling.body_of("list_tags")
    table = parse_result(
        (await telling.ask("list_tags", fields=["digest", "full_size", "last_updated", "images"])).text
    ).table
    for number, tag in enumerate(body["results"]):
        assert (
            f"sha256:{table.of('digest')[number]}" == tag["digest"]
            or table.of("digest")[number] == tag["digest"]
        )
        assert table.of("full_size")[number].startswith(f"{tag['full_size']} (")
        assert table.of("last_updated")[number] == f"{tag['last_updated'][:19]}Z"
        shown = json.loads(table.of("images")[number])
        kept = [image for image in tag["images"] if image["os"] != "unknown"]
        assert [each["digest"] for each in shown] == [each["digest"] for each in kept]


@pytest.mark.parametrize(
    "given",
    ["name,digest", '["name", "digest"]', "['name','digest']", " name , digest ", '"name","digest"', ["name", " digest "],
     ["name", "digest", "name"], '[\n "name",\n "digest"\n]'],
)  # fmt: skip
async def test_fields_are_accepted_in_the_forms_that_models_write(telling: Telling, given: Any) -> None:
    outcome = await telling.ask("get_tag", fields=given)
    assert list(outcome.structured_content or {}) == ["name", "digest"]


@pytest.mark.parametrize("given", [None, [], "", "[]", "  "])
@pytest.mark.parametrize("detail", [None, "", "brief"])
async def test_an_empty_selection_shows_the_summary_fields(telling: Telling, given: Any, detail: Any) -> None:
    brief = await telling.ask("get_tag")
    assert (await telling.ask("get_tag", fields=given, detail=detail)).text == brief.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"fields": ["nme"]}, "fields: get_tag returns no field 'nme'; did you mean name?"),
        ({"fields": ["Digest"]}, "did you mean digest or"),
        ({"fields": ["lastUpdated"]}, "last_updated"),
        ({"fields": ["x\nNote: no"]}, "; there are name, digest,"),
        ({"fields": ["zzzzzz"]}, "there are name, digest,"),
        ({"fields": [""]}, "get_tag returns no field"),
        ({"fields": 5}, 'fields: must be a list of names, such as ["name", "digest"].'),
        ({"fields": {"name": True}}, "must be a list of names"),
        ({"fields": ["name", 5]}, "must be a list of names"),
        ({"fields": [["name"]]}, "must be a list of names"),
        ({"fields": True}, "must be a list of names"),
        ({"detail": "all"}, "detail: must be brief or full, not 'all'."),
        ({"detail": 5}, "detail: must be brief or full, not 5."),
        ({"detail": ["full"]}, "detail: must be brief or full, not ['full']."),
        ({"detail": {"full": 1}}, "detail: must be brief or full, not {'full': 1}."),
        ({"detail": True}, "detail: must be brief or full, not True."),
    ],
)
async def test_an_invalid_selection_is_refused_with_the_remedy(
    telling: Telling, arguments: dict[str, Any], words: str
) -> None:
    outcome = await telling.ask("get_tag", **arguments)
    assert outcome.is_error
    assert outcome.text.startswith("get_tag was not called. ")
    assert words in outcome.text
    assert "\n" not in outcome.text
    assert not telling.sandbox.requests


async def test_a_token_cannot_be_selected(telling: Telling) -> None:
    for tool in ("get_access_token", "list_access_tokens", "get_org_access_token"):
        outcome = await telling.ask(tool, fields=["token"])
        assert outcome.is_error
        assert "token, " not in outcome.text.partition("there are")[2]


# Full detail


@pytest.mark.parametrize(
    "method", [method for method in SELECTING if method.tool_name not in NOT_JSON], ids=named
)
async def test_full_detail_contains_everything_the_hub_sent(
    telling: Telling, method: type[Method[Any]]
) -> None:
    model = get_item_model(method.get_result_type())
    assert model
    body = await telling.body_of(method.tool_name)
    outcome = await call(
        make_context(telling.hub, max_bytes=10_000_000),
        method.tool_name,
        **{**telling.arguments[method.tool_name], "detail": "full"},
    )
    shown = [json.loads(line) for line in outcome.text.split("\n") if line.startswith("{")]
    paged = issubclass(method.get_result_type(), Page)
    items = items_of(method, body) if paged else [body]
    assert len(shown) == len(items)
    for told, item in zip(shown, items, strict=True):
        assert_holds(told, {name: value for name, value in item.items() if name != "token"})
        assert "token" not in told


def assert_holds(told: Any, raw: Any) -> None:
    """Assert that every value except null is shown; timestamps may have another form."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            if value not in (None, ""):
                assert_holds(told[name] if name in told else told[f"{name}_"], value)
    elif isinstance(raw, list):
        kept = [value for value in raw if value is not None]
        assert len(told) == len(raw) or len(told) == len(kept)
        for inner, value in zip(told, raw, strict=True):
            assert_holds(inner, value)
    elif isinstance(raw, str) and MOMENT.fullmatch(raw):
        assert datetime.fromisoformat(told) == datetime.fromisoformat(raw)
    else:
        assert str(told) == str(raw)


@pytest.mark.parametrize(
    "tool", ["get_access_token", "get_org_access_token", "list_access_tokens", "list_org_access_tokens"]
)
@pytest.mark.parametrize("secret", ["dckr_pat_abcdefghijkl", "nobody-would-know-this-value"])
async def test_the_value_of_a_token_is_never_shown(telling: Telling, tool: str, secret: str) -> None:
    body = await telling.body_of(tool)
    for item in body.get("results", [body]):
        item["token"] = secret
    telling.tell(json.dumps(body))
    for detail in ("brief", "full"):
        outcome = await telling.ask(tool, detail=detail)
        assert secret not in outcome.text
        assert secret not in json.dumps(outcome.structured_content)


async def test_full_detail_contains_unknown_fields(telling: Telling) -> None:
    body = await telling.body_of("get_repository")
    telling.tell(json.dumps(body | {"brand_new": {"deep": [1, {"er": "value"}]}}))
    assert (
        '"brand_new":{"deep":[1,{"er":"value"}]}' in (await telling.ask("get_repository", detail="full")).text
    )
    assert "brand_new" not in (await telling.ask("get_repository")).text


# Shared values and short forms


async def test_shared_values_are_shown_once(telling: Telling) -> None:
    body = await telling.body_of("list_org_access_tokens")
    for item in body["results"]:
        item |= {
            "created_by": "ada",
            "expires_at": None,
            "is_active": False,
            "last_used_at": "2026-01-02T03:04:05Z",
        }
    telling.tell(json.dumps(body))
    text = (await telling.ask("list_org_access_tokens")).text
    assert parse_result(text).table.common == {
        "created_by": "ada", "expires_at": "never", "is_active": "false", "last_used_at": "2026-01-02",
    }  # fmt: skip
    assert text.count("never") == 1


async def test_a_single_item_shares_no_values_and_equal_items_keep_a_row_each(telling: Telling) -> None:
    body = await telling.body_of("list_org_access_tokens")
    telling.tell(json.dumps(body | {"results": body["results"][:1]}))
    assert not parse_result((await telling.ask("list_org_access_tokens")).text).table.common
    telling.tell(json.dumps(body | {"results": body["results"][:1] * 4}))
    table = parse_result((await telling.ask("list_org_access_tokens")).text).table
    assert len(table.rows) == 4
    assert table.columns == ["id"]


@pytest.mark.parametrize("shared", [0, 11, 12, 13, 16, 40, 63])
async def test_short_digests_are_unique(telling: Telling, shared: int) -> None:
    body = await telling.body_of("list_tags")
    start = "ab" * 32
    digests = [
        f"sha256:{start[:shared]}{'0' * (64 - shared)}",
        f"sha256:{start[:shared]}{'1' * (64 - shared)}",
    ]
    body["results"] = body["results"][:3]
    for item, digest in zip(body["results"], [*digests, digests[0]], strict=True):
        item["digest"] = digest
    telling.tell(json.dumps(body))
    one, other, again = parse_result((await telling.ask("list_tags")).text).table.of("digest")
    assert one != other
    assert one == again
    assert digests[0].removeprefix("sha256:").startswith(one)
    assert digests[1].removeprefix("sha256:").startswith(other)


async def test_a_digest_of_another_algorithm_is_shown_in_full_when_selected(telling: Telling) -> None:
    body = await telling.body_of("list_tags")
    digest = f"sha512:{'c' * 128}"
    body["results"][0]["digest"] = digest
    telling.tell(json.dumps(body))
    table = parse_result((await telling.ask("list_tags", fields=["digest"])).text).table
    assert table.of("digest")[0] == digest
    assert table.of("digest")[1].startswith("sha256:")


# Size limits

ROOMS = st.integers(1024, 9000)
NOTES = st.lists(st.text(max_size=400), max_size=2)
TEXTS = st.one_of(
    st.text(max_size=90),
    st.text(min_size=200, max_size=1500),
    st.sampled_from(["", "one", "Ж" * 700, "\U0001f600 " * 400, "a | b", '"' * 500]),
)


def entries(texts: list[str]) -> list[RepositorySummary]:
    return [
        RepositorySummary(namespace="acme", name=f"r{number:03}", description=text, pull_count=number)
        for number, text in enumerate(texts)
    ]


def names_in(outcome: ToolResult) -> list[str]:
    return [item["name"] for item in (outcome.structured_content or {})["results"]]


@dataclass
class Reader:
    """Reads a list of these items as the text of each result says."""

    items: list[RepositorySummary]
    view: ResultView
    notes: list[str]
    seen: list[str]

    def page(self, page: int, page_size: int) -> ToolResult:
        shown = self.items[(page - 1) * page_size : page * page_size]
        following = "https://hub.docker.com/next" if page * page_size < len(self.items) else None
        answer = Page[RepositorySummary](results=shown, count=len(self.items), next=following)
        return build_page_result(answer, self.notes, self.view, number=page, size=page_size)

    def follow(self, page: int, page_size: int) -> int:
        """Continue to the end, and return the number of calls."""
        calls = 0
        while True:
            calls += 1
            outcome = self.page(page, page_size)
            self.check(outcome)
            self.seen += names_in(outcome)
            on = re.search(
                r"^\d+ of \d+ items, .* Go on with page=(\d+), page_size=(\d+)\.$",
                outcome.text.split("\n")[0],
            )
            if on is None:
                return calls
            assert (int(on[1]), int(on[2])) != (page, page_size), outcome.text
            page, page_size = int(on[1]), int(on[2])
            assert (outcome.structured_content or {})["next_page"] == page
            assert (outcome.structured_content or {})["page_size"] == page_size

    def check(self, outcome: ToolResult) -> None:
        assert len(outcome.text.encode()) <= self.view.max_bytes - self.view.reserved_bytes
        assert not self.view.projection.full or all(
            json.loads(line) is not None for line in outcome.text.split("\n") if line.startswith("{")
        )


SELECTIONS = st.sampled_from([Projection(), Projection(full=True), Projection(("name", "description"))])


@given(
    st.lists(TEXTS, min_size=1, max_size=40), ROOMS, SELECTIONS, NOTES, st.integers(1, 100), st.integers(0, 3)
)
@examples(150)
def test_continuing_as_the_text_says_reaches_every_item_once(
    texts: list[str], room: int, selection: Projection, notes: list[str], page_size: int, skipped: int
) -> None:
    page = 1 + min(skipped, (len(texts) - 1) // page_size)
    reader = Reader(entries(texts), ResultView(selection, limit(room)), notes, [])
    reader.follow(page, page_size)
    assert reader.seen == [item.name for item in reader.items[(page - 1) * page_size :]]


@pytest.mark.parametrize("room", [1024, 1500, 4096, 20_000])
@pytest.mark.parametrize(("page", "page_size"), [(1, 100), (2, 100), (3, 37), (1, 25), (5, 7), (1, 1)])
@pytest.mark.parametrize("full", [False, True])
def test_no_item_of_a_long_list_is_missed_or_repeated(
    room: int, page: int, page_size: int, full: bool
) -> None:
    reader = Reader(
        entries([f"Words {n}" * (n % 9) for n in range(257)]),
        ResultView(Projection(full=full), limit(room)),
        [],
        [],
    )
    calls = reader.follow(page, page_size)
    assert reader.seen == [item.name for item in reader.items[(page - 1) * page_size :]]
    assert calls <= 257


def test_no_item_is_repeated_where_fewer_items_would_allow_for_a_larger_page() -> None:
    """Of four items behind item 214, three are kept; the list goes on behind those, not behind two."""
    items = entries([f"{number} {'x' * 60}" for number in range(400)])
    for start in (214, 223, 333):
        pages = PageResult(
            items[start : start + 40], first_page=start + 1, page_size=1, total=400, next_page=start + 41
        )
        for room in range(400, 1000, 25):
            data = (
                build_pagination_result(pages, [], ResultView(options=limit(room))).structured_content or {}
            )
            assert (data["next_page"] - 1) * data["page_size"] == start + len(data["results"])


def test_pages_stay_large_if_possible() -> None:
    reader = Reader(
        entries([f"Words {n}" for n in range(900)]), ResultView(Projection(full=True), limit(32_768)), [], []
    )
    assert reader.follow(1, 100) <= 12


def test_a_cut_list_says_how_many_items_are_missing_and_how_to_continue() -> None:
    reader = Reader(
        entries([f"Words {n} " * 8 for n in range(100)]),
        ResultView(options=limit(2048)),
        ["So it was understood."],
        [],
    )
    lines = reader.page(1, 100).text.split("\n")
    shown = int(lines[0].split(" ", 1)[0])
    assert f"{shown} of 100 items, from page 1. Go on with page=" in lines[0]
    assert lines[1] == (
        f"CUT at 2048 bytes: {100 - shown} more were read and are not shown (the next page begins with them). "
        "fields makes items shorter."
    )
    assert lines[2] == "Note: So it was understood."
    assert len(parse_result("\n".join(lines)).table.rows) == shown


def test_a_list_without_pages_says_that_more_were_read() -> None:
    page = Page[RepositorySummary](results=entries([f"Words {n} " * 8 for n in range(100)]))
    outcome = build_list_result(page, [], ResultView(options=limit(2048)))
    assert "more were read and are not shown. fields makes items shorter." in outcome.text
    assert "page" not in outcome.text
    assert len(outcome.text.encode()) <= 2048


@pytest.mark.parametrize("full", [False, True])
def test_an_item_above_the_size_limit_is_shown_without_its_largest_fields(full: bool) -> None:
    selection = Projection(full=True) if full else Projection(("name", "description", "pull_count"))
    reader = Reader(entries(["small", "x" * 9000, "small"]), ResultView(selection, limit(1024)), [], [])
    reader.follow(1, 3)
    assert reader.seen == ["r000", "r001", "r002"]
    outcome = reader.page(2, 1)
    assert "LEFT OUT for its size: description. Ask for less with fields, or for it alone." in outcome.text
    assert "xxx" not in outcome.text
    (item,) = (outcome.structured_content or {})["results"]
    assert item["name"] == "r001"
    assert item["pull_count"] == 1
    assert "description" not in item


def test_an_omitted_field_can_be_selected_alone() -> None:
    reader = Reader(entries(["x" * 900]), ResultView(Projection(("description",)), limit(1024)), [], [])
    assert "x" * 900 in reader.page(1, 1).text


@given(
    st.dictionaries(st.text(max_size=30), st.text(max_size=900), max_size=8),
    TEXTS,
    ROOMS,
    NOTES,
    st.booleans(),
)
@examples(150)
def test_an_object_never_exceeds_the_size_limit(
    extras: dict[str, str], text: str, room: int, notes: list[str], full: bool
) -> None:
    unknown = {name: value for name, value in extras.items() if name not in Repository.model_fields}
    thing = Repository.model_validate(
        {**unknown, "name": "storefront", "description": text, "full_description": text * 5}
    )
    outcome = build_object_result(thing, notes, ResultView(Projection(full=full), limit(room)))
    assert len(outcome.text.encode()) <= room
    assert "storefront" in outcome.text or "LEFT OUT" in outcome.text
    if full:
        json.loads(outcome.text.split("\n")[-1])
    left_out = [line for line in outcome.text.split("\n") if line.startswith("LEFT OUT")]
    assert len(left_out) <= 1


def test_omitted_fields_of_an_object_are_named() -> None:
    thing = Repository(
        name="storefront", description="Short.", full_description="long\n" * 5000, pull_count=7
    )
    outcome = build_object_result(
        thing, [], ResultView(Projection(("name", "full_description", "pull_count")), limit(2048))
    )
    assert outcome.text == (
        "LEFT OUT for its size: full_description. Ask for less with fields, or for it alone.\n"
        "name: storefront\npull_count: 7"
    )
    assert outcome.structured_content == {"name": "storefront", "pull_count": 7}


def test_an_object_with_many_fields_is_cut_in_reasonable_time() -> None:
    thing = Repository.model_validate({"name": "a", **{f"field {n}": "x" * 20 for n in range(30_000)}})
    outcome = build_object_result(thing, [], ResultView(Projection(full=True), limit(4096)))
    assert len(outcome.text.encode()) <= 4096
    assert re.match(
        r'LEFT OUT for its size: "field \d+", "field \d+", "field \d+" and [\d]+ more\. ', outcome.text
    )


@given(st.lists(TEXTS, max_size=20), ROOMS, NOTES, st.integers(0, 50))
@examples(80)
def test_a_list_without_pages_continues_at_an_offset(
    texts: list[str], room: int, notes: list[str], skipped: int
) -> None:
    every = [
        SearchResult(id=f"i{n:03}", name=f"n{n:03}", short_description=text) for n, text in enumerate(texts)
    ]
    seen: list[str] = []
    start = 0
    while True:
        found = SearchResults(total=len(every), results=every[start:])
        outcome = build_object_result(
            found, notes, ResultView(options=limit(room), offset_argument=("from", start + skipped))
        )
        assert len(outcome.text.encode()) <= room
        seen += [item["name"] for item in (outcome.structured_content or {}).get("results", [])]
        on = re.search(r"Go on with from=(\d+)\.", outcome.text)
        if on is None:
            break
        start = int(on[1]) - skipped
    assert seen == [item.name for item in every]


async def test_a_search_and_scim_users_continue_as_the_text_says(telling: Telling) -> None:
    body = await telling.body_of("search_repositories")
    results = [
        {**body["results"][0], "id": f"a/n{n:03}", "short_description": f"Words {n} " * 8} for n in range(90)
    ]
    seen: list[str] = []
    start = 0
    for _ in range(90):
        telling.tell(json.dumps({"total": 90, "results": results[start:]}))
        telling.sandbox.faults.rules[0].match = "/api/search"
        outcome = await call(
            make_context(telling.hub, max_bytes=3000),
            "search_repositories",
            **{"query": "nginx", "from": start, "size": 90},
        )
        assert len(outcome.text.encode()) <= 3000
        seen += [item["name"] for item in (outcome.structured_content or {})["results"]]
        on = re.search(r"Go on with from=(\d+)\.", outcome.text)
        if on is None:
            break
        start = int(on[1])
    assert seen == [result["id"] for result in results]
    users = await call(make_context(telling.hub, max_bytes=1024), "scim_list_users", count=8, startIndex=1)
    assert re.search(r"Go on with startIndex=\d\.", users.text)


@pytest.mark.parametrize("room", [1024, 3000, 32_768])
@pytest.mark.parametrize("max_items", [1, 7, 30, 100, 101, 150, 333])
async def test_continued_pagination_misses_nothing(make_hub: MakeHub, room: int, max_items: int) -> None:
    hub = make_hub("owner")
    arguments: dict[str, Any] = {
        "repository": "redis",
        "name": "7.0",
        "max_items": max_items,
        "fields": ["name", "last_updated"],
    }
    seen = await walked(hub, arguments, room, calls=6 if max_items < 30 else 400)
    every = await names_of(hub, "7.0")
    assert seen == every[: len(seen)]
    assert len(seen) == len(every) or max_items < 30


@pytest.mark.parametrize(("page", "page_size"), [(2, 100), (3, 30), (7, 13)])
async def test_pagination_from_a_later_page_misses_nothing(
    make_hub: MakeHub, page: int, page_size: int
) -> None:
    hub = make_hub("owner")
    arguments = {
        "repository": "redis",
        "name": "7.0",
        "max_items": 64,
        "fields": ["name"],
        "page": page,
        "page_size": page_size,
    }
    every = await names_of(hub, "7.0")
    assert await walked(hub, arguments, 1500, calls=400) == every[(page - 1) * page_size :]


async def names_of(hub: Hub, name: str) -> list[str]:
    walk = await hub.paginate(ListTags(repository="redis", name=name))
    return [tag.name or "" for tag in walk.results]


async def walked(hub: Hub, arguments: dict[str, Any], room: int, *, calls: int) -> list[str]:
    """Continue as the texts say."""
    seen: list[str] = []
    for _ in range(calls):
        outcome = await call(make_context(hub, max_bytes=room), "list_tags", **arguments)
        assert len(outcome.text.encode()) <= room
        found: ParsedResult = parse_result(outcome.text)
        names = (
            [parse_cell(name) for name in found.table.of("name")]
            if found.table.rows or found.table.common
            else []
        )
        assert names == names_in(outcome)
        seen += names
        on = re.search(r"Go on with page=(\d+), page_size=(\d+)\.", found.head)
        if on is None:
            break
        arguments = {**arguments, "page": int(on[1]), "page_size": int(on[2])}
    return seen


@pytest.mark.parametrize("shown", [1, 7, 53, 97, 101, 199, 250])
def test_a_list_that_ended_within_a_page_continues_right_behind_it(shown: int) -> None:
    walk = PageResult(
        results=entries(["x"] * shown), total=900, next_page=1 + shown // 100, first_page=1, page_size=100
    )
    outcome = build_pagination_result(walk, [], ResultView())
    on = re.search(r"Go on with page=(\d+), page_size=(\d+)\.", outcome.text)
    assert on
    assert (int(on[1]) - 1) * int(on[2]) == len(names_in(outcome))
    assert shown * 0.9 <= len(names_in(outcome)) <= shown


@pytest.mark.parametrize("method", SELECTING, ids=named)
@pytest.mark.parametrize("room", [1024, 2000])
async def test_no_tool_exceeds_a_small_size_limit(
    telling: Telling, method: type[Method[Any]], room: int
) -> None:
    for detail in ("brief", "full"):
        outcome = await call(
            make_context(telling.hub, max_bytes=room),
            method.tool_name,
            **{**telling.arguments[method.tool_name], "detail": detail},
        )
        assert not outcome.is_error
        assert len(outcome.text.encode()) <= room, outcome.text
        assert len(outcome.text) > 30


async def test_a_long_web_link_is_left_out(telling: Telling) -> None:
    body = await telling.body_of("get_repository")
    telling.tell(json.dumps(body))
    telling.sandbox.faults.rules[0].match = "/v2/namespaces"
    outcome = await call(
        make_context(telling.hub, max_bytes=1024),
        "get_repository",
        namespace="ü" * 250,
        repository="ü" * 250,
    )
    assert not outcome.is_error
    assert "On the Hub" not in outcome.text
    assert len(outcome.text.encode()) <= 1024


@pytest.mark.parametrize("room", [1024, 5000, 32_768])
async def test_a_large_export_is_cut_between_rows(telling: Telling, room: int) -> None:
    telling.sandbox.faults.clear()
    await telling.ask("export_org_members")
    head, *rows = telling.wire.body.decode().splitlines()
    telling.tell("\n".join([head, *rows * 100]), content_type="text/csv")
    outcome = await call(make_context(telling.hub, max_bytes=room), "export_org_members", org_name="acme")
    assert len(outcome.text.encode()) <= room
    shown = len(parse_result(outcome.text).tables["rows"].rows)
    assert outcome.text.startswith(
        f"CUT for its size: rows has {len(rows) * 100} rows, {shown} of which are shown.\n"
    )
    assert shown > room // 400
    assert (outcome.structured_content or {})["rows"][shown - 1]


async def test_empty_selected_fields_are_named(telling: Telling) -> None:
    assert (await telling.ask("get_current_user", fields=["location"])).text == "Empty: location"
    body = await telling.body_of("list_org_groups")
    for item in body["results"]:
        item["description"] = None
    telling.tell(json.dumps(body))
    table = parse_result((await telling.ask("list_org_groups", fields=["description"])).text).table
    assert table.columns == ["description"]
    assert table.of("description") == [""] * len(body["results"])


def test_a_partial_list_says_so_within_the_size_limit() -> None:
    trouble = HubUnavailable("It broke.", status=500, hub_message="Ж" * 300, remedy="Wait." * 200)
    walk = PageResult(
        results=entries(["x"] * 50), total=900, next_page=2, first_page=1, page_size=50, error=trouble
    )
    outcome = build_pagination_result(walk, ["A note. " * 100], ResultView(options=limit(1024)))
    assert len(outcome.text.encode()) <= 1024
    assert "PARTIAL, the list is cut short: It broke. The Hub said: " in outcome.text
    assert not outcome.is_cacheable


def test_tokens_show_expiry_and_last_use_in_a_list() -> None:
    token = AccessToken(
        uuid="u", token_label="x", expires_at=datetime(2026, 1, 2, tzinfo=UTC), last_used=None
    )
    outcome = build_page_result(Page[AccessToken](results=[token], count=1, next=None), [], number=1, size=25)
    assert (
        outcome.text
        == "1 of 1 items, from page 1. This is the end of the list.\nuuid | token_label | last_used | expires_at\nu | x | never | 2026-01-02"
    )


def test_rows_of_empty_tags_are_still_counted() -> None:
    outcome = build_page_result(Page[Tag](results=[Tag(), Tag()], count=2, next=None), [], number=1, size=25)
    assert outcome.text.startswith("2 of 2 items")
