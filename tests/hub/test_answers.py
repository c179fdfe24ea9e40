"""Which answers count as the Hub's, for reads, existence checks, exports, Docker Scout and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub, HubError, Method
from dockerhub_mcp.hub.answers import check_answer
from dockerhub_mcp.hub.errors import (
    BadRequest,
    HubUnavailable,
    NotFound,
    RateLimited,
    RouteWithdrawn,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods import (
    CheckRepository,
    CheckTag,
    CheckTags,
    CreateAccessToken,
    CreateRepository,
    DeleteRepository,
    DeleteTag,
    ExportOrgMembers,
    GetRepository,
    GetTag,
    ListAuditLogs,
    ListHardenedImages,
    ListTags,
    SearchRepositories,
    SetRepositoryVisibility,
    VerifyImmutableTags,
)
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.sandbox import Sandbox

READS: list[Method[Any]] = [
    GetTag(repository="redis", tag="8"),
    ListTags(repository="redis"),
    GetRepository(repository="redis"),
    SearchRepositories(words="redis"),
    ListAuditLogs(account="acme"),
    ListHardenedImages(organization="acme"),
    ExportOrgMembers(org_name="acme"),
    VerifyImmutableTags(namespace="acme", repository="cli", regex="v.*"),
]
CHECKS: list[Method[Any]] = [
    CheckRepository(repository="redis"),
    CheckTag(repository="redis", tag="8"),
    CheckTags(repository="redis"),
]
WRITES: list[Method[Any]] = [
    DeleteTag(namespace="acme", repository="cli", tag="x"),
    DeleteRepository(namespace="acme", repository="cli"),
    CreateRepository(namespace="acme", name="new-one"),
    CreateAccessToken(token_label="ci", scopes=["repo:read"]),
    SetRepositoryVisibility(namespace="acme", repository="cli", is_private=True),
]
STATUSES = [200, 201, 202, 400, 401, 403, 404, 405, 407, 409, 410, 451, 500, 502, 503, 504, 511, 521]
CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>x</body></html>"
PAGES = {
    "challenge": CHALLENGE,
    "policy": "<html><head><title>Blocked by policy</title></head></html>",
    "squid": "<html><title>ERROR: The requested URL could not be retrieved</title></html>",
    "website": "\n\ufeff<!doctype html><title>404 : Docker</title>",
    "xml": '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "bare": "<h1>It works!</h1>",
    "portal": "<HTML><TITLE>Guest Wi-Fi</TITLE></HTML>",
}


def answer(status: int, content_type: str | None, body: str | bytes = "", **headers: str) -> Response:
    typed = {} if content_type is None else {"content-type": content_type}
    content = body.encode() if isinstance(body, str) else body
    return Response(status, {**typed, **{k.replace("_", "-"): v for k, v in headers.items()}}, content)


def judge(response: Response, verb: str = "GET", media_type: str = "application/json") -> HubError | None:
    try:
        check_answer(response, host="hub.docker.com", verb=verb, path="/v2/x", media_type=media_type)
    except HubError as error:
        return error
    return None


@pytest.mark.parametrize("call", [*READS, *CHECKS, *WRITES], ids=lambda call: call.tool_name)
async def test_a_page_is_the_hubs_answer_at_no_status(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: Method[Any]
) -> None:
    hub = make_hub("owner", timeout=1)
    for status in STATUSES:
        for page in PAGES.values():
            if call.http.verb == "HEAD" and page == PAGES["xml"]:
                continue
            sandbox.faults.clear()
            sandbox.faults.add(match=call.build_path(), status=status, body=page, content_type="text/html")
            if status in {502, 503, 504} and not call.effect.is_mutation and page != CHALLENGE:
                continue  # retried, which takes time
            with pytest.raises(UnexpectedAnswer, match=rf" with {status} and a web page") as caught:
                await hub.send(call)
            error = caught.value
            assert error.may_be_done is (call.effect.is_mutation and status not in {407, 511})
            assert ("may have been made" in error.remedy) is error.may_be_done


def test_a_page_is_recognized_whatever_its_content_type() -> None:
    for name, page in PAGES.items():
        for status in STATUSES:
            for kind in (
                None,
                "",
                "application/json",
                "text/plain; charset=utf-8",
                "application/octet-stream",
            ):
                assert judge(answer(status, kind, page)) is not None, (name, status, kind)


def test_the_content_type_decides_about_a_head_request() -> None:
    for status in (200, 302, 401, 403, 404, 500):
        for kind in ("text/html", "TEXT/HTML;charset=x", "application/xhtml+xml", "text/plain", "image/png"):
            allowed = status == 500 and kind == "text/plain"
            assert (judge(answer(status, kind), "HEAD") is None) is allowed, (status, kind)
    for status in (200, 401, 403, 404, 500):
        for plausible in (None, "", "application/json", "application/json; charset=utf-8"):
            assert judge(answer(status, plausible), "HEAD") is None, (status, plausible)
    assert judge(answer(404, "text/plain", x_ratelimit_limit="180"), "HEAD") is None


def test_other_content_than_json_is_no_verdict() -> None:
    for text in (
        "Blocked by policy",
        "404 page not found",
        "default backend - 404",
        "OK",
        "Forbidden",
        "\x00\x01",
    ):
        for status in (200, 201, 400, 401, 403, 404, 407, 451):
            for kind in (None, "text/plain", "application/octet-stream", "text/css"):
                assert judge(answer(status, kind, text)) is not None, (text, status, kind)
    assert judge(answer(404, "text/plain", "[error] no route")) is not None
    assert judge(answer(403, "application/json", "Access denied")) is not None


def test_json_is_the_hubs_answer_under_any_plausible_type() -> None:
    for kind in (None, "application/json", "application/scim+json", "text/plain", "application/octet-stream"):
        for status in (200, 400, 401, 403, 404, 409, 429, 500):
            for body in ('{"message": "x"}', " [1]", '\ufeff{"a": 1}', '"No such tag"'):
                if status == 200 and body.startswith('"') and kind != "application/json":
                    continue
                assert judge(answer(status, kind, body)) is None, (kind, status, body)
    for status in (200, 201, 202, 204, 401, 404, 500):
        assert judge(answer(status, None)) is None
        assert judge(answer(status, "text/plain")) is None


def test_a_table_is_expected_from_an_export_alone() -> None:
    table = "Name,Username\r\nAda,ada\r\n"
    for kind in (None, "text/csv", "text/csv; charset=utf-8", "text/plain", "application/octet-stream"):
        assert judge(answer(200, kind, table), media_type="text/csv") is None
    for other, body in (
        ("application/json", table),
        ("text/csv", '{"results": []}'),
        ("text/csv", "[]"),
        ("text/csv", "<html>"),
        ("text/html", table),
    ):
        assert judge(answer(200, other, body), media_type="text/csv") is not None, (other, body)
    assert judge(answer(200, "text/csv", table)) is not None
    assert judge(answer(403, "application/json", '{"message": "forbidden"}'), media_type="text/csv") is None
    assert judge(answer(403, "text/csv", "a,b"), media_type="text/csv") is not None


def test_the_error_says_what_answered_and_what_to_check() -> None:
    for response, why, remedy in (
        (answer(403, "text/html", CHALLENGE), "only a browser can pass", "from another network"),
        (
            answer(403, "text/html", "<title>Hub</title>", cf_mitigated="challenge"),
            "only a browser",
            "minutes",
        ),
        (answer(503, "text/html", "<title>Attention Required!</title>"), "only a browser", "another network"),
        (answer(403, "text/plain", "Blocked by policy"), "proxy or firewall", "allow hub.docker.com"),
        (
            answer(404, "text/html", "<title>x</title>", x_squid_error="ERR 0"),
            "proxy or firewall",
            "HTTPS_PROXY",
        ),
        (answer(451, "text/html", "<title>x</title>"), "proxy or firewall", "network's operator"),
        (answer(407, "text/html", "<title>x</title>"), "did not reach the Hub", "HTTPS_PROXY"),
        (answer(407, "application/json", "{}"), "did not reach the Hub", "HTTPS_PROXY"),
        (answer(200, "text/html", PAGES["portal"]), "captive portal", "in a browser"),
        (answer(511, None, ""), "captive portal", "in a browser"),
        (
            answer(404, "text/html", PAGES["website"]),
            "not mean that the object is missing",
            "DOCKERHUB_API_URL",
        ),
        (answer(502, "text/html", "<h1>Bad Gateway</h1>"), "the Hub's API did not answer", "dockerstatus"),
        (answer(304, None, ""), "another server", "DOCKERHUB_API_URL"),
        (answer(200, "image/png", b"\x89PNG"), "another server", "DOCKERHUB_API_URL"),
    ):
        error = judge(response)
        assert isinstance(error, UnexpectedAnswer)
        assert why in error.why, error
        assert remedy in error.remedy, error
        assert error.what.startswith(f"hub.docker.com answered GET /v2/x with {response.status} and "), error


def test_the_title_of_a_page_is_quoted_short_and_clean() -> None:
    secret = "dckr_pat_1234567890"
    page = f'<title>{secret}\x1b[31m \u202e "quoted" {"x" * 500}\n</title>'
    error = judge(answer(200, "text/html", page))
    assert error is not None
    assert '\\"quoted\\"' in error.what
    assert not any(character in error.what for character in "\x1b\u202e\n")
    assert len(error.what) < 250


async def test_secrets_in_a_page_are_masked(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    page = f"<title>Denied for {sandbox.get_identity('owner').secret}</title>"
    sandbox.faults.add(match="/redis", status=403, body=page, content_type="text/html")
    with pytest.raises(UnexpectedAnswer, match=r'\("Denied for \*\*\*"\)'):
        await make_hub("owner").send(READS[0])


async def test_a_page_with_401_does_not_renew_the_bearer(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    sandbox.faults.add(match="/redis", status=401, body=CHALLENGE, content_type="text/html")
    with pytest.raises(UnexpectedAnswer):
        await hub.send(READS[0])
    assert [request.path for request in sandbox.requests].count("/v2/auth/token") == 1


async def test_a_text_with_429_is_the_rate_limit(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    for body, kind in (
        ("Too Many Requests", "text/plain"),
        ("Too Many Requests (HAP429).", "text/plain"),
        ("", "text/html"),
        ("<title>You are being rate limited</title>", "text/html"),
        ('{"detail": "Rate limit exceeded", "error": false}', "application/json"),
    ):
        for call in (READS[0], CHECKS[0], WRITES[0]):
            sandbox.faults.clear()
            sandbox.faults.add(
                match="/repositories/",
                status=429,
                body=body,
                content_type=kind,
                headers={"Retry-After": "60"},
            )
            with pytest.raises(RateLimited) as caught:
                await make_hub("owner", timeout=1).send(call)
            assert caught.value.retry_after == 60
            assert "title" not in str(caught.value)
            assert not caught.value.may_be_done


async def test_the_text_of_a_gateway_is_a_failure_of_the_hub(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for text in ("upstream connect error", "no healthy upstream", "error code: 521", "Internal Server Error"):
        sandbox.faults.clear()
        sandbox.faults.add(match="/redis", status=500, body=text, content_type="text/plain")
        with pytest.raises(HubUnavailable) as caught:
            await make_hub().send(READS[0])
        assert caught.value.hub_message == text


async def test_a_withdrawn_route_says_nothing_about_the_object(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for status, body in (
        (410, ""),
        (410, '{"message": "Gone"}'),
        (410, "This endpoint was removed"),
        (404, '{"message": "404: Page Not Found"}'),
        (404, '{"detail": "404: page not found"}'),
    ):
        for call in (READS[0], READS[1], WRITES[0], *(CHECKS if status == 410 else ())):
            sandbox.faults.clear()
            sandbox.faults.add(match="/repositories/", status=status, body=body, content_type="text/plain")
            with pytest.raises(RouteWithdrawn, match="Docker has withdrawn this route") as caught:
                await make_hub("owner").send(call)
            assert not isinstance(caught.value, NotFound)
            assert not caught.value.may_be_done


async def test_the_probe_of_the_connection_needs_the_hub(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub()
    await hub.check_connection()
    for status in (200, 401, 403, 404, 407, 451, 503):
        sandbox.faults.clear()
        sandbox.faults.add(status=status, body="<title>Log in</title>", content_type="text/html")
        with pytest.raises(UnexpectedAnswer, match="instead of the Hub API's JSON"):
            await hub.check_connection()
    sandbox.faults.clear()
    sandbox.faults.add(status=404, body='{"errors": [{"code": "NAME_UNKNOWN"}]}')
    with pytest.raises(UnexpectedAnswer, match="does not have the repository library/hello-world") as caught:
        await hub.check_connection()
    assert "probably not the Hub's API" in caught.value.why


async def test_null_as_an_error_is_one_of_the_hub_without_words(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for body in ("null", "5", "true"):
        sandbox.faults.clear()
        sandbox.faults.add(match="/v2/namespaces", status=400, body=body)
        with pytest.raises(BadRequest) as caught:
            await make_hub("owner").send(GetRepository(namespace="acme", repository="storefront"))
        assert "instead of the Hub API's JSON" not in str(caught.value), body
