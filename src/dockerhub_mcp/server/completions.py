"""Completions of prompt arguments and of the variables in resource URIs, while the user types.

Names are read from the Hub through the tools, so access control, the request's account and the cache apply.
Names that do not arrive in time are left out, and errors of the Hub are not reported.
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
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.platforms import normalize_architecture
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.prompts.catalog import ArgumentKind
from dockerhub_mcp.server.prompts.render import find_prompt
from dockerhub_mcp.server.resources import TEMPLATES
from dockerhub_mcp.tools.suggestions import suggest_arguments

logger = logging.getLogger(__name__)

COMPLETION_TIMEOUT = 2.0  # seconds
MAX_VALUES = 100
_MAX_TYPED_LENGTH = 255  # characters; no name is longer
_MAX_RESULT_BYTES = 65_536  # enough for a hundred names
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
    """An unknown URI template or argument; the message lists the known ones."""


@dataclass(slots=True)
class CompletionCandidates:
    """The names that match the typed text.

    Attributes:
        names: The names.
        total: The number of matching names on the Hub; None if unknown.
        has_more: Whether there are more names than these.
    """

    names: list[str] = field(default_factory=list)
    total: int | None = 0
    has_more: bool = False

    def add_names(self, names: Iterable[str], *, has_more: bool = False, is_partial: bool = False) -> None:
        """Add names that are not in the list yet.

        Args:
            names: The names.
            has_more: Whether the Hub has more matching names.
            is_partial: Whether the number of names on the Hub is unknown.
        """
        new = [
            name for name in dict.fromkeys(names) if _NAME_PATTERN.fullmatch(name) and name not in self.names
        ]
        self.names += new
        self.has_more = self.has_more or has_more
        self.total = None if is_partial or self.total is None else self.total + len(new)


Completer = Callable[[RequestContext, str, Mapping[str, str], CompletionCandidates], Awaitable[None]]
"""Adds candidates, given the request, the typed text and the arguments that are already filled in."""


async def complete_argument(
    params: types.CompleteRequestParams, request: RequestContext
) -> types.CompleteResult:
    """Return names for an argument, the most likely first.

    Raises:
        CompletionError: The URI template or the argument does not exist.
        PromptError: The prompt does not exist, or its tools are disabled.
    """
    kind = _resolve_argument_kind(params, request)
    typed = params.argument.value.strip()
    resolved = (params.context.arguments if params.context else None) or {}
    candidates = CompletionCandidates()
    if kind in _COMPLETERS and len(typed) <= _MAX_TYPED_LENGTH:
        with anyio.move_on_after(COMPLETION_TIMEOUT) as deadline:
            await _COMPLETERS[kind](request, typed, resolved, candidates)
        if deadline.cancelled_caught:
            logger.info("completion timed out", extra={"kind": kind})
            candidates.total, candidates.has_more = None, bool(candidates.names)
    values = _rank_names(candidates.names, typed)[:MAX_VALUES]
    has_more = candidates.has_more or len(values) < len(candidates.names)
    completion = types.Completion(values=values, total=candidates.total, has_more=has_more)
    return types.CompleteResult(completion=completion)


def _resolve_argument_kind(params: types.CompleteRequestParams, request: RequestContext) -> str:
    """Return the kind of names that the argument takes."""
    name = params.argument.name
    if isinstance(params.ref, types.PromptReference):
        prompt = find_prompt(params.ref.name, request.registry)
        kinds = {argument.name: str(argument.kind) for argument in prompt.arguments}
        owner = f"The prompt {prompt.name}"
    else:
        uri = params.ref.uri
        template = next((each.template for each in TEMPLATES if each.template.uri_template == uri), None)
        if template is None:
            known = ", ".join(each.template.uri_template for each in TEMPLATES)
            msg = f"There is no resource template {to_single_line(repr(uri[:200]), 120)}. There are {known}."
            raise CompletionError(msg)
        kinds = {each: f"{each} in a URI" for each in re.findall(r"\{(\w+)\}", uri)}
        owner = f"The template {uri}"
    if name not in kinds:
        shown = to_single_line(repr(name[:200]), 100)
        msg = f"{owner} has no argument {shown}{suggest_arguments(name, list(kinds))}"
        raise CompletionError(msg)
    return kinds[name]


async def _complete_namespace(
    request: RequestContext, typed: str, _: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Add the account's namespaces and that of the official images, then those found by a search."""
    candidates.add_names(_filter_names([_OFFICIAL_NAMESPACE], typed))
    await _complete_organization(request, typed, {}, candidates)
    candidates.add_names(_filter_names([request.tool_context.hub.principal.username], typed))
    if typed and request.registry.is_callable("search_repositories"):
        rows, count = await _fetch_rows(
            request, "search_repositories", query=typed, size=MAX_VALUES, fields=["name"]
        )
        published = [name.partition("/")[0] for row in rows if "/" in (name := str(row.get("name", "")))]
        candidates.add_names(
            _filter_names(published, typed), has_more=(count or 0) > len(rows), is_partial=True
        )


async def _complete_organization(
    request: RequestContext, typed: str, _: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Add the organizations of the account; an anonymous client has none."""
    if request.registry.is_callable("list_organizations") and not await _has_account(request):
        return
    principal = request.tool_context.hub.principal
    if principal.kind is CredentialKind.OAT:  # its only organization, since the Hub shows it no list
        candidates.add_names(_filter_names([principal.username], typed))
        return
    rows, count = await _fetch_rows(request, "list_organizations", page_size=MAX_VALUES, fields=["orgname"])
    names = (str(row.get("orgname", "")) for row in rows)
    candidates.add_names(
        _filter_names(names, typed), has_more=(count or 0) > len(rows), is_partial=count is None
    )


async def _has_account(request: RequestContext) -> bool:
    with suppress(HubError):
        await request.tool_context.hub.sign_in()
    return bool(request.tool_context.hub.principal.username)


async def _complete_repository_in_namespace(
    request: RequestContext, typed: str, resolved: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Add the repositories of the namespace that is already filled in, if any."""
    if namespace := resolved.get("namespace", "").strip():
        await _add_listed_names(request, "list_repositories", typed, candidates, namespace=namespace)


async def _complete_tag(
    request: RequestContext, typed: str, resolved: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    namespace, repository = resolved.get("namespace", "").strip(), resolved.get("repository", "").strip()
    if namespace and repository:
        await _add_listed_names(
            request, "list_tags", typed, candidates, namespace=namespace, repository=repository
        )


async def _complete_repository(
    request: RequestContext, typed: str, _: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Complete a reference such as `acme/app`: namespaces up to the slash, repositories after it."""
    namespace, slash, name = typed.partition("/")
    inner = CompletionCandidates()
    if slash and not namespace:
        return
    if slash:
        await _add_listed_names(
            request, "list_repositories", name, candidates, f"{namespace}/", namespace=namespace
        )
        return
    await _complete_organization(request, namespace, {}, inner)
    inner.add_names(_filter_names([request.tool_context.hub.principal.username], namespace))
    candidates.add_names(
        [f"{name}/" for name in inner.names], has_more=inner.has_more, is_partial=inner.total is None
    )


async def _complete_image(
    request: RequestContext, typed: str, resolved: Mapping[str, str], candidates: CompletionCandidates
) -> None:
    """Complete a reference such as `redis:8.2` or `acme/app:1.4`, with official images and own namespaces."""
    image, colon, tag = typed.partition(":")
    if colon:
        namespace, slash, repository = image.rpartition("/")
        if slash and not namespace:
            return
        place = {"namespace": namespace or _OFFICIAL_NAMESPACE, "repository": repository}
        await _add_listed_names(request, "list_tags", tag, candidates, f"{image}:", **place)
        return
    await _complete_repository(request, typed, resolved, candidates)
    if "/" not in typed:
        await _add_listed_names(
            request, "list_repositories", typed, candidates, namespace=_OFFICIAL_NAMESPACE
        )


async def _complete_platform(
    request: RequestContext,  # noqa: ARG001 - of the signature
    typed: str,
    __: Mapping[str, str],
    candidates: CompletionCandidates,
) -> None:
    candidates.add_names(_filter_names(_PLATFORMS, typed))
    if typed and not candidates.names:
        os, _, architecture = typed.rpartition("/")
        candidates.add_names(_filter_names(_PLATFORMS, f"{os}/{normalize_architecture(architecture)}"))


_COMPLETERS: dict[str, Completer] = {
    ArgumentKind.IMAGE: _complete_image,
    ArgumentKind.REPOSITORY: _complete_repository,
    ArgumentKind.ORGANIZATION: _complete_organization,
    ArgumentKind.PLATFORM: _complete_platform,
    "namespace in a URI": _complete_namespace,
    "repository in a URI": _complete_repository_in_namespace,
    "tag in a URI": _complete_tag,
}


async def _add_listed_names(
    request: RequestContext,
    tool: str,
    typed: str,
    candidates: CompletionCandidates,
    prefix: str = "",
    /,
    **path_arguments: str,
) -> None:
    """Add the names of a list: filtered here if it fits one page, otherwise filtered by the Hub."""
    rows, count = await _fetch_rows(request, tool, **path_arguments, page_size=MAX_VALUES, fields=["name"])
    if typed and (count is None or count > len(rows)):
        rows, count = await _fetch_rows(
            request, tool, **path_arguments, page_size=MAX_VALUES, fields=["name"], name=typed
        )
    names = _filter_names((str(row.get("name", "")) for row in rows), typed)
    if count is not None and count < len(rows):
        count = None  # the Hub's count is wrong
    candidates.add_names(f"{prefix}{name}" for name in names)
    hidden = max(0, (count or 0) - len(rows))
    candidates.has_more = candidates.has_more or hidden > 0
    candidates.total = None if candidates.total is None or count is None else candidates.total + hidden


async def _fetch_rows(
    request: RequestContext, tool: str, **arguments: object
) -> tuple[list[dict[str, object]], int | None]:
    """Return the items of a list and their number on the Hub; nothing if the call fails."""
    if request.is_rate_limit_low:
        return [], None
    result = await request.read(tool, arguments, max_bytes=_MAX_RESULT_BYTES, include_structured=True)
    data = result.structured_content or {}
    count = data.get("count", data.get("total"))
    return data.get("results", []), count if isinstance(count, int) else None


def _filter_names(names: Iterable[str], typed: str) -> list[str]:
    text = typed.lower()
    return [name for name in names if name and text in name.lower()]


def _rank_names(names: list[str], typed: str) -> list[str]:
    """Sort an exact match first, then names that begin with the typed text; keep the order otherwise."""
    text = typed.lower()
    return sorted(names, key=lambda name: (name.lower() != text, not name.lower().startswith(text)))
