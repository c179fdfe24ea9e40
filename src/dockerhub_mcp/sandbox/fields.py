"""Reading bodies: field by field, with everything that is wrong said at once."""

import re
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.sandbox.errors import invalid_fields_error

REQUIRED_MESSAGE = "This field is required."
TIMESTAMP_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class FieldReader:
    """A body that is being read. Call `check` before using what was read."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self._errors: dict[str, list[str]] = {}

    def add_error(self, name: str, message: str) -> None:
        """Note that a field is wrong; only the first problem of a field counts."""
        self._errors.setdefault(name, [message])

    def raise_errors(self) -> None:
        """Refuse the body if anything in it is wrong."""
        if self._errors:
            raise invalid_fields_error(self._errors)

    def has_value(self, name: str) -> bool:
        """Whether the body has a field that is not null."""
        return self.body.get(name) is not None

    def read_text(
        self, name: str, *, required: bool = False, min_length: int = 0, max_length: int | None = None
    ) -> str | None:
        """A string, or nothing when the field is missing."""
        value = self._read_value(name, required)
        if value is None:
            return None
        if not isinstance(value, str) or not is_encodable(value):
            self.add_error(name, "not a string")
            return None
        if len(value) < min_length:
            self.add_error(name, "This field may not be blank.")
        elif max_length is not None and len(value) > max_length:
            self.add_error(name, f"longer than {max_length} characters")
        return value

    def read_bool(self, name: str, *, required: bool = False) -> bool | None:
        """A boolean, or nothing when the field is missing."""
        value = self._read_value(name, required)
        if value is not None and not isinstance(value, bool):
            self.add_error(name, "not a boolean")
            return None
        return value

    def read_int(self, name: str, *, required: bool = False) -> int | None:
        """A whole number, or nothing when the field is missing."""
        value = self._read_value(name, required)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.add_error(name, "not an integer")
            return None
        return value

    def read_text_list(self, name: str, *, required: bool = False) -> list[str] | None:
        """A list of strings, or nothing when the field is missing."""
        value = self._read_value(name, required)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self.add_error(name, "not a list of strings")
            return None
        if not all(is_encodable(entry) for entry in value):
            self.add_error(name, "not a list of strings")
            return None
        return value

    def read_choice(self, name: str, choices: tuple[str, ...], *, required: bool = False) -> str | None:
        """One of a few words, or nothing when the field is missing."""
        value = self.read_text(name, required=required)
        if value is not None and value not in choices:
            self.add_error(name, f"must be one of {', '.join(choices)}")
            return None
        return value

    def read_future_time(self, name: str, now: float) -> float | None:
        """A time in RFC 3339 that is still to come and ends in Z, or nothing."""
        value = self.read_text(name)
        if value is None:
            return None
        try:
            # Without a Z it would be local time, and the Hub does not want offsets.
            at = (
                datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC)
                if TIMESTAMP_PATTERN.fullmatch(value)
                else None
            )
        except ValueError:
            at = None
        if at is None:
            self.add_error(name, "must be a time such as 2030-01-31T12:00:00Z")
            return None
        if at.timestamp() <= now:
            self.add_error(name, "must be in the future")
        return at.timestamp()

    def _read_value(self, name: str, required: bool) -> Any:
        value = self.body.get(name)
        if value is None and required:
            self.add_error(name, REQUIRED_MESSAGE)
        return value


def is_encodable(value: str) -> bool:
    """Whether a string can be sent back."""
    # JSON may hold halves of surrogate pairs, which no answer could carry.
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
