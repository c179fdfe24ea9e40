"""Names to choose from while a person types an argument of a prompt or a part of an address.

They come from the Hub through the tools, so gates hold, the account is that of the request, and what was
read a moment ago is not read again. Help that comes late is none: whatever is not there in time is left out,
and trouble is no error.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
import mcp_types as types

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.server.prompts.catalog import Kind
from dockerhub_mcp.server.prompts.render import find
from dockerhub_mcp.server.resources import TEMPLATES
from dockerhub_mcp.tools.catalog.registry import near
from dockerhub_mcp.tools.lookup import Lookup

logger = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds
MOST = 100
_LONGEST = 255  # characters of what was typed; no name is longer
_ROOM = 65_536  # bytes; a hundred names have room
_NAME = re.compile(r"[\w.@/+:-]{1,255}", re.ASCII)
_LIBRARY = "library"
_PLATFORMS = (
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
    "windows/amd64",
)


class CompletionError(ValueError):
    """There is nothing of that name to complete; the message says what there is."""


@dataclass(slots=True)
class Found:
    """Names that fit what was typed.

    Attributes:
        names: The names.
        total: How many there are in all; None where nobody knows.
        more: Whether there are more than these.
    """

    names: list[str] = field(default_factory=list)
    total: int | None = 0
    more: bool = False

    def add(self, names: Iterable[str], *, more: bool = False, unknown: bool = False) -> None:
        """Add names; `unknown` where there may be more that nobody counted."""
        new = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name) and name not in self.names]
        self.names += new
        self.more = self.more or more
        self.total = None if unknown or self.total is None else self.total + len(new)


Complete = Callable[[Lookup, str, Mapping[str, str], Found], Awaitable[None]]


async def complete(params: types.CompleteRequestParams, lookup: Lookup) -> types.CompleteResult:
    """Return names for an argument, the likeliest first.

    Raises:
        CompletionError: There is no such prompt, template or argument.
        PromptError: There is no such prompt here.
    """
    kind = _kind(params, lookup)
    typed = params.argument.value.strip()
    before = (params.context.arguments if params.context else None) or {}
    found = Found()
    if kind in _COMPLETE and len(typed) <= _LONGEST:
        with anyio.move_on_after(PATIENCE) as deadline:
            await _COMPLETE[kind](lookup, typed, before, found)
        if deadline.cancelled_caught:
            logger.info("completing took too long", extra={"kind": kind})
            found.total, found.more = None, bool(found.names)
    values = _ranked(found.names, typed)[:MOST]
    more = found.more or len(values) < len(found.names)
    return types.CompleteResult(completion=types.Completion(values=values, total=found.total, has_more=more))


def _kind(params: types.CompleteRequestParams, lookup: Lookup) -> str:
    """Return what the argument holds."""
    name = params.argument.name
    if isinstance(params.ref, types.PromptReference):
        prompt = find(params.ref.name, lookup.registry)
        kinds = {argument.name: str(argument.kind) for argument in prompt.arguments}
        what = f"The prompt {prompt.name}"
    else:
        uri = params.ref.uri
        template = next((each.template for each in TEMPLATES if each.template.uri_template == uri), None)
        if template is None:
            known = ", ".join(each.template.uri_template for each in TEMPLATES)
            msg = f"There is no resource template {plain(repr(uri[:200]), 120)}. There are {known}."
            raise CompletionError(msg)
        kinds = {each: f"{each} in an address" for each in re.findall(r"\{(\w+)\}", uri)}
        what = f"The template {uri}"
    if name not in kinds:
        msg = f"{what} has no argument {plain(repr(name[:200]), 100)}{near(name, list(kinds))}"
        raise CompletionError(msg)
    return kinds[name]


async def _namespaces(lookup: Lookup, typed: str, _: Mapping[str, str], found: Found) -> None:
    """Add my own namespaces and that of the official images; then those that a search finds."""
    found.add(_matching([_LIBRARY], typed))
    await _organizations(lookup, typed, {}, found)
    found.add(_matching([lookup.hub.caller.username], typed))
    if typed and lookup.registry.why_off("search_repositories") == "":
        rows, count = await _rows(lookup, "search_repositories", query=typed, size=MOST, fields=["name"])
        published = [name.partition("/")[0] for row in rows if "/" in (name := str(row.get("name", "")))]
        found.add(_matching(published, typed), more=(count or 0) > len(rows), unknown=True)


async def _organizations(lookup: Lookup, typed: str, _: Mapping[str, str], found: Found) -> None:
    """Add the organizations of the account; who has none at all is in none."""
    if not lookup.registry.why_off("list_organizations") and not await _has_account(lookup):
        return
    rows, count = await _rows(lookup, "list_organizations", page_size=MOST, fields=["orgname"])
    names = (str(row.get("orgname", "")) for row in rows)
    found.add(_matching(names, typed), more=(count or 0) > len(rows), unknown=count is None)


async def _has_account(lookup: Lookup) -> bool:
    with suppress(HubError):
        await lookup.hub.sign_in()
    return bool(lookup.hub.caller.username)


async def _repositories_of(lookup: Lookup, typed: str, before: Mapping[str, str], found: Found) -> None:
    """Add the repositories of the namespace that was chosen; without one, nobody knows which are meant."""
    if namespace := before.get("namespace", "").strip():
        await _listed(lookup, "list_repositories", typed, found, namespace=namespace)


async def _tags_of(lookup: Lookup, typed: str, before: Mapping[str, str], found: Found) -> None:
    namespace, repository = before.get("namespace", "").strip(), before.get("repository", "").strip()
    if namespace and repository:
        await _listed(lookup, "list_tags", typed, found, namespace=namespace, repository=repository)


async def _repositories(lookup: Lookup, typed: str, _: Mapping[str, str], found: Found) -> None:
    """Complete `acme/app`: namespaces up to the slash, repositories behind it."""
    namespace, slash, name = typed.partition("/")
    inner = Found()
    if slash and not namespace:
        return
    if slash:
        await _listed(lookup, "list_repositories", name, found, f"{namespace}/", namespace=namespace)
        return
    await _organizations(lookup, namespace, {}, inner)
    inner.add(_matching([lookup.hub.caller.username], namespace))
    found.add([f"{name}/" for name in inner.names], more=inner.more, unknown=inner.total is None)


async def _images(lookup: Lookup, typed: str, before: Mapping[str, str], found: Found) -> None:
    """Complete `redis:8.2` and `acme/app:1.4`: official images and my namespaces, repositories, tags."""
    image, colon, tag = typed.partition(":")
    if colon:
        namespace, slash, repository = image.rpartition("/")
        if slash and not namespace:
            return
        place = {"namespace": namespace or _LIBRARY, "repository": repository}
        await _listed(lookup, "list_tags", tag, found, f"{image}:", **place)
        return
    await _repositories(lookup, typed, before, found)
    if "/" not in typed:
        await _listed(lookup, "list_repositories", typed, found, namespace=_LIBRARY)


async def _platforms(_: Lookup, typed: str, __: Mapping[str, str], found: Found) -> None:
    found.add(_matching(_PLATFORMS, typed))


_COMPLETE: dict[str, Complete] = {
    Kind.IMAGE: _images,
    Kind.REPOSITORY: _repositories,
    Kind.ORGANIZATION: _organizations,
    Kind.PLATFORM: _platforms,
    "namespace in an address": _namespaces,
    "repository in an address": _repositories_of,
    "tag in an address": _tags_of,
}


async def _listed(
    lookup: Lookup, tool: str, typed: str, found: Found, before: str = "", /, **place: str
) -> None:
    """Add names of a list. A short one is read once, a long one for what was typed."""
    rows, count = await _rows(lookup, tool, **place, page_size=MOST, fields=["name"])
    if typed and (count is None or count > len(rows)):
        rows, count = await _rows(lookup, tool, **place, page_size=MOST, fields=["name"], name=typed)
    names = _matching((str(row.get("name", "")) for row in rows), typed)
    found.add(f"{before}{name}" for name in names)
    hidden = max(0, (count or 0) - len(rows))
    found.more = found.more or hidden > 0
    found.total = None if found.total is None or count is None else found.total + hidden


async def _rows(lookup: Lookup, tool: str, **arguments: object) -> tuple[list[dict[str, object]], int | None]:
    """Return the items of a list and how many there are in all; nothing where there is trouble."""
    if lookup.is_short_of_requests:
        return [], None
    outcome = await lookup.read(tool, arguments, room=_ROOM, with_data=True)
    data = outcome.data or {}
    count = data.get("count", data.get("total"))
    return data.get("results", []), count if isinstance(count, int) else None


def _matching(names: Iterable[str], typed: str) -> list[str]:
    wanted = typed.lower()
    return [name for name in names if name and wanted in name.lower()]


def _ranked(names: list[str], typed: str) -> list[str]:
    """Put first what was typed, then what begins with it, then what only has it; the order is kept else."""
    wanted = typed.lower()
    return sorted(names, key=lambda name: (name.lower() != wanted, not name.lower().startswith(wanted)))
