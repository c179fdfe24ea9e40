"""The report of a conformance run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.conformance.expected import RUNS, Run
from tests.conformance.suite import Found


def differences(run: Run, found: Found) -> str:
    """Return a table of unexpected results; empty if there are none."""
    rows = [
        (name, "it", "nothing") if name in run.scenarios else (name, "no such scenario", "it")
        for name in sorted(found.scenarios.keys() ^ run.scenarios)
    ]
    for name in sorted(found.scenarios.keys() & run.scenarios):
        scenario, gap = found.scenarios[name], run.gaps.get(name)
        if gap is None and (scenario.short or not scenario.shown):
            rows.append((name, "passed", _told(scenario.short)))
        elif gap is not None and gap.short is None and not scenario.short:
            rows.append((name, "some checks not to pass", "all passed; count it"))
        elif gap is not None and gap.short is not None and scenario.short != gap.short:
            rows.append((name, _told(gap.short), _told(scenario.short)))
    if found.passed != run.passed:
        rows.append(("checks passed", str(run.passed), str(found.passed)))
    if found.code != run.code:
        rows.append(("exit code", str(run.code), str(found.code)))
    if not found.scenarios:
        rows.append(("the suite", "results", found.said[-2000:]))
    width = max((len(name) for name, _, _ in rows), default=0)
    return "\n".join(f"{name:{width}}  expected {wanted}; found {got}" for name, wanted, got in rows)


def _told(short: frozenset[str]) -> str:
    return ", ".join(sorted(short)) or "nothing that fell short, and nothing that counts"


def write(directory: Path, results: Mapping[str, Found], versions: Mapping[str, str]) -> None:
    """Write the report."""
    directory.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Conformance",
        "",
        "The official suite, @modelcontextprotocol/conformance, against a server with the suite's fixtures made",
        "by the factory of the real one and behind the same HTTP, and against the server as it is shipped, on",
        "its sandbox. A scenario counts as passed where it showed something and no check fell short.",
        "",
        "| Run | Suite | Scenarios | Passed | Others | Checks passed | Failed | Warned | Skipped | As expected |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, found in results.items():
        run = RUNS[name]
        passed = sum(
            scenario not in run.gaps and not what.short and what.shown > 0
            for scenario, what in found.scenarios.items()
        )
        short = found.short
        cells = [
            name,
            versions[run.suite],
            len(found.scenarios),
            passed,
            len(found.scenarios) - passed,
            found.passed,
            *(short[status] for status in ("FAILURE", "WARNING", "SKIPPED")),
            "no" if differences(run, found) else "yes",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    for name, found in results.items():
        lines += _details(name, RUNS[name], found)
    (directory / "conformance.md").write_text("\n".join(lines) + "\n", "utf-8")


def _details(name: str, run: Run, found: Found) -> list[str]:
    """Return the scenarios that did not pass, by reason."""
    lines = ["", f"## {name}", "", f"Against {run.server}: `{' '.join(run.options)}`", ""]
    if wrong := differences(run, found):
        return [*lines, "**Not as expected:**", "", *(f"- {line}" for line in wrong.splitlines())]
    reasons: dict[str, list[str]] = {}
    for scenario in sorted(run.gaps):
        reasons.setdefault(run.gaps[scenario].reason, []).append(f"`{scenario}`")
    if not reasons:
        return [*lines, "Everything passed."]
    return [*lines, *(f"- {reason}: {', '.join(names)}" for reason, names in reasons.items())]
