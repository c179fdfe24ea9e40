"""Whatever happens between the server and Docker Hub, what a tool says is true.

Larger campaigns: `python -m benchmarks.faults --calls 5000 --seed 7`, and the same with `--registry`.
"""

from __future__ import annotations

from tests.support.fault_campaign.campaign import run_campaign
from tests.support.fault_campaign.cases import NOT_CALLED, list_calls
from tests.support.fault_campaign.catalogue import FAULTS, FAULTS_BY_NAME
from tests.support.fault_campaign.registry_faults import REGISTRY_FAULTS
from tests.support.fault_campaign.report import render_report

SEED = 13
CALLS = 400
REGISTRY_CALLS = 104


def test_the_catalogue_has_many_kinds_of_fault() -> None:
    assert len(FAULTS) + len(REGISTRY_FAULTS) == len(FAULTS_BY_NAME) >= 120
    assert {fault.group for fault in FAULTS} >= {"network", "body", "page", "redirect", "shape", "sign-in"}


async def test_no_fault_makes_a_tool_say_what_is_not_true() -> None:
    report = await run_campaign(CALLS, SEED)
    assert (report.calls, report.missed) == (CALLS, 0)
    assert report.faults == {fault.name for fault in FAULTS}
    assert report.tools == {call.tool.name for call in list_calls()}
    assert not report.tools & NOT_CALLED
    assert not report.findings, render_report(report, SEED)


async def test_no_fault_of_the_registry_makes_a_tool_say_what_is_not_true() -> None:
    report = await run_campaign(REGISTRY_CALLS, SEED, catalogue=REGISTRY_FAULTS)
    assert (report.calls, report.missed) == (REGISTRY_CALLS, 0)
    assert len(report.faults) >= 100
    assert report.tools >= {"inspect_image", "compare_images", "explain_pull", "what_can_i_do", "pin_images"}
    assert not report.findings, render_report(report, SEED)
