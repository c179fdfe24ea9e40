"""A fault: a rule that makes the sandbox fail the way the real Hub and networks do."""

import json
from dataclasses import dataclass, field
from typing import Any

from dockerhub_mcp.sandbox.faults.rewriting import (
    corrupt_entries,
    remove_fields,
    replace_fields,
    replace_next_origin,
)

DEFAULT_REDIRECT_STATUS = 302


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
        push_tags: Push a new image to these tags first, such as milldale/controller:edge, as another client.
        remove_tags: Remove these tags first, as another client.
        drop: Drop the connection without a response.
        carry_out: Let the Hub carry out the request before anything else happens, the delay included.
        status: The status of a response in place of the Hub's, with `body`, `content_type` and `headers`.
        body: The body of that response.
        content_type: The content type of that response, unless `headers` has one.
        headers: The headers of that response, or headers that replace those of the Hub's response.
        location: The target of a redirect; its status is 302 unless `status` is set.
        query: Change these parameters of the query before the Hub reads it; None removes a parameter.
        replace: Set these fields of a JSON object, where it has them, to other values.
        remove: Remove these fields of a JSON object.
        truncate: Cut off the second half of the body.
        encoding: The character encoding of the body; its content type stays the same.
        pad_to: Append spaces to the body, up to this size in bytes.
        next_origin: The origin for `next` in lists, such as https://elsewhere.example.
        flip_ordering: Reverse the direction of every `ordering`.
        nulls: Set all fields except names to null.
        unknown_words: Set all fields with an enumerated value to an unknown value.
    """

    match: str = ""
    method: str | None = None
    times: int | None = None
    latency: float = 0.0
    push_tags: list[str] = field(default_factory=list)
    remove_tags: list[str] = field(default_factory=list)
    drop: bool = False
    carry_out: bool = False
    status: int | None = None
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    query: dict[str, str | None] = field(default_factory=dict)
    replace: dict[str, Any] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    truncate: bool = False
    encoding: str | None = None
    pad_to: int = 0
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

    def build_response(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the response in place of the Hub's."""
        headers = dict(self.headers)
        if self.body and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = self.content_type
        if self.location is not None:
            headers["Location"] = self.location
        return self.status or DEFAULT_REDIRECT_STATUS, headers, self._encode_body(self.body.encode())

    def rewrite_body(self, body: bytes) -> bytes:
        """Return a JSON body with the fault applied."""
        content = json.loads(body)
        if self.next_origin is not None:
            content = replace_next_origin(content, self.next_origin)
        if self.nulls or self.unknown_words:
            content = corrupt_entries(content, nulls=self.nulls, unknown_words=self.unknown_words)
        content = remove_fields(replace_fields(content, self.replace), self.remove)
        rewritten = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._encode_body(rewritten[: len(rewritten) // 2] if self.truncate else rewritten)

    def _encode_body(self, body: bytes) -> bytes:
        if self.encoding is not None:
            body = body.decode("utf-8", "replace").encode(self.encoding, "replace")
        return body.ljust(self.pad_to)
