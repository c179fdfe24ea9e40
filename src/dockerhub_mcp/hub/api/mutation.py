"""The base class of methods that change data on the Hub.

Where the Hub allows it, the current state is read before a mutation is sent: to preserve omitted fields in a
full replace, to refuse what cannot succeed, to describe the change to the user, and to preview it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field

from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import LOCAL, Method
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.models.base import Acknowledgement
from dockerhub_mcp.hub.quoting import MAX_QUOTED_CHARS, quote_name, quote_text
from dockerhub_mcp.hub.redaction import to_single_line

_MAX_TEXT_LENGTH = 10_000
_TARGET_FIELDS = (
    "name",
    "token_label",
    "label",
    "member",
    "members",
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
    """A method that changes data on the Hub.

    `gives`, `takes` and `unasked` declare in words, for the documentation, when the user is asked; `assess`
    decides it for one call. A class gives or takes something, or says why no confirmation is needed.
    """

    gives: ClassVar[str] = ""
    """The rights or the reach that a call may give."""
    takes: ClassVar[str] = ""
    """What a call may destroy or take away."""
    unasked: ClassVar[str] = ""
    """The calls that need no confirmation, and why."""
    sends_dry_run: ClassVar[bool] = False
    """Whether `dry_run` is a parameter of the Hub, and is sent."""
    requires_current: ClassVar[bool] = False
    """Whether the mutation needs the current state."""
    secret_field: ClassVar[str] = ""
    """The field of the result with a new secret, which the Hub shows only once."""
    outcome_tool: ClassVar[str] = ""
    """The tool that shows whether the mutation was carried out; empty where none does."""

    dry_run: DryRun = False

    @property
    def is_local_dry_run(self) -> bool:
        """Whether this is a dry run of which nothing is sent to the Hub."""
        return self.dry_run and not self.sends_dry_run

    @property
    def outcome_advice(self) -> str:
        """What to do where it is unknown whether the mutation was carried out."""
        if self.secret_field:
            return (
                f"The token may have been made: find it by its label with {self.outcome_tool} and delete it "
                "if it is there, since its value is lost."
            )
        if not self.outcome_tool:
            return "The change may have been made."
        return f"The change may have been made: check with {self.outcome_tool} before sending it again."

    def parse(self, status: int, content: bytes) -> Any:
        """Parse the changed object; an empty body means that it is done.

        Raises:
            ValueError: The body is something else, or lacks the value of a new token.
        """
        if not content.strip() and not self.secret_field:
            return Acknowledgement()
        result = super().parse(status, content)
        if self.secret_field and not (getattr(result, self.secret_field, None) or "").strip("* "):
            msg = f"the answer has no {self.secret_field}"
            raise ValueError(msg)
        return result

    def current_state_call(self) -> Method[Any] | None:
        """Return the call that reads the current state, or None where the Hub has none."""
        return None

    def merge_current(self, current: Any) -> Self:  # noqa: ARG002 - overrides use it
        """Return the call with omitted fields filled in from the current state.

        Args:
            current: The result of `current_state_call`, or None where nothing was read.

        Raises:
            InvalidRequest: The current state shows that the call cannot succeed.
        """
        return self

    def split(self, facts: Any) -> Sequence[Self]:  # noqa: ARG002 - overrides use the facts
        """Return the calls that carry out this one, a request each; by default this call alone.

        Args:
            facts: The result of `examine`.
        """
        return [self]

    async def examine(self, read: StateReader, current: Any) -> Any:  # noqa: ARG002 - overrides use them
        """Read what else the question needs, and refuse a call that is known not to succeed.

        Args:
            read: Reads from the Hub.
            current: The result of `current_state_call`, or None where nothing was read.

        Returns:
            The facts for `assess`: data that can be compared, since a confirmation is bound to it.

        Raises:
            InvalidRequest: The Hub would refuse the call.
        """
        return None

    def predict_impact(self, current: Any, facts: Any = None) -> Impact:
        """Return what the call does; its text is one line without control characters.

        Args:
            current: The result of `current_state_call`; None where nothing was read.
            facts: The result of `examine`.

        Raises:
            InvalidRequest: The text would be cut, so that it could not name all that is given or taken.
        """
        if current is None and self.current_state_call() is not None:
            impact = self.assess_unread(facts)
        else:
            impact = self.assess(current, facts)
        if len(impact.text) > _MAX_TEXT_LENGTH and (impact.gives or impact.takes):
            what = f"{self.tool_name} changes more than fits into one question to the user; nothing was sent."
            raise InvalidRequest(what, remedy="Split it into smaller calls.")
        return replace(impact, text=to_single_line(impact.text, _MAX_TEXT_LENGTH))

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002 - overrides use the facts
        """Return what the call does; by default the old and the new value of each field."""
        changes = self.describe_field_changes(current)
        text = f"{self.title} {quote_name(self.target)}: {'; '.join(changes) or 'no field changes'}."
        return Impact(text, gives=bool(self.gives), takes=bool(self.takes), is_change=bool(changes))

    def assess_unread(self, facts: Any) -> Impact:  # noqa: ARG002 - overrides use the facts
        """Return what the call does where the current state could not be read: the new values."""
        changes = "; ".join(
            f"{name} becomes {format_value(after)}" for name, after in self.resulting_fields().items()
        )
        what = f"{self.title} {quote_name(self.target)}{f': {changes}' if changes else ''}"
        text = f"{what}. The current state could not be read: this sign-in may not read it."
        return Impact(text, gives=bool(self.gives), takes=bool(self.takes))

    def describe_field_changes(self, current: Any) -> list[str]:
        """Return the old and the new value of each field that changes."""
        return [
            f"{name}: {_describe_change(before, after)}"
            for name, after in self.resulting_fields().items()
            if (before := _dump_field(current, name)) != after
            and not (_is_blank(before) and _is_blank(after))
        ]

    def needs_current_state(self) -> bool:
        """Tell whether this call needs the current state."""
        return self.requires_current

    def resulting_fields(self) -> dict[str, Any]:
        """Return the new values of the fields that the mutation sets."""
        return self.build_body() or {}

    def require_any(self, *names: str) -> None:
        """Check that at least one of the arguments is given.

        Raises:
            ValueError: All are omitted.
        """
        if all(getattr(self, name) is None for name in names):
            msg = f"give {', '.join(names[:-1])} or {names[-1]}; otherwise there is nothing to change"
            raise ValueError(msg)

    def require_all(self, *names: str) -> None:
        """Check that a full replace has all its fields, since the Hub would reset missing ones.

        Raises:
            InvalidRequest: A value was neither given nor found on the Hub.
        """
        if missing := [name for name in names if getattr(self, name) is None]:
            what = f"{self.tool_name} replaces everything at once, and the current value of "
            what += f"{', '.join(missing)} is unknown; nothing was sent."
            raise InvalidRequest(what, remedy=f"Give {', '.join(missing)} too.")

    @property
    def target(self) -> str:
        """The object of the change: the values in the path, and the name of a new object."""
        parts = [getattr(self, name) for name in self.http.parameters]
        names = (getattr(self, name, None) for name in _TARGET_FIELDS if name not in self.http.parameters)
        parts += [",".join(map(str, name)) if isinstance(name, list) else name for name in names if name]
        return "/".join(dict.fromkeys(map(str, parts)))

    @property
    def audited_changes(self) -> dict[str, Any]:
        """The roles, permissions and states that the call sets, for the audit log; no free texts."""
        try:
            body = self.build_body() or {}
        except InvalidRequest:  # incomplete, since the current state could not be read
            body = self.model_dump(mode="json", exclude_none=True)
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
    """Return both values, shortening long ones to where they differ."""
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > MAX_QUOTED_CHARS:
        common = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
        common = min(len(before), len(after)) if common is None else common
        sizes = f"{len(before)} characters become {len(after)}"
        change = f"{format_value(before[common:])} becomes {format_value(after[common:])}"
        return f"{sizes}, different from character {common + 1} on: {change}"
    return f"{format_value(before)} becomes {format_value(after)}"


def format_value(value: Any) -> str:
    """Return a value for a sentence: a text in quotes, other values as JSON."""
    if _is_blank(value):
        return "nothing"
    if isinstance(value, str):
        return quote_text(value)
    return to_single_line(json.dumps(value, ensure_ascii=False, default=str), _MAX_TEXT_LENGTH)
