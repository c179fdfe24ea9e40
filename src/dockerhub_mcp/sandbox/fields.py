"""Reading bodies: field by field, with everything that is wrong said at once."""

import re
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.sandbox.errors import invalid_fields

REQUIRED = "This field is required."
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class Fields:
    """A body that is being read. Call `check` before using what was read."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self._problems: dict[str, list[str]] = {}

    def wrong(self, name: str, problem: str) -> None:
        """Note that a field is wrong; only the first problem of a field counts."""
        self._problems.setdefault(name, [problem])

    def check(self) -> None:
        """Refuse the body if anything in it is wrong."""
        if self._problems:
            raise invalid_fields(self._problems)

    def has(self, name: str) -> bool:
        """Whether the body has a field that is not null."""
        return self.body.get(name) is not None

    def text(
        self, name: str, *, required: bool = False, shortest: int = 0, longest: int | None = None
    ) -> str | None:
        """A string, or nothing when the field is missing."""
        value = self._value(name, required)
        if value is None:
            return None
        if not isinstance(value, str) or not is_text(value):
            self.wrong(name, "not a string")
            return None
        if len(value) < shortest:
            self.wrong(name, "This field may not be blank.")
        elif longest is not None and len(value) > longest:
            self.wrong(name, f"longer than {longest} characters")
        return value

    def flag(self, name: str, *, required: bool = False) -> bool | None:
        """A boolean, or nothing when the field is missing."""
        value = self._value(name, required)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, "not a boolean")
            return None
        return value

    def number(self, name: str, *, required: bool = False) -> int | None:
        """A whole number, or nothing when the field is missing."""
        value = self._value(name, required)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.wrong(name, "not an integer")
            return None
        return value

    def texts(self, name: str, *, required: bool = False) -> list[str] | None:
        """A list of strings, or nothing when the field is missing."""
        value = self._value(name, required)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self.wrong(name, "not a list of strings")
            return None
        if not all(is_text(entry) for entry in value):
            self.wrong(name, "not a list of strings")
            return None
        return value

    def choice(self, name: str, choices: tuple[str, ...], *, required: bool = False) -> str | None:
        """One of a few words, or nothing when the field is missing."""
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            self.wrong(name, f"must be one of {', '.join(choices)}")
            return None
        return value

    def future(self, name: str, now: float) -> float | None:
        """A time in RFC 3339 that is still to come and ends in Z, or nothing."""
        value = self.text(name)
        if value is None:
            return None
        try:
            # Without a Z it would be local time, and the Hub does not want offsets.
            at = datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC) if TIME.fullmatch(value) else None
        except ValueError:
            at = None
        if at is None:
            self.wrong(name, "must be a time such as 2030-01-31T12:00:00Z")
            return None
        if at.timestamp() <= now:
            self.wrong(name, "must be in the future")
        return at.timestamp()

    def _value(self, name: str, required: bool) -> Any:
        value = self.body.get(name)
        if value is None and required:
            self.wrong(name, REQUIRED)
        return value


def is_text(value: str) -> bool:
    """Whether a string can be sent back."""
    # JSON may hold halves of surrogate pairs, which no answer could carry.
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
