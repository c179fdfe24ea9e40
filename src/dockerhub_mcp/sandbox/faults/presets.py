"""Faults by name: answers of the Hub, and of proxies in front of it, that public reports describe."""

import json
from collections.abc import Mapping
from typing import Any

LIST_FIELDS = ("results", "logs", "actions", "Resources", "invitees", "namespaces")
"""The fields that hold the entries of the Hub's lists."""
COUNT_FIELDS = ("count", "total", "totalResults")
FILTERS = ("name", "architecture", "os", "content_types", "search", "username", "action", "actor")
INNER_REFUSAL = (
    'Delete "https://registry.s.us-east-1.aws.dckr.io/api/internal/repos/acme/cli/tags/v1.3.1": http: '
    'non-successful response (status=401 body="{\\"errors\\":[{\\"code\\":\\"UNAUTHORIZED\\",'
    '\\"message\\":\\"authentication required\\"}]}")'
)
"""The message of a service of the Hub to which another one refused to delete a tag."""
OVERSIZED_BODY = 33 * 1024**2
"""More than a client needs to read: the largest pages of the Hub have about one MiB."""


def _page(status: int, title: str, text: str, **headers: str) -> dict[str, Any]:
    head, body = f"<title>{title}</title>", f"<h1>{title}</h1>{text}"
    page = f"<!DOCTYPE html>\n<html><head>{head}</head><body>{body}</body></html>\n"
    return {
        "status": status,
        "body": page,
        "headers": {"Content-Type": "text/html; charset=utf-8"} | headers,
    }


def _json(status: int, body: str, **headers: str) -> dict[str, Any]:
    return {"status": status, "body": body, "headers": headers}


FAULT_PRESETS: dict[str, dict[str, Any]] = {
    # Pages of proxies and of the Hub's edge.
    "challenge_page": _page(
        403,
        "Just a moment...",
        "<noscript>Enable JavaScript to continue</noscript>",
        Server="cloudflare",
    ),
    "blocked_page": _page(403, "Blocked by policy", "<p>This site is not allowed by your company.</p>"),
    "captive_portal": _page(200, "Welcome to the guest network", "<form>Accept the terms.</form>"),
    "proxy_login_page": _page(407, "Proxy authentication required", "", Server="squid/6.6"),
    "proxy_not_found_page": _page(
        404, "ERROR: The requested URL could not be retrieved", "<p>Not found.</p>", Server="squid/6.6"
    ),
    "legal_page": _page(451, "Unavailable for legal reasons", ""),
    "gateway_page": _page(502, "502 Bad Gateway", "<hr>nginx"),
    "docker_not_found_page": _page(404, "404 : Docker", "<p>This page does not exist</p>"),
    # Refusals and failures.
    "page_not_found": _json(404, '{"message": "httperror 404: object not found", "errinfo": {}}'),
    "field_error": _json(
        400,
        '{"message": "httperror 400: request had 1 validation error", '
        '"errinfo": {"fielderrors": {"name": "must not be empty"}}}',
    ),
    "request_timeout": _json(408, '{"message": "request timeout"}'),
    "too_early": _json(425, '{"message": "too early"}'),
    "withdrawn_route": _json(410, '{"message": "this API is temporarily unavailable and will be removed"}'),
    "retired_route": _json(200, "{}"),
    "inner_refusal": _json(500, json.dumps({"message": INNER_REFUSAL, "errinfo": {}})),
    "server_error": _json(503, '{"message": "service unavailable"}'),
    "signing_outage": _json(401, '{"detail": "Failed to validate JWT token against trusted cert"}'),
    "login_lock": _json(429, '{"detail": "Too many failed login attempts. Try again in 10 minutes."}'),
    "edge_limit": {
        "status": 429,
        "body": "Too Many Requests (HAP429).",
        "headers": {"Content-Type": "text/plain", "Retry-After": "60"},
    },
    "abuse_limit": {"status": 429, "body": "Too Many Requests", "content_type": "text/plain"},
    "endless_retry_after": _json(429, '{"detail": "Rate limit exceeded"}', **{"Retry-After": "9" * 400}),
    "moved": {"status": 301, "location": "https://elsewhere.example/v2/"},
    # Answers of an unknown outcome, and answers that are not what they seem.
    "accepted_with_message": _json(202, '{"message": "the request was queued"}'),
    "accepted": {"status": 202},
    "empty_body": {"status": 200},
    "null_body": _json(200, "null"),
    "missing_list": {"remove": list(LIST_FIELDS)},
    "null_list": {"replace": dict.fromkeys(LIST_FIELDS)},
    "empty_list": {"replace": {name: [] for name in LIST_FIELDS}},
    "wrong_count": {"replace": dict.fromkeys(COUNT_FIELDS, 7)},
    "early_end": {"replace": {"next": None}},
    "repeated_page": {"query": {"page": "1"}},
    "ignored_ordering": {"query": {"ordering": None}},
    "ignored_filters": {"query": dict.fromkeys(FILTERS)},
    "truncated_body": {"truncate": True},
    "wrong_encoding": {"encoding": "utf-16"},
    "oversized_body": {"pad_to": OVERSIZED_BODY},
    # Lost connections.
    "lost_request": {"drop": True},
    "lost_response": {"drop": True, "carry_out": True},
    "late_failure": {"status": 502, "carry_out": True},
    "late_timeout": _json(504, '{"message": "context deadline exceeded", "errinfo": {}}')
    | {"carry_out": True},
}
"""The settings of `Fault` by the name of the preset."""


def apply_preset(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which those of the preset replace `preset`; other settings take precedence.

    Raises:
        ValueError: The preset does not exist.
    """
    given = dict(settings)
    name = given.pop("preset", None)
    if name is None:
        return given
    if not isinstance(name, str) or name not in FAULT_PRESETS:
        msg = f"unknown preset; must be one of {', '.join(FAULT_PRESETS)}"
        raise ValueError(msg)
    return FAULT_PRESETS[name] | given
