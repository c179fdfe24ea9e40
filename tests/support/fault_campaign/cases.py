"""The calls of the campaign: a tool with valid arguments, a fault, and where it strikes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.models import Page
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.workflows.base import WorkflowTool
from tests.support.calls import arguments_of
from tests.support.fault_campaign.catalogue import FAULTS
from tests.support.fault_campaign.faults import REGISTRY_TARGETS, Fault, Shape, Target
from tests.support.fault_campaign.registry_faults import REGISTRY_FAULTS
from tests.support.fault_campaign.wire import Strike, choose_strike

START = 1_760_000_012.5
"""The time of every sandbox, in seconds since the epoch."""

WALKS: dict[str, dict[str, Any]] = {
    "list_repositories": {"namespace": "library", "page_size": 5, "max_items": 25},
    "list_tags": {"repository": "redis", "page_size": 5, "max_items": 25},
    "list_audit_logs": {"account": "acme", "page_size": 5, "max_items": 25},
}
"""Arguments with which lists are read over several pages; `arguments_of` has those of one page."""

MORE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_repositories", {"namespace": "library", "page_size": 5, "page": 2}),
    ("list_tags", {"repository": "redis", "page_size": 5}),
    ("list_audit_logs", {"account": "acme", "page_size": 5}),
    ("list_org_members", {"org_name": "acme"}),
    ("get_repository", {"repository": "redis"}),
    ("check_tags", {"repository": "redis"}),
    ("check_repository", {"repository": "no-such-image"}),
    ("check_tag", {"repository": "redis", "tag": "no-such-tag"}),
    ("list_repositories", {"namespace": "bigcorp", "ordering": "largest"}),
    ("review_access", {"org_name": "acme", "repository": "storefront"}),
    ("review_access", {"org_name": "acme", "username": "linus"}),
    ("review_tokens", {}),
    (
        "rotate_org_access_token",
        {"org_name": "acme", "token": "migration", "successor": "inventory", "old_token": "delete"},
    ),
)
"""More arguments for reads: public subjects, and what does not exist."""

IMAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("inspect_image", {"image": "quayside/gateway:1.5.0", "include": ["config", "layers", "signatures"]}),
    ("inspect_image", {"image": "redis:8.2", "platform": "linux/arm64", "include": ["sbom", "provenance"]}),
    ("inspect_image", {"image": "acme/storefront:latest"}),
    ("compare_images", {"image": "redis:8.2.1", "with_image": "redis:8.2.3-alpine"}),
    ("explain_pull", {"image": "redis:8.2"}),
    ("explain_pull", {"image": "acme/storefront:latest"}),
    ("pin_images", {"images": ["redis:8.2.1", "quayside/gateway:1.5.0", "redis:no-such-tag"]}),
    ("find_tags", {"repository": "redis", "matching": ["8.2*"], "order": "oldest"}),
)
"""More arguments for tools on images: signed, private and missing ones."""

OTHERS: dict[str, dict[str, Any]] = {
    "find_tags": {"repository": "redis", "matching": ["8.2*"], "version": "<8.3", "limit": 3},
}
"""Arguments that replace those of `arguments_of`, because their requests are fewer."""

ANONYMOUS = ("inspect_image", "compare_images", "explain_pull", "what_can_i_do")
"""Tools that are called without an account, too."""

NOT_CALLED = {"complete_2fa_login", "apply_tag_cleanup"}  # need a sign-in that waits for its code, and a plan

_ANSWERS = {"empty 404", "empty 403", "JSON 404", "JSON 403", "403 once"}

_PULLS_LEFT = {fault.name for fault in REGISTRY_FAULTS if "pulls left" in fault.name}

UNDETECTABLE: dict[str, set[str]] = {
    # That a repository is missing or closed to the account is an answer to the question, not an error.
    "explain_pull": _ANSWERS | _PULLS_LEFT | {"registry: plain text 404", "registry: other digest"},
    "pin_images": _ANSWERS,
    # It reports the rate limit that the Hub reports, and the pull limit that the registry reports.
    "what_can_i_do": {"rate limit enormous", *_PULLS_LEFT},
    # Audit logs have no count and end with an empty page; the Hub says null for an empty one.
    "list_audit_logs": {
        *("empty page", "empty page that goes on", "logs null in the middle", "list null"),
        *("half a page", "page of the same row"),
    },
    # In CSV, any text is a row.
    "export_org_members": {
        *("single quotes", "truncated body", "last character missing", "trailing garbage", "two documents"),
    },
    # A walk that ends before the list does cannot be held against the count.
    "list_tags": {"half a page", "page of the same row"},
}
"""Faults, by tool, that no client can tell from a true answer."""

_UNDETECTABLE_EVERYWHERE = {"registry: half of the names"}


@dataclass(frozen=True, slots=True)
class Call:
    """A tool with arguments.

    Attributes:
        tool: The tool.
        arguments: The arguments.
        identity: The name of the sandbox's identity that calls; None for an anonymous caller.
        is_walk: Whether the call reads several pages.
        observed_targets: The kinds of requests that the call was seen to send; None before.
    """

    tool: Tool
    arguments: dict[str, Any]
    identity: str | None = "owner"
    is_walk: bool = False
    observed_targets: frozenset[Target] | None = None

    @property
    def key(self) -> str:
        """The call as text."""
        return f"{self.tool.name} {self.arguments} {self.identity}"

    @property
    def method(self) -> type[Method[Any]] | None:
        """The method of a tool that has a single one."""
        return self.tool.method if isinstance(self.tool, MethodTool) else None

    @property
    def reports_account(self) -> bool:
        """Whether the result is about the account, so that it differs from that of an anonymous caller."""
        return isinstance(self.tool, WorkflowTool) and self.tool.reports_account

    @property
    def reaches_registry(self) -> bool:
        """Whether the call was seen to send requests to the registry."""
        return bool((self.observed_targets or frozenset()) & REGISTRY_TARGETS)

    @property
    def secret_field(self) -> str:
        """The field of the result with a new secret, or an empty string."""
        method = self.method
        return method.secret_field if method and issubclass(method, Mutation) else ""

    @property
    def targets(self) -> frozenset[Target]:
        """The kinds of requests that the call may send."""
        if self.tool.effect is Effect.SIGN_IN:
            return frozenset({Target.SIGN_IN})
        method = self.method
        if self.observed_targets is not None:
            return self.observed_targets
        sent: set[Target] = set()
        if self.identity is not None and (method is None or method.service is not Service.SCIM):
            sent.add(Target.SIGN_IN)
        if self.tool.is_mutation:
            sent.add(Target.WRITE)
            if method and issubclass(method, Mutation) and _reads_current_state(method):
                sent.add(Target.READ)
            return frozenset(sent)
        return frozenset(sent | {Target.HEAD if method and method.http.verb == "HEAD" else Target.READ})

    def accepts(self, fault: Fault) -> bool:
        """Tell whether a fault can strike this call and can be noticed in it."""
        if fault.name in _UNDETECTABLE_EVERYWHERE:
            return False
        if not fault.targets & self.targets or fault.name in UNDETECTABLE.get(self.tool.name, ()):
            return False
        result = self.tool.result_type
        is_list = issubclass(result, Page) or bool(result.items_field)
        match fault.shape:
            case Shape.WALK:
                return self.is_walk
            case Shape.LIST:
                return is_list and not self.tool.is_mutation
            case Shape.OBJECT:
                return not is_list and not self.tool.is_mutation and Target.READ in self.targets
            case Shape.NEW_TOKEN:
                return bool(self.secret_field)
        return True


def _reads_current_state(method: type[Mutation]) -> bool:
    return method.current_state_call is not Mutation.current_state_call


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the campaign.

    Attributes:
        number: Its number within the campaign, which with the seed reproduces it.
        call: The call.
        strike: Where the fault strikes.
        asks: Whether the user is asked for a confirmation, and agrees.
    """

    number: int
    call: Call
    strike: Strike
    asks: bool

    @property
    def fault(self) -> Fault:
        """The fault."""
        assert self.strike.fault is not None
        return self.strike.fault


def list_calls(tools: tuple[Tool, ...] = ALL_TOOLS) -> list[Call]:
    """Return the calls that faults are drawn for: every tool, lists over several pages too."""
    arguments = arguments_of(Sandbox(now=lambda: START))
    calls = [
        Call(tool, {**OTHERS.get(tool.name, arguments[tool.name])})
        for tool in tools
        if tool.name in arguments.keys() - NOT_CALLED
    ]
    named = {tool.name: tool for tool in tools}
    calls += [Call(named[name], more) for name, more in MORE + IMAGES if name in named]
    calls += [Call(named[name], arguments[name], None) for name in ANONYMOUS if name in named]
    calls += [Call(named[name], more, is_walk=True) for name, more in WALKS.items() if name in named]
    return calls


def draw_cases(
    seed: int, calls: list[Call] | None = None, faults: tuple[Fault, ...] = FAULTS
) -> Iterator[Case]:
    """Draw cases without end: all faults in turn, each with the call it can strike that was drawn least.

    The first cases have one of each fault; its other targets follow.
    """
    random = Random(seed)  # noqa: S311 - not for cryptography
    calls = list_calls() if calls is None else calls
    drawn: Counter[str] = Counter()
    pairs = {
        (fault, target): [call for call in calls if target in call.targets and call.accepts(fault)]
        for fault in faults
        for target in sorted(fault.targets)
    }
    number = 0
    while True:
        order = [pair for pair, able in pairs.items() if able]
        if not order:
            return
        random.shuffle(order)
        for fault, target in _put_each_fault_first(order):
            able = pairs[fault, target]
            random.shuffle(able)
            call = min(able, key=lambda each: (drawn[f"{fault.name} {each.key}"], drawn[each.key]))
            drawn.update([call.key, f"{fault.name} {call.key}"])
            strike = choose_strike(fault, target, is_walk=call.is_walk, random=random)
            # A mutation reads the current state if the user is to be asked.
            asks = target is Target.READ or random.random() < 0.5
            yield Case(number, call, strike, asks=asks)
            number += 1


def _put_each_fault_first(pairs: list[tuple[Fault, Target]]) -> list[tuple[Fault, Target]]:
    """Return pairs with one of each fault before the second of any."""
    seen: Counter[str] = Counter()
    ranks: list[int] = []
    for fault, _ in pairs:
        ranks.append(seen[fault.name])
        seen[fault.name] += 1
    return [pair for _, pair in sorted(zip(ranks, pairs, strict=True), key=lambda ranked: ranked[0])]
