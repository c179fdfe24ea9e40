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
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast
from urllib.parse import quote

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    TypeAdapter,
    model_validator,
)

from dockerhub_mcp.hub.arguments import tidy
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.reading import read_json

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

R = TypeVar("R")

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP verb and a path template under the Hub's origin."""

    verb: str
    path: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path template, in order."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once and changes nothing."""
        return self.verb in {"GET", "HEAD"}

    def fill(self, values: dict[str, Any]) -> str:
        """Return the path with every value percent-encoded.

        Raises:
            InvalidRequest: A value is empty, `.` or `..`, which would change which path is meant.
        """

        def segment(match: re.Match[str]) -> str:
            name = match[1]
            value = str(values[name])
            if value.strip() in {"", ".", ".."}:
                what = f"{name} is {value!r}, which cannot be part of a path on the Hub."
                raise InvalidRequest(what, remedy=f"Give {name} its plain name.")
            return quote(value, safe="")

        return _PLACEHOLDER.sub(segment, self.path)

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def GET(path: str) -> Route:  # noqa: N802 - the verb's own spelling
    """Declare a route that reads."""
    return Route("GET", path)


def HEAD(path: str) -> Route:  # noqa: N802
    """Declare a route that asks whether something exists."""
    return Route("HEAD", path)


def POST(path: str) -> Route:  # noqa: N802
    """Declare a route that creates or acts."""
    return Route("POST", path)


class Effect(StrEnum):
    """What a method does to the Hub."""

    READ = "read"
    SIGN_IN = "sign-in"  # changes who the client is, nothing on the Hub
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


class Scope(StrEnum):
    """The permission that a method needs.

    The `repo:` scopes are those of personal access tokens, each including the ones before it.
    `account` means the account itself (a password sign-in), `organization` a role in the organization
    or an organization access token with the right scope.
    """

    NONE = "none"
    REPO_PUBLIC_READ = "repo:public_read"
    REPO_READ = "repo:read"
    REPO_WRITE = "repo:write"
    REPO_ADMIN = "repo:admin"
    ACCOUNT = "account"
    ORGANIZATION = "organization"


class Area(StrEnum):
    """The areas of the API reference, which are the toolsets too."""

    AUTHENTICATION = "authentication"
    REPOSITORIES = "repositories"
    TAGS = "tags"
    ACCESS_TOKENS = "access-tokens"
    ORG_ACCESS_TOKENS = "org-access-tokens"
    MEMBERS = "members"
    GROUPS = "groups"
    ORG_SETTINGS = "org-settings"
    AUDIT_LOGS = "audit-logs"


@dataclass(frozen=True, slots=True)
class Mark:
    """A note on a field, read by the client and by the contract with the official document."""

    name: str


LOCAL = Mark("local")
"""The field steers this client and is not sent."""

UNDOCUMENTED = Mark("undocumented")
"""The Hub takes this parameter although the official document leaves it out."""


HIDDEN = Mark("hidden")
"""The client fills the field in; callers are not offered it."""


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
    anonymous: ClassVar[bool] = False
    """Whether the Hub answers without an account."""
    oat_scope: ClassVar[str | None] = None
    """The organization access token scope that allows it; None where every such token is refused."""
    pat: ClassVar[bool] = True
    """Whether a bearer issued from a personal access token is taken."""
    answers: ClassVar[frozenset[int]] = frozenset()
    """Statuses beside 2xx that are an answer and no error."""
    by_default: ClassVar[bool] = True
    """Whether the method is on when nobody chose toolsets: those that the reference names are."""
    tool: ClassVar[str] = ""
    """The name of the tool; by default the class name in snake case."""

    _notes: list[str] = PrivateAttr(default_factory=list)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "tool" not in cls.__dict__:
            cls.tool = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    @model_validator(mode="wrap")
    @classmethod
    def _understand(cls, arguments: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        notes: list[str] = []
        if isinstance(arguments, dict):
            arguments = cls.understand(tidy(cls, arguments), notes)
        method = validate(arguments)
        method._notes.extend(notes)  # noqa: SLF001 - our own, just made
        return method

    @classmethod
    def understand(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Return the arguments as they are meant; what was changed silently is said in `notes`."""
        return arguments

    @classmethod
    def result_type(cls) -> Any:
        """Return the type parameter: what `read` returns."""
        for base in cls.__mro__:
            arguments = cast("Any", base).__dict__.get("__pydantic_generic_metadata__", {}).get("args")
            if arguments and issubclass(base, Method) and arguments[0] is not Any:
                return arguments[0]
        msg = f"{cls.__name__} declares no result"
        raise TypeError(msg)

    @classmethod
    def summary(cls) -> str:
        """Return the docstring, each paragraph on one line."""
        return "\n".join(" ".join(p.split()) for p in cleandoc(cls.__doc__ or "").split("\n\n"))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood differently from how it was written, for the caller to know."""
        return tuple(self._notes)

    def path(self) -> str:
        """Return the encoded path.

        Raises:
            InvalidRequest: A value cannot stand in a path.
        """
        return self.http.fill(self.__dict__)

    def query(self) -> dict[str, str]:
        """Return the query parameters, those left out not among them."""
        if self.http.verb not in {"GET", "HEAD", "DELETE"}:
            return {}
        return {name: _text(value) for name, value in self._rest().items()}

    def body(self) -> dict[str, Any] | None:
        """Return the JSON body, or None."""
        if self.http.verb not in {"POST", "PUT", "PATCH"}:
            return None
        return {name: _plain(value) for name, value in self._rest().items()}

    def read(self, status: int, content: bytes) -> R:  # noqa: ARG002 - hooks look at the status
        """Make the result of an answer.

        Raises:
            ValueError: The content is not what the method answers.
        """
        return cast("R", read_json(_adapter(type(self)), content))

    def reconsider(self, result: R) -> Self | None:  # noqa: ARG002
        """Return another call to send instead, when the answer shows that the Hub understood differently."""
        return None

    def _rest(self) -> dict[str, Any]:
        """The fields that are not in the path, by their names on the wire."""
        return {
            field.alias or name: value
            for name, field in type(self).model_fields.items()
            if name not in self.http.parameters
            and (value := getattr(self, name)) is not None
            and not marked(field, LOCAL)
        }


def marked(field: FieldInfo, mark: Mark) -> bool:
    """Tell whether a field carries the mark."""
    return mark in field.metadata


@cache
def _adapter(method: type[Method[Any]]) -> TypeAdapter[Any]:
    return TypeAdapter(method.result_type())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
