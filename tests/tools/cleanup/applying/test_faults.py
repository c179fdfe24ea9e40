"""Each request of a clean-up fails in each way: the result says what is true, and nothing kept is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.context import ToolContext
from tests.support.cleanup_plans import add_plan, list_deletions, list_names
from tests.support.fixture_types import MakeHub
from tests.support.manifest_plans import list_stored, plan_manifests
from tests.support.registry_contexts import connect_registry
from tests.support.tool_calls import FakeUser, call
from tests.support.virtual_time import virtual_time

IMAGE = "milldale/shared-index"
REQUESTS = {
    "sign-in": ("/v2/auth/token", "POST"),
    "repository": ("/repositories/shared-index", "GET"),
    "tag count": ("page_size=1", "GET"),
    "tag": ("/tags/1.", "GET"),
    "one tag": ("/tags/1.0.0", "GET"),
    "deletion": ("/tags/1.", "DELETE"),
    "one deletion": ("/tags/1.0.0", "DELETE"),
    "list": ("page_size=100", "GET"),
    "registry": ("/v2/", "GET"),
    "registry token": ("/token?", "GET"),
    "manifest": ("/manifests/", "DELETE"),
    "manifest check": ("/manifests/", "HEAD"),
    "all": ("", None),
}
INNER_401 = '{"message":"http: non-successful response (status=401 body=...)","errinfo":{}}'
FAULTS: dict[str, dict[str, Any]] = {
    "401": {"status": 401, "body": '{"detail":"no"}'},
    "403": {"status": 403, "body": '{"detail":"no"}'},
    "404": {"status": 404, "body": '{"message":"object not found"}'},
    "404 once": {"status": 404, "body": '{"message":"object not found"}', "times": 1},
    "410": {"status": 410},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "429 for long": {"status": 429, "headers": {"Retry-After": "3600"}},
    "500 with 401": {"status": 500, "body": INNER_401},
    "502": {"status": 502},
    "502 once": {"status": 502, "times": 1},
    "503 late": {"status": 503, "carry_out": True},
    "drop": {"drop": True},
    "drop late": {"drop": True, "carry_out": True},
    "drop late once": {"drop": True, "carry_out": True, "times": 1},
    "web page": {"status": 200, "body": "<html>", "content_type": "text/html"},
    "web page 404": {"status": 404, "body": "<html>", "content_type": "text/html"},
    "empty": {"status": 200, "body": "{}"},
    "truncated": {"truncate": True},
    "nulls": {"nulls": True},
}


@pytest.fixture
async def context(sandbox: Sandbox, make_hub: MakeHub) -> AsyncIterator[ToolContext]:
    async with connect_registry(sandbox) as make:
        yield make(make_hub("owner"), confirmer=FakeUser())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_kind", REQUESTS)
async def test_the_result_is_true_under_each_fault(
    context: ToolContext, sandbox: Sandbox, request_kind: str, fault: str
) -> None:
    match, method = REQUESTS[request_kind]
    kept = list_names(sandbox, IMAGE)[-1]
    names = [name for name in list_names(sandbox, IMAGE) if name != kept]
    manifests = plan_manifests(sandbox, IMAGE, names)
    stored = list_stored(sandbox, IMAGE)
    plan = await add_plan(context, IMAGE, names, manifests=manifests)
    sandbox.faults.add(match=match, method=method, **FAULTS[fault])
    with virtual_time():
        await check(context, sandbox, plan.plan_id, names, stored, kept)
        sandbox.faults.clear()
        await check(context, sandbox, plan.plan_id, names, stored, kept)
    refused_again = {"401", "403", "404", "404 once", "410", "429", "429 for long", "500 with 401"}
    sent = Counter(each for each in list_deletions(sandbox) if each in names)
    assert max(sent.values(), default=0) <= 1 or fault in refused_again


async def check(
    context: ToolContext, sandbox: Sandbox, plan_id: str, names: list[str], stored: set[str], kept: str
) -> None:
    """Carry the plan out, and compare the result with what the sandbox has."""
    result = await call(context, "apply_tag_cleanup", plan_id=plan_id)
    left, left_stored = set(list_names(sandbox, IMAGE)), list_stored(sandbox, IMAGE)
    assert kept in left
    if result.is_error:
        assert left == {*names, kept}, result.text
        assert left_stored == stored
        return
    data = result.structured_content
    assert data is not None
    counts = [
        data[each] for each in ("deleted", "already_gone", "moved", "refused", "unknown", "not_reached")
    ]
    gone = len(names) + 1 - len(left) + len(stored) - len(left_stored)
    assert data["deleted"] + data["already_gone"] <= gone <= data["deleted"] + data["unknown"]
    assert (data["status"] == "done") == (not any(counts[3:]))
    assert ("partial" in data) or not data["not_reached"]
    assert result.text.isprintable() or "\n" in result.text
