"""How a workflow is declared, and the tool that runs it.

A workflow is a class like a Hub method: its fields are the arguments, its docstring is the description,
and an instance is one call.

    class CheckTagAge(Workflow):
        \"\"\"Check whether a tag was pushed within a number of days.\"\"\"

        title = "Check the age of a tag"
        methods = (GetTag,)
        result_type = TagAge

        namespace: Namespace = "library"
        repository: RepositoryName
        tag: TagName
        max_age_days: Annotated[int, Field(ge=1, description="Age limit in days.", examples=[90])] = 90

        async def run(self, context: ToolContext) -> WorkflowResult:
            place = {"namespace": self.namespace, "repository": self.repository}
            tag = await context.hub.send(GetTag(**place, tag=self.tag))
            ...
            return WorkflowResult(TagAge(...))

Where `run()` needs more than a few modules, it is left to a module of `implementations/`, which is imported
with the first call.

Validation, caching, error messages, redaction and size limits work as for every tool; a `repository` with a
`namespace` beside it may be a pasted image reference. A workflow touches the Hub only through `context.hub`,
which refuses every mutation that the workflow does not declare. It has no arguments `fields` and `detail`,
and its result has no link to the Hub's pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from inspect import cleandoc
from types import ModuleType
from typing import Any, ClassVar, Self, cast

from anyio import to_thread
from pydantic import (
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from dockerhub_mcp.hub.api.coercion import coerce_arguments
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.reference_arguments import expand_reference
from dockerhub_mcp.hub.api.types import CallModel
from dockerhub_mcp.hub.methods import is_listed
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.catalog.schema import build_output_schema
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.hub_notes import list_hub_notes
from dockerhub_mcp.tools.results.annotations import MAX_TODAY_BYTES, format_today
from dockerhub_mcp.tools.results.object_results import build_object_result
from dockerhub_mcp.tools.results.sanitize import sanitize_line
from dockerhub_mcp.tools.results.tool_result import ResultView, ToolResult
from dockerhub_mcp.tools.tool import Tool, ToolCall
from dockerhub_mcp.tools.validation import ArgumentsError, describe_problems

IMPLEMENTATIONS = "dockerhub_mcp.tools.workflows.implementations"
"""The package with a module for each workflow that does not override `run()`."""

_MAX_REASON_CHARS = 500


class UndeclaredMethodError(RuntimeError):
    """A workflow tried to send a mutation that it does not declare; nothing was sent."""


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    """The result of a workflow.

    Attributes:
        data: The result; its summary fields are shown.
        notes: Notes for the agent, one line each.
        partial_reason: Why the result is incomplete, empty if it is complete. Partial results are not cached.
            A list that `context.hub.paginate` read with an `error` is incomplete for that reason.
        uses_registry: Whether some of it is from the registry, which has another sign-in.
    """

    data: HubModel
    notes: Sequence[str] = ()
    partial_reason: str = ""
    uses_registry: bool = False


class Workflow(CallModel):
    """One call of a workflow."""

    title: ClassVar[str]
    """A short title for people."""
    methods: ClassVar[tuple[type[Method[Any]], ...]]
    """Every Hub method that the workflow may call; the strictest decides which access level it needs."""
    optional_methods: ClassVar[tuple[type[Method[Any]], ...]] = ()
    """Those of the methods that only read, and without which the workflow can answer in part."""
    result_type: ClassVar[type[HubModel]]
    """The model of the result. Its `untrusted_fields` name the fields with text written by third parties."""
    tool_name: ClassVar[str] = ""
    """The name of the tool; by default the class name in snake case."""
    area: ClassVar[Area | None] = None
    """The toolset; by default that of the first method."""
    is_enabled_by_default: ClassVar[bool | None] = None
    """Whether the default toolset has a tool that reads; by default whether it has all of its methods."""
    is_cached: ClassVar[bool] = True
    """Whether the cache may answer; not where the result depends on more than account and arguments."""
    reports_account: ClassVar[bool] = False
    """Whether the result itself says so where the configured credentials are not in use."""
    gives: ClassVar[str] = ""
    """The rights or the reach that a call may give, for the documentation; as for `Mutation`."""
    takes: ClassVar[str] = ""
    """What a call may destroy or take away."""
    unasked: ClassVar[str] = ""
    """The changes that need no confirmation, and why."""
    secret_field: ClassVar[str] = ""
    """The field of the result with a new secret, which the Hub shows only once."""

    _notes: list[str] = PrivateAttr(default_factory=list)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "tool_name" not in cls.__dict__:
            cls.tool_name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    @model_validator(mode="wrap")
    @classmethod
    def _normalize_and_validate(cls, arguments: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        notes: list[str] = []
        if isinstance(arguments, dict):
            is_mutation = any(method.effect.is_mutation for method in cls.methods)
            arguments = coerce_arguments(cls, arguments, empty_is_absent=not is_mutation)
            arguments = cls.prepare_arguments(arguments)
            if "repository" in cls.model_fields:
                arguments = cls._expand_reference(arguments, notes, is_mutation=is_mutation)
        workflow = validate(arguments)
        workflow._notes.extend(notes)  # noqa: SLF001 - an instance of this class
        return workflow

    @classmethod
    def _expand_reference(
        cls, arguments: dict[str, Any], notes: list[str], *, is_mutation: bool
    ) -> dict[str, Any]:
        """Split references in the arguments; the namespace may be the argument of the organization."""
        owner = "namespace" if "namespace" in cls.model_fields else "org_name"
        named = {"namespace" if name == owner else name: value for name, value in arguments.items()}
        accepts_tag = "tag" in cls.model_fields
        named = expand_reference(named, notes, accepts_tag=accepts_tag, is_mutation=is_mutation)
        return {owner if name == "namespace" else name: value for name, value in named.items()}

    @classmethod
    def prepare_arguments(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call before references are expanded; by default as they are.

        Raises:
            ValueError: They say something that the workflow cannot honour.
        """
        return arguments

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about arguments that were changed, for the agent."""
        return tuple(self._notes)

    async def run(self, context: ToolContext) -> WorkflowResult | ToolResult:
        """Carry out the workflow; by default, with the module of `implementations/` named like the tool.

        Return a `ToolResult` for what `execute_mutation` built; it is passed on as it is.

        Use `context.hub` for requests, `context.report_progress` for progress, and for mutations
        `context.require_confirmation` and `send_mutation` of `dockerhub_mcp.tools.mutations.execute`.

        Raises:
            HubError: The Hub refused a request, or could not be reached.
            NotConfirmedError: The user did not confirm a mutation.
        """
        implementation = await _load_implementation(self.tool_name)
        return cast("WorkflowResult | ToolResult", await implementation.run(self, context))


_implementations: dict[str, ModuleType] = {}


async def _load_implementation(tool_name: str) -> ModuleType:
    """Import the implementation of a workflow on its first call.

    In a thread: this may take a tenth of a second, in which other calls are answered.
    """
    if tool_name not in _implementations:
        name = f"{IMPLEMENTATIONS}.{tool_name}"
        _implementations[tool_name] = await to_thread.run_sync(import_module, name)
    return _implementations[tool_name]


class WorkflowTool(Tool):
    """Adapts a workflow to a tool."""

    def __init__(self, workflow: type[Workflow]) -> None:
        fields = workflow.model_fields
        if "repository" in fields and not {"namespace", "org_name"} & fields.keys():
            msg = f"{workflow.__name__} has a repository without a namespace or org_name; declare both"
            raise TypeError(msg)
        super().__init__(
            name=workflow.tool_name,
            title=workflow.title,
            description=" ".join(cleandoc(workflow.__doc__ or "").split()),
            methods=workflow.methods,
            arguments_model=workflow,
            result_type=workflow.result_type,
            area=workflow.area,
            is_enabled_by_default=workflow.is_enabled_by_default,
            optional_methods=workflow.optional_methods,
        )
        self.workflow = workflow
        self._is_cached, self.reports_account = workflow.is_cached, workflow.reports_account

    @property
    def is_cached(self) -> bool:
        """Whether results may come from the cache."""
        return self._is_cached

    @property
    def summary(self) -> str:
        """The names of the methods that the workflow composes."""
        return " + ".join(method.tool_name for method in self.methods)

    async def run(self, context: ToolContext, call: ToolCall) -> ToolResult:
        """Carry out the workflow and build the result."""
        hub = context.hub.with_method_check(self._check_method)
        try:
            outcome = await cast("Workflow", call.arguments).run(replace(context, hub=hub))
        except ValidationError as error:
            model = next((method for method in self.methods if method.__name__ == error.title), None)
            if model is None:
                raise
            msg = f"{self.name} could not be carried out. {' '.join(describe_problems(error, model))}"
            raise ArgumentsError(msg) from None
        if isinstance(outcome, ToolResult):
            return outcome
        reason = sanitize_line(outcome.partial_reason, _MAX_REASON_CHARS)
        head = f"PARTIAL, the result is incomplete: {reason}\n" if reason else ""
        view = ResultView(
            options=context.result_options,
            reserved_bytes=context.cache.max_note_bytes + MAX_TODAY_BYTES + len(head.encode()),
        )
        uses_account = not self.reports_account and not self.uses_scim_token
        hub_notes = list_hub_notes(hub, uses_account=uses_account, uses_registry=outcome.uses_registry)
        notes = [*call.notes, *outcome.notes, *hub_notes]
        result = build_object_result(outcome.data, notes, view)
        today = format_today([outcome.data], view.projection, context.clock())
        result = replace(result, text=f"{result.text}{today}")
        if not reason:
            return result
        data = result.structured_content
        return replace(
            result,
            text=f"{head}{result.text}",
            structured_content=None if data is None else {**data, "partial": reason},
            is_cacheable=False,
        )

    def _check_method(self, method: Method[Any]) -> None:
        """Refuse a mutation that the workflow does not declare: its access level does not allow for it."""
        if method.effect.is_mutation and type(method) not in self.methods:
            msg = f"{self.name} does not declare {type(method).__name__} in `methods`; nothing was sent"
            raise UndeclaredMethodError(msg)

    def build_meta(self) -> dict[str, Any]:
        """Return the names of the tools that the workflow composes; a few methods have no tool."""
        return {"tools": [method.tool_name for method in self.methods if is_listed(method)]}

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the structured content. Must not be changed."""
        schema = build_output_schema(self.result_type)
        schema["properties"]["partial"] = {
            "type": "string",
            "description": "Why the result is incomplete; left out if it is complete.",
        }
        if self.workflow.secret_field:
            token = {"type": "string", "description": "Where the value of the token is."}
            schema["properties"]["token"] = token
        return schema
