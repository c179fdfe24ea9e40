"""Toolsets grouped by what works, and by what the others would need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockerhub_mcp.tools.tool_states import MissingPermission, ToolState

ROLES_NOTE = (
    "An account's role in an organization or repository limits it further, which only a call can show."
)
_MAX_TOOL_NAMES, _MAX_NAMES_CHARS = 2, 32
"""Up to how many tools of a toolset, and characters of several names, names are shown instead of a number."""
_LEFT_OUT = {
    "excluded": "excluded by --exclude-tools",
    "chosen": "not among those of --tools",
    "headers": "left out by the X-MCP headers of the request",
    "caller": "not given to this caller; only the owner of the server can change that",
}
_PLACEHOLDER = "NAME"
_WORKS, _UNKNOWN, _SCOPES = "work", "on; whether the account may use them is unknown", "need further scopes"


def group_toolsets(states: Sequence[ToolState]) -> dict[str, list[str]]:
    """Return toolsets by what their tools need, those that work first.

    A tool that needs options and rights of the account is in several groups. Part of a toolset is given by
    the names of its tools where they are few, or by their number; where scopes are missing, by the scopes;
    where the toolset itself is to be named, by nothing more.
    """
    totals: dict[str, int] = {}
    groups: dict[str, dict[str, list[str]]] = {_WORKS: {}}
    for state in states:
        totals[state.area] = totals.get(state.area, 0) + 1
        for need in list_needs(state) or (_UNKNOWN if state.usable is None else _WORKS,):
            lacks_scope = need == _SCOPES
            part = state.needs.rpartition(" ")[2] if lacks_scope else state.name
            groups.setdefault(need, {}).setdefault(state.area, []).append(part)
    return {
        need: [_label_part(need, area, names, totals[area]) for area, names in areas.items()]
        for need, areas in sorted(groups.items(), key=lambda group: _rank(group[0]))
        if areas
    }


def list_needs(state: ToolState) -> tuple[str, ...]:
    """Return what a tool would need to work, as phrases; none where it works."""
    return tuple(_generate_needs(state))


def _generate_needs(state: ToolState) -> Iterator[str]:
    if not state.on and not state.enable_with:
        yield describe_left_out(state)
    if state.enable_with:
        yield f"need {_describe_enabling_options(state)}"
    if state.usable is False:
        yield _SCOPES if state.lacks == MissingPermission.SCOPE else _pluralize(state.needs)


def describe_disabled_tool(state: ToolState) -> tuple[str, str]:
    """Return what enables a disabled tool or leaves it out, and its name in a list of such tools.

    Where its toolset is to be named, the options have NAME in its place, and the toolset follows the name.
    """
    if not state.enable_with:
        return describe_left_out(state), state.name
    options = _describe_enabling_options(state)
    return options, f"{state.name} ({state.area})" if options.endswith(_PLACEHOLDER) else state.name


def _describe_enabling_options(state: ToolState) -> str:
    """Return the options that enable a tool together, with NAME in place of its own toolset."""
    return " ".join(
        f"{option.removesuffix(state.area)}{_PLACEHOLDER}" if option.startswith("--toolsets ") else option
        for option in state.enable_with
    )


def describe_left_out(state: ToolState) -> str:
    """Return what left a tool out that no option enables."""
    return _LEFT_OUT.get(state.off_by, state.off)


def _pluralize(needs: str) -> str:
    """Return what one tool needs as what several need."""
    return needs.replace("needs ", "need ", 1)


def _rank(need: str) -> int:
    """Return the place of a group: what works, what the account lacks, then what options would enable."""
    if need in {_WORKS, _UNKNOWN}:
        return 0
    if need.startswith("need --"):
        return 2
    return 3 if need in _LEFT_OUT.values() else 1


def _label_part(need: str, area: str, names: Sequence[str], total: int) -> str:
    if need == _SCOPES:
        return f"{area}: {' '.join(dict.fromkeys(names))}"
    if len(names) == total or need.endswith(f",{_PLACEHOLDER}"):
        return area
    listed = " ".join(names)
    if len(names) == 1 or (len(names) <= _MAX_TOOL_NAMES and len(listed) <= _MAX_NAMES_CHARS):
        return f"{area}: {listed}"
    return f"{area} ({len(names)} of {total})"
