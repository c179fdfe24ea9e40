"""The judgement of the fault campaign can fail: every untruth that it counts is recognized."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.route import Route
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fault_campaign.campaign import Campaign, open_campaign
from tests.support.fault_campaign.cases import Call, Case, list_calls
from tests.support.fault_campaign.catalogue import FAULTS_BY_NAME
from tests.support.fault_campaign.evidence import Evidence, Fail
from tests.support.fault_campaign.faults import Target
from tests.support.fault_campaign.hostile_faults import INJECTION
from tests.support.fault_campaign.oracle import judge
from tests.support.fault_campaign.truth import differences, dump_state
from tests.support.fault_campaign.wire import Exchange, Strike


@pytest.fixture
async def campaign() -> AsyncIterator[Campaign]:
    """Serve in a separate task, so that cancel scopes are entered and left in the same task."""
    ready: asyncio.Future[Campaign] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def serve() -> None:
        async with open_campaign() as campaign:
            ready.set_result(campaign)
            await over.wait()

    serving = asyncio.create_task(serve())
    yield await ready
    over.set()
    await serving


def call_of(tool: str, *, is_walk: bool = False) -> Call:
    return next(call for call in list_calls() if call.tool.name == tool and call.is_walk == is_walk)


async def make(
    campaign: Campaign, tool: str, fault: str, target: Target, *, is_walk: bool = False, **strike: Any
) -> tuple[Case, Evidence, Evidence]:
    """Make one call, and the same without the fault."""
    call = call_of(tool, is_walk=is_walk)
    case = Case(0, call, Strike(FAULTS_BY_NAME[fault], target, **strike), asks=False)
    found = await campaign.make_call(call, case.strike, asks=False)
    assert any(exchange.fault for exchange in found.exchanges)
    return case, found, await campaign.make_clean_call(call)


def fails(case: Case, found: Evidence, clean: Evidence, anonymous: Evidence | None = None) -> set[Fail]:
    return {finding.fail for finding in judge(case, found, clean, anonymous)}


def saying(found: Evidence, text: str, *, is_error: bool = False) -> Evidence:
    """Return the evidence as if the tool had said something else."""
    return replace(found, replies=[replace(found.replies[0], text=text, is_error=is_error, exception=None)])


async def test_a_call_without_a_finding_has_none(campaign: Campaign) -> None:
    for tool, fault, target in (
        ("get_tag", "500 once", Target.READ),
        ("get_tag", "connection refused", Target.READ),
        ("delete_tag", "JSON 403", Target.WRITE),
        ("delete_tag", "reset after applying", Target.WRITE),
        ("list_tags", "bearer expired", Target.READ),
    ):
        is_applied = fault == "reset after applying"
        once = 1 if "once" in fault or "expired" in fault else None
        found = await make(campaign, tool, fault, target, times=once, is_applied=is_applied)
        assert fails(*found) == set(), (tool, fault, found[1].replies)


WRITE_LIES = (
    ("delete_tag", "reset before applying", False, "Delete tag: done.", False, Fail.FALSE_SUCCESS),
    ("delete_tag", "JSON 403", False, "Delete tag: done.", False, Fail.FALSE_SUCCESS),
    ("create_access_token", "token null", True, "Created a token.", False, Fail.FALSE_SUCCESS),
    ("delete_tag", "reset before applying", False, "The connection broke.", True, Fail.CARELESS),
    ("delete_tag", "reset after applying", True, "The connection broke.", True, Fail.FALSE_FAILURE),
    ("delete_tag", "page 200", True, "A page came. Nothing was changed.", True, Fail.FALSE_FAILURE),
    ("delete_tag", "page 200", True, "It may have been made; nothing was sent.", True, Fail.FALSE_FAILURE),
)


async def test_untrue_words_about_a_write_are_found(campaign: Campaign) -> None:
    for tool, fault, is_applied, text, is_error, expected in WRITE_LIES:
        case, found, clean = await make(campaign, tool, fault, Target.WRITE, is_applied=is_applied)
        assert fails(case, saying(found, text, is_error=is_error), clean) == {expected}, (fault, text)


async def test_a_careful_word_about_a_write_is_accepted(campaign: Campaign) -> None:
    for fault, is_applied in (
        ("page 200", True),
        ("page 200", False),
        ("JSON 408", True),
        ("JSON 502", False),
    ):
        case, found, clean = await make(campaign, "delete_tag", fault, Target.WRITE, is_applied=is_applied)
        for text in (
            "The change may have been made.",
            "Check whether the change was made before sending it again.",
        ):
            assert fails(case, saying(found, text, is_error=True), clean) == set(), fault


async def test_a_repeated_write_is_found(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "is_safe", property(lambda _: True))
    for fault in ("reset after applying", "JSON 503"):
        case = await make(campaign, "create_org_group", fault, Target.WRITE, times=1, is_applied=True)
        assert Fail.SENT_TWICE in fails(*case), fault


async def test_a_change_other_than_asked_is_found(campaign: Campaign) -> None:
    case, found, clean = await make(
        campaign, "update_repository", "reset after applying", Target.WRITE, is_applied=True
    )
    other = await campaign.make_clean_call(call_of("delete_repository"))
    assert Fail.OTHER_CHANGE in fails(case, replace(found, after=other.after), clean)
    assert differences(clean.after, other.after)


async def test_every_write_changes_the_dump_of_the_state(campaign: Campaign) -> None:
    for call in list_calls():
        if call.tool.is_mutation:
            clean = await campaign.make_clean_call(call)
            assert not clean.replies[0].is_error, clean.replies[0].text
            assert [write.was_applied for write in clean.writes] == [True], call.tool.name
            assert clean.before != clean.after, call.tool.name


def test_two_sandboxes_have_the_same_state() -> None:
    first, second = (dump_state(Sandbox(now=lambda: 1_760_000_000.0)) for _ in range(2))
    assert differences(first, second) == []


async def test_lost_rows_are_found(campaign: Campaign) -> None:
    case, found, clean = await make(
        campaign, "list_tags", "500 in the middle", Target.READ, is_walk=True, skip=2
    )
    assert "PARTIAL" in found.replies[0].text
    assert fails(case, found, clean) == set()
    told = clean.replies[0].text.splitlines()
    for lines in (told[:-3], [told[0].replace("25 of", "5 of"), *told[1:8]], ["0 items. Nothing matches."]):
        assert fails(case, saying(found, "\n".join(lines)), clean) == {Fail.LOST_READ}, lines[0]
    contradiction = "30 of 0 items. The list is incomplete."
    assert fails(case, saying(found, contradiction), clean) == {Fail.LOST_READ}


async def test_a_client_that_reads_nothing_is_found(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = await campaign.make_clean_call(call_of("list_org_groups"))
    monkeypatch.setattr(Method, "parse", lambda self, *_: self.get_result_type()(results=[]))
    case, found, _ = await make(campaign, "list_org_groups", "JSON called text", Target.READ)
    assert fails(case, found, clean) == {Fail.LOST_READ}


async def test_text_that_must_not_reach_the_caller_is_found(campaign: Campaign) -> None:
    case, found, clean = await make(campaign, "get_tag", "JSON 403", Target.READ)
    for text, expected in (
        (f"Sent {found.secrets[0]}.", Fail.LEAK),
        ("dial tcp 10.1.2.3:8080", Fail.LEAK),
        ("red \x1b[31m", Fail.LEAK),
        (f"Failed. {INJECTION}", Fail.LEAK),
        ("KeyError: 'x'", Fail.UNCAUGHT),
        ("It said {'loc': 1}.", Fail.UNCAUGHT),
        ("Try again in 10000000000000000000 s.", Fail.UNCAUGHT),
        ("Traceback (most recent call last):", Fail.UNCAUGHT),
    ):
        assert fails(case, saying(found, text, is_error=True), clean) == {expected}, text
    quoted = f'Refused. The Hub said: "{INJECTION}".'
    assert fails(case, saying(found, quoted, is_error=True), clean) == set()


async def test_what_is_logged_is_judged(campaign: Campaign) -> None:
    case, found, clean = await make(campaign, "get_tag", "JSON 403", Target.READ)
    for level, text, expected in (
        (logging.ERROR, "failed", Fail.UNCAUGHT),
        (logging.INFO, found.secrets[0], Fail.LEAK),
    ):
        record = logging.LogRecord("x", level, "", 0, text, (), None)
        assert fails(case, replace(found, records=[record]), clean) == {expected}


async def test_a_refusal_of_what_works_anonymously_is_found(campaign: Campaign) -> None:
    case, found, clean = await make(campaign, "get_repository", "wrong password", Target.SIGN_IN)
    case = replace(case, call=next(c for c in list_calls() if c.arguments == {"repository": "redis"}))
    clean = await campaign.make_clean_call(case.call)
    anonymous = await campaign.make_clean_call(case.call, None)
    text = anonymous.replies[0].text
    assert (
        fails(case, saying(found, f"Note: answered as an anonymous caller.\n{text}"), clean, anonymous)
        == set()
    )
    refused = saying(found, "The sign-in failed.", is_error=True)
    assert fails(case, refused, clean, anonymous) == {Fail.NEEDLESS_REFUSAL}
    silent = saying(found, f"{text}\nNote: something.")
    assert fails(case, silent, clean, anonymous) == {Fail.SILENT_ANONYMOUS}
    less = saying(found, "Note: answered as an anonymous caller.")
    assert fails(case, less, clean, anonymous) == {Fail.LOST_READ}


async def test_repeated_sign_ins_are_found(campaign: Campaign) -> None:
    case, found, clean = await make(campaign, "get_current_user", "wrong password", Target.SIGN_IN)
    assert fails(case, found, clean) == set()
    for fault, delivered, times in (
        ("wrong password", 401, 2),
        ("JSON 500", 500, 4),
        ("read timeout", None, 4),
    ):
        one = Exchange(Target.SIGN_IN, "POST /v2/auth/token", FAULTS_BY_NAME[fault], None, delivered)
        storm = replace(found, exchanges=[one] * times)
        assert fails(case, storm, clean) == {Fail.SIGN_IN_STORM}, fault
        assert fails(case, replace(found, exchanges=[one] * (times - 1)), clean) == set(), fault


async def test_an_internal_error_of_the_server_is_found(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: Any) -> Any:
        message = "unexpected"
        raise RuntimeError(message)

    clean = await campaign.make_clean_call(call_of("get_tag"))
    monkeypatch.setattr("dockerhub_mcp.hub.error_mapping.error_for", explode)
    case, found, _ = await make(campaign, "get_tag", "JSON 403", Target.READ)
    assert Fail.UNCAUGHT in fails(case, found, clean)
