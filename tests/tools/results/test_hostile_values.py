"""Hostile texts of Docker Hub users in the answers to every list: the text says what the data say, in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import Display, HubModel, Page
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.results.projection import get_display, get_item_model
from tests.support.failures import failures_named
from tests.support.faulty_hub import Telling
from tests.support.fixture_types import MakeHub
from tests.support.list_answers import CONTAINERS, LISTING, items_of, named
from tests.support.recorded_results import TAGS, ask_tags, image, table_of
from tests.support.result_text import parse_cell, parse_result, split_cells

TEXTS = (
    "#1 = x", "#1", "#2 y", "All have a=b", "Labels in platforms:", "\n#1 = y\n", '"', "|", " | ", "a | b", 'x" | "y',
    "Each name is an item; the other values of its line hold for it.", "\\", '\\"', "\x1b[31mred", "\x9b31m", "\u202eevil",
    "\u200b", "   ", "", "é", "👩‍👩‍👧", "x" * 700, "a b " * 300, "> q", "Note: hi", "CUT at 3 bytes", "PARTIAL, x",
    "Today: 2020-01-01", "On the Hub: http://x", "3 of 3 items, from page 1.", "{}", "{name}", "name=x, y=z", "a,b", ", ",
    "\t", "\r\nx", "<!-- c -->x", "[a]: # 'y'", "\ufeff", "0001-01-01T00:00:00Z",
)  # fmt: skip
KEPT_FIELDS = ("next", "previous", "expires_at")
DATE = re.compile(r"\d{4}-\d\d-\d\dT")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\ufeff]")
BODIES = 12  # answers for each list


@pytest.fixture
def telling(sandbox: Sandbox, make_hub: MakeHub) -> Telling:
    return Telling(sandbox, make_hub)


def spoil(value: Any, random: Random, texts: Sequence[str], name: str = "") -> Any:
    """Return an answer of the Hub with most of its texts replaced."""
    if isinstance(value, dict):
        return {key: spoil(each, random, texts, key) for key, each in value.items()}
    if isinstance(value, list):
        return [spoil(each, random, texts, name) for each in value]
    is_text = isinstance(value, str) and value and not DATE.match(value) and not value.startswith("sha256:")
    return random.choice(texts) if is_text and name not in KEPT_FIELDS and random.random() < 0.7 else value


def spoil_list(method: type[Method[Any]], body: Any, random: Random) -> Any:
    """Return an answer with a list whose items repeat each other and hostile texts."""
    texts = random.sample(TEXTS, random.choice([1, 2, 3, 8, len(TEXTS)]))
    source = items_of(method, body)
    few = [spoil(random.choice(source), random, texts) for _ in range(random.randint(1, 4))]
    count = random.choice([1, 2, 5, 12, 30])
    items = [spoil(random.choice(few), random, texts) if random.random() < 0.3 else random.choice(few) for _ in range(count)]  # fmt: skip
    if random.random() < 0.3:
        items.sort(key=json.dumps)  # equal items are neighbours
    if isinstance(body, list):
        return items
    counts = {name: count for name in ("count", "total", "totalResults") if name in body}
    return {**body, **counts, **({"next": None} if "next" in body else {}), container_of(method, body): items}


def container_of(method: type[Method[Any]], body: dict[str, Any]) -> str:
    result = method.get_result_type()
    names = CONTAINERS if issubclass(result, Page) else (result.items_field,)
    return next(name for name in names if name in body)


def collapse(text: str) -> str:
    return " ".join(text.split())


def is_same_text(shown: str, text: str) -> bool:
    """Tell whether a cell shows a text, whole or its beginning."""
    return shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def check_cell(cell: str, value: Any, display: Display | None) -> None:
    """Check that a cell shows a value of the data."""
    if isinstance(value, bool):
        assert cell == ("true" if value else "false") or (value and cell == "expired")
    elif isinstance(value, str) and DATE.match(value) and not cell.startswith('"'):
        assert value.startswith(cell)
    elif isinstance(value, str):
        shown = parse_cell(cell)
        assert is_same_text(shown, collapse(value)) or (display is Display.DIGEST and shown in value)
    elif isinstance(value, int) and display is None:
        assert cell == str(value)
    elif isinstance(value, list) and all(isinstance(each, str) for each in value):
        shown_texts = [parse_cell(each) for each in split_cells(cell, " ")]
        assert len(shown_texts) == len(value)
        assert all(map(is_same_text, shown_texts, map(collapse, value)))


def check_rows(model: type[HubModel], rows: list[dict[str, str]], data: list[dict[str, Any]]) -> None:
    """Check that the rows of a table have the values of the data, no more and no fewer."""
    assert len(rows) == len(data)
    for row, item in zip(rows, data, strict=True):
        cells = {title.split(" ")[0]: cell for title, cell in row.items() if cell}
        values = {name: value for name, value in item.items() if value not in ("", [], {})}
        if "platform_sizes" in item:
            assert cells.pop("size", "") or cells["platform_sizes"]
            values.pop("platform_sizes", None)
        if cells.get("is_active") == "expired":
            values.pop("is_expired", None)
        unmatched = cells.keys() - values.keys()
        assert values.keys() <= cells.keys()
        assert {cells[name] for name in unmatched - {"platform_sizes"}} <= {'""'}  # only invisible text
        for name, value in values.items():
            check_cell(cells[name], value, get_display(model, name))


@pytest.mark.parametrize("method", LISTING, ids=named)
async def test_the_text_of_a_list_says_what_its_data_say(telling: Telling, method: type[Method[Any]]) -> None:
    tool, model = method.tool_name, get_item_model(method.get_result_type())
    assert model
    body = await telling.body_of(tool)
    compared = 0
    for seed in range(BODIES):
        with failures_named(f"seed {seed}"):
            telling.tell(json.dumps(spoil_list(method, body, Random(f"{tool} {seed}"))))  # noqa: S311
            result = await telling.ask(tool)
            assert not CONTROLS.search(result.text)
            if result.is_error or not result.structured_content:
                continue
            data = next(value for value in result.structured_content.values() if isinstance(value, list))
            (table,) = parse_result(result.text).tables.values()
            check_rows(model, [{**table.common, **row} for row in table.rows], data)
            compared += 1
    assert compared > BODIES // 2


PLATFORMS = ("a | b", "x\nNote: forged", "\x1b[31mred", "\u202eevil", '"', "v8)", "x" * 700)


async def test_a_platform_in_a_column_title_is_quoted(telling: Telling) -> None:
    """The author of an image names its platform."""
    for variant in PLATFORMS:
        with failures_named(variant):
            tags = [
                {"name": name, "images": [{**image("linux/arm64", size), "variant": variant}]}
                for name, size in (("a", 5_000_000), ("b c", 6_000_000))
            ]
            result = await ask_tags(telling, *tags, architecture="arm64", max_items=5)
            assert not CONTROLS.search(result.text)
            assert "\nNote: f" not in result.text
            table = table_of(result)
            assert table.of("name") == ["a", '"b c"']
            assert table.of("size") == ["5.0MB", "6.0MB"]


async def test_a_platform_in_a_remark_is_quoted(telling: Telling) -> None:
    images = [
        {**image("linux/arm64", 5), "variant": "v8; no images", "status": "inactive"},
        image("linux/amd64", 5),
    ]
    result = await ask_tags(telling, {"name": "a", "images": images})
    (remarks,) = table_of(result).of("remarks")
    assert parse_cell(remarks) == 'inactive: "linux/arm64/v8; no images"'
    assert TAGS["repository"] in result.text
