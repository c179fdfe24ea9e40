"""Which tools exist under the options that a person set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from difflib import get_close_matches
from typing import Any

from dockerhub_mcp.hub.api.method import Area, Method
from dockerhub_mcp.hub.methods import CATALOGUE
from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.tools.access import ALL, DEFAULT, Access, Choice
from dockerhub_mcp.tools.gates import access_of, facts_of

_LONGEST = 100  # characters of a name that may have been meant


class UnknownNameError(ValueError):
    """A tool or toolset that does not exist; the message offers near matches."""


class GatedError(Exception):
    """A tool that exists but is switched off; the message names the option that switches it on."""


class Registry:
    """The tools of one server, in the order of the reference.

    Args:
        access: The ceiling on what tools may do.
        toolsets: Areas of the reference, `default` or `all`.
        tools: Only these tools, where any are named.
        exclude_tools: Not these tools, whatever else names them.
        catalogue: The methods to choose from.

    Raises:
        UnknownNameError: A name that does not exist, or a named tool that another option switches off.
    """

    def __init__(
        self,
        *,
        access: Access = Access.READ,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
        catalogue: Iterable[type[Method[Any]]] = CATALOGUE,
    ) -> None:
        self.access = access
        self._all = {method.tool: method for method in catalogue}
        self._check(toolsets, tools, exclude_tools)
        self._off: dict[str, str] = {}
        choice = Choice(access, toolsets, tools, exclude_tools)
        for method in self._all.values():
            if reason := choice.why_off(facts_of(method)):
                self._off[method.tool] = reason
        for name in tools:
            if name in self._off and name not in exclude_tools:
                msg = f"tools: {name} is named but stays off: {self._off[name]}"
                raise UnknownNameError(msg)
        self.tools = tuple(method for name, method in self._all.items() if name not in self._off)

    def narrowed(
        self,
        *,
        why: str,
        access: Access = Access.ADMIN,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
    ) -> Registry:
        """Return a registry with some of these tools; what is off here stays off.

        Args:
            why: What a call of a tool that is left out is told.
            access: A ceiling on what tools may do.
            toolsets: Only these areas, where any are named.
            tools: Only these tools, where any are named.
            exclude_tools: Not these tools.

        Raises:
            UnknownNameError: A name that does not exist.
        """
        self._check(toolsets, tools, exclude_tools)
        other = copy(self)
        other.access = min(self.access, access, key=list(Access).index)
        other._off = dict(self._off)  # noqa: SLF001 - of the same class
        for method in self.tools:
            chosen = (
                access.includes(access_of(method))
                and (not toolsets or facts_of(method).is_in(toolsets))
                and (not tools or method.tool in tools)
                and method.tool not in exclude_tools
            )
            if not chosen:
                other._off[method.tool] = why  # noqa: SLF001
        other.tools = tuple(method for method in self.tools if method.tool not in other._off)  # noqa: SLF001
        return other

    def why_off(self, name: str) -> str:
        """Return why a tool is off, with the option that switches it on; an empty text where it is on."""
        return self._off.get(name, "")

    @property
    def off(self) -> dict[str, list[str]]:
        """The tools that are off, by the reason."""
        found: dict[str, list[str]] = {}
        for name, reason in self._off.items():
            found.setdefault(reason, []).append(name)
        return found

    def _check(self, toolsets: Sequence[str], tools: Sequence[str], exclude_tools: Sequence[str]) -> None:
        for option, names, known in (
            ("toolsets", toolsets, [DEFAULT, ALL, *map(str, Area)]),
            ("tools", tools, list(self._all)),
            ("exclude-tools", exclude_tools, list(self._all)),
        ):
            for name in names:
                if name not in known:
                    msg = f"{option}: {name!r} does not exist{near(name, known)}"
                    raise UnknownNameError(msg)

    def find(self, name: str) -> type[Method[Any]]:
        """Return the method behind a tool.

        Raises:
            UnknownNameError: There is no such tool.
            GatedError: The tool is switched off.
        """
        if name not in self._all:
            offered = near(name, [tool.tool for tool in self.tools])
            msg = f"Unknown tool: {plain(repr(name[:_LONGEST]), 80)}{offered}"
            raise UnknownNameError(msg)
        if name in self._off:
            msg = f"The tool {name} is switched off on this server: {self._off[name]}. Nothing was sent."
            raise GatedError(msg)
        return self._all[name]


def near(name: str, known: Sequence[str]) -> str:
    """Return the names that were probably meant, as the end of a sentence."""
    name = name[:_LONGEST]
    matches = get_close_matches(name.lower().replace("-", "_"), known, n=3, cutoff=0.5)
    matches = matches or get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    if not matches:
        return f"; there are {', '.join(known)}" if len(known) <= 30 else ""  # noqa: PLR2004
    return f"; did you mean {' or '.join(matches)}?"
