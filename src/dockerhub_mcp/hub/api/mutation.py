"""What methods that change something have in common.

Before a change is sent, what is there now is read where the Hub allows it: to keep what the caller did not
name in a full replace, to say what will be lost, and to show what would change.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field

from dockerhub_mcp.hub.api.method import LOCAL, Effect, Method
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.redaction import plain

_LONGEST = 10_000
_SHOWN = 120
_NAMES = ("name", "token_label", "label", "member", "user_name", "group", "group_id", "org", "invitees")
_RIGHTS = (
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


class Write(Method[Any]):
    """A method that changes something."""

    sends_dry_run: ClassVar[bool] = False
    """Whether `dry_run` is the Hub's own parameter and is sent."""
    must_read: ClassVar[bool] = False
    """Whether the change cannot be made without knowing what is there now."""
    secret: ClassVar[str] = ""
    """The field of the result that holds a new secret, shown once by the Hub."""

    dry_run: DryRun = False

    @property
    def only_shown(self) -> bool:
        """Whether this is a dry run of ours, of which nothing is sent."""
        return self.dry_run and not self.sends_dry_run

    def before(self) -> Method[Any] | None:
        """Return the call that reads what is there now, or None where there is none."""
        return None

    def completed(self, present: Any) -> Self:  # noqa: ARG002 - present is None where nothing was read
        """Return the call with what the caller did not name taken from what is there.

        Raises:
            InvalidRequest: What is there shows that the call cannot be meant.
        """
        return self

    def loss(self, present: Any) -> str:
        """Return what cannot be had back or who loses access, or an empty string for a mere addition.

        A person is asked before anything with a loss is sent. It is one line of plain characters, whatever
        words of the Hub or of the caller are in it.
        """
        return plain(self.lost(present), _LONGEST)

    def lost(self, present: Any) -> str:
        """Return the words of `loss`; by default, field by field, what is there now and what will be."""
        if self.effect is Effect.CREATE:
            return ""
        after = self.after()
        changes = [
            f"{name}: {_becomes(now, then)}"
            for name, then in after.items()
            if (now := _field(present, name)) != then and not (_is_nothing(now) and _is_nothing(then))
        ]
        return f"{self.title} {self.target}: {'; '.join(changes) or 'no field changes'}."

    def unread_loss(self) -> str:
        """Return the words of `loss` where what is there now could not be read: what will be, at least."""
        if self.effect is Effect.CREATE:
            return ""
        will = "; ".join(f"{name} becomes {_shown(then)}" for name, then in self.after().items())
        what = f"{self.title} {self.target!r}: {will}" if will else f"{self.title} {self.target!r}"
        return plain(f"{what}. What is there now could not be read: this sign-in may not read it.", _LONGEST)

    def needs_present(self) -> bool:
        """Tell whether this very call cannot be made without knowing what is there now."""
        return self.must_read

    def after(self) -> dict[str, Any]:
        """Return the fields as they will be."""
        return self.body() or {}

    def refuse_nothing(self, *names: str) -> None:
        """Refuse a call that gives none of the arguments.

        Raises:
            ValueError: None is given.
        """
        if all(getattr(self, name) is None for name in names):
            msg = f"give {', '.join(names[:-1])} or {names[-1]}; there is nothing to change otherwise"
            raise ValueError(msg)

    def refuse_gaps(self, *names: str) -> None:
        """Refuse to send a full replace with gaps, which the Hub would fill with values nobody chose.

        Raises:
            InvalidRequest: A value was neither given nor found on the Hub.
        """
        if missing := [name for name in names if getattr(self, name) is None]:
            what = f"{self.tool} replaces everything at once, and it is not known what to keep as "
            what += f"{', '.join(missing)}; nothing was sent."
            raise InvalidRequest(what, remedy=f"Give {', '.join(missing)} too.")

    @property
    def target(self) -> str:
        """What is changed, in a few words: the values in the path, and the name of what is new."""
        parts = [getattr(self, name) for name in self.http.parameters]
        named = (getattr(self, name, None) for name in _NAMES if name not in self.http.parameters)
        parts += [",".join(map(str, name)) if isinstance(name, list) else name for name in named if name]
        return "/".join(dict.fromkeys(map(str, parts)))

    @property
    def change(self) -> dict[str, Any]:
        """What the call gives and takes: roles, rights and states, no texts."""
        body = self.body() or {}
        return {name: body[name] for name in _RIGHTS if name in body}


def _field(present: Any, name: str) -> Any:
    return _dumped(getattr(present, name, None))


def _dumped(value: Any) -> Any:
    if isinstance(value, list):
        return [_dumped(item) for item in value]
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def _is_nothing(value: Any) -> bool:
    return value is None or value == ""


def _becomes(now: Any, then: Any) -> str:
    """Show both sides so that they differ, whatever their length."""
    if isinstance(now, str) and isinstance(then, str) and max(len(now), len(then)) > _SHOWN:
        same = next((i for i, (a, b) in enumerate(zip(now, then, strict=False)) if a != b), None)
        same = min(len(now), len(then)) if same is None else same
        sizes = f"{len(now)} characters become {len(then)}"
        change = f"{_shown(now[same:])} becomes {_shown(then[same:])}"
        return f"{sizes}, different from character {same + 1} on: {change}"
    return f"{_shown(now)} becomes {_shown(then)}"


def _shown(value: Any) -> str:
    if _is_nothing(value):
        return "nothing"
    return plain(repr(value), _SHOWN if isinstance(value, str) else _LONGEST)
