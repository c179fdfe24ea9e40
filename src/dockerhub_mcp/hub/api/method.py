"""A documented method of the Docker Hub API, as a class.

Everything known about one method stands in one place: verb and path, who may call it, what it takes,
what it returns, and the words a person or an agent reads about it.

    class GetTag(Method[Tag]):
        \"\"\"Read one tag of a repository.\"\"\"

        http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
        effect = Effect.READ
        scope = Scope.REPO_READ

        namespace: Namespace = "library"
        repository: RepositoryName
        tag: TagName

Fields named in the path fill the path; the others are the query (GET, HEAD, DELETE) or the JSON body
(POST, PUT, PATCH). A field marked `LOCAL` stays on this side.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    TypeAdapter,
    model_validator,
)

from dockerhub_mcp.hub.api.coercion import coerce_arguments
from dockerhub_mcp.hub.api.enums import Area, Effect, Scope, Service
from dockerhub_mcp.hub.api.marks import HIDDEN, LOCAL, UNDOCUMENTED, Mark
from dockerhub_mcp.hub.api.route import DELETE, GET, HEAD, PATCH, POST, PUT, Route
from dockerhub_mcp.hub.decoding import decode_json
from dockerhub_mcp.hub.models.base import HubModel, Page

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

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


class Method(BaseModel, Generic[R]):
    """One method of the Hub; an instance is one call of it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        populate_by_name=True,
        defer_build=True,
        hide_input_in_errors=True,
    )

    http: ClassVar[Route]
    effect: ClassVar[Effect]
    scope: ClassVar[Scope]
    area: ClassVar[Area]
    title: ClassVar[str]
    allows_anonymous: ClassVar[bool] = False
    """Whether the Hub answers without an account."""
    oat_scope: ClassVar[str | None] = None
    """The organization access token scope that allows it; None where every such token is refused."""
    accepts_pat: ClassVar[bool] = True
    """Whether a bearer issued from a personal access token is taken."""
    accepted_statuses: ClassVar[frozenset[int]] = frozenset()
    """Statuses beside 2xx that are an answer and no error."""
    is_documented: ClassVar[bool] = True
    """Whether the official document has it; the others are what Docker's own clients use."""
    service: ClassVar[Service] = Service.HUB
    """Which of Docker's services answers."""
    media_type: ClassVar[str] = "application/json"
    """The media type of the answer, and of the body where there is one."""
    is_enabled_by_default: ClassVar[bool] = True
    """Whether the method is on when nobody chose toolsets: those that the reference names are."""
    tool_name: ClassVar[str] = ""
    """The name of the tool; by default the class name in snake case."""
    summary_model: ClassVar[type[HubModel] | None] = None
    """What the items of a list are read as in brief, where reading them whole takes long."""

    _notes: list[str] = PrivateAttr(default_factory=list)
    _is_summary: bool = PrivateAttr(default=False)

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
            tidied = coerce_arguments(cls, arguments, empty_is_absent=not cls.effect.is_mutation)
            arguments = cls.normalize(tidied, notes)
        method = validate(arguments)
        method._notes.extend(notes)  # noqa: SLF001 - our own, just made
        return method

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Return the arguments as they are meant; what was changed silently is said in `notes`."""
        return arguments

    @classmethod
    def get_result_type(cls) -> Any:
        """Return the type parameter: what `read` returns."""
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

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood differently from how it was written, for the caller to know."""
        return tuple(self._notes)

    def as_summary(self) -> Self:
        """Return the same call, of whose answer no more is read than rows show."""
        if self.summary_model is None:
            return self
        other = self.model_copy()
        other._is_summary = True  # noqa: SLF001 - our own copy
        return other

    def build_path(self) -> str:
        """Return the encoded path.

        Raises:
            InvalidRequest: A value cannot stand in a path.
        """
        return self.http.expand_path(self.__dict__)

    def build_query(self) -> dict[str, str]:
        """Return the query parameters, those left out not among them."""
        if self.http.verb not in {"GET", "HEAD", "DELETE"}:
            return {}
        return {name: _format_query_value(value) for name, value in self._collect_sent_values().items()}

    def build_body(self) -> dict[str, Any] | None:
        """Return the JSON body, or None."""
        if self.http.verb not in {"POST", "PUT", "PATCH"} or not self._get_sent_fields():
            return None
        return {name: _to_json_value(value) for name, value in self._collect_sent_values().items()}

    def parse(self, status: int, content: bytes) -> R:  # noqa: ARG002 - hooks look at the status
        """Make the result of an answer.

        Raises:
            ValueError: The content is not what the method answers.
        """
        adapter, listed = _build_result_adapter(type(self), self._is_summary)
        return cast("R", decode_json(adapter, content, is_list=listed))

    def corrected_call(self, result: R) -> Self | None:  # noqa: ARG002
        """Return another call to send instead, when the answer shows that the Hub understood differently."""
        return None

    def build_web_url(self) -> str:
        """Return where a person sees the same on the Hub's pages; empty where there is no such page."""
        return ""

    def _get_sent_fields(self) -> dict[str, FieldInfo]:
        """The fields that are sent, but not in the path."""
        return {
            name: field
            for name, field in type(self).model_fields.items()
            if name not in self.http.parameters and not has_mark(field, LOCAL)
        }

    def _collect_sent_values(self) -> dict[str, Any]:
        """The values of these fields by their names on the wire, those left out not among them."""
        return {
            field.alias or name: value
            for name, field in self._get_sent_fields().items()
            if (value := getattr(self, name)) is not None
        }


def has_mark(field: FieldInfo, mark: Mark) -> bool:
    """Tell whether a field carries the mark."""
    return mark in field.metadata


@cache
def _build_result_adapter(method: type[Method[Any]], is_summary: bool) -> tuple[TypeAdapter[Any], bool]:
    """Return what reads the result, and whether it is a page of a list."""
    if is_summary and method.summary_model is not None:
        return TypeAdapter(Page[method.summary_model]), True  # type: ignore[name-defined]
    result = method.get_result_type()
    return TypeAdapter(result), isinstance(result, type) and issubclass(result, Page)


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
