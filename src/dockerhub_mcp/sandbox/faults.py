"""Switches that make the sandbox misbehave, the way the real Hub and the networks before it do."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit, urlunsplit

DEFAULT_REDIRECT_STATUS = 302
VALID_STATUSES = range(200, 600)
UNKNOWN_VALUE = "something-new"
NEVER_NULL_FIELDS = {
    "id",
    "uuid",
    "name",
    "namespace",
    "username",
    "account",
    "action",
    "label",
    "token_label",
}
NEVER_NULL_FIELDS |= {"invitee", "userName", "orgname"}
ENUM_FIELDS = {
    "repository_type",
    "status_description",
    "tag_status",
    "status",
    "content_type",
    "role",
    "type",
    "affiliation",
}


class DroppedConnectionError(ConnectionResetError):
    """The connection ends without an answer.

    An in-process transport passes this exception on to whoever sent the request; over a socket the
    connection is closed.
    """


@dataclass
class Fault:
    """What goes wrong, and for which requests.

    `match` is looked for in the path with its query; an empty one matches every request. A fault
    without `times` stands until it is cleared.
    """

    match: str = ""
    method: str | None = None
    times: int | None = None
    latency: float = 0.0
    """Seconds to wait before anything else happens."""
    drop: bool = False
    """End the connection without an answer."""
    status: int | None = None
    """Answer this instead, with `body`, `content_type` and `headers`."""
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    """Redirect there (302 unless `status` says otherwise)."""
    truncate: bool = False
    """Leave out the second half of the answer's body."""
    next_origin: str | None = None
    """Let `next` point to this origin (as in https://elsewhere.example)."""
    flip_ordering: bool = False
    """Let every sign of `ordering` mean the opposite."""
    nulls: bool = False
    """Answer with nulls in all fields but names."""
    unknown_words: bool = False
    """Answer with words nobody knows in fields that hold one of a few words."""

    def matches_request(self, method: str, request_target: str) -> bool:
        """Whether the fault is for a request and not used up."""
        return (
            self.times != 0
            and self.match in request_target
            and (self.method is None or self.method.upper() == method)
        )

    @property
    def has_response(self) -> bool:
        """Whether the fault gives an answer of its own."""
        return self.status is not None or self.location is not None

    @property
    def has_body_rewrite(self) -> bool:
        """Whether the fault changes the Hub's own answer."""
        return self.truncate or self.nulls or self.unknown_words or self.next_origin is not None

    def build_response(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the fault's own answer."""
        headers = dict(self.headers)
        if self.body and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = self.content_type
        if self.location is not None:
            headers["Location"] = self.location
        return self.status or DEFAULT_REDIRECT_STATUS, headers, self.body.encode()

    def rewrite_body(self, body: bytes) -> bytes:
        """The Hub's own answer with the fault worked into it."""
        content = json.loads(body)
        if self.next_origin is not None and isinstance(content, dict) and content.get("next"):
            content["next"] = _replace_origin(content["next"], self.next_origin)
        if self.nulls or self.unknown_words:
            content = self._corrupt_entries(content)
        text = json.dumps(content).encode()
        return text[: len(text) // 2] if self.truncate else text

    def _corrupt_entries(self, content: Any) -> Any:
        if isinstance(content, dict):
            for entries in ("results", "logs", "data", "invitees", "Resources"):
                if isinstance(content.get(entries), list):
                    return content | {entries: [self._corrupt_value(entry) for entry in content[entries]]}
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
    """The faults that stand; for each request the first that matches counts."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, **settings: Any) -> Fault:
        """Let one more fault stand; the settings are the fields of `Fault`."""
        fault = Fault(**settings)
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Behave again."""
        self.rules.clear()

    def consume_match(self, method: str, request_target: str) -> Fault | None:
        """The fault for a request, counted as used."""
        for fault in self.rules:
            if fault.matches_request(method, request_target):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def as_json(self) -> dict[str, Any]:
        """The faults in the form they can be set by."""
        return {"rules": [asdict(fault) for fault in self.rules]}

    def replace_from_json(self, content: Any) -> None:
        """Set the faults from JSON; raises ValueError with what is wrong, and then changes nothing."""
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
        raise ValueError(msg)  # noqa: TRY004 - the caller answers every mistake alike
    known = [found.name for found in fields(Fault)]
    for name, value in settings.items():
        if name not in known:
            msg = f"unknown field {name}; a rule may have {', '.join(known)}"
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
    there, here = urlsplit(origin), urlsplit(url)
    return urlunsplit((there.scheme, there.netloc, here.path, here.query, here.fragment))
