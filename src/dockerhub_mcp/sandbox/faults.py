"""Faults: rules that make the sandbox fail the way the real Hub and networks do."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

DEFAULT_REDIRECT_STATUS = 302
VALID_STATUSES = range(200, 600)
UNKNOWN_VALUE = "something-new"
NEVER_NULL_FIELDS = {
    *("id", "uuid", "name", "namespace", "username", "userName", "orgname"),
    *("account", "action", "label", "token_label", "invitee"),
}
ENUM_FIELDS = {
    *("repository_type", "status_description", "tag_status", "status"),
    *("content_type", "role", "type", "affiliation"),
}
COLLECTION_FIELDS = ("results", "logs", "data", "invitees", "Resources")
"""The fields that hold the entries of a list; of a list's body, only the entries change."""


class DroppedConnectionError(ConnectionResetError):
    """A fault drops the connection without a response.

    A client in the same process gets this exception; over a socket the connection is closed.
    """


@dataclass
class Fault:
    """A rule that makes matching requests fail.

    Attributes:
        match: A part of the path with its query; an empty one matches every request.
        method: The HTTP method of matching requests, in any case; None for all methods.
        times: The number of requests to fail; None for all requests until the fault is removed.
        latency: The delay in seconds before anything else happens.
        drop: Drop the connection without a response.
        status: The status of a response in place of the Hub's, with `body`, `content_type` and `headers`.
        body: The body of that response.
        content_type: The content type of that response, unless `headers` has one.
        headers: The headers of that response.
        location: The target of a redirect; its status is 302 unless `status` is set.
        truncate: Cut off the second half of the body.
        next_origin: The origin for `next` in lists, such as https://elsewhere.example.
        flip_ordering: Reverse the direction of every `ordering`.
        nulls: Set all fields except names to null.
        unknown_words: Set all fields with an enumerated value to an unknown value.
    """

    match: str = ""
    method: str | None = None
    times: int | None = None
    latency: float = 0.0
    drop: bool = False
    status: int | None = None
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    truncate: bool = False
    next_origin: str | None = None
    flip_ordering: bool = False
    nulls: bool = False
    unknown_words: bool = False

    def matches_request(self, method: str, request_target: str) -> bool:
        """Return whether the fault applies to a request. The target is the path with its query."""
        return (
            self.times != 0
            and self.match in request_target
            and (self.method is None or self.method.upper() == method)
        )

    @property
    def has_response(self) -> bool:
        """Whether the fault replaces the Hub's response."""
        return self.status is not None or self.location is not None

    @property
    def has_body_rewrite(self) -> bool:
        """Whether the fault changes the body of the Hub's response."""
        return self.truncate or self.nulls or self.unknown_words or self.next_origin is not None

    def build_response(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the response in place of the Hub's."""
        headers = dict(self.headers)
        if self.body and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = self.content_type
        if self.location is not None:
            headers["Location"] = self.location
        return self.status or DEFAULT_REDIRECT_STATUS, headers, self.body.encode()

    def rewrite_body(self, body: bytes) -> bytes:
        """Return a JSON body with the fault applied."""
        content = json.loads(body)
        if self.next_origin is not None and isinstance(content, dict) and content.get("next"):
            content["next"] = _replace_origin(content["next"], self.next_origin)
        if self.nulls or self.unknown_words:
            content = self._corrupt_entries(content)
        rewritten = json.dumps(content).encode()
        return rewritten[: len(rewritten) // 2] if self.truncate else rewritten

    def _corrupt_entries(self, content: Any) -> Any:
        if isinstance(content, dict):
            for name in COLLECTION_FIELDS:
                if isinstance(content.get(name), list):
                    return content | {name: [self._corrupt_value(entry) for entry in content[name]]}
        return self._corrupt_value(content)

    def _corrupt_value(self, content: Any) -> Any:
        if isinstance(content, list):
            return [self._corrupt_value(entry) for entry in content]
        if not isinstance(content, dict):
            return content
        return {name: self._corrupt_field(name, value) for name, value in content.items()}

    def _corrupt_field(self, name: str, value: Any) -> Any:
        if self.unknown_words and name in ENUM_FIELDS and isinstance(value, str):
            return UNKNOWN_VALUE
        if self.nulls and name not in NEVER_NULL_FIELDS:
            return None
        return self._corrupt_value(value)


@dataclass
class Faults:
    """The active faults. The first one that matches a request applies to it."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, **settings: Any) -> Fault:
        """Add a fault; the settings are the fields of `Fault`."""
        fault = Fault(**settings)
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        self.rules.clear()

    def consume_match(self, method: str, request_target: str) -> Fault | None:
        """Return the fault for a request and count its use; None if no fault matches."""
        for fault in self.rules:
            if fault.matches_request(method, request_target):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON, in the shape that `replace_from_json` accepts."""
        return {"rules": [asdict(fault) for fault in self.rules]}

    def replace_from_json(self, content: Any) -> None:
        """Replace all faults by faults from JSON.

        Raises:
            ValueError: A rule is invalid; no fault was changed.
        """
        if (
            not isinstance(content, dict)
            or set(content) != {"rules"}
            or not isinstance(content["rules"], list)
        ):
            msg = 'expected {"rules": [...]}'
            raise ValueError(msg)
        self.rules[:] = [_parse_fault(settings) for settings in content["rules"]]


FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "match": (str,),
    "method": (str, type(None)),
    "times": (int, type(None)),
    "latency": (int, float),
    "drop": (bool,),
    "status": (int, type(None)),
    "body": (str, dict, list),
    "content_type": (str,),
    "headers": (dict,),
    "location": (str, type(None)),
    "truncate": (bool,),
    "next_origin": (str, type(None)),
    "flip_ordering": (bool,),
    "nulls": (bool,),
    "unknown_words": (bool,),
}


def _parse_fault(settings: Any) -> Fault:
    if not isinstance(settings, dict):
        msg = "a rule must be an object"
        raise ValueError(msg)  # noqa: TRY004 - the caller handles all invalid rules alike
    for name, value in settings.items():
        if name not in FIELD_TYPES:
            msg = f"unknown field {name}; a rule may have {', '.join(FIELD_TYPES)}"
            raise ValueError(msg)
        if not isinstance(value, FIELD_TYPES[name]) or (
            isinstance(value, bool) and bool not in FIELD_TYPES[name]
        ):
            msg = f"{name} has the wrong type"
            raise ValueError(msg)
    content = dict(settings)
    if content.get("status") is not None and content["status"] not in VALID_STATUSES:
        msg = "status must be from 200 to 599"
        raise ValueError(msg)
    if "body" in content and not isinstance(content["body"], str):
        content["body"] = json.dumps(content["body"])
    if "headers" in content:
        content["headers"] = {str(name): str(value) for name, value in content["headers"].items()}
    return Fault(**content)


def _replace_origin(url: str, origin: str) -> str:
    new, old = urlsplit(origin), urlsplit(url)
    return urlunsplit((new.scheme, new.netloc, old.path, old.query, old.fragment))
