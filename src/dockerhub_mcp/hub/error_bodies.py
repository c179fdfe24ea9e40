"""Extract the message from an error body, which has many forms.

`{"message", "errinfo": {"fielderrors"}}`, `{"detail"}` with a text, a list or an object,
`{"fields", "text"}`, `{"errors": [{"code", "message"}]}` of the registry and of GraphQL, `{"field": ["…"]}`,
`{"__all__": ["…"]}`, `{"details": [{"fieldViolations"}]}`, an HTML page of a proxy, plain text, or nothing at
all.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from dockerhub_mcp.hub.internal_addresses import redact_internal_addresses
from dockerhub_mcp.hub.redaction import to_single_line

_HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
_HTML_START = re.compile(r"<(?:!doctype|html|head|body|title|center|div|script|style|h1|p)\b", re.IGNORECASE)
_ERRINFO = re.compile(r"\"errinfo\"\s*:\s*(?:\{[^{}]*(?:\}|\Z)|\w+)\s*,?\s*")  # in truncated JSON
_INNER_STATUS = re.compile(rb"non-successful response \(status=(\d{3})\b")
_MAX_BODY_LENGTH = 64 * 1024  # bytes of an error body that are read
_MAX_HTML_LENGTH = 4 * 1024  # characters of a page; searching for tags takes quadratic time
_MAX_MESSAGES = 50
_MAX_EMBEDDED_LENGTH = 4 * 1024  # characters of data that is embedded in a message

_MESSAGE_KEYS = ("message", "detail", "text")
"""The keys of an object with a message for people; an object or a list there holds further errors."""
_OTHER_MESSAGE_KEYS = ("msg", "error_description", "error")
"""Keys that hold the message where none of the others does."""
_LIST_KEYS = ("errors", "details", "violations", "invalid-params", "invalidParams")
"""The keys of an object with further errors."""
_FIELD_KEYS = ("fielderrors", "field_errors", "fieldErrors", "fields", "fieldViolations", "field_violations")
"""The keys of an object with an error for each field."""
_NAME_KEYS = ("field", "param", "parameter", "property", "pointer", "loc", "name")
"""The keys of an error that name its field."""
_FIELD_MESSAGE_KEYS = (*_MESSAGE_KEYS, "msg", "description", "reason")
"""The keys of such an error with its message."""
_IGNORED_KEYS = frozenset(
    {"code", "errinfo", "login_2fa_token", "schemas", "scimType", "extensions", "locations"}
    | {"stack", "stacktrace", "stack_trace", "trace", "traceback", "exception", "debug", "@type"}
)
_METADATA_KEYS = frozenset(
    {"host", "hostname", "instance", "ip", "method", "path", "request_id", "requestId", "server", "service"}
    | {"status", "statusCode", "status_code", "timestamp", "trace_id", "traceId", "type", "uri", "url"}
)
"""Keys of facts about the request, unless they hold the errors of a field with this name."""
_KNOWN_KEYS = {*_MESSAGE_KEYS, *_OTHER_MESSAGE_KEYS, *_LIST_KEYS, *_FIELD_KEYS, *_IGNORED_KEYS}
_LOCATIONS = frozenset({"body", "query", "path", "header"})
_UNNAMED_FIELDS = frozenset({"__all__", "non_field_errors", "nonFieldErrors", ""})
_STATUS_PREFIX = re.compile(r"^(?:httperror|http error) \d{3}: ", re.IGNORECASE)
_HEADING = re.compile(
    r"(?:request had \d+ validation errors?|validation (?:failed|errors?)|bad request"
    r"|invalid (?:request|input)|(?:one or more )?(?:fields|parameters|arguments) (?:are|is) invalid)[.:]?",
    re.IGNORECASE,
)
"""Messages that only announce the errors of fields."""
_NO_MESSAGE = frozenset({"", "none", "null", "undefined", "nil", "<nil>", "[object object]", "[]", "{}"})
_ERROR_DETAIL = re.compile(r"ErrorDetail\(string=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"), code='?\w*'?\)")
_EMBEDDED_DATA = re.compile(r"(?:\A|(?<=[ :]))(?:[\[({][\[{]?(?:['\"]|ErrorDetail\()|[\[{(][\])}]\Z)")


def error_message(content: bytes, redact: Callable[[str], str] = str) -> str:
    """Return the message of an error body, one line of at most 300 characters, or an empty string.

    Errors of fields are shown as `field: message`. The rest of `errinfo`, internal addresses and stack traces
    are left out, since they expose Docker's infrastructure.

    Args:
        content: The response body.
        redact: Removes known secrets. It runs before the line is shortened, since a partial secret would not
            be recognized.
    """
    text = content[:_MAX_BODY_LENGTH].decode("utf-8", "replace").strip()
    if not text:
        return ""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        text = _ERRINFO.sub("", text)
        if text.startswith("<") or _HTML_START.search(text):
            return to_single_line(redact_internal_addresses(redact(_strip_html(text))))
        return describe_errors(text, redact)
    return describe_errors(data, redact)


def describe_errors(data: Any, redact: Callable[[str], str] = str) -> str:
    """Return the messages in decoded JSON as `error_message` does."""
    try:
        collected = _collect_messages(data)[:_MAX_MESSAGES]
    except RecursionError:
        return ""
    messages = [Message(message.field, _clean(message.text)) for message in collected]
    return to_single_line(redact_internal_addresses(redact("; ".join(_drop_repeated(messages)))))


def stated_message(content: bytes, redact: Callable[[str], str] = str) -> str:
    """Return what an object says in place of the expected fields, or an empty string."""
    try:
        data = json.loads(content[:_MAX_BODY_LENGTH])
    except (ValueError, RecursionError):
        return ""
    keys = (*_MESSAGE_KEYS, *_OTHER_MESSAGE_KEYS, "errors")
    stated = {key: data[key] for key in keys if data.get(key)} if isinstance(data, dict) else {}
    return describe_errors(stated, redact) if stated else ""


def error_names(content: bytes) -> dict[str, str]:
    """Return the names in the `errinfo` of an error body: of the namespace, the repository and the tag."""
    try:
        data = json.loads(content[:_MAX_BODY_LENGTH])
    except (ValueError, RecursionError):
        return {}
    errinfo = data.get("errinfo") if isinstance(data, dict) else None
    if not isinstance(errinfo, dict):
        return {}
    known = ("namespace", "repository", "tag")
    return {name: errinfo[name] for name in known if isinstance(errinfo.get(name), str) and errinfo[name]}


def find_inner_status(content: bytes) -> int | None:
    """Return the status with which a service behind the Hub refused the request, where the body names it."""
    found = _INNER_STATUS.search(content[:_MAX_BODY_LENGTH])
    return None if found is None else int(found[1])


def two_factor_ticket(content: bytes) -> str | None:
    """Return the two-factor ticket in the body of a sign-in that needs a second step, or None."""
    try:
        data = json.loads(content[:_MAX_BODY_LENGTH])
    except (ValueError, RecursionError):
        return None
    found = data.get("login_2fa_token") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None


class Message(NamedTuple):
    """A message, and the field that it is about, if any; a nested field is written as `resources.scopes`."""

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text

    def below(self, name: str) -> Message:
        """Return the message as one about a part of the named field."""
        return Message(".".join(filter(None, (name, self.field))), self.text)


def _strip_html(text: str) -> str:
    text = text[:_MAX_HTML_LENGTH]
    title = _HTML_TITLE.search(text)
    return _HTML_TAGS.sub(" ", title[1] if title else text)


def _clean(text: str) -> str:
    text = _strip_html(text) if _HTML_START.search(text) else text
    return _STATUS_PREFIX.sub("", text.strip())


def _drop_repeated(messages: list[Message]) -> list[str]:
    """Return each message once, without those that only announce or repeat the error of a field."""
    found = [message for message in dict.fromkeys(messages) if message.text]
    of_fields = {message.text for message in found if message.field}
    kept = [
        message
        for message in found
        if message.field
        or not (message.text in of_fields or (of_fields and _HEADING.fullmatch(message.text)))
    ]
    return list(map(str, kept))


def _collect_messages(data: Any) -> list[Message]:
    match data:
        case str():
            return _read_text(data)
        case list() | tuple():
            return [message for item in data[:_MAX_MESSAGES] for message in _collect_messages(item)]
        case dict():
            return _collect_object_messages(data)
        case _:
            return []


def _read_text(text: str) -> list[Message]:
    """Return the messages in a text, which may hold JSON, or data in the notation of Python."""
    text = text.strip()
    if text.lower() in _NO_MESSAGE:
        return []
    start = _EMBEDDED_DATA.search(text)
    if start is None or len(text) > _MAX_EMBEDDED_LENGTH:
        return [Message("", text)]
    embedded = _ERROR_DETAIL.sub(r"\1", text[start.start() :])
    for parse in (json.loads, ast.literal_eval):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the spelling of literals
                data = parse(embedded)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        if isinstance(data, list | tuple | dict):
            before = text[: start.start()].rstrip(" :")
            messages = _collect_messages(data)
            return [Message("", before), *messages] if before else messages
    return [Message("", text)]


def _collect_object_messages(data: dict[str, Any]) -> list[Message]:
    field, text_keys = _find_field(data)
    messages = [message for key in text_keys for message in _collect_value(data, key)]
    for key in _OTHER_MESSAGE_KEYS:
        if not messages and isinstance(data.get(key), str | list | dict):
            messages = _collect_messages(data[key])
    for key in _LIST_KEYS:
        messages += _collect_messages(data.get(key))
    errinfo = data.get("errinfo")
    for source in (data, errinfo if isinstance(errinfo, dict) else {}):
        for key in _FIELD_KEYS:
            messages += _collect_field_messages(source.get(key))
    messages = messages or _collect_named_messages(data) or _collect_code(data)
    return [message.below(field) for message in messages]


def _collect_value(data: dict[str, Any], key: str) -> list[Message]:
    """Return the messages under a key; the details of an error with a code and a message are for programs."""
    value = data.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [Message("", str(value))]
    is_for_programs = key == "detail" and "code" in data and isinstance(data.get("message"), str)
    return [] if is_for_programs and not isinstance(value, str) else _collect_messages(value)


def _collect_field_messages(value: Any) -> list[Message]:
    """Return the errors of fields, which come as an object, as a list of errors, or as a list of names."""
    if isinstance(value, dict):
        return _collect_named_messages(value, is_fields=True)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return [Message("fields", ", ".join(value[:_MAX_MESSAGES]))]
    return _collect_messages(value)


def _collect_named_messages(data: dict[str, Any], *, is_fields: bool = False) -> list[Message]:
    """Return the messages of an object with the names of fields as keys."""
    messages = []
    for name, value in data.items():
        is_metadata = name in _METADATA_KEYS and not isinstance(value, list | dict)
        if is_fields or not (name in _KNOWN_KEYS or is_metadata):
            label = "" if name in _UNNAMED_FIELDS else name
            messages += [message.below(label) for message in _collect_messages(value)]
    return messages


def _collect_code(data: dict[str, Any]) -> list[Message]:
    """Return the code of an error without a message, such as MANIFEST_UNKNOWN."""
    extensions = data.get("extensions")
    codes = [data.get("scimType"), data.get("code")]
    codes += [extensions.get("code")] if isinstance(extensions, dict) else []
    return next(([Message("", code)] for code in codes if isinstance(code, str) and code), [])


def _find_field(data: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the field that an error is about, empty without one, and the keys with its messages."""
    text_keys = tuple(key for key in _FIELD_MESSAGE_KEYS if isinstance(data.get(key), str))
    for key in _NAME_KEYS if text_keys else ():
        value = data.get(key)
        steps = value if isinstance(value, list) and key == "loc" else [value]
        names = [str(step) for step in steps if isinstance(step, str | int) and not isinstance(step, bool)]
        name = ".".join([name for name in names if name not in _LOCATIONS] or names)
        if name and " " not in name and (key != "name" or "description" not in text_keys):
            return name.lstrip("/").replace("/", "."), text_keys
    return "", _MESSAGE_KEYS
