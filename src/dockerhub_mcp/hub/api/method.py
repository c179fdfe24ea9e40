"""A method of the Docker Hub API as a class.

The class holds everything that the project knows about the method: verb and path, required permission,
arguments, result, and the description that users and agents read.

    class GetTag(Method[Tag]):
        \"\"\"Read one tag of a repository.\"\"\"

        http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
        effect = Effect.READ
        scope = Scope.REPO_READ

        namespace: Namespace = "library"
        repository: RepositoryName
        tag: TagName

Fields named in the path template fill the path; the others form the query (GET, HEAD, DELETE) or the JSON
body (POST, PUT, PATCH). A field marked `LOCAL` is not sent.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from pydantic import (
    BaseModel,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    model_validator,
)

from dockerhub_mcp.hub.api.coercion import coerce_arguments
from dockerhub_mcp.hub.api.enums import Area, Effect, ReferenceState, Scope, Service
from dockerhub_mcp.hub.api.marks import HIDDEN, LOCAL, UNDOCUMENTED, Mark, has_mark
from dockerhub_mcp.hub.api.route import DELETE, GET, HEAD, PATCH, POST, PUT, Route
from dockerhub_mcp.hub.api.types import CallModel
from dockerhub_mcp.hub.decoding import ChooseModel, always_choose, build_result_adapter, decode_json
from dockerhub_mcp.hub.models.base import HubModel, ItemList

if TYPE_CHECKING:
    from dockerhub_mcp.hub.auth.principal import Principal

__all__ = [
    "DELETE",
    "GET",
    "HEAD",
    "HIDDEN",
    "LOCAL",
    "PATCH",
    "POST",
    "PUT",
    "UNDOCUMENTED",
    "Area",
    "Effect",
    "Mark",
    "Method",
    "Route",
    "Scope",
    "Service",
    "has_mark",
]

R = TypeVar("R")


class Method(CallModel, Generic[R]):
    """A method of the Hub; an instance is one call of it."""

    http: ClassVar[Route]
    effect: ClassVar[Effect]
    scope: ClassVar[Scope]
    area: ClassVar[Area]
    title: ClassVar[str]
    allows_anonymous: ClassVar[bool] = False
    """Whether the method works without an account."""
    oat_scope: ClassVar[str | None] = None
    """The scope that an organization access token needs; None where the Hub refuses every such token."""
    accepts_pat: ClassVar[bool] = True
    """Whether the Hub accepts a bearer token issued for a personal access token."""
    anonymous_max_offset: ClassVar[int | None] = None
    """The number of items behind which the Hub refuses further pages to anonymous callers, if any."""
    accepted_statuses: ClassVar[frozenset[int]] = frozenset()
    """Statuses other than 2xx that are a result, not an error."""
    is_documented: ClassVar[bool] = True
    """Whether the OpenAPI document contains the method; Docker's own clients use the others."""
    introduced: ClassVar[str] = ""
    """The date on which Docker's changelog of the Hub API lists the method as new, YYYY-MM-DD, if any."""
    deprecated: ClassVar[str] = ""
    """The month since which the API reference marks the method as deprecated, YYYY-MM, if it does."""
    service: ClassVar[Service] = Service.HUB
    """The Docker service that the method belongs to."""
    media_type: ClassVar[str] = "application/json"
    """The media type of the response, and of the request body if any."""
    is_enabled_by_default: ClassVar[bool] = True
    """Whether the default toolset has the method, for those that read; the area decides for all others."""
    tool_name: ClassVar[str] = ""
    """The tool name; by default the class name in snake case."""
    summary_model: ClassVar[type[HubModel] | None] = None
    """A smaller model for the items of a list in brief results, where parsing whole items is slow."""
    counted_model: ClassVar[type[HubModel] | None] = None
    """A still smaller one for items that are only counted and checked, as they have no room in a result."""

    _notes: list[str] = PrivateAttr(default_factory=list)
    _choose_item_model: ChooseModel | None = PrivateAttr(default=None)

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
            coerced = coerce_arguments(cls, arguments, empty_is_absent=not cls.effect.is_mutation)
            arguments = cls.normalize(coerced, notes)
        method = validate(arguments)
        if notes:
            method._notes.extend(notes)  # noqa: SLF001 - an instance of this class
        return method

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Return the arguments in canonical form. Called before validation.

        Args:
            arguments: The arguments of a call.
            notes: Receives a sentence for each change that the caller should know about.
        """
        return arguments

    @classmethod
    def get_result_type(cls) -> Any:
        """Return the type parameter, which is the type that `parse` returns."""
        for base in cls.__mro__:
            arguments = cast("Any", base).__dict__.get("__pydantic_generic_metadata__", {}).get("args")
            if arguments and issubclass(base, Method) and arguments[0] is not Any:
                return arguments[0]
        msg = f"{cls.__name__} declares no result"
        raise TypeError(msg)

    @classmethod
    def build_description(cls) -> str:
        """Return the docstring, each paragraph on one line."""
        return "\n".join(" ".join(p.split()) for p in cleandoc(cls.__doc__ or "").split("\n\n"))

    @classmethod
    def get_reference_state(cls) -> ReferenceState:
        """Return what the API reference says of the method."""
        documented = ReferenceState.DEPRECATED if cls.deprecated else ReferenceState.DOCUMENTED
        return documented if cls.is_documented else ReferenceState.UNDOCUMENTED

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about arguments that were changed, for the caller."""
        return tuple(self._notes)

    def as_summary(self) -> Self:
        """Return the same call with a summary model for the items of its result."""
        model = self.choose_summary_model()
        if model is None:
            return self
        return self.with_item_model(always_choose(model))

    def with_item_model(self, choose_model: ChooseModel) -> Self:
        """Return the same call, with a choice of the model for the items of its result.

        Args:
            choose_model: Called when the response has arrived; returns None for the model of the method.
        """
        other = self.model_copy()
        other._choose_item_model = choose_model  # noqa: SLF001 - a copy of this instance
        return other

    @property
    def item_model(self) -> type[HubModel] | None:
        """The model for the items of the result; None for that of the method."""
        return None if self._choose_item_model is None else self._choose_item_model()

    def choose_summary_model(self) -> type[HubModel] | None:
        """Return the model for the items of this call in brief results; see `summary_model`."""
        return self.summary_model

    def build_path(self) -> str:
        """Return the encoded path.

        Raises:
            InvalidRequest: A value cannot be part of a path.
        """
        return self.http.expand_path(self.__dict__)

    def build_query(self) -> dict[str, str]:
        """Return the query parameters, without omitted ones."""
        if self.http.verb not in {"GET", "HEAD", "DELETE"}:
            return {}
        values = self._collect_sent_values()
        return {name: _format_query_value(value) for name, value in values.items()} if values else values

    def build_body(self) -> dict[str, Any] | None:
        """Return the JSON body, or None."""
        if self.http.verb not in {"POST", "PUT", "PATCH"} or not _list_sent_fields(type(self)):
            return None
        return {name: _to_json_value(value) for name, value in self._collect_sent_values().items()}

    def parse(self, status: int, content: bytes) -> R:  # noqa: ARG002 - overrides use the status
        """Parse the result from a successful response.

        Args:
            status: The HTTP status.
            content: The response body.

        Raises:
            ValueError: The body does not fit the result type, lacks what identifies such an object, or is the
                start of a list that contradicts its count.
        """
        adapter, is_list = build_result_adapter(type(self), self.item_model)
        if is_list and self.starts_list and content.strip() == b"[]":
            msg = "the answer is an empty array, not a page of the list"
            raise ValueError(msg)
        result = decode_json(adapter, content, is_list=is_list)
        if isinstance(result, HubModel) and (
            defect := result.find_defect()
            or (result.count_field and self.starts_list and result.find_contradiction())
        ):
            msg = f"the answer {defect}"
            raise ValueError(msg)
        if isinstance(result, ItemList):
            result.leave_out_unreadable_items()
        return cast("R", result)

    @property
    def starts_list(self) -> bool:
        """Whether a list in the result begins with its first item."""
        return bool(self.__dict__.get("page", 1) == 1)  # without the cost of an absent attribute

    def corrected_call(self, result: R) -> Self | None:  # noqa: ARG002
        """Return a call to send instead, where the result shows that the Hub misread this one."""
        return None

    def describe_hidden_items(self, principal: Principal) -> str:  # noqa: ARG002
        """Return which items of the list the account cannot see, one sentence, or an empty string."""
        return ""

    def result_from_sign_in(self, principal: Principal) -> R | None:  # noqa: ARG002
        """Return what the sign-in itself tells where the Hub refuses the call (403), or None.

        An override adds a note that says so.
        """
        return None

    def reference_call(self, result: R) -> Method[Any] | None:  # noqa: ARG002
        """Return a call that helps to explain the result, such as one for the allowed values of a filter."""
        return None

    def list_explained_fields(self) -> list[str]:
        """Return the fields of a list's items that `explain_result` looks at; a long list keeps no others."""
        return []

    def explain_result(self, result: R, reference: Any = None) -> list[str]:  # noqa: ARG002
        """Return sentences about a result that does not mean what the arguments suggest, usually none.

        Args:
            result: The result of this call.
            reference: The result of `reference_call`; None without one, or if it failed.
        """
        return []

    def build_web_url(self) -> str:
        """Return the URL of the matching page on the Hub's website, or an empty string."""
        return ""

    def _collect_sent_values(self) -> dict[str, Any]:
        """Return the values of the sent fields by their names on the wire, without omitted ones."""
        values = self.__dict__
        return {
            sent_name: value
            for name, sent_name in _list_sent_fields(type(self))
            if (value := values.get(name)) is not None
        }


@cache
def _list_sent_fields(method: type[Method[Any]]) -> tuple[tuple[str, str], ...]:
    """Return the fields that are sent in the query or body, each with its name on the wire."""
    parameters = method.http.parameters
    return tuple(
        (name, field.alias or name)
        for name, field in method.model_fields.items()
        if name not in parameters and not has_mark(field, LOCAL)
    )


def _format_query_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)


def _to_json_value(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, datetime):
        return _format_query_value(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    return [_to_json_value(item) for item in value] if isinstance(value, list) else value
