from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub, Method, RetryPolicy
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.error_mapping import error_for
from dockerhub_mcp.hub.errors import (
    AnonymousLimit,
    BadRequest,
    Conflict,
    Forbidden,
    HubUnavailable,
    NotFound,
    RateLimited,
    Refused,
    RouteWithdrawn,
)
from dockerhub_mcp.hub.methods import (
    CheckTag,
    CreateRepository,
    DeleteTag,
    GetAccessToken,
    GetOrgSettings,
    GetRepository,
    GetTag,
    ListAccessTokens,
    ListAuditLogActions,
    ListAuditLogs,
    ListOrgAccessTokens,
    ListOrganizations,
    ListOrgGroups,
    ListOrgMembers,
    ListRepositories,
    ListTags,
)
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.sandbox import Sandbox

TAG = GetTag(repository="redis", tag="8")
CREATE = CreateRepository(namespace="ada", name="new")
PAT_WHY = "The Hub limits personal access tokens to repositories"
OAT_WHY = "accepts no organization access token here"
NO_OWNER = "is probably not an owner of the organization"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (403, Forbidden),
        (404, NotFound),
        (405, BadRequest),
        (409, Conflict),
        (408, HubUnavailable),
        (410, RouteWithdrawn),
        (422, BadRequest),
        (425, HubUnavailable),
        (429, RateLimited),
        (500, HubUnavailable),
        (502, HubUnavailable),
        (503, HubUnavailable),
        (599, HubUnavailable),
    ],
)
async def test_each_status_has_its_error(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int, kind: type[Refused]
) -> None:
    sandbox.faults.add(status=status, body='{"message": "Because."}')
    with pytest.raises(Refused) as caught:
        await make_hub().send(TAG)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.hub_message) == (status, "Because.")
    assert 'The Hub said: "Because."' in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"message": "not allowed", "errinfo": {"namespace": "a"}}', "not allowed"),
        ('{"detail": "No such plan"}', "No such plan"),
        (
            '{"errinfo": {"http_status": 403, "url": "https://accounts-api.internal"}, "message": "denied"}',
            "denied",
        ),
        ('{"fields": {"name": ["bad"]}, "text": "Invalid"}', "Invalid; name: bad"),
        ('{"errors": [{"code": "X", "message": "pull limit"}]}', "pull limit"),
        ('{"email": ["Enter an address."]}', "email: Enter an address."),
        ('{"__all__": ["Exists already."]}', "Exists already."),
        ('{"message": "cut', '{"message": "cut'),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
async def test_each_form_of_body_has_its_message(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int, body: str, words: str
) -> None:
    sandbox.faults.add(status=status, body=body)
    with pytest.raises(Refused) as caught:
        await make_hub(timeout=1).send(TAG)
    assert caught.value.hub_message == words
    assert "internal" not in str(caught.value)
    assert len(str(caught.value)) < 700


async def test_an_error_without_a_body_has_reason_and_remedy(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(status=500)
    with pytest.raises(HubUnavailable) as caught:
        await make_hub().send(TAG)
    assert str(caught.value) == (
        "The Hub failed with a server error (500 on GET /v2/namespaces/library/repositories/redis/tags/8). "
        "Try again later; https://www.dockerstatus.com shows known incidents."
    )


@pytest.mark.parametrize(
    ("identity", "call", "why", "remedy"),
    [
        ("owner-pat", ListAccessTokens(), PAT_WHY, "Sign in with the password."),
        ("owner-pat", GetAccessToken(uuid="x"), PAT_WHY, "Sign in with the password."),
        ("owner-pat", GetOrgSettings(name="acme"), PAT_WHY, "Sign in with the password."),
        ("owner-pat", ListOrgAccessTokens(name="acme"), PAT_WHY, "Sign in with the password."),
        ("owner-pat", ListAuditLogs(account="acme"), PAT_WHY, "scope-activity-read"),
        ("owner-pat", ListAuditLogActions(account="acme"), PAT_WHY, "scope-activity-read"),
        ("owner-pat", ListOrgMembers(org_name="acme"), PAT_WHY, "scope-member-read"),
        ("owner-pat", ListOrgGroups(org_name="acme"), PAT_WHY, "scope-group-read"),
        ("org-token", GetOrgSettings(name="acme"), OAT_WHY, "an owner's password"),
        ("org-token", ListAccessTokens(), OAT_WHY, "Sign in as a user"),
        ("org-token", ListOrgAccessTokens(name="acme"), OAT_WHY, "an owner's password"),
        ("org-token-narrow", ListOrgMembers(org_name="acme"), "lacks scope-member-read", "An owner can add"),
        ("org-token-narrow", ListAuditLogs(account="acme"), "lacks scope-activity-read", "An owner can add"),
        ("org-token", CreateRepository(namespace="acme", name="new"), "scope-repository-create", "An owner"),
        (
            "reader-pat",
            CreateRepository(namespace="acme", name="new"),
            "has repo:read, and this needs repo:write",
            "Create a token",
        ),
        ("public-pat", CREATE, "has repo:public_read, and this needs repo:write", "personal-access-tokens"),
        ("member", ListOrgMembers(org_name="acme"), f"linus {NO_OWNER}.", "Ask an owner, or use an org"),
        ("member", ListAuditLogs(account="acme"), f"{NO_OWNER}, or the organization has no Team", "Ask an"),
        ("member", GetOrgSettings(name="acme"), "has no Business plan", "Ask an owner."),
        ("outsider", ListOrgAccessTokens(name="acme"), f"mallory {NO_OWNER}", "Ask an owner."),
        ("outsider", ListAuditLogs(account="ada"), f"mallory {NO_OWNER}", "Ask an owner"),
        (
            "outsider",
            CreateRepository(namespace="acme", name="new"),
            "mallory probably may not create repositories in acme.",
            "Ask",
        ),
    ],
)
async def test_a_refusal_names_the_likely_reason_and_the_remedy(
    make_hub: Callable[..., Hub], identity: str, call: Method[Any], why: str, remedy: str
) -> None:
    with pytest.raises(Forbidden, match="do this") as caught:
        await make_hub(identity).send(call)
    assert why in caught.value.why
    assert remedy in caught.value.remedy
    assert type(caught.value) is Forbidden


async def test_a_token_can_be_refused_where_it_is_usually_accepted(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(
        match="/redis", status=403, body='{"detail": "is forbidden with personal access token"}', times=1
    )
    with pytest.raises(Forbidden, match=PAT_WHY):
        await make_hub("owner-pat").send(TAG)
    body = '{"message": "token issued from organization access token is not allowed"}'
    sandbox.faults.add(match="/redis", status=403, body=body)
    with pytest.raises(Forbidden, match=OAT_WHY):
        await make_hub("org-token").send(TAG)


async def test_an_anonymous_caller_is_told_to_sign_in(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(status=403)
    with pytest.raises(Forbidden, match=r"anonymous caller .*do this .* This needs an account\."):
        await make_hub().send(TAG)


@pytest.mark.parametrize(
    "call",
    [ListTags(repository="redis", page=11, page_size=100), ListRepositories(namespace="bigcorp", page=5)],
)
async def test_paging_too_far_without_an_account_is_its_own_error(
    make_hub: Callable[..., Hub], call: Method[Any]
) -> None:
    with pytest.raises(AnonymousLimit, match="Anonymous callers may not page this far") as caught:
        await make_hub().send(call)
    assert "Sign in to read on, or narrow the list" in caught.value.remedy


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (GetTag(repository="redis", tag="none"), "library/redis has no tag 'none'."),
        (
            GetRepository(repository="none"),
            "No repository library/none is visible to an anonymous caller",
        ),
        (GetRepository(repository="none"), "Only official images are in library"),
        (
            GetRepository(namespace="acme", repository="storefront"),
            "tell missing and private repositories apart",
        ),
        (ListTags(repository="none"), "No repository library/none"),
        (ListTags(repository="alpine", page=9), "There is no page 9 of this list"),
        (GetRepository(namespace="a", repository="b"), "If it is private, sign in."),
    ],
)
async def test_the_missing_object_is_named(
    make_hub: Callable[..., Hub], call: Method[Any], words: str
) -> None:
    with pytest.raises(NotFound) as caught:
        await make_hub().send(call)
    assert words in str(caught.value)
    assert "The Hub said" not in str(caught.value)


async def test_an_unknown_organization_is_named(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(NotFound, match=r"no organization 'nobody'\..*not visible to ada") as caught:
        await make_hub("owner").send(ListOrgMembers(org_name="nobody"))
    assert caught.value.hub_message == ""  # the text says the same


async def test_a_missing_path_is_named(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/v2/access-tokens", status=404)
    with pytest.raises(NotFound, match="The Hub has nothing at this path"):
        await make_hub("owner").send(ListAccessTokens())


async def test_a_check_is_negative_only_on_404(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    call = CheckTag(repository="redis", tag="none")
    assert not (await make_hub().send(call)).exists
    for status in (401, 403, 429, 500):
        sandbox.faults.add(status=status, times=1, headers={"Retry-After": "900"})
        with pytest.raises(Refused):
            await make_hub().send(call)


@pytest.mark.parametrize(
    ("identity", "seconds", "words"),
    [
        (None, "0", "Try again in 1 s, or sign in, which allows about 600"),
        (None, None, "Try again in a minute, or sign in"),
        ("owner", "59.6", "Try again in 60 s, and request larger pages"),
        ("owner", "5400", "Try again in 90 minutes, and request larger pages"),
    ],
)
async def test_a_rate_limit_says_when_to_retry(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str | None, seconds: str | None, words: str
) -> None:
    headers = {"Retry-After": seconds} if seconds else {}
    sandbox.faults.add(match="/redis", status=429, headers=headers)
    with pytest.raises(RateLimited, match="rate limit is used up") as caught:
        await make_hub(identity).send(TAG)
    assert words in caught.value.remedy
    assert caught.value.retry_after == (float(seconds) if seconds else None)


async def test_a_failed_write_may_have_been_carried_out(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/namespaces", status=500)
    with pytest.raises(
        HubUnavailable, match="may have been made: check with get_repository before sending it again"
    ):
        await make_hub("owner").send(CREATE)


async def test_a_conflict_advises_to_read_the_current_state(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/namespaces", status=409, body='{"detail": "taken"}')
    with pytest.raises(Conflict, match=r"it conflicts with the current state.*Read the current state"):
        await make_hub("owner").send(CREATE)


async def test_a_taken_name_quotes_the_message_of_the_hub(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(BadRequest, match="Repository with this Name and Namespace already exists"):
        await make_hub("owner").send(CreateRepository(namespace="ada", name="dotfiles"))


async def test_a_secret_is_redacted_where_the_message_is_cut(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    secret = sandbox.get_identity("owner").secret
    body = '{"detail": "' + "x" * 290 + f' {secret}"}}'
    sandbox.faults.add(match="/redis", status=400, body=body)
    with pytest.raises(BadRequest) as caught:
        await make_hub("owner").send(TAG)
    assert caught.value.hub_message == "x" * 290 + " ***"


@pytest.mark.parametrize("status", [401, 403, 429, 500])
async def test_official_images_are_mentioned_only_where_one_is_missing(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int
) -> None:
    sandbox.faults.add(status=status)
    with pytest.raises(Refused) as caught:
        await make_hub(retry_policy=RetryPolicy(attempts=1)).send(GetRepository(repository="redis"))
    assert "official" not in str(caught.value).lower()
    assert "No repository" not in str(caught.value)


@pytest.mark.parametrize(
    ("identity", "call", "status", "body", "text"),
    [
        (
            "owner-pat",
            ListOrganizations(),
            403,
            {"message": "access is forbidden with a JWT issued from a personal access token", "errinfo": {}},
            PAT_WHY,
        ),
        (
            "owner-pat",
            ListAccessTokens(),
            403,
            {"message": "token issued from personal access token is not allowed", "errinfo": {}},
            PAT_WHY,
        ),
        ("owner", ListAuditLogs(account="acme"), 403, {"message": "forbidden", "errinfo": {}}, NO_OWNER),
        (
            None,
            ListTags(repository="redis", page=11, page_size=100),
            403,
            {
                "message": "pagination offset too large for anonymous requests; sign in to page further",
                "errinfo": {},
            },
            "Anonymous callers may not page this far",
        ),
        (
            None,
            GetTag(repository="rust", tag="1.92.0-slim"),
            404,
            {
                "message": "httperror 404: tag '1.92.0-slim' not found",
                "errinfo": {"namespace": "library", "repository": "rust", "tag": "1.92.0-slim"},
            },
            "library/rust has no tag '1.92.0-slim'. List the tags",
        ),
        (
            "owner",
            CREATE,
            400,
            {
                "message": "httperror 400: request had 1 validation error",
                "errinfo": {"fielderrors": {"name": "must be at least 2 characters"}},
            },
            'The Hub said: "name: must be at least 2 characters". Correct the value that the Hub names.',
        ),
        (None, TAG, 429, {"detail": "Rate limit exceeded", "error": False}, '"Rate limit exceeded"'),
    ],
)
async def test_recorded_refusals_are_explained(
    sandbox: Sandbox,
    make_hub: Callable[..., Hub],
    identity: str | None,
    call: Method[Any],
    status: int,
    body: dict[str, Any],
    text: str,
) -> None:
    path = call.build_path()
    sandbox.faults.add(match=path, status=status, body=json.dumps(body), headers={"Retry-After": "900"})
    with pytest.raises(Refused) as caught:
        await make_hub(identity).send(call)
    assert text in str(caught.value)
    assert "errinfo" not in str(caught.value)
    assert "httperror" not in str(caught.value)


def test_the_anonymous_limit_of_a_signed_in_call_asks_for_no_sign_in() -> None:
    body = b'{"message": "pagination offset too large for anonymous requests; sign in to page further"}'
    response = Response(403, {}, body)
    for name, kind, words in (
        ("", CredentialKind.ANONYMOUS, "Sign in to read on"),
        ("ada", CredentialKind.PAT, "although it was made as ada"),
    ):
        error = error_for(ListTags(repository="redis", page=11), response, Principal(name, kind), str)
        assert isinstance(error, AnonymousLimit)
        assert words in str(error)
        assert ("Sign in" in error.remedy) == (not name)


@pytest.mark.parametrize(
    ("inner", "outer", "error_type", "may_be_done"),
    [
        (401, 500, Forbidden, False),
        (403, 500, Forbidden, False),
        (404, 500, HubUnavailable, True),
        (401, 502, HubUnavailable, True),
    ],
)
async def test_a_refusal_behind_a_server_error_is_a_refusal(
    sandbox: Sandbox,
    make_hub: Callable[..., Hub],
    inner: int,
    outer: int,
    error_type: type[Refused],
    may_be_done: bool,
) -> None:
    url = f"https://registry.s.us-east-1.aws.dckr.io/api/internal/repos/acme/storefront/tags/{'x' * 100}"
    body = (
        f'Delete "{url}": http: non-successful response (status={inner} '
        'body="{\\"errors\\":[{\\"code\\":\\"UNAUTHORIZED\\"}]}")'
    )
    sandbox.faults.add(method="DELETE", status=outer, body=json.dumps({"message": body, "errinfo": {}}))
    call = DeleteTag(namespace="acme", repository="storefront", tag="latest")
    with pytest.raises(error_type) as caught:
        await make_hub("owner").send(call)
    assert type(caught.value) is error_type
    assert caught.value.may_be_done is may_be_done
    assert "dckr.io" not in str(caught.value)
    if error_type is Forbidden:
        assert "registry behind it refused" in caught.value.what
        assert "later" not in caught.value.remedy
    assert sum(request.method == "DELETE" for request in sandbox.requests) == 1
