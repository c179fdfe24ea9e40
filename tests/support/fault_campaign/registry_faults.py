"""Faults of the registry, its token service and its blob store: those of any server, and their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx2 as httpx

from tests.support.fault_campaign.faults import (
    JSON,
    PLAIN,
    REGISTRY_TARGETS,
    Delivery,
    Fault,
    Outcome,
    Shape,
    Target,
    answer,
    fixed,
    raising,
    rewriting,
)
from tests.support.fault_campaign.hostile_faults import HEADER_FAULTS, HOSTILE_FAULTS
from tests.support.fault_campaign.network_faults import BODY_FAULTS, NETWORK_FAULTS
from tests.support.fault_campaign.page_faults import PAGE_FAULTS, REDIRECT_FAULTS
from tests.support.fault_campaign.shape_faults import Change, on_json
from tests.support.fault_campaign.status_faults import RETRY_AFTER_FAULTS, STATUS_FAULTS

_NAMESPACE = "registry: "
_WITH_BODY = REGISTRY_TARGETS - {Target.MANIFEST_HEAD}
_OF_REPOSITORY = REGISTRY_TARGETS - {Target.REGISTRY_CHECK, Target.REGISTRY_TOKEN, Target.STORED_BLOB}
_MANIFESTS = frozenset({Target.MANIFEST, Target.MANIFEST_HEAD})
_ABSENCE = frozenset({"JSON 404", "empty 404", "404 of an unknown route", "403 once"})
"""Answers of the Hub that have another form at a registry."""


def _move(fault: Fault) -> Fault:
    """Return a fault of any server as one that strikes requests to the registry."""
    has_all = Target.HEAD in fault.targets
    targets = REGISTRY_TARGETS if has_all else _WITH_BODY
    return replace(fault, name=f"{_NAMESPACE}{fault.name}", targets=targets, shape=Shape.ANY)


_OF_ANY_SERVER = (
    *NETWORK_FAULTS,
    *BODY_FAULTS,
    *PAGE_FAULTS,
    *REDIRECT_FAULTS,
    *STATUS_FAULTS,
    *RETRY_AFTER_FAULTS,
    *HEADER_FAULTS,
    *HOSTILE_FAULTS,
)


def _errors(code: str, message: str, detail: Any = None) -> str:
    return json.dumps({"errors": [{"code": code, "message": message, "detail": detail}]})


def _own(name: str, targets: frozenset[Target] | Target, **options: Any) -> dict[str, Any]:
    chosen = targets if isinstance(targets, frozenset) else frozenset({targets})
    return {"name": f"{_NAMESPACE}{name}", "targets": chosen, "group": "registry", **options}


def _token(name: str, change: Change, **options: Any) -> Fault:
    return rewriting(rewrite=on_json(change), **_own(f"token {name}", Target.REGISTRY_TOKEN, **options))


def _with(**values: Any) -> Change:
    return lambda data: {**data, **values}


def _without(*names: str) -> Change:
    return lambda data: {name: value for name, value in data.items() if name not in names}


_LIFETIMES: tuple[Any, ...] = (0, -5, 1, 10**300, "300", None, [], True)

TOKEN_SERVICE_FAULTS = (
    fixed(
        status=401,
        body='{"details": "incorrect username or password"}',
        **_own("wrong password", Target.REGISTRY_TOKEN, outcome=Outcome.REFUSED),
    ),
    fixed(
        status=429,
        body='{"details": "Too many failed login attempts. Try again in 10 minutes."}',
        **_own("locked", Target.REGISTRY_TOKEN, outcome=Outcome.REFUSED),
    ),
    fixed(
        status=401,
        body='{"details": "incorrect username or password"}',
        **_own("wrong password once", Target.REGISTRY_TOKEN, outcome=Outcome.REFUSED, is_once=True),
    ),
    _token("null", _with(token=None, access_token=None)),
    _token("missing", _without("token", "access_token")),
    _token("a number", _with(token=5, access_token=5)),
    _token("with a line break", _with(token="a.b.c\r\nX-Evil: 1")),
    _token("of a megabyte", _with(token="a" * 1_000_000)),
    _token("that no registry knows", _with(token="eyJhbGciOiJIUzI1NiJ9.e30.c2ln", access_token="")),
    _token("only as access_token", _without("token")),
    _token("without expires_in", _without("expires_in")),
    *(_token(f"with expires_in {value!r}"[:60], _with(expires_in=value)) for value in _LIFETIMES),
)


def _revoking(name: str, *, every: bool) -> Fault:
    """Return the fault of a token that the registry rejects, as Docker's does now and then."""

    async def deliver(delivery: Delivery) -> httpx.Response:
        challenge = 'Bearer realm="http://localhost/token",service="registry.docker.io",error="invalid_token"'
        headers = JSON | {"www-authenticate": challenge}
        body = _errors("UNAUTHORIZED", "authentication required")
        return answer(401, body, headers, request=delivery.request)

    return Fault(deliver=deliver, **_own(name, _OF_REPOSITORY, is_once=not every))


def _challenge(name: str, header: str, targets: frozenset[Target]) -> Fault:
    body = _errors("UNAUTHORIZED", "authentication required")
    return fixed(status=401, body=body, headers=JSON | {"www-authenticate": header}, **_own(name, targets))


_CHECK = frozenset({Target.REGISTRY_CHECK})
CHALLENGE_FAULTS = (
    _revoking("invalid_token once", every=False),
    _revoking("invalid_token always", every=True),
    _challenge("foreign realm", 'Bearer realm="https://evil.example/token",service="x"', _CHECK),
    _challenge("realm over http", 'Bearer realm="http://evil.example/token",service="x"', _CHECK),
    _challenge("realm with user information", 'Bearer realm="http://localhost@evil.example/token"', _CHECK),
    _challenge("basic challenge", 'Basic realm="x"', _CHECK),
    _challenge("challenge without a realm", 'Bearer service="x"', _CHECK),
    _challenge("endless challenge", "Bearer " + "a=" * 30_000, _CHECK),
    _challenge(
        "insufficient scope",
        'Bearer realm="http://localhost/token",service="registry.docker.io",error="insufficient_scope"',
        _OF_REPOSITORY,
    ),
)

_REFUSALS: tuple[tuple[str, int, str, Mapping[str, str]], ...] = (
    (
        "pull limit reached",
        429,
        _errors(
            "TOOMANYREQUESTS",
            "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading",
        ),
        JSON | {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600"},
    ),
    ("abuse limit", 429, "Too Many Requests", PLAIN),
    ("denied", 403, _errors("DENIED", "requested access to the resource is denied"), JSON),
    ("manifest unknown", 404, _errors("MANIFEST_UNKNOWN", "manifest unknown"), JSON),
    ("name unknown", 404, _errors("NAME_UNKNOWN", "repository name not known to registry"), JSON),
    ("unsupported", 405, _errors("UNSUPPORTED", "The operation is unsupported."), JSON),
)
REFUSAL_FAULTS = tuple(
    fixed(status=status, body=body, headers=headers, **_own(name, _OF_REPOSITORY, outcome=Outcome.REFUSED))
    for name, status, body, headers in _REFUSALS
)


def _headers(name: str, targets: frozenset[Target], **values: str) -> Fault:
    headers = {key.replace("_", "-"): value for key, value in values.items()}
    return rewriting(rewrite=lambda body: body, headers=headers, **_own(name, targets))


def _limit(remaining: str, limit: str = "100;w=21600") -> dict[str, str]:
    return {"ratelimit_limit": limit, "ratelimit_remaining": remaining}


HEADER_AND_LIMIT_FAULTS = (
    _headers("pulls left: 11", _MANIFESTS, **_limit("11;w=21600")),
    _headers("pulls left: 10", _MANIFESTS, **_limit("10;w=21600")),
    _headers("pulls left: 0", _MANIFESTS, **_limit("0;w=21600")),
    _headers("pulls left: negative", _MANIFESTS, **_limit("-5;w=21600")),
    _headers("pulls left: a text", _MANIFESTS, **_limit("many", "lots")),
    _headers("pulls left: enormous", _MANIFESTS, **_limit("9" * 40, "9" * 40)),
    _headers("pulls left: more than allowed", _MANIFESTS, **_limit("500;w=21600")),
    _headers("other digest", _MANIFESTS, docker_content_digest=f"sha256:{'0' * 64}"),
    _headers("no digest", _MANIFESTS, docker_content_digest=""),
    _headers("digest with injection", _MANIFESTS, docker_content_digest="sha256:../../secret"),
    _headers("type of a layer", _MANIFESTS, content_type="application/vnd.oci.image.layer.v1.tar+gzip"),
    _headers("type of a page", _MANIFESTS, content_type="text/html"),
    _headers(
        "type of the old format",
        _MANIFESTS,
        content_type="application/vnd.docker.distribution.manifest.v1+json",
    ),
    _headers("wrong length", frozenset({Target.MANIFEST_HEAD}), content_length="9" * 30),
)


def _redirect(name: str, location: Callable[[httpx.Request], str], *, status: int = 307) -> Fault:
    async def deliver(delivery: Delivery) -> httpx.Response:
        headers = {"location": location(delivery.request)}
        return answer(status, b"", headers, request=delivery.request)

    targets = frozenset({Target.BLOB, Target.STORED_BLOB, Target.MANIFEST, Target.REGISTRY_TOKEN})
    return Fault(deliver=deliver, **_own(f"redirect {name}", targets))


BLOB_FAULTS = (
    _redirect("to another host", lambda _: "https://cdn.evil.example/blob"),
    _redirect("to http", lambda _: "http://cdn.evil.example/blob"),
    _redirect("to a private network", lambda _: "https://10.0.0.1/blob"),
    _redirect("to metadata", lambda _: "http://169.254.169.254/latest/meta-data"),
    _redirect("to itself", lambda request: str(request.url)),
    _redirect("to a local file", lambda _: "file:///etc/passwd"),
    _redirect("to an empty place", lambda _: ""),
    _redirect("with a user", lambda _: "https://user:pass@cdn.example/blob"),
    _redirect("for good", lambda _: "https://cdn.evil.example/blob", status=301),
    fixed(
        status=200,
        body=b'{"architecture": "amd64", "os": "linux", "config": {"User": "1000", "ExposedPorts": {"1/tcp": {}}}}',
        **_own("another configuration", frozenset({Target.BLOB, Target.STORED_BLOB})),
    ),
    fixed(
        status=200,
        body=_errors("BLOB_UNKNOWN", "blob unknown"),
        **_own("error called success", _WITH_BODY),
    ),
    fixed(
        status=404,
        body=_errors("BLOB_UNKNOWN", "blob unknown to registry"),
        **_own("blob unknown", frozenset({Target.BLOB, Target.STORED_BLOB}), outcome=Outcome.REFUSED),
    ),
    fixed(
        status=403, body="<Error>Expired</Error>", headers={}, **_own("signature expired", Target.STORED_BLOB)
    ),
)


def _link(name: str, header: str) -> Fault:
    async def deliver(delivery: Delivery) -> httpx.Response:
        assert delivery.genuine is not None
        headers = {**delivery.genuine.headers, "link": header}
        headers.pop("content-length", None)
        return answer(200, delivery.genuine.content, headers, request=delivery.request)

    return Fault(deliver=deliver, needs_genuine=True, **_own(name, Target.TAG_NAMES))


def _index(name: str, body: Any, **headers: str) -> Fault:
    text = json.dumps(body)
    media = {"content-type": "application/vnd.oci.image.index.v1+json"} | headers
    return fixed(status=200, body=text, headers=media, **_own(f"referrers {name}", Target.REFERRERS))


LIST_FAULTS = (
    _link("link to another host", '<https://evil.example/v2/library/redis/tags/list?last=a>; rel="next"'),
    _link("link that repeats", '</v2/library/redis/tags/list?n=1000>; rel="next"'),
    _link("link to nowhere", '<:::>; rel="next"'),
    rewriting(
        rewrite=on_json(
            lambda data: {**data, "tags": data.get("tags", [])[: len(data.get("tags", [])) // 2]}
        ),
        **_own("half of the names", Target.TAG_NAMES),
    ),
    rewriting(rewrite=on_json(_with(tags=None)), **_own("names null", Target.TAG_NAMES)),
    rewriting(rewrite=on_json(_with(tags=[1, {}])), **_own("names of wrong types", Target.TAG_NAMES)),
    rewriting(rewrite=on_json(_without("tags")), **_own("names missing", Target.TAG_NAMES)),
    _index("without a list", {}),
    _index("with wrong types", {"manifests": [{"digest": 5}]}),
    _index("not an index", ["nothing"]),
    _index("a text", "none"),
)

REGISTRY_FAULTS: tuple[Fault, ...] = (
    *(_move(fault) for fault in _OF_ANY_SERVER if fault.name not in _ABSENCE),
    *TOKEN_SERVICE_FAULTS,
    *CHALLENGE_FAULTS,
    *REFUSAL_FAULTS,
    *HEADER_AND_LIMIT_FAULTS,
    *BLOB_FAULTS,
    *LIST_FAULTS,
    raising(make_error=lambda: httpx.ReadError(""), **_own("dropped twice", REGISTRY_TARGETS)),
)
