"""Judge the results of tools on images: against what the sandbox has, and by the requests to the registry."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from dockerhub_mcp.tools.workflows.base import WorkflowTool
from tests.support.fault_campaign.cases import Case
from tests.support.fault_campaign.evidence import Checks, Evidence, Fail, Reply
from tests.support.fault_campaign.faults import REGISTRY_TARGETS, Outcome, Target
from tests.support.fault_campaign.wire import OWN_ORIGIN, Exchange

_PUBLIC_URL = re.compile(r"https://[a-z]+(?:\.[a-z]+)*\.example")
"""Where a registry may redirect requests for blobs to, as far as a client can tell."""

_NOT_COMPARED = re.compile(
    r"^(?:partial|notes|images\.remarks|pulls\b.*|hub_requests|not_checked|fix|verdict|problem|account|not_pinned\b.*)$"
)
"""Fields that tell of the call itself, or are judged as text."""

_UNREPEATED = re.compile(r"labels\.|built_from$")

_UNKNOWN = re.compile(r"unknown|not (?:be )?(?:read|checked|asked|looked)|could not|PARTIAL", re.IGNORECASE)

_UNAUTHORIZED = 401
_VERDICTS = {"ok", "problem"}


def check_image_result(case: Case, reply: Reply, found: Evidence, clean: Evidence) -> Checks:
    """Yield facts that the sandbox does not have, and refusals of what the Hub alone can tell."""
    if not isinstance(case.call.tool, WorkflowTool):
        return
    expected = clean.replies[0]
    is_of_registry = case.strike.target in REGISTRY_TARGETS
    if reply.is_error:
        if is_of_registry and not expected.is_error:
            yield Fail.NEEDLESS_REFUSAL, case.fault.name
        return
    if case.fault.needs_genuine and not is_of_registry:
        return  # what the Hub says was changed on the way, which no client can notice
    if case.strike.target is Target.SIGN_IN:
        return  # an anonymous caller sees less, which other checks judge
    if case.call.tool.name == "explain_pull":
        yield from _check_verdicts(case, reply, expected, found)
        return
    yield from _check_facts(reply, expected)


def _check_facts(reply: Reply, expected: Reply) -> Checks:
    """Yield the first value that the same call without a fault does not have in the same place."""
    known: dict[str, set[Any]] = {}
    everything: set[Any] = set()
    for path, value in list_facts(expected.data):
        known.setdefault(path, set()).add(value)
        everything.add(value)
    for path, value in list_facts(reply.data):
        if _NOT_COMPARED.match(path) or _UNKNOWN.search(str(value)):
            continue
        # Labels and images of the build are shown where no other field repeats them.
        values = everything if _UNREPEATED.match(path) else known.get(path, set())
        # A base image may be told without its digest.
        if value not in values and not any(str(each).startswith(f"{value}@") for each in values):
            yield Fail.FALSE_FACT, f"{path}: {str(value)[:80]!r}; the sandbox has {_sample(values)}"
            return


def _sample(values: set[Any]) -> str:
    return ", ".join(sorted(map(str, values)))[:120] or "no such value"


def _check_verdicts(case: Case, reply: Reply, expected: Reply, found: Evidence) -> Checks:
    """Yield checks of a pull that are reported as good although the answer says nothing, or as bad."""
    results = {row["check"]: row["result"] for row in (expected.data or {}).get("checks", ())}
    is_answer = case.fault.outcome is Outcome.REFUSED or any(
        exchange.fault is not None and exchange.delivered == _UNAUTHORIZED for exchange in found.exchanges
    )
    for row in (reply.data or {}).get("checks", ()):
        good = results.get(row["check"])
        if {row["result"], good} <= _VERDICTS and row["result"] != good and not is_answer:
            yield Fail.FALSE_FACT, f"{row['check']}: {row['result']} ({row['finding'][:100]})"


def list_facts(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of structured content, each with the names that lead to it."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from list_facts(value, f"{path}.{name}".lstrip("."))
    elif isinstance(data, list):
        for value in data:
            yield from list_facts(value, path)
    else:
        yield path, data


def check_hosts(case: Case, found: Evidence) -> Checks:
    """Yield requests to hosts that no request may be sent to, and credentials for others than the Hub."""
    may_lead_away = case.strike.target is Target.BLOB
    for exchange in found.exchanges:
        if exchange.origin == OWN_ORIGIN:
            continue
        if not exchange.is_anonymous:
            yield Fail.LEAK, f"credentials were sent to {exchange.origin}"
        if not may_lead_away or not _PUBLIC_URL.fullmatch(exchange.origin):
            yield Fail.WRONG_HOST, f"{exchange.line} was sent to {exchange.origin}"


def check_pulls(found: Evidence) -> Checks:
    """Yield pulls after an answer which reported that only the last tenth of the limit is left.

    One may be on its way when that answer arrives.
    """
    late = [exchange for exchange in found.exchanges if _uses_reserve(exchange)]
    if len(late) > 1:
        yield Fail.RESERVE_USED, "; ".join(exchange.line for exchange in late)


def _uses_reserve(exchange: Exchange) -> bool:
    if exchange.target is not Target.MANIFEST or exchange.pulls_left is None:
        return False
    left, limit = exchange.pulls_left
    return limit > 0 and min(left, limit) - 1 < math.ceil(limit / 10)
