"""Answers of others than the Hub: pages of proxies, portals and gateways, and redirects."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx

from tests.support.fault_campaign.faults import (
    ALL_TARGETS,
    HTML,
    JSON,
    PLAIN,
    Delivery,
    Fault,
    Outcome,
    Target,
    answer,
    fixed,
)

PAGE_STATUSES = (
    200,
    201,
    202,
    203,
    400,
    401,
    403,
    404,
    407,
    409,
    410,
    422,
    429,
    451,
    500,
    502,
    503,
    504,
    511,
    520,
)
PAGES: dict[str, Any] = {"group": "page"}
NOT_HEAD = ALL_TARGETS - {Target.HEAD}


def page(title: str, text: str = "") -> str:
    """Return an HTML page."""
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>"
    )


_NAMED_PAGES: tuple[tuple[str, int, str, dict[str, str]], ...] = (
    (
        "challenge page 403",
        403,
        page("Just a moment...", "<script>challenge()</script>"),
        {"cf-mitigated": "challenge"},
    ),
    ("challenge page 503", 503, page("Just a moment..."), {}),
    ("captive portal", 200, page("Welcome to Airport WiFi", "<form action=/login></form>"), {}),
    ("blocked by policy", 403, page("Blocked by policy", "Category: Developer Tools"), {}),
    (
        "squid cannot find it",
        404,
        page("ERROR: The requested URL could not be retrieved"),
        {"x-squid-error": "ERR_DNS_FAIL 0"},
    ),
    ("proxy wants a password", 407, page("Proxy Authentication Required"), {"proxy-authenticate": "Basic"}),
    ("maintenance page", 200, page("We will be right back"), {}),
    ("sign-in page", 200, page("Sign in | Docker", "<form><input name=password></form>"), {}),
    ("page of a single-page application", 200, "<!doctype html><div id=root></div>", {}),
    ("page in upper case", 200, "<HTML><BODY>It works!</BODY></HTML>", {}),
    ("page after white space", 404, "\n\n   " + page("Not Found"), {}),
)

_NOT_PASSED_ON = {407, 429, 511}
"""Statuses with which a proxy, a limit or a portal says that it did not pass the request on."""


def _outcome(status: int) -> Outcome:
    return Outcome.REFUSED if status in _NOT_PASSED_ON else Outcome.UNKNOWN


PAGE_FAULTS = (
    *(
        fixed(f"page {status}", status, page(f"Status {status}"), HTML, outcome=_outcome(status), **PAGES)
        for status in PAGE_STATUSES
    ),
    *(
        fixed(name, status, text, HTML | more, outcome=_outcome(status), **PAGES)
        for name, status, text, more in _NAMED_PAGES
    ),
    *(
        fixed(
            f"page called JSON {status}", status, page("Nothing here"), JSON, group="page", targets=NOT_HEAD
        )
        for status in (200, 403, 404, 502)
    ),
    *(
        fixed(
            f"page without a type {status}", status, page("Nothing here"), {}, group="page", targets=NOT_HEAD
        )
        for status in (200, 401, 404, 503)
    ),
    *(
        fixed(
            f"page called text {status}", status, page("Nothing here"), PLAIN, group="page", targets=NOT_HEAD
        )
        for status in (200, 403)
    ),
    fixed(
        "upstream connect error",
        503,
        "upstream connect error or disconnect/reset before headers",
        PLAIN,
        **PAGES,
    ),
    fixed("plain text 200", 200, "OK", PLAIN, **PAGES),
    fixed("plain text 403", 403, "Access denied.", PLAIN, **PAGES),
    fixed("plain text 404", 404, "404 page not found\n", PLAIN, **PAGES),
    fixed(
        "XML error",
        403,
        "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        {"content-type": "application/xml"},
        **PAGES,
    ),
    fixed("XML 200", 200, "<?xml version='1.0'?><rss/>", {"content-type": "text/xml"}, **PAGES),
    fixed("an image", 200, b"\x89PNG\r\n\x1a\n" + b"\x00" * 32, {"content-type": "image/png"}, **PAGES),
    fixed("script", 200, "window.location='/login'", {"content-type": "text/javascript"}, **PAGES),
)

REDIRECT: dict[str, Any] = {"group": "redirect"}


def _loop(name: str, status: int) -> Fault:
    async def deliver(delivery: Delivery) -> httpx.Response:
        return answer(status, b"", {"location": str(delivery.request.url)})

    return Fault(name, deliver, **REDIRECT)


REDIRECT_FAULTS = (
    *(
        fixed(
            f"redirect {status} elsewhere",
            status,
            b"",
            {"location": "https://elsewhere.example/login"},
            **REDIRECT,
        )
        for status in (301, 302, 303, 307, 308)
    ),
    *(_loop(f"redirect {status} to itself", status) for status in (301, 307)),
    fixed(
        "redirect to the sign-in page", 302, page("Moved"), HTML | {"location": "/login?next=/"}, **REDIRECT
    ),
    fixed("redirect to plain http", 301, b"", {"location": "http://hub.docker.com/v2/"}, **REDIRECT),
    fixed("redirect to a file", 302, b"", {"location": "file:///etc/passwd"}, **REDIRECT),
    fixed("redirect without a place", 302, page("Found"), HTML, **REDIRECT),
    fixed("redirect to an invalid place", 302, b"", {"location": "http://[::1"}, **REDIRECT),
    fixed(
        "redirect with a secret",
        302,
        b"",
        {"location": "https://user:hunter2secret@10.0.0.7/?token=hunter2secret"},
        **REDIRECT,
    ),
    fixed("multiple choices", 300, page("Choices"), HTML, **REDIRECT),
    fixed("not modified", 304, b"", {}, **REDIRECT),
)
