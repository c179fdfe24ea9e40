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
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.prompts.catalog import ArgumentKind
from dockerhub_mcp.server.prompts.render import find_prompt
from dockerhub_mcp.server.resources import TEMPLATES
from dockerhub_mcp.tools.suggestions import did_you_mean

logger = logging.getLogger(__name__)

COMPLETION_TIMEOUT = 2.0  # seconds
MAX_VALUES = 100
_MAX_TYPED_LENGTH = 255  # characters of what was typed; no name is longer
_MAX_RESULT_BYTES = 65_536  # bytes; a hundred names have room
_NAME_PATTERN = re.compile(r"[\w.@/+:-]{1,255}", re.ASCII)
_OFFICIAL_NAMESPACE = "library"
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
class CompletionCandidates:
    """Names that fit what was typed.

    Attributes:
        names: The names.
        total: How many there are in all; None where nobody knows.
        has_more: Whether there are more than these.
    """

    names: list[str] = field(default_factory=list)
    total: int | None = 0
    has_more: bool = False

    def add_names(self, names: Iterable[str], *, has_more: bool = False, is_partial: bool = False) -> None:
        """Add names; `unknown` where there may be more that nobody counted."""
        new = [
            name for name in dict.fromkeys(names) if _NAME_PATTERN.fullmatch(name) and name not in self.names
        ]
        self.names += new
        self.has_more = self.has_more or has_more
        self.total = None if is_partial or self.total is None else self.total + len(new)


Completer = Callable[[RequestContext, str, Mapping[str, str], CompletionCandidates], Awaitable[None]]


async def complete_argument(
    params: types.CompleteRequestParams, context: RequestContext
) -> types.CompleteResult:
    """Return names for an argument, the likeliest first.

    Raises:
        CompletionError: There is no such prompt, template or argument.
        PromptError: There is no such prompt here.
    """
    kind = _resolve_argument_kind(params, context)
    typed = params.argument.value.strip()
    before = (params.context.arguments if params.context else None) or {}
    found = CompletionCandidates()
    if kind in _COMPLETERS and len(typed) <= _MAX_TYPED_LENGTH:
        with anyio.move_on_after(COMPLETION_TIMEOUT) as deadline:
            await _COMPLETERS[kind](context, typed, before, found)
        if deadline.cancelled_caught:
            logger.info("completing took too long", extra={"kind": kind})
            found.total, found.has_more = None, bool(found.names)
    values = _rank_names(found.names, typed)[:MAX_VALUES]
    more = found.has_more or len(values) < len(found.names)
    return types.CompleteResult(completion=types.Completion(values=values, total=found.total, has_more=more))


def _resolve_argument_kind(params: types.CompleteRequestParams, context: RequestContext) -> str:
    """Return what the argument holds."""
    name = params.argument.name
    if isinstance(params.ref, types.PromptReference):
        prompt = find_prompt(params.ref.name, context.registry)
        kinds = {argument.name: str(argument.kind) for argument in prompt.arguments}
        what = f"The prompt {prompt.name}"
    else:
        uri = params.ref.uri
        template = next((each.template for each in TEMPLATES if each.template.uri_template == uri), None)
        if template is None:
            known = ", ".join(each.template.uri_template for each in TEMPLATES)
            msg = f"There is no resource template {to_single_line(repr(uri[:200]), 120)}. There are {known}."
            raise CompletionError(msg)
        kinds = {each: f"{each} in an address" for each in re.findall(r"\{(\w+)\}", uri)}
        what = f"The template {uri}"
    if name not in kinds:
        msg = (
            f"{what} has no argument {to_single_line(repr(name[:200]), 100)}{did_you_mean(name, list(kinds))}"
        )
        raise CompletionError(msg)
    return kinds[name]


async def _complete_namespace(
    context: RequestContext, typed: str, _: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Add my own namespaces and that of the official images; then those that a search finds."""
    candidates.add_names(_filter_names([_OFFICIAL_NAMESPACE], typed))
    await _complete_organization(context, typed, {}, candidates)
    candidates.add_names(_filter_names([context.tool_context.hub.principal.username], typed))
    if typed and context.registry.disabled_reason("search_repositories") == "":
        rows, count = await _fetch_rows(
            context, "search_repositories", query=typed, size=MAX_VALUES, fields=["name"]
        )
        published = [name.partition("/")[0] for row in rows if "/" in (name := str(row.get("name", "")))]
        candidates.add_names(
            _filter_names(published, typed), has_more=(count or 0) > len(rows), is_partial=True
        )


async def _complete_organization(
    context: RequestContext, typed: str, _: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Add the organizations of the account; who has none at all is in none."""
    if not context.registry.disabled_reason("list_organizations") and not await _has_account(context):
        return
    rows, count = await _fetch_rows(context, "list_organizations", page_size=MAX_VALUES, fields=["orgname"])
    names = (str(row.get("orgname", "")) for row in rows)
    candidates.add_names(
        _filter_names(names, typed), has_more=(count or 0) > len(rows), is_partial=count is None
    )


async def _has_account(context: RequestContext) -> bool:
    with suppress(HubError):
        await context.tool_context.hub.sign_in()
    return bool(context.tool_context.hub.principal.username)


async def _complete_repository_in_namespace(
    context: RequestContext, typed: str, resolved: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Add the repositories of the namespace that was chosen; without one, nobody knows which are meant."""
    if namespace := resolved.get("namespace", "").strip():
        await _add_listed_names(context, "list_repositories", typed, candidates, namespace=namespace)


async def _complete_tag(
    context: RequestContext, typed: str, resolved: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    namespace, repository = resolved.get("namespace", "").strip(), resolved.get("repository", "").strip()
    if namespace and repository:
        await _add_listed_names(
            context, "list_tags", typed, candidates, namespace=namespace, repository=repository
        )


async def _complete_repository(
    context: RequestContext, typed: str, _: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Complete `acme/app`: namespaces up to the slash, repositories behind it."""
    namespace, slash, name = typed.partition("/")
    inner = CompletionCandidates()
    if slash and not namespace:
        return
    if slash:
        await _add_listed_names(
            context, "list_repositories", name, candidates, f"{namespace}/", namespace=namespace
        )
        return
    await _complete_organization(context, namespace, {}, inner)
    inner.add_names(_filter_names([context.tool_context.hub.principal.username], namespace))
    candidates.add_names(
        [f"{name}/" for name in inner.names], has_more=inner.has_more, is_partial=inner.total is None
    )


async def _complete_image(
    context: RequestContext, typed: str, resolved: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Complete `redis:8.2` and `acme/app:1.4`: official images and my namespaces, repositories, tags."""
    image, colon, tag = typed.partition(":")
    if colon:
        namespace, slash, repository = image.rpartition("/")
        if slash and not namespace:
            return
        place = {"namespace": namespace or _OFFICIAL_NAMESPACE, "repository": repository}
        await _add_listed_names(context, "list_tags", tag, candidates, f"{image}:", **place)
        return
    await _complete_repository(context, typed, resolved, candidates)
    if "/" not in typed:
        await _add_listed_names(
            context, "list_repositories", typed, candidates, namespace=_OFFICIAL_NAMESPACE
        )


async def _complete_platform(
    _: RequestContext, typed: str, __: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    candidates.add_names(_filter_names(_PLATFORMS, typed))


_COMPLETERS: dict[str, Completer] = {
    ArgumentKind.IMAGE: _complete_image,
    ArgumentKind.REPOSITORY: _complete_repository,
    ArgumentKind.ORGANIZATION: _complete_organization,
    ArgumentKind.PLATFORM: _complete_platform,
    "namespace in an address": _complete_namespace,
    "repository in an address": _complete_repository_in_namespace,
    "tag in an address": _complete_tag,
}


async def _add_listed_names(
    context: RequestContext,
    tool: str,
    typed: str,
    candidates: CompletionCandidates,
    prefix: str = "",
    /,
    **path_arguments: str,
) -> None:
    """Add names of a list. A short one is read once, a long one for what was typed."""
    rows, count = await _fetch_rows(context, tool, **path_arguments, page_size=MAX_VALUES, fields=["name"])
    if typed and (count is None or count > len(rows)):
        rows, count = await _fetch_rows(
            context, tool, **path_arguments, page_size=MAX_VALUES, fields=["name"], name=typed
        )
    names = _filter_names((str(row.get("name", "")) for row in rows), typed)
    candidates.add_names(f"{prefix}{name}" for name in names)
    hidden = max(0, (count or 0) - len(rows))
    candidates.has_more = candidates.has_more or hidden > 0
    candidates.total = None if candidates.total is None or count is None else candidates.total + hidden


async def _fetch_rows(
    context: RequestContext, tool: str, **arguments: object
) -> tuple[list[dict[str, object]], int | None]:
    """Return the items of a list and how many there are in all; nothing where there is trouble."""
    if context.is_rate_limit_low:
        return [], None
    outcome = await context.read(tool, arguments, max_bytes=_MAX_RESULT_BYTES, include_structured=True)
    data = outcome.structured_content or {}
    count = data.get("count", data.get("total"))
    return data.get("results", []), count if isinstance(count, int) else None


def _filter_names(names: Iterable[str], typed: str) -> list[str]:
    wanted = typed.lower()
    return [name for name in names if name and wanted in name.lower()]


def _rank_names(names: list[str], typed: str) -> list[str]:
    """Put first what was typed, then what begins with it, then what only has it; the order is kept else."""
    wanted = typed.lower()
    return sorted(names, key=lambda name: (name.lower() != wanted, not name.lower().startswith(wanted)))
