"""Validate the body of a request field by field, and report all errors at once."""

import re
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.sandbox.errors import invalid_fields_error

REQUIRED_MESSAGE = "This field is required."
TIMESTAMP_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class FieldReader:
    """A reader of the fields of a JSON object.

    The `read_*` methods return None for a missing or invalid field and collect the errors. Call
    `raise_errors` before using the values.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self._errors: dict[str, list[str]] = {}

    def add_error(self, name: str, message: str) -> None:
        """Add an error of a field, unless the field already has one."""
        self._errors.setdefault(name, [message])

    def raise_errors(self) -> None:
        """Raise an error that names all invalid fields.

        Raises:
            SandboxHTTPError: 400 if there are any errors.
        """
        if self._errors:
            raise invalid_fields_error(self._errors)

    def has_value(self, name: str) -> bool:
        """Return whether a field is present and not null."""
        return self.body.get(name) is not None

    def read_text(
        self, name: str, *, required: bool = False, min_length: int = 0, max_length: int | None = None
    ) -> str | None:
        """Return a string; lengths are in characters."""
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
        """Return a boolean."""
        value = self._read_value(name, required)
        if value is not None and not isinstance(value, bool):
            self.add_error(name, "not a boolean")
            return None
        return value

    def read_int(self, name: str, *, required: bool = False) -> int | None:
        """Return an integer."""
        value = self._read_value(name, required)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.add_error(name, "not an integer")
            return None
        return value

    def read_text_list(self, name: str, *, required: bool = False) -> list[str] | None:
        """Return a list of strings."""
        value = self._read_value(name, required)
        if value is None:
            return None
        if not isinstance(value, list) or not all(
            isinstance(entry, str) and is_encodable(entry) for entry in value
        ):
            self.add_error(name, "not a list of strings")
            return None
        return value

    def read_choice(self, name: str, choices: tuple[str, ...], *, required: bool = False) -> str | None:
        """Return a string that is one of the choices."""
        value = self.read_text(name, required=required)
        if value is not None and value not in choices:
            self.add_error(name, f"must be one of {', '.join(choices)}")
            return None
        return value

    def read_future_time(self, name: str, now: float) -> float | None:
        """Return a time after `now`, in seconds since the epoch, from a text in RFC 3339 that ends in Z."""
        value = self.read_text(name)
        if value is None:
            return None
        time = _parse_utc_time(value)
        if time is None:
            self.add_error(name, "must be a time such as 2030-01-31T12:00:00Z")
        elif time <= now:
            self.add_error(name, "must be in the future")
        return time

    def _read_value(self, name: str, required: bool) -> Any:
        value = self.body.get(name)
        if value is None and required:
            self.add_error(name, REQUIRED_MESSAGE)
        return value


def is_encodable(value: str) -> bool:
    """Return whether a string can be encoded as UTF-8; JSON may contain unpaired surrogates, which cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _parse_utc_time(text: str) -> float | None:
    # The Hub accepts no offset other than Z.
    if not TIMESTAMP_PATTERN.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
