"""The report for people: aligned, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from dockerhub_mcp.doctor.report import Finding, Report, Status, ToolState
from dockerhub_mcp.tools.permissions import Lack

WIDTH = 100
_COLOURS = {Status.OK: "32", Status.NOTE: "33", Status.WRONG: "1;31"}
_BOLD = "1"
_STATUS = 7  # columns
_ROLES = (
    "What an account may do in an organization, or in one repository, follows from its role there as well, "
    "which a call shows."
)


class Table:
    """Writes a report.

    Args:
        colour: Whether the terminal shows colours.
    """

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def text(self, report: Report) -> str:
        """Return the whole report."""
        name = max(len(finding.name) for finding in report.findings) + 2
        lines = [self._painted(f"dockerhub-mcp {report.version}", _BOLD), ""]
        for finding in report.findings:
            lines += self._finding(finding, name)
        lines += ["", *self._tools(report.tools)]
        versions = ", ".join(f"{key} {value}" for key, value in report.versions.items())
        lines += [self._painted("Versions", _BOLD), *_wrapped(versions, 2), "", self._end(report)]
        return "\n".join(lines) + "\n"

    def _finding(self, finding: Finding, width: int) -> list[str]:
        status = finding.status.upper() if finding.status is Status.WRONG else str(finding.status)
        first, *others = _wrapped(finding.summary, width + _STATUS)
        head = f"{finding.name:{width}}{self._painted(status, _COLOURS[finding.status])}"
        head += " " * (_STATUS - len(status)) + first.strip()
        lines = [head, *others]
        for name, value in finding.lines:
            lines += _wrapped(f"{name}: {value}", width + _STATUS, hanging=2)
        if finding.remedy:
            remedy = _wrapped(f"-> {finding.remedy}", width + _STATUS, hanging=3)
            lines += [self._painted(line, _BOLD) if self._colour else line for line in remedy]
        return lines

    def _tools(self, tools: Sequence[ToolState]) -> list[str]:
        on = [tool for tool in tools if tool.on]
        usable = [tool for tool in on if tool.usable]
        if any(tool.usable is None for tool in tools):
            head = f"{len(on)} of {len(tools)} are on"
            groups = [("on", tool.name) for tool in on]
        else:
            head = f"{len(on)} of {len(tools)} are on, and this account can use {len(usable)} of these"
            groups = [("on, and can be used", tool.name) for tool in usable]
            groups += [_out_of_reach(tool) for tool in on if not tool.usable]
        groups += [(f"off: {_switch(tool)}", tool.name) for tool in tools if not tool.on]
        lines = [self._painted("Tools", _BOLD), *_wrapped(f"{head}.", 2)]
        for reason, names in _grouped(groups).items():
            lines += _wrapped(f"{reason} ({len(names)})", 2)
            lines += _wrapped(", ".join(names), 6)
        return [*lines, *_wrapped(_ROLES, 2), ""]

    def _end(self, report: Report) -> str:
        wrong = [finding.name for finding in report.findings if finding.status is Status.WRONG]
        notes = [finding.name for finding in report.findings if finding.status is Status.NOTE]
        if wrong:
            return self._painted(f"Something is wrong: {', '.join(wrong)}.", _COLOURS[Status.WRONG])
        if notes:
            said = f"Nothing is wrong; worth a look: {', '.join(notes)}."
            return self._painted(said, _COLOURS[Status.NOTE])
        return self._painted("All is well.", _COLOURS[Status.OK])

    def _painted(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text


def _out_of_reach(tool: ToolState) -> tuple[str, str]:
    """Return why an account cannot use a tool, and how to name the tool beside others of that kind."""
    if tool.lacks == Lack.SCOPE:
        return "on, but the token lacks their scopes", f"{tool.name} ({tool.needs.rpartition(' ')[2]})"
    return f"on, but {tool.needs}", tool.name


def _switch(tool: ToolState) -> str:
    """Return the option that switches a tool on, as far as one does."""
    if tool.off_by == "excluded":
        return "excluded by --exclude-tools"
    if tool.off_by == "chosen":
        return "not among those of --tools"
    return "--toolsets all, or their areas" if tool.off_by == "toolset" else f"--access {tool.access}"


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for reason, name in pairs:
        found.setdefault(reason, []).append(name)
    return found


def _wrapped(text: str, indent: int, *, hanging: int = 0) -> list[str]:
    first = " " * indent
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first + " " * hanging,
        break_on_hyphens=False,
    )
