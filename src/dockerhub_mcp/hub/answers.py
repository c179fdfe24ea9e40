"""Judge whether a response is one of the Hub's API, before it is parsed or mapped to an error.

Proxies, challenge pages, captive portals and wrong hosts answer with any status, 200 and 404 included. What
they say is no verdict about an object, a sign-in or a change.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from dockerhub_mcp.hub.error_advice import OUTAGE_REMEDY
from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES, ServiceNames

CSV = "text/csv"
_JSON = "application/json"
_PROXY_STATUSES = frozenset({407, 511})  # only proxies and captive portals answer with these
_HUB_HEADER = "x-ratelimit-limit"  # in every answer of the Hub's API
_MAX_TITLE_LENGTH = 100
_MAX_ERROR_BYTES = 64 * 1024
_BODY_START = 64  # bytes that tell what a body is

_CHALLENGE_CUES = (
    "just a moment",
    "attention required",
    "checking your browser",
    "captcha",
    "human",
    "robot",
)
_PORTAL_CUES = ("log in", "login", "sign in", "signin", "sign on", "portal", "wi-fi", "wifi", "hotspot")
_PROXY_CUES = ("block", "policy", "proxy", "firewall", "squid", "zscaler", "filter", "denied", "restricted")


def check_answer(
    response: Response,
    *,
    host: str,
    verb: str,
    path: str,
    media_type: str = _JSON,
    redact: Callable[[str], str] = str,
    names: ServiceNames = HUB_NAMES,
) -> None:
    """Check that the Hub's API gave a response, by its content type and the start of its body.

    The answer to a HEAD request has no body, and may lack a content type.

    Args:
        response: The response, with any status.
        host: The host that was asked, for the message.
        verb: The HTTP method of the request.
        path: The path of the request, for the message.
        media_type: The media type that a success has; errors are JSON.
        redact: Removes known secrets from the title of a page.
        names: The names of the service in messages.

    Raises:
        UnexpectedAnswer: A proxy, a challenge page or another server answered.
    """
    content_type = response.headers.get("content-type", "")
    if (
        response.status < 300  # noqa: PLR2004
        and media_type != CSV
        and response.content[:1] in {b"{", b"["}
        and not _is_html(content_type)
    ):
        return  # the fast path
    expects_csv = media_type == CSV and response.status < 300  # noqa: PLR2004
    if _is_foreign(response, content_type.lower(), verb, expects_csv=expects_csv):
        expected = "CSV" if expects_csv else "JSON"
        raise foreign_answer_error(
            response, f"{verb} {path}", host, expected=expected, redact=redact, names=names
        )


def check_probe_answer(response: Response, *, host: str, path: str, redact: Callable[[str], str]) -> None:
    """Check that the Hub answered a HEAD request for the repository library/hello-world.

    Args:
        response: The response, with any status.
        host: The host that was asked.
        path: The path of the request.
        redact: Removes known secrets from the title of a page.

    Raises:
        UnexpectedAnswer: Another server answered, or the Hub failed.
    """
    check_answer(response, host=host, verb="HEAD", path=path, redact=redact)
    if response.status == 404:  # noqa: PLR2004
        what = f"{host} does not have the repository library/hello-world, as Docker Hub does."
        why = "It is probably not the Hub's API."
        raise UnexpectedAnswer(what, why=why, remedy="Check the Hub's address (DOCKERHUB_API_URL).")
    if response.status >= 500:  # noqa: PLR2004
        what = f"{host} answers {response.status}."
        raise UnexpectedAnswer(what, remedy="Try again later.")


def unfit_answer_error(
    host: str, request_line: str, response: Response, defect: str, redact: Callable[[str], str] = str
) -> UnexpectedAnswer:
    """Return the error of a successful response that is not what the method answers.

    Args:
        host: The host that was asked.
        request_line: The HTTP method and the path.
        response: The response.
        defect: What is wrong, to follow "but".
        redact: Removes known secrets from the message of the response.
    """
    content = response.content.strip()
    if content in {b"", b"null"}:
        defect = "the answer is null" if content else "the answer is empty"
    what = f"{host} answered {request_line} with {response.status}, but {defect}."
    if " and lists none" in defect:
        why = "So the list is not empty: the answer is incomplete, or this account may not see the items."
        return UnexpectedAnswer(what, why=why, remedy="Try again, without filters or with another account.")
    from dockerhub_mcp.hub.error_bodies import stated_message  # noqa: PLC0415 - most answers fit

    if message := stated_message(content, redact):
        return UnexpectedAnswer(what, remedy="Try again later.", hub_message=message)
    if content == b"{}":
        why = "A route that Docker has withdrawn answers so, and proxies do."
        remedy = "Try again later; if it stays so, look for a newer version of dockerhub-mcp."
        return UnexpectedAnswer(what, why=why, remedy=remedy)
    why = "A proxy, a sign-in page or another server may have answered instead."
    remedy = "Check the Hub's address (DOCKERHUB_API_URL)."
    return UnexpectedAnswer(what, why=why, remedy=remedy)


def is_html(response: Response) -> bool:
    """Tell whether a response is a web page, by its content type or the start of its body."""
    return _is_html(response.headers.get("content-type", "")) or _start_of(response.content).startswith(b"<")


def _is_html(content_type: str) -> bool:
    return content_type.lower().lstrip().startswith(("text/html", "application/xhtml"))


def _is_foreign(response: Response, content_type: str, verb: str, *, expects_csv: bool) -> bool:
    status = response.status
    if status in _PROXY_STATUSES or 300 <= status < 400:  # noqa: PLR2004 - other redirects were followed
        return True
    if status in {204, 429}:  # without content that the type could describe; to be obeyed, whichever says so
        return False
    if _is_html(content_type):
        return True
    kind = content_type.partition(";")[0].strip()
    if verb == "HEAD":
        is_text = kind == "text/plain" and _allows_text(status)
        return not (not kind or is_text or _is_json(kind) or _HUB_HEADER in response.headers)
    return _is_foreign_body(response, kind, expects_csv=expects_csv)


def _is_foreign_body(response: Response, kind: str, *, expects_csv: bool) -> bool:
    status, start = response.status, _start_of(response.content)
    if not start:
        return False
    if start.startswith(b"<"):
        return True
    if expects_csv:
        return _is_json(kind) or start.startswith((b"{", b"["))
    if start.startswith((b"{", b"[", b'"')):
        return status >= 300 and not _is_json(kind) and not _is_parsable(response.content)  # noqa: PLR2004
    if status < 300 or _is_parsable(response.content):  # noqa: PLR2004
        return not _is_json(kind)  # broken JSON is reported as such
    return not _allows_text(status)


def _allows_text(status: int) -> bool:
    """Tell whether the Hub's edge may answer this status with plain text."""
    return status == 410 or status >= 500  # noqa: PLR2004


def _start_of(content: bytes) -> bytes:
    return content[:_BODY_START].lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_json(kind: str) -> bool:
    return kind.endswith(("/json", "+json"))


def _is_parsable(content: bytes) -> bool:
    try:
        json.loads(content[:_MAX_ERROR_BYTES])
    except (ValueError, RecursionError):
        return False
    return True


def foreign_answer_error(
    response: Response,
    request_line: str,
    host: str,
    *,
    expected: str = "JSON",
    redact: Callable[[str], str] = str,
    names: ServiceNames = HUB_NAMES,
) -> UnexpectedAnswer:
    """Return the error of a response that another server than the service gave.

    Args:
        response: The response.
        request_line: The HTTP method and the path.
        host: The host that was asked.
        expected: What the service would have answered.
        redact: Removes known secrets from the title of a page.
        names: The names of the service in messages.
    """
    from dockerhub_mcp.hub.error_bodies import error_message  # noqa: PLC0415 - most answers fit

    title = to_single_line(error_message(response.content, redact), _MAX_TITLE_LENGTH)
    content_type = to_single_line(response.headers.get("content-type", ""), 40)
    if is_html(response):
        form = "a web page"
    elif title:
        form = "JSON" if _is_json(content_type.partition(";")[0].strip()) else "text"
    else:
        form = (content_type or "something else") if response.content else "an empty body"
    named = f" ({json.dumps(title, ensure_ascii=False)})" if title else ""
    found = f"{response.status} and {form}{named}"
    what = f"{host} answered {request_line} with {found} instead of {names.api}'s {expected}."
    why, remedy = _explain(response, title.lower(), host, names)
    error = UnexpectedAnswer(what, why=why, remedy=remedy)
    error.is_sent = response.status not in _PROXY_STATUSES
    return error


def _explain(response: Response, title: str, host: str, names: ServiceNames) -> tuple[str, str]:
    """Return which kind of server probably answered, and what to check."""
    status, service = response.status, names.service
    if status == 407:  # noqa: PLR2004
        why = f"A proxy asks for credentials; the request did not reach {service}."
        return why, "Put the proxy's user name and password into HTTPS_PROXY, or ask its operator."
    if status == 511 or any(cue in title for cue in _PORTAL_CUES):  # noqa: PLR2004
        why = f"A captive portal or sign-in page of this network answered, not {service}."
        return why, "Sign in to the network in a browser, then try again."
    if "cf-mitigated" in response.headers or any(cue in title for cue in _CHALLENGE_CUES):
        why = f"This is a challenge that only a browser can pass, not {service}'s decision about the call."
        return (
            why,
            "Try again in some minutes, or from another network; cloud and VPN addresses meet it most.",
        )
    if any(cue in title for cue in _PROXY_CUES) or "x-squid-error" in response.headers or status == 451:  # noqa: PLR2004
        why = f"A proxy or firewall on the way answered, not {service}."
        return why, f"Check HTTPS_PROXY, and ask the network's operator to allow {host}."
    if status >= 500:  # noqa: PLR2004
        why = f"A gateway in front of {service}, or a proxy, failed; {service}'s API did not answer."
        return why, OUTAGE_REMEDY
    if status in {404, 405, 410}:
        why = (
            "This does not mean that the object is missing: a proxy answered, the address is not the API's, "
        )
        why += "or Docker has withdrawn this route."
    else:
        why = "A proxy, a sign-in page or another server answered."
    return why, f"Check {names.address_with_setting}, the proxy (HTTPS_PROXY) and the network."
