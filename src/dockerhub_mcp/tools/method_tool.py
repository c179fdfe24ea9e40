"""The tool of a single Hub method."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, cached_property
from typing import Any, cast

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.api.marks import UNDOCUMENTED
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.delivery import is_mutation
from dockerhub_mcp.hub.models import Existence, HubModel, Page
from dockerhub_mcp.tools.catalog.schema import build_output_schema
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.hub_notes import list_hub_notes
from dockerhub_mcp.tools.permissions import describe_deciding_right
from dockerhub_mcp.tools.results.annotations import (
    MAX_TODAY_BYTES,
    ItemAnnotator,
)
from dockerhub_mcp.tools.results.model_types import is_instance
from dockerhub_mcp.tools.results.object_results import build_object_result
from dockerhub_mcp.tools.results.projection import get_item_model
from dockerhub_mcp.tools.results.tool_result import ResultView, ToolResult
from dockerhub_mcp.tools.tool import Tool, ToolCall

_OFFSET_ARGUMENTS = {"from": 0, "startIndex": 1}
"""Arguments that skip items of a list without pages, with the value of the first item."""


class MethodTool(Tool):
    """Adapts a Hub method to a tool."""

    def __init__(self, method: type[Method[Any]]) -> None:
        result_type = method.get_result_type()
        super().__init__(
            name=method.tool_name,
            title=method.title,
            description=method.build_description(),
            methods=(method,),
            arguments_model=method,
            result_type=result_type,
            item_model=get_item_model(result_type) if method.effect is Effect.READ else None,
        )
        self.method = method

    @property
    def summary(self) -> str:
        """The verb and the path template of the request."""
        return str(self.method.http)

    async def run(self, context: ToolContext, call: ToolCall) -> ToolResult:
        """Send the method's request and build the result."""
        method_call = cast("Method[Any]", call.arguments)
        if is_mutation(method_call):
            from dockerhub_mcp.tools.mutations.execute import execute_mutation  # noqa: PLC0415 - reads need none

            if method_call.is_local_dry_run:
                return await execute_mutation(context, method_call, call.notes)
            async with context.audit.record_unsent_errors(method_call):
                return await execute_mutation(context, method_call, call.notes)
        link = _format_web_link(method_call, context.result_options.max_bytes)
        view = ResultView(
            call.projection,
            context.result_options,
            context.cache.max_note_bytes + MAX_TODAY_BYTES + len(link.encode()),
            offset := _find_offset_argument(method_call),
            _OFFSET_ARGUMENTS[offset[0]] if offset else 0,
        )
        further_notes = [note for note in call.notes if note not in method_call.notes]
        result, today = await _fetch_result(context, method_call, view, further_notes)
        return replace(result, text=f"{result.text}{today}{link}") if today or link else result

    def build_meta(self) -> dict[str, Any]:
        """Return verb and path of the request, what decides on it, and what the API reference says of it."""
        method = self.method
        meta: dict[str, Any] = {
            "method": method.http.verb,
            "path": method.http.path_template,
            "decided-by": describe_deciding_right(method),
            "reference": str(method.get_reference_state()),
        }
        meta |= {key: value for key in ("introduced", "deprecated") if (value := getattr(method, key))}
        if method.oat_scope:
            meta["organization-token-scope"] = method.oat_scope
        undocumented = [n for n, field in method.model_fields.items() if UNDOCUMENTED in field.metadata]
        if undocumented:
            meta["undocumented-parameters"] = undocumented
        return meta

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the structured content. Must not be changed."""
        schema = build_output_schema(self.result_type)
        if getattr(self.method, "secret_field", ""):  # of a mutation
            token = {"type": "string", "description": "Where the value of the token is."}
            schema["properties"]["token"] = token
        return schema


async def _fetch_result(
    context: ToolContext, call: Method[Any], view: ResultView, further_notes: Sequence[str]
) -> tuple[ToolResult, str]:
    """Return the result of a call, and the line with today's date where dates are shown."""
    hub = context.hub
    if call.summary_model is not None and view.projection.is_covered_by(call.summary_model):
        call = call.as_summary()
    annotator = ItemAnnotator(call, view.projection, context.clock())

    async def collect_notes(read: Any) -> list[str]:
        notes = [*_collect_notes(hub, call), *further_notes]
        if read is not None:
            notes += annotator.list_notes()
            notes += await _explain_result(hub, call, read)
        return notes

    if _returns_page(type(call)):
        from dockerhub_mcp.tools.list_reading import read_list  # noqa: PLC0415 - reads of one object need none

        result = await read_list(context, call, view, annotator, collect_notes)
    else:
        found = await _send(context, call)
        annotator.annotate(_list_items(found))
        notes = await collect_notes(found)
        if is_instance(found, Existence) and not found.exists:
            notes.append(
                f"It is missing, or private and not visible to {hub.principal}: the Hub does not say which."
            )
        result = build_object_result(found, notes, view)
    return result, annotator.format_today()


async def _send(context: ToolContext, call: Method[Any]) -> Any:
    """Send a call; one that may change the account is recorded, because later lines depend on it."""
    if call.effect is not Effect.SIGN_IN or context.hub.principal.fixed_identity:
        return await context.hub.send(call)
    async with context.audit.record_request(call, confirmed=False):
        return await context.hub.send(call)


async def _explain_result(hub: Hub, call: Method[Any], result: Any) -> list[str]:
    """Return notes on a result that does not mean what the arguments suggest."""
    reference = None
    if reference_call := call.reference_call(result):
        with suppress(HubError):
            reference = await hub.send(reference_call)
    return call.explain_result(result, reference)


def _list_items(result: Any) -> list[HubModel]:
    """Return the items of an object that consists of a list, or the object itself."""
    items = getattr(result, result.items_field) if result.items_field else None
    return items or [result]


def _format_web_link(call: Method[Any], max_bytes: int) -> str:
    """Return the line with the address of the same data on Docker Hub's website, unless it is too long."""
    url = call.build_web_url()
    line = f"\nOn the Hub: {url}" if url else ""
    return line if len(line.encode()) <= max_bytes // 4 else ""


def _find_offset_argument(call: Method[Any]) -> tuple[str, int] | None:
    """Return the argument that skips items of a list without pages, and its value in this call."""
    name, argument = _find_offset_field(type(call))
    if not name:
        return None
    value = getattr(call, name)
    return argument, _OFFSET_ARGUMENTS[argument] if value is None else value


@cache
def _returns_page(method: type[Method[Any]]) -> bool:
    result_type = method.get_result_type()
    return isinstance(result_type, type) and issubclass(result_type, Page)


@cache
def _find_offset_field(method: type[Method[Any]]) -> tuple[str, str]:
    """Return the field that skips items, and its argument; two empty texts without one."""
    for name, field in method.model_fields.items():
        argument = field.alias or name
        if argument in _OFFSET_ARGUMENTS and field.annotation in {int, int | None}:
            return name, argument
    return "", ""


def _collect_notes(hub: Hub, call: Method[Any]) -> list[str]:
    """Return the notes on interpreted arguments, unusable credentials and a low rate limit."""
    return [*call.notes, *list_hub_notes(hub, uses_account=call.service is not Service.SCIM)]
