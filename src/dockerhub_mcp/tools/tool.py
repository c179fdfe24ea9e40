"""A tool: what an agent can call, and what the server, the command line and the documents know about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel

from dockerhub_mcp.hub.api.coercion import list_organization_aliases
from dockerhub_mcp.hub.api.enums import Area, Effect, Scope, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.access import Access, MethodInfo, ToolInfo, is_in_default_toolset, required_access
from dockerhub_mcp.tools.catalog.schema import (
    build_input_schema,
    build_output_schema,
    list_argument_names,
    list_secret_arguments,
    sort_keys,
)
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.injected_arguments import set_aside_injected_arguments
from dockerhub_mcp.tools.meta_keys import META_PREFIX
from dockerhub_mcp.tools.results.projection import (
    SUMMARY,
    Projection,
    ProjectionError,
    build_projection_arguments,
    extract_projection,
)
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.validation import ArgumentsError, validate_arguments


class ToolCall(NamedTuple):
    """The validated arguments of one call.

    Attributes:
        arguments: The arguments, as an instance of the tool's arguments model.
        projection: The fields of the result that the caller selected.
        notes: How arguments were interpreted where they were ambiguous.
        tool: The tool that carries out the call; None where it is the one that was called.
    """

    arguments: BaseModel
    projection: Projection = SUMMARY
    notes: tuple[str, ...] = ()
    tool: Tool | None = None

    @property
    def is_dry_run(self) -> bool:
        """Whether the call only previews a mutation."""
        return bool(getattr(self.arguments, "dry_run", False))

    @property
    def cache_key(self) -> str:
        """A text that is equal for equal calls of one tool."""
        return f"{self.projection.key} {self.notes} {self.arguments.model_dump_json()}"


class Tool(ABC):
    """A tool that composes one or more Hub methods.

    Access, effect, scope and the other facts follow from the methods; the strictest of them gates the tool.
    Instances are created once and shared by all requests.

    Args:
        name: The name, in snake case.
        title: A short title for people.
        description: What the tool does, for agents.
        methods: The Hub methods that the tool may call, at least one.
        optional_methods: Those of them that only read, and without which the tool works in part: an account
            that may not use them can still use the tool.
        arguments_model: The model of the arguments.
        result_type: The model of the result.
        item_model: The model of the fields that callers may select with `fields` and `detail`, if any.
        area: The toolset; by default that of the first method.
        is_enabled_by_default: Whether the default toolset contains the tool, if it only reads; by default
            whether all of its methods are enabled by default. Its area decides if it changes something.
    """

    def __init__(
        self,
        *,
        name: str,
        title: str,
        description: str,
        methods: tuple[type[Method[Any]], ...],
        arguments_model: type[BaseModel],
        result_type: type[HubModel],
        item_model: type[HubModel] | None = None,
        area: Area | None = None,
        is_enabled_by_default: bool | None = None,
        optional_methods: Collection[type[Method[Any]]] = (),
    ) -> None:
        self.name, self.title, self.description = name, title, description
        self.methods = methods
        self.required_methods = tuple(method for method in methods if method not in optional_methods)
        self.arguments_model, self.result_type, self.item_model = arguments_model, result_type, item_model
        self.area = methods[0].area if area is None else area
        if is_enabled_by_default is None:
            is_enabled_by_default = all(method.is_enabled_by_default for method in methods)
        self.is_enabled_by_default = is_in_default_toolset(
            self.access, self.area, is_read_by_default=is_enabled_by_default
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    @property
    def is_cached(self) -> bool:
        """Whether results may come from the cache, which callers with the same account share."""
        return True

    @property
    def called_tools(self) -> tuple[str, ...]:
        """The names of the tools that carry out its calls; empty where it does so itself."""
        return ()

    @abstractmethod
    async def run(self, context: ToolContext, call: ToolCall) -> ToolResult:
        """Carry out a call.

        Raises:
            HubError: The Hub refused a request, or could not be reached.
            NotConfirmedError: The user did not confirm a mutation.
        """

    @property
    @abstractmethod
    def summary(self) -> str:
        """What the tool calls, in a few words, for tables."""

    @abstractmethod
    def build_meta(self) -> dict[str, Any]:
        """Return the keys of `_meta` that only this kind of tool has, without the prefix."""

    def parse(self, arguments: Mapping[str, Any]) -> ToolCall:
        """Validate the arguments of a call.

        Raises:
            ArgumentsError: An argument is unknown, missing or invalid; the message says how to correct it.
        """
        known_names = self.argument_names
        arguments, notes = set_aside_injected_arguments(arguments, known_names)
        projection = SUMMARY
        if self.item_model is not None:
            try:
                projection, arguments = extract_projection(self.name, self.item_model, arguments)
            except ProjectionError as error:
                msg = f"{self.name} was not called. {error}"
                raise ArgumentsError(msg) from None
        validated = validate_arguments(
            self.arguments_model, arguments, tool_name=self.name, known_names=known_names
        )
        return ToolCall(validated, projection, (*getattr(validated, "notes", ()), *notes))

    def adapt_result(self, result: ToolResult) -> ToolResult:
        """Return a result, or an error, as this tool words it; by default unchanged."""
        return result

    @cached_property
    def argument_names(self) -> tuple[str, ...]:
        """The names of the arguments, in the order of the input schema, which takes long to build."""
        extra = () if self.item_model is None else build_projection_arguments(self.item_model)
        return (*list_argument_names(self.arguments_model), *extra)

    @cached_property
    def access(self) -> Access:
        """The access level that the tool needs: the highest of its methods."""
        levels = [required_access(method.effect, method.scope) for method in self.methods]
        return max(levels, key=list(Access).index)

    @cached_property
    def effect(self) -> Effect:
        """The strictest effect of its methods."""
        return max((method.effect for method in self.methods), key=list(Effect).index)

    @cached_property
    def is_mutation(self) -> bool:
        """Whether a call may change anything on the Hub."""
        return any(method.effect.is_mutation for method in self.methods)

    @cached_property
    def scope(self) -> Scope:
        """The strictest scope of the methods that it needs."""
        scopes = (method.scope for method in self.required_methods)
        return max(scopes, key=list(Scope).index, default=Scope.NONE)

    @cached_property
    def allows_anonymous(self) -> bool:
        """Whether the tool works without an account."""
        return all(method.allows_anonymous for method in self.required_methods)

    @cached_property
    def uses_scim_token(self) -> bool:
        """Whether the tool needs the organization's SCIM token."""
        return any(method.service is Service.SCIM for method in self.required_methods)

    @cached_property
    def is_documented(self) -> bool:
        """Whether the official API document describes all methods that it needs."""
        return all(method.is_documented for method in self.required_methods)

    @cached_property
    def info(self) -> ToolInfo:
        """The facts that are known without loading the tool, as the index of all tools has them."""
        return ToolInfo(
            self.name,
            self.access,
            str(self.area),
            self.is_enabled_by_default,
            self.effect,
            self.secret_arguments,
            self.called_tools,
            tuple(map(_describe_method, self.required_methods)),
        )

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The flat JSON schema of the arguments. Must not be changed."""
        return build_input_schema(
            self.arguments_model,
            {} if self.item_model is None else build_projection_arguments(self.item_model),
        )

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the structured content. Must not be changed."""
        return build_output_schema(self.result_type)

    @cached_property
    def argument_examples(self) -> dict[str, Any]:
        """An example value by argument, where the arguments model has one."""
        fields = self.arguments_model.model_fields.items()
        return {field.alias or name: field.examples[0] for name, field in fields if field.examples}

    @cached_property
    def argument_aliases(self) -> tuple[str, ...]:
        """Further names under which a call may give the organization."""
        return list_organization_aliases(self.arguments_model)

    @cached_property
    def secret_arguments(self) -> tuple[str, ...]:
        """The arguments with secrets: the command line asks for them, and messages do not repeat them."""
        return list_secret_arguments(self.arguments_model)

    @cached_property
    def annotations(self) -> dict[str, bool]:
        """The four MCP hints, which follow from the effects of the methods."""
        effects = {method.effect for method in self.methods}
        return {
            "readOnlyHint": effects == {Effect.READ},
            "destructiveHint": not effects.isdisjoint({Effect.DELETE, Effect.REPLACE, Effect.UPDATE}),
            "idempotentHint": Effect.CREATE not in effects,
            "openWorldHint": True,
        }

    @cached_property
    def listing(self) -> dict[str, Any]:
        """The tool as `tools/list` returns it, with sorted keys. Must not be changed."""
        meta = {"access": str(self.access), "permission": str(self.scope), **self.build_meta()}
        entry: dict[str, Any] = sort_keys(
            {
                "name": self.name,
                "title": self.title,
                "description": self.description,
                "inputSchema": self.input_schema,
                "outputSchema": self.output_schema,
                "annotations": self.annotations,
                "_meta": {META_PREFIX + key: value for key, value in meta.items()},
            }
        )
        return entry


def _describe_method(method: type[Method[Any]]) -> MethodInfo:
    return MethodInfo(
        method.service,
        method.effect,
        method.area,
        method.scope,
        method.allows_anonymous,
        method.accepts_pat,
        method.oat_scope,
    )
