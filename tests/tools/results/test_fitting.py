"""How much is rendered to fit a long list into the size limit, for items that repeat each other in many ways."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from dockerhub_mcp.hub.models import AuditLogEvent, HubModel, Tag
from dockerhub_mcp.tools.results.fitting import fit_items
from dockerhub_mcp.tools.results.position import choose_cut
from dockerhub_mcp.tools.results.projection import SUMMARY
from dockerhub_mcp.tools.results.rows import ModelRows
from dockerhub_mcp.tools.results.table_lines import Table
from dockerhub_mcp.tools.results.tool_result import ResultOptions, ResultView
from tests.support.failures import failures_named

ITEMS = 700
MAX_RENDERED = 8  # times the items that are shown


class CountedRows:
    """Items of a list that count how many of them were rendered."""

    def __init__(self, items: list[HubModel]) -> None:
        self._rows = ModelRows(items, SUMMARY)
        self.count = self.available = len(items)
        self.first = items[0]
        self.rendered = 0

    def limit(self, count: int) -> CountedRows:
        raise NotImplementedError(count)

    def render(self, count: int) -> Table:
        self.rendered += count
        return self._rows.render(count)

    def to_data(self, count: int, omitted: Collection[str]) -> list[dict[str, Any]]:
        return self._rows.to_data(count, omitted)


def make_tag(name: str, digest: str, platforms: int) -> Tag:
    images = [{"os": "linux", "architecture": f"a{platforms >> bit & 1}{bit}"} for bit in range(12)]
    return Tag(name=name, digest=f"sha256:{digest}", images=images)


def make_event(number: int, action: str, description: str) -> AuditLogEvent:
    return AuditLogEvent(action=action, actor="x y", name=f"n{number}", action_description=description)


REPETITIONS: dict[str, Callable[[int], HubModel]] = {
    "pairs of wordings": lambda n: make_event(n, f"a{n // 2}", f"pushed a thing called {n} of n{n} to it all"),
    "one wording": lambda n: make_event(n, "a", f"pushed the tag v{n} to n{n}"),
    "one image": lambda n: make_tag(f"t{n}", "a" * 64, 3),
    "pairs of images": lambda n: make_tag(f"t{n}", f"{n // 2:064d}", n // 2 % 50),
}  # fmt: skip


def test_a_long_list_is_not_rendered_again_and_again() -> None:
    """Fewer items may take more room, where labels and joined lines are no longer worth it."""
    for title, make_item in REPETITIONS.items():
        items = [make_item(number) for number in range(ITEMS)]
        for max_bytes in (2500, 6400):
            rows = CountedRows(items)
            view = ResultView(options=ResultOptions(max_bytes=max_bytes))
            with failures_named(f"{title} in {max_bytes} bytes"):
                kept, text, _ = fit_items(
                    rows, view, lambda kept: [f"{kept} items."], lambda fit: choose_cut(0, fit)
                )
                assert 0.85 * max_bytes < len(text.encode()) <= max_bytes or kept == ITEMS
                assert rows.rendered <= MAX_RENDERED * kept + 1000
