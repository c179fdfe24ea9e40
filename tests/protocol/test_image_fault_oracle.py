"""The judgement of results on images can fail: every untruth about the registry is recognized."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.fault_campaign.campaign import Campaign, open_campaign
from tests.support.fault_campaign.cases import Case, list_calls
from tests.support.fault_campaign.catalogue import FAULTS_BY_NAME
from tests.support.fault_campaign.evidence import Evidence, Fail
from tests.support.fault_campaign.faults import Target
from tests.support.fault_campaign.oracle import judge
from tests.support.fault_campaign.wire import Exchange, Strike

PULL = "GET /v2/library/redis/manifests/8.2"


async def make(campaign: Campaign, tool: str, fault: str, target: Target) -> tuple[Case, Evidence, Evidence]:
    """Make one call with a fault of the registry, and the same without it."""
    call = next(call for call in list_calls() if call.tool.name == tool)
    call = await campaign.observe_targets(call)
    case = Case(0, call, Strike(FAULTS_BY_NAME[f"registry: {fault}"], target), asks=False)
    found = await campaign.make_call(call, case.strike, asks=False)
    assert any(exchange.fault for exchange in found.exchanges)
    return case, found, await campaign.make_clean_call(call)


def fails(case: Case, found: Evidence, clean: Evidence) -> set[Fail]:
    return {finding.fail for finding in judge(case, found, clean, None)}


def with_data(found: Evidence, **values: Any) -> Evidence:
    """Return the evidence as if the tool had returned other values."""
    reply = found.replies[0]
    return replace(found, replies=[replace(reply, data={**reply.data, **values})])


async def test_values_that_the_sandbox_does_not_have_are_found() -> None:
    async with open_campaign() as campaign:
        case, found, clean = await make(campaign, "inspect_image", "JSON 500", Target.BLOB)
        assert fails(case, found, clean) == set()
        assert "user" not in found.replies[0].data
        for values in (
            {"user": "app"},
            {"ports": ["1/tcp"]},
            {"signatures": ["cosign signature"]},
            {"pinned": "redis:8.2@sha256:" + "0" * 64},
        ):
            assert fails(case, with_data(found, **values), clean) == {Fail.FALSE_FACT}, values


async def test_a_loss_without_a_word_and_a_needless_refusal_are_found() -> None:
    async with open_campaign() as campaign:
        case, found, clean = await make(campaign, "compare_images", "JSON 503", Target.MANIFEST)
        assert fails(case, found, clean) == set()
        reply = found.replies[0]
        _, _, rest = reply.text.partition("\n")
        silent = replace(found, replies=[replace(reply, text=rest)])
        assert fails(case, silent, clean) == {Fail.LOST_READ}
        refused = replace(found, replies=[replace(reply, text="Failed.", is_error=True)])
        assert fails(case, refused, clean) == {Fail.NEEDLESS_REFUSAL}


async def test_a_false_verdict_on_a_pull_is_found() -> None:
    async with open_campaign() as campaign:
        case, found, clean = await make(campaign, "explain_pull", "connection refused", Target.MANIFEST_HEAD)
        assert fails(case, found, clean) == set()
        rows = [{**row, "result": "problem"} for row in clean.replies[0].data["checks"]]
        assert Fail.FALSE_FACT in fails(case, with_data(found, checks=rows), clean)


async def test_requests_to_wrong_hosts_and_for_the_last_pulls_are_found() -> None:
    async with open_campaign() as campaign:
        case, found, clean = await make(campaign, "inspect_image", "redirect to http", Target.BLOB)
        assert fails(case, found, clean) == set()
        for origin, is_anonymous, expected in (
            ("https://cdn.evil.example", True, set()),
            ("http://cdn.evil.example", True, {Fail.WRONG_HOST}),
            ("https://10.0.0.1", True, {Fail.WRONG_HOST}),
            ("https://cdn.evil.example", False, {Fail.LEAK}),
        ):
            sent = Exchange(Target.READ, "GET /blob", is_anonymous=is_anonymous, origin=origin)
            extended = replace(found, exchanges=[*found.exchanges, sent])
            assert fails(case, extended, clean) == expected, origin
        late = Exchange(Target.MANIFEST, PULL, pulls_left=(10, 100))
        early = Exchange(Target.MANIFEST, PULL, pulls_left=(12, 100))
        for exchanges, expected in (([early] * 3, set()), ([late], set()), ([late] * 2, {Fail.RESERVE_USED})):
            assert fails(case, replace(found, exchanges=exchanges), clean) == expected


async def test_a_refused_secret_that_is_sent_again_is_found() -> None:
    async with open_campaign() as campaign:
        case, found, clean = await make(campaign, "inspect_image", "wrong password", Target.REGISTRY_TOKEN)
        assert fails(case, found, clean) == set()
        sent = [each for each in found.exchanges if each.fault]
        assert [each.delivered for each in sent] == [401]
        assert fails(case, replace(found, exchanges=sent * 2), clean) == {Fail.SIGN_IN_STORM}
