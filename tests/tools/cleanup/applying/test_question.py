"""The sentences of the one question about a plan."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dockerhub_mcp.tools.cleanup.applying.question import describe_plan
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedTag

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("last", ["latest", "later"])
def test_latest_is_named_among_many_tags(last: str) -> None:
    names = [*(f"1.0.{number}" for number in range(20)), last]
    tags = tuple(PlannedTag(name, "", NOW) for name in [names[0], last, *names[1:-1]])
    text = describe_plan(CleanupPlan("", "account", "acme", "app", {}, NOW, tags))
    assert ("latest is one of them" in text) == (last == "latest")
