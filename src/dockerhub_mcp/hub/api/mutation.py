"""What methods that change something have in common.

Before a change is sent, what is there now is read where the Hub allows it: to keep what the caller did not
name in a full replace, to say what will be lost, and to show what would change.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field

from dockerhub_mcp.hub.api.method import LOCAL, Effect, Method
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.redaction import to_single_line

_MAX_TEXT_LENGTH = 10_000
_MAX_VALUE_LENGTH = 120
_TARGET_FIELDS = (
    "name",
    "token_label",
    "label",
    "member",
    "user_name",
    "group",
    "group_id",
    "org",
    "invitees",
)
_AUDITED_FIELDS = (
    "role",
    "permission",
    "is_private",
    "is_active",
    "active",
    "scopes",
    "resources",
    "expires_at",
    "team",
    "immutable_tags",
    "immutable_tags_rules",
    "restricted_images",
)

DryRun = Annotated[
    bool, LOCAL, Field(description="Only show the request that would be sent.", examples=[True])
]


class Mutation(Method[Any]):
    """A method that changes something."""

    sends_dry_run: ClassVar[bool] = False
    """Whether `dry_run` is the Hub's own parameter and is sent."""
    requires_current: ClassVar[bool] = False
    """Whether the change cannot be made without knowing what is there now."""
    secret_field: ClassVar[str] = ""
    """The field of the result that holds a new secret, shown once by the Hub."""

    dry_run: DryRun = False

    @property
    def is_local_dry_run(self) -> bool:
        """Whether this is a dry run of ours, of which nothing is sent."""
        return self.dry_run and not self.sends_dry_run

    def current_state_call(self) -> Method[Any] | None:
        """Return the call that reads what is there now, or None where there is none."""
        return None

    def merge_current(self, current: Any) -> Self:  # noqa: ARG002 - present is None where nothing was read
        """Return the call with what the caller did not name taken from what is there.

        Raises:
            InvalidRequest: What is there shows that the call cannot be meant.
        """
        return self

    def describe_loss(self, current: Any) -> str:
        """Return what cannot be had back or who loses access, or an empty string for a mere addition.

        A person is asked before anything with a loss is sent. It is one line of plain characters, whatever
        words of the Hub or of the caller are in it.
        """
        return to_single_line(self.loss_text(current), _MAX_TEXT_LENGTH)

    def loss_text(self, current: Any) -> str:
        """Return the words of `loss`; by default, field by field, what is there now and what will be."""
        if self.effect is Effect.CREATE:
            return ""
        after = self.resulting_fields()
        changes = [
            f"{name}: {_describe_change(now, then)}"
            for name, then in after.items()
            if (now := _dump_field(current, name)) != then and not (_is_blank(now) and _is_blank(then))
        ]
        return f"{self.title} {self.target}: {'; '.join(changes) or 'no field changes'}."

    def loss_without_current(self) -> str:
        """Return the words of `loss` where what is there now could not be read: what will be, at least."""
        if self.effect is Effect.CREATE:
            return ""
        will = "; ".join(
            f"{name} becomes {_format_value(then)}" for name, then in self.resulting_fields().items()
        )
        what = f"{self.title} {self.target!r}: {will}" if will else f"{self.title} {self.target!r}"
        return to_single_line(
            f"{what}. What is there now could not be read: this sign-in may not read it.", _MAX_TEXT_LENGTH
        )

    def needs_current_state(self) -> bool:
        """Tell whether this very call cannot be made without knowing what is there now."""
        return self.requires_current

    def resulting_fields(self) -> dict[str, Any]:
        """Return the fields as they will be."""
        return self.build_body() or {}

    def require_any(self, *names: str) -> None:
        """Refuse a call that gives none of the arguments.

        Raises:
            ValueError: None is given.
        """
        if all(getattr(self, name) is None for name in names):
            msg = f"give {', '.join(names[:-1])} or {names[-1]}; there is nothing to change otherwise"
            raise ValueError(msg)

    def require_all(self, *names: str) -> None:
        """Refuse to send a full replace with gaps, which the Hub would fill with values nobody chose.

        Raises:
            InvalidRequest: A value was neither given nor found on the Hub.
        """
        if missing := [name for name in names if getattr(self, name) is None]:
            what = f"{self.tool_name} replaces everything at once, and it is not known what to keep as "
            what += f"{', '.join(missing)}; nothing was sent."
            raise InvalidRequest(what, remedy=f"Give {', '.join(missing)} too.")

    @property
    def target(self) -> str:
        """What is changed, in a few words: the values in the path, and the name of what is new."""
        parts = [getattr(self, name) for name in self.http.parameters]
        named = (getattr(self, name, None) for name in _TARGET_FIELDS if name not in self.http.parameters)
        parts += [",".join(map(str, name)) if isinstance(name, list) else name for name in named if name]
        return "/".join(dict.fromkeys(map(str, parts)))

    @property
    def audited_changes(self) -> dict[str, Any]:
        """What the call gives and takes: roles, rights and states, no texts."""
        body = self.build_body() or {}
        return {name: body[name] for name in _AUDITED_FIELDS if name in body}


def _dump_field(current: Any, name: str) -> Any:
    return _dump_value(getattr(current, name, None))


def _dump_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_dump_value(item) for item in value]
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def _is_blank(value: Any) -> bool:
    return value is None or value == ""


def _describe_change(before: Any, after: Any) -> str:
    """Show both sides so that they differ, whatever their length."""
    if (
        isinstance(before, str)
        and isinstance(after, str)
        and max(len(before), len(after)) > _MAX_VALUE_LENGTH
    ):
        same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
        same = min(len(before), len(after)) if same is None else same
        sizes = f"{len(before)} characters become {len(after)}"
        change = f"{_format_value(before[same:])} becomes {_format_value(after[same:])}"
        return f"{sizes}, different from character {same + 1} on: {change}"
    return f"{_format_value(before)} becomes {_format_value(after)}"


def _format_value(value: Any) -> str:
    if _is_blank(value):
        return "nothing"
    return to_single_line(repr(value), _MAX_VALUE_LENGTH if isinstance(value, str) else _MAX_TEXT_LENGTH)
