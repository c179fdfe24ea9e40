"""What the registry client says when something fails, and that no answer of a server raises anything else."""

from __future__ import annotations

from collections.abc import Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import (
    BadRequest,
    ConnectionFailed,
    Forbidden,
    HubError,
    HubUnavailable,
    NotFound,
    Refused,
    UnexpectedAnswer,
)
from dockerhub_mcp.registry import RegistryClient, RegistrySession
from dockerhub_mcp.tools.results.sanitize import error_text
from tests.support.fake_registry import REGISTRY, FakeRegistry

SECRET = "dckr_pat_correct-secret-of-ada"


def error(code: str, message: str = "a message") -> dict[str, object]:
    return {"errors": [{"code": code, "message": message}]}


CASES: dict[str, tuple[httpx.Response, type[HubError], str]] = {
    "missing manifest": (
        httpx.Response(404, json=error("MANIFEST_UNKNOWN")),
        NotFound,
        "does not have the tag 1.0",
    ),
    "missing repository": (httpx.Response(404, json=error("NAME_UNKNOWN")), NotFound, "or does not exist"),
    "no right": (httpx.Response(403, json=error("DENIED")), Forbidden, "does not let ada"),
    "unsupported": (httpx.Response(405, json=error("UNSUPPORTED")), BadRequest, "does not offer this"),
    "invalid": (httpx.Response(400, json=error("NAME_INVALID", "bad name")), BadRequest, "did not accept"),
    "outage": (httpx.Response(500, json=error("UNKNOWN")), HubUnavailable, "failed (500 on"),
    "gateway": (httpx.Response(502, text="bad gateway"), HubUnavailable, "failed (502 on"),
    "gateway page": (httpx.Response(503, html="<title>503</title>"), UnexpectedAnswer, "a web page"),
    "challenge page": (
        httpx.Response(403, html="<title>Just a moment...</title>"),
        UnexpectedAnswer,
        "only a browser",
    ),
    "captive portal": (
        httpx.Response(200, html="<title>Wi-Fi login</title>"),
        UnexpectedAnswer,
        "captive portal",
    ),
    "proxy": (httpx.Response(407, text="auth"), UnexpectedAnswer, "A proxy asks for credentials"),
    "network login": (httpx.Response(511, text="login"), UnexpectedAnswer, "captive portal"),
    "redirect elsewhere": (
        httpx.Response(302, headers={"location": "https://portal.example/login"}),
        UnexpectedAnswer,
        "this was not followed",
    ),
    "not modified": (httpx.Response(304), UnexpectedAnswer, "304"),
    "teapot": (httpx.Response(418, json={}), BadRequest, "418"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("verb", ["HEAD", "GET"])
async def test_each_failure_has_its_error(fake: FakeRegistry, name: str, verb: str) -> None:
    response, kind, part = CASES[name]
    fake.override("/manifests/", response, verb=verb)
    with pytest.raises(kind) as caught:
        await fake.create_client("ada").start_session().get_manifest("acme/api", "1.0")
    text = error_text(caught.value)
    is_head_without_body = verb == "HEAD" and name in {
        "unsupported", "challenge page", "captive portal", "network login", "gateway page"
    }  # fmt: skip
    if name == "missing manifest" and verb == "GET":
        part = "does not have the digest"
    assert is_head_without_body or part in text
    assert "Hub" not in text.replace("Docker Hub", "")
    assert caught.value.remedy
    assert not isinstance(caught.value, Refused) or caught.value.status == response.status_code


async def test_a_message_is_quoted_as_the_registrys(fake: FakeRegistry) -> None:
    message = f"denied {SECRET}\x1b[31m at http://10.0.0.8:5000/internal " + "x" * 1000
    fake.override("/manifests/", httpx.Response(403, json=error("DENIED", message)), verb="GET")
    with pytest.raises(Forbidden) as caught:
        await fake.create_client("ada").start_session().get_manifest("acme/api", "1.0")
    for text in (str(caught.value), error_text(caught.value)):
        assert "The registry said: " in text
        assert SECRET not in text
        assert "10.0.0.8" not in text
        assert "\x1b" not in text
        assert len(text) < 1000


async def test_hidden_and_missing_are_not_told_apart(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    for repository in ("ada/secret", "acme/nothing"):
        with pytest.raises(NotFound) as caught:
            await session.head_manifest(repository, "latest")
        assert str(caught.value) == (
            f"The repository {repository} was not found, or it is private and not visible to an anonymous "
            "caller. A registry does not tell the two apart. Check the name; if it is private, sign in."
        )


async def test_a_registry_that_cannot_be_reached_is_named(fake: FakeRegistry) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        msg = "refused"
        raise httpx.ConnectError(msg, request=request)

    fake.overrides.append(refuse)
    with pytest.raises(ConnectionFailed) as caught:
        await fake.create_client().start_session().head_manifest("acme/api", "1.0")
    text = str(caught.value)
    assert f"{REGISTRY} could not be reached" in text
    assert "the registry's address (DOCKERHUB_REGISTRY_URL)" in text


CALLS: dict[str, Callable[[RegistrySession], object]] = {
    "head": lambda session: session.head_manifest("acme/api", "1.0"),
    "manifest": lambda session: session.get_manifest("acme/api", "1.0"),
    "tags": lambda session: session.list_tags("acme/api"),
    "referrers": lambda session: session.list_referrers("acme/api", f"sha256:{'a' * 64}"),
    "limit": lambda session: session.fetch_pull_limit(),
    "actions": lambda session: session.fetch_granted_actions("acme/api"),
}
CONTENTS = (
    b"",
    b"null",
    b"{}",
    b"[]",
    b'{"errors":1}',
    b'{"errors":[1]}',
    b"<html>",
    b"\xff\x00",
    b"[" * 50_000,
)
TYPES = ("", "application/json", "text/html", "application/vnd.oci.image.index.v1+json", "x" * 3000)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("path", ["/v2/", "/token", "/v2/acme"])
async def test_no_answer_raises_anything_but_an_error_of_the_client(
    fake: FakeRegistry, call: str, path: str
) -> None:
    for status in (200, 204, 206, 301, 400, 401, 403, 404, 405, 418, 500):
        for number, content in enumerate(CONTENTS):
            headers = {"content-type": TYPES[number % len(TYPES)], "www-authenticate": "Bearer realm=x"}
            fake.overrides.clear()
            fake.override(path, httpx.Response(status, content=content, headers=headers))
            client = RegistryClient(fake.create_server(), fake.create_hub().account)
            try:
                await CALLS[call](client.start_session())  # type: ignore[misc]
            except HubError as caught:
                assert str(caught)  # noqa: PT017 - some answers are accepted
