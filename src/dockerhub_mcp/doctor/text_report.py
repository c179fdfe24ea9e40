"""Format the report as aligned text of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from dockerhub_mcp.doctor.report import Finding, FindingStatus, Report
from dockerhub_mcp.tools.access_report.toolsets import ROLES_NOTE, describe_disabled_tool
from dockerhub_mcp.tools.tool_states import MissingPermission, ToolState

LINE_WIDTH = 100
_STATUS_COLOURS = {FindingStatus.OK: "32", FindingStatus.NOTE: "33", FindingStatus.WRONG: "1;31"}
_BOLD = "1"
_STATUS_WIDTH = 7  # columns


class ReportFormatter:
    """Formats a report.

    Args:
        use_colour: Whether to use ANSI colours.
    """

    def __init__(self, *, use_colour: bool) -> None:
        self._use_colour = use_colour

    def format_report(self, report: Report) -> str:
        """Return the report as text, with a line end."""
        name = max(len(finding.name) for finding in report.findings) + 2
        lines = [self._apply_style(f"dockerhub-mcp {report.version}", _BOLD), ""]
        for finding in report.findings:
            lines += self._format_finding(finding, name)
        lines += ["", *self._format_tools(report.tools)]
        versions = ", ".join(f"{key} {value}" for key, value in report.versions.items())
        lines += [
            self._apply_style("Versions", _BOLD),
            *_wrap_text(versions, 2),
            "",
            self._format_conclusion(report),
        ]
        return "\n".join(lines) + "\n"

    def _format_finding(self, finding: Finding, name_width: int) -> list[str]:
        status = finding.status.upper() if finding.status is FindingStatus.WRONG else str(finding.status)
        first, *others = _wrap_text(finding.summary, name_width + _STATUS_WIDTH)
        head = f"{finding.name:{name_width}}{self._apply_style(status, _STATUS_COLOURS[finding.status])}"
        head += " " * (_STATUS_WIDTH - len(status)) + first.strip()
        lines = [head, *others]
        for name, value in finding.details:
            lines += _wrap_text(f"{name}: {value}", name_width + _STATUS_WIDTH, hanging_indent=2)
        if finding.remedy:
            remedy = _wrap_text(f"-> {finding.remedy}", name_width + _STATUS_WIDTH, hanging_indent=3)
            lines += [self._apply_style(line, _BOLD) if self._use_colour else line for line in remedy]
        return lines

    def _format_tools(self, tools: Sequence[ToolState]) -> list[str]:
        on = [tool for tool in tools if tool.on]
        usable = [tool for tool in on if tool.usable]
        if any(tool.usable is None for tool in tools):
            head = f"{len(on)} of {len(tools)} are on"
            groups = [("on", tool.name) for tool in on]
        else:
            head = f"{len(on)} of {len(tools)} are on, and this account can use {len(usable)} of them"
            groups = [("on and usable", tool.name) for tool in usable]
            groups += [_describe_unusable_tool(tool) for tool in on if not tool.usable]
        off = sorted((tool for tool in tools if not tool.on), key=lambda tool: len(tool.enable_with))
        for tool in off:
            reason, name = describe_disabled_tool(tool)
            groups.append((f"off: {reason}", name))
        lines = [self._apply_style("Tools", _BOLD), *_wrap_text(f"{head}.", 2)]
        for reason, names in _group_by_reason(groups).items():
            lines += _wrap_text(f"{reason} ({len(names)})", 2)
            lines += _wrap_text(", ".join(names), 6)
        return [*lines, *_wrap_text(ROLES_NOTE, 2), ""]

    def _format_conclusion(self, report: Report) -> str:
        wrong = [finding.name for finding in report.findings if finding.status is FindingStatus.WRONG]
        notes = [finding.name for finding in report.findings if finding.status is FindingStatus.NOTE]
        if wrong:
            return self._apply_style(
                f"Something is wrong: {', '.join(wrong)}.", _STATUS_COLOURS[FindingStatus.WRONG]
            )
        if notes:
            text = f"Nothing is wrong; worth a look: {', '.join(notes)}."
            return self._apply_style(text, _STATUS_COLOURS[FindingStatus.NOTE])
        on = [tool for tool in report.tools if tool.on]
        closed = sum(tool.usable is False for tool in on)
        if closed:
            text = f"All is well; {closed} of the {len(on)} tools that are on need other credentials."
            return self._apply_style(text, _STATUS_COLOURS[FindingStatus.NOTE])
        return self._apply_style("All is well.", _STATUS_COLOURS[FindingStatus.OK])

    def _apply_style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._use_colour else text


def _describe_unusable_tool(tool: ToolState) -> tuple[str, str]:
    """Return why the account cannot use a tool, and the tool's name in a list of such tools."""
    if tool.lacks == MissingPermission.SCOPE:
        return "on, but the token lacks their scopes", f"{tool.name} ({tool.needs.rpartition(' ')[2]})"
    return f"on, but {tool.needs}", tool.name


def _group_by_reason(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for reason, name in pairs:
        groups.setdefault(reason, []).append(name)
    return groups


def _wrap_text(text: str, indent: int, *, hanging_indent: int = 0) -> list[str]:
    first = " " * indent
    return textwrap.wrap(
        text,
        LINE_WIDTH,
        initial_indent=first,
        subsequent_indent=first + " " * hanging_indent,
        break_on_hyphens=False,
    )
