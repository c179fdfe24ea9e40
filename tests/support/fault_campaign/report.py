"""Show what a campaign found."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.support.fault_campaign.campaign import Report
from tests.support.fault_campaign.evidence import Fail, Finding


def render_report(report: Report, seed: int, *, examples: int = 1) -> str:
    """Return the findings as text: a table by kind of untruth and fault, and examples."""
    head = f"seed {seed}: {report.calls} calls of {len(report.tools)} tools, {len(report.faults)} kinds of fault; "
    head += f"{report.missed} more calls were not reached by their fault"
    lines = [
        head,
        "",
        *(f"{sum(found.fail is fail for found in report.findings):5}  {fail}" for fail in Fail),
    ]
    for fail in Fail:
        found = [finding for finding in report.findings if finding.fail is fail]
        if found:
            lines += ["", f"## {fail}: {len(found)}", *_render_kind(found, seed, examples)]
    return "\n".join(lines) + "\n"


def _render_kind(found: list[Finding], seed: int, examples: int) -> list[str]:
    by_fault: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        by_fault[
            f"{finding.case.fault.group}: {finding.case.fault.name} ({finding.case.strike.target})"
        ].append(finding)
    lines = []
    for name, group in sorted(by_fault.items(), key=lambda item: (-len(item[1]), item[0])):
        tools = Counter(finding.case.call.tool.name for finding in group)
        lines.append(f"- {name}: {len(group)} ({', '.join(sorted(tools))})")
        lines += [
            f"    {line}"
            for finding in group[:examples]
            for line in render_finding(finding, seed).splitlines()
        ]
    return lines


def render_finding(finding: Finding, seed: int) -> str:
    """Return one finding with all that is needed to reproduce it."""
    case = finding.case
    strike = case.strike
    struck = "all" if strike.times is None else strike.times
    return (
        f"seed {seed}, case {case.number}: {finding.fail}\n"
        f"  {case.call.tool.name} {case.call.arguments}, as {case.call.identity}, confirmation {'asked' if case.asks else 'never'}\n"
        f"  fault {case.fault.name!r} on {strike.target}, after {strike.skip}, {struck} requests, applied: {strike.is_applied}\n"
        f"  {finding.detail}\n"
        f"  text: {finding.text[:700]}"
    )
