"""Every known failure of a request, and its error text: what happened, the Hub's message, why, what to do."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call, make_context

PAGE = "https://app.docker.com/settings/personal-access-tokens"
INTERNAL = "https://accounts-api.us-east-1.internal/v1/orgs/acme"
HTML = f'<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><a href="{INTERNAL}">x</a></body></html>'
NEVER_LEAKED = ("internal/", "accounts-api", "<html", "<title", "<!DOCTYPE", "</", "errinfo", "http_status", "Traceback", "dckr_pat_", "dckr_oat_", "sandbox-password", "eyJ")  # fmt: skip
LIMITED = "The Hub limits personal access tokens to repositories"
NO_OAT = "The Hub accepts no organization access token here, regardless of its scopes."
STOREFRONT = {"repository": "acme/storefront"}
ASK_OWNER = "Ask an owner of the namespace for access."
SETTINGS = "An owner can add the scope and the resource in the organization's settings."
LATER = "Try again later; https://www.dockerstatus.com shows known incidents."
OUTAGE = "Try again later; https://www.dockerstatus.com shows known incidents."
LOOK = "The change may have been made: check with get_repository before sending it again."
ADDRESS_OR_PROXY = "Check the Hub's address (DOCKERHUB_API_URL), the proxy (HTTPS_PROXY) and the network."


def says(status: int, body: Any = "", match: str = "/v2/", **options: Any) -> Fault:
    """Return a fault with this response to everything except sign-in."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault(status=status, body=text, match=match, **options)


@dataclass(frozen=True)
class Case:
    """A failure: the account, the call, the faults, and the expected error text."""

    who: str | None
    tool: str
    what: str
    remedy: str
    why: str = ""
    said: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


ADA_PAT = "The Hub does not let ada (signed in with a personal access token) do this"
ACME = "The Hub does not let acme (signed in with an organization access token) do this"
ADA = "The Hub does not let ada (signed in with a password) do this"
LINUS = "The Hub does not let linus (signed in with a password) do this"
TAG = "GET /v2/namespaces/library/repositories/redis/tags/8.2"
PASSWORD = "Sign in with the password."
AS_A_USER = "Sign in as a user: for an organization, with an owner's password."
CHECK_TOKEN = f"Check it at {PAGE} and correct DOCKERHUB_USERNAME or DOCKERHUB_TOKEN."
SIGN_IN = "Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (here: a password or a personal access token or the organization's name and its access token with scope-tag-read), or sign in with create_auth_token."
ADDRESS = "Check the Hub's address (DOCKERHUB_API_URL)."
NARROW = "Sign in to read on, or narrow the list with a filter such as name."
NO_PAT = "token issued from personal access token is not allowed"
OLD_NO_PAT = "access to the resource is forbidden with personal access token"
NO_OAT_SAID = "token issued from organization access token is not allowed"
INCORRECT = "Incorrect authentication credentials"
NO_TAG = "List the tags with a name filter to see which exist."
NO_REPOSITORY = "Check the spelling by listing the repositories of the namespace."
OFFSET = "pagination offset too large for anonymous requests; sign in to page further"
AT_REDIS: dict[str, Any] = {"match": "/redis"}

CASES: dict[str, Case] = {
    # 4.1 accounts: personal access tokens
    "PAT on access tokens": Case("owner-pat", "list_access_tokens", f"{ADA_PAT} (GET /v2/access-tokens).", PASSWORD, LIMITED, NO_PAT),
    "PAT on access tokens, older words": Case("owner-pat", "list_access_tokens", ADA_PAT, PASSWORD, LIMITED, OLD_NO_PAT, faults=(says(403, {"detail": OLD_NO_PAT}, "/access-tokens"),)),
    "PAT on audit logs": Case("owner-pat", "list_audit_logs", f"{ADA_PAT} (GET /v2/auditlogs/acme).", "Sign in with the password, or use an organization access token with scope-activity-read.", LIMITED, "forbidden"),
    "PAT on organizations": Case("owner-pat", "list_org_members", f"{ADA_PAT} (GET /v2/orgs/acme/members).", "Sign in with the password, or use an organization access token with scope-member-read.", LIMITED, OLD_NO_PAT),
    "PAT on settings": Case("owner-pat", "get_org_settings", ADA_PAT, PASSWORD, LIMITED, OLD_NO_PAT),
    "PAT that makes an OAT": Case("owner-pat", "create_org_access_token", ADA_PAT, PASSWORD, LIMITED, None),
    "PAT without the scope": Case("reader-pat", "update_repository", "The Hub does not let linus (signed in with a personal access token) do this (PATCH ", f"Create a token with repo:write at {PAGE}.", "has repo:read, and this needs repo:write.", None),
    "PAT where it usually works": Case("owner-pat", "get_tag", f"{ADA_PAT} ({TAG}).", PASSWORD.removesuffix(".") + ", or use an organization access token with scope-tag-read.", LIMITED, NO_PAT, faults=(says(403, {"message": NO_PAT}, **AT_REDIS),)),
    "PAT that has expired": Case("expired-pat", "get_current_user", "Docker Hub refused to sign in ada with this personal access token.", CHECK_TOKEN, "The token may be revoked, expired or inactive", INCORRECT),
    "PAT that is inactive": Case("inactive-pat", "list_org_members", "Docker Hub refused to sign in ada with this personal access token.", CHECK_TOKEN, "not retried automatically: Docker locks the name", INCORRECT),
    "bearer of a PAT rejected": Case("owner-pat", "get_current_user", "The Hub did not accept the credentials (GET /v2/user/).", OUTAGE, "The sign-in as ada succeeded, but the Hub rejects the bearer token that it issued", faults=(says(401, "", "/v2/user"),)),
    # organization access tokens
    "OAT on access tokens": Case("org-token", "list_access_tokens", f"{ACME} (GET /v2/access-tokens).", "Sign in as a user.", NO_OAT, NO_OAT_SAID),
    "OAT on settings": Case("org-token", "get_org_settings", ACME, AS_A_USER, NO_OAT, NO_OAT_SAID),
    "OAT on older paths": Case("org-token", "list_repository_groups", f"{ACME} (GET /v2/repositories/acme/storefront/groups/).", AS_A_USER, NO_OAT, NO_OAT_SAID),
    "OAT that makes an OAT": Case("org-token", "create_org_access_token", ACME, AS_A_USER, NO_OAT, None),
    "OAT without the scope": Case("org-token-narrow", "list_org_members", ACME, SETTINGS, "The token lacks scope-member-read.", "permission denied"),
    "OAT without the resource": Case("org-token-narrow", "get_repository", "No repository acme/mailer is visible to acme (signed in with an organization access token).", NO_REPOSITORY, "tell missing and private repositories apart", arguments={"repository": "acme/mailer"}),
    "OAT at the older login": Case("org-token", "login", "Docker Hub refused to sign in acme with this organization access token.", "Use create_auth_token for organization access tokens.", "This route does not accept organizations.", "Cannot log into an organization account"),
    "bearer of an OAT rejected": Case("org-token", "list_org_members", "The Hub did not accept the credentials (GET /v2/orgs/acme/members).", OUTAGE, "The sign-in as acme succeeded, but the Hub rejects the bearer token that it issued", faults=(says(401, "", "/members"),)),
    "OAT under another name": Case("wrong-name", "list_org_members", "Docker Hub refused to sign in", "Set DOCKERHUB_USERNAME to the organization's name and check the token in its settings.", "or the name is not the organization's", INCORRECT),
    # passwords and second factors
    "password that is wrong": Case("wrong-password", "get_current_user", "Docker Hub refused to sign in ada with this password.", f"Use a personal access token, created at {PAGE}.", "or the organization enforces single sign-on", INCORRECT),
    "bearer of a password rejected": Case("owner", "get_current_user", "The Hub did not accept the credentials (GET /v2/user/).", OUTAGE, "The sign-in as ada succeeded, but the Hub rejects the bearer token that it issued", faults=(says(401, "", "/v2/user"),)),
    "name that is locked": Case("owner", "get_current_user", "Docker Hub refused to sign in ada with this password.", "Signing in is possible again in 15 minutes.", "until the lock ends, even the right secret fails", "Too many failed attempts", faults=(says(401, {"detail": "Too many failed attempts"}, "/v2/auth"),)),
    "second factor": Case("two-factor", "get_current_user", "The account grace has two-factor authentication; the sign-in waits for a one-time code.", "Call complete_2fa_login with the code, or use a personal access token, which needs none."),
    "second factor at the older login": Case("two-factor", "login", "The account grace has two-factor authentication", "Call complete_2fa_login with the code, or use a personal access token, which needs none."),
    "code that nobody waits for": Case("owner", "complete_2fa_login", "No sign-in is waiting for a one-time code.", "Call create_auth_token (or login) first, then send a fresh code.", arguments={"code": "012345"}),
    "member who is no owner": Case("member", "list_org_members", LINUS, "Ask an owner, or use an organization access token with scope-member-read.", "linus is probably not an owner of the organization.", "permission denied"),
    "member on audit logs": Case("member", "list_audit_logs", LINUS, "Ask an owner, or use an organization access token with scope-activity-read.", "or the organization has no Team or Business plan", "forbidden"),
    "member on settings": Case("member", "get_org_settings", LINUS, "Ask an owner.", "or the organization has no Business plan", "permission denied"),
    "somebody else's repository": Case("outsider", "create_repository", "The Hub does not let mallory (signed in with a password) do this (POST ", ASK_OWNER, "mallory probably may not create repositories in acme.", "forbidden"),
    # anonymous
    "nobody on an account": Case(None, "list_access_tokens", "This needs an account (list personal access tokens), and the client is anonymous.", "Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (here: a password), or sign in with create_auth_token."),
    "nobody on what is private": Case(None, "get_repository", "No repository acme/storefront is visible to an anonymous caller.", f"{NO_REPOSITORY} If it is private, sign in.", "tell missing and private repositories apart"),
    "nobody refused": Case(None, "get_tag", f"The Hub did not accept the credentials ({TAG}).", SIGN_IN, "This needs an account.", faults=(says(401, "", **AT_REDIS),)),
    "nobody forbidden": Case(None, "get_tag", f"The Hub does not let an anonymous caller do this ({TAG}).", SIGN_IN, "This needs an account.", "forbidden", faults=(says(403, {"message": "forbidden", "errinfo": {}}, **AT_REDIS),)),
    # SCIM
    "SCIM token that is wrong": Case("owner", "scim_list_users", "The Hub did not accept the credentials (GET /v2/scim/2.0/Users).", "Create a SCIM token in the organization's settings and set DOCKERHUB_SCIM_TOKEN to it.", "The SCIM token is wrong or expired.", "bad token", faults=(says(401, {"status": "401", "detail": "bad token"}, "/scim"),)),
    "SCIM token elsewhere": Case("owner", "scim_list_users", "The Hub does not let the organization (signed in with a SCIM token) do this", "Ask an owner of the organization.", "The SCIM token does not cover this.", "no", faults=(says(403, {"detail": "no"}, "/scim"),)),
    "SCIM user that is missing": Case("owner", "scim_get_user", "The Hub knows no SCIM user 'nope'.", "See scim_list_users.", "", None, {"id": "nope"}),
    # 4.2 limits
    "limit of nobody": Case(None, "get_tag", f"The Hub's rate limit is used up ({TAG}).", "Try again in 77 s, or sign in, which allows about 600 a minute.", "Anonymous callers share about 180 requests a minute", "Rate limit exceeded", faults=(says(429, {"detail": "Rate limit exceeded", "error": False}, headers={"Retry-After": "77"}, **AT_REDIS),)),
    "limit of an account": Case("owner", "get_tag", "The Hub's rate limit is used up", "Try again in 77 s, and request larger pages instead of more of them.", "An account has about 600 requests a minute.", "Rate limit exceeded", faults=(says(429, {"detail": "Rate limit exceeded"}, headers={"X-Retry-After": "77"}, **AT_REDIS),)),
    "limit against abuse": Case("owner", "get_tag", "The Hub's rate limit is used up", "Try again in a minute, and send fewer requests.", "an account does not raise it", "Too Many Requests", faults=(says(429, "Too Many Requests", content_type="text/plain", **AT_REDIS),)),
    "limit of pulls": Case(None, "get_tag", "The Hub's rate limit is used up", "Try again in a minute, or sign in, which allows more.", "Pulls are counted for six hours", "You have reached your pull rate limit. See https://www.docker.com/increase-rate-limit", faults=(says(429, {"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit. See https://www.docker.com/increase-rate-limit"}]}, **AT_REDIS),)),
    "limit in HTML": Case("owner", "get_tag", f"A web page answered {TAG} with 429: too many requests.", "Try again in a minute, and request larger pages instead of more of them.", "Docker's edge or a proxy", faults=(says(429, HTML, content_type="text/html", **AT_REDIS),)),
    "limit at the sign-in": Case("owner", "get_current_user", "The sign-in as ada failed: the Hub limits the number of requests (429).", "Signing in is possible again in 99 s.", "It counts requests, whether or not the secret is right.", "Rate limit exceeded", faults=(says(429, {"detail": "Rate limit exceeded"}, "/v2/auth", headers={"Retry-After": "99"}),)),
    # 4.3 paging
    "offset of tags": Case(None, "list_tags", "Anonymous callers may not page this far (GET /v2/namespaces/library/repositories/redis/tags).", NARROW, "tags after about 1,000", OFFSET, {"repository": "redis", "page": 11, "page_size": 100, "name": None, "architecture": None, "os": None}),
    "offset of repositories": Case(None, "list_repositories", "Anonymous callers may not page this far", NARROW, "repositories after 100", OFFSET, {"namespace": "bigcorp", "page": 5, "page_size": 25}),
    "page past the end, of a list that cannot be counted": Case("owner", "list_tags", "There is no page 99 of this list (GET /v2/namespaces/library/repositories/redis/tags).", "Read from page 1.", "The list is shorter", None, {"page": 99}, faults=(says(400, {"message": "no"}, "page=1&page_size=1"),)),
    # 4.5 bodies
    "internal address beside": Case("owner", "get_tag", ADA, ASK_OWNER, "", "denied by policy", faults=(says(403, {"errinfo": {"http_status": 403, "method": "GET", "url": INTERNAL}, "message": "denied by policy"}, **AT_REDIS),)),
    "internal address in the words": Case("owner", "get_tag", f"The Hub failed with a server error (500 on {TAG}).", LATER, "", 'Get "(a URL)": context deadline exceeded', faults=(says(500, {"message": f'Get "{INTERNAL}": context deadline exceeded'}, **AT_REDIS),)),
    "internal address in what is broken off": Case("owner", "get_tag", ADA, ASK_OWNER, "", '{"message', faults=(says(403, json.dumps({"errinfo": {"http_status": 403, "url": INTERNAL}, "message": "x"})[:-7], **AT_REDIS),)),
    "page of HTML": Case("owner", "get_tag", f'localhost answered {TAG} with 403 and a web page ("Bad Gateway") instead of the Hub API\'s JSON.', ADDRESS_OR_PROXY, "A proxy, a sign-in page or another server answered.", faults=(says(403, HTML, content_type="text/html", **AT_REDIS),)),
    "page of HTML in JSON": Case("owner", "get_tag", ADA, ASK_OWNER, "", "Bad Gateway", faults=(says(403, {"message": HTML}, **AT_REDIS),)),
    "fields": Case("owner", "create_repository", "The Hub did not accept POST /v2/namespaces/acme/repositories (400).", "Correct the value that the Hub names.", "", "Invalid; name: too short", faults=(says(400, {"fields": {"name": ["too short"]}, "text": "Invalid"}, "/v2/n", method="POST"),)),
    "no words": Case("owner", "get_tag", f"The Hub did not accept {TAG} (400).", "Check each value of the call against its description.", "It did not say why.", faults=(says(400, "", **AT_REDIS),)),
    "name that is taken": Case("owner", "create_repository", "The Hub did not accept POST /v2/namespaces/acme/repositories (400).", "Read it, and update it if necessary, or choose another name.", "It already exists.", "Repository with this Name and Namespace already exists.", {"name": "acme/storefront"}),
    "name that is taken, older words": Case("owner", "create_repository", "The Hub did not accept", "Read it, and update it if necessary, or choose another name.", "It already exists.", "Repository with this Name and Namespace already exists.", faults=(says(400, {"__all__": ["Repository with this Name and Namespace already exists."]}, "/v2/n", method="POST"),)),
    "conflict": Case("owner", "create_repository", "The Hub refused POST /v2/namespaces/acme/repositories: it conflicts with the current state.", "Read the current state first, then decide.", "", "taken", faults=(says(409, {"detail": "taken"}, "/v2/n", method="POST"),)),
    "missing tag": Case("owner", "get_tag", "library/redis has no tag 'none'.", NO_TAG, "", None, {"repository": "redis", "tag": "none"}),
    "missing official image": Case("owner", "get_repository", "No repository library/none", f"{NO_REPOSITORY} Only official images are in library; others need their namespace.", "", None, {"repository": "none"}),
    "missing organization": Case("owner", "list_org_members", "The Hub knows no organization 'nobody'.", "Check the spelling.", "It may be missing, or not visible to ada", None, {"org_name": "nobody"}),
    "wrong group": Case("owner", "assign_repository_group", "acme has no group_id 77; nothing was sent.", "See list_org_groups for the names and ids.", "", None, {"group": None, "group_id": 77}),
    "group that the Hub breaks on": Case("owner", "assign_repository_group", "The Hub failed with a server error (500 on POST /v2/repositories/acme/incident-kit/groups).", LOOK.replace("get_repository", "list_repository_groups"), "The Hub fails on an unknown group_id.", "internal error", faults=(says(500, {"message": "internal error"}, "/groups", method="POST"),)),
    "group that is assigned": Case("owner", "assign_repository_group", "The group developers has write in acme/storefront already; nothing was sent.", "Change it with update_repository_group, group_id=1002.", "", None, {"repository": "acme/storefront", "group": "developers"}),
    "group that is assigned unseen": Case("owner", "assign_repository_group", "The Hub did not accept POST", "Read it, and update it if necessary, or choose another name.", "It already exists.", "group is already assigned to the repository", {"repository": "acme/storefront", "group": "developers"}, faults=(says(403, "", "/storefront/groups/", method="GET"),)),
    # 4.6 and 4.7
    "method that is gone": Case("owner", "get_tag", f"The Hub did not accept {TAG} (405).", "Look for a newer version of dockerhub-mcp.", "Docker may have removed this method", "Method not allowed", faults=(says(405, {"detail": "Method not allowed"}, **AT_REDIS),)),
    "immutable tag": Case("owner", "delete_tag", "The tag acme/billing-api:v1.4.0 is immutable; nothing was sent.", "To delete it anyway, update the rules with update_immutable_tags first.", "A rule of the repository makes the tag immutable", None, {"repository": "acme/billing-api", "tag": "v1.4.0"}),
    "immutable tag unseen": Case("owner", "delete_tag", f"{ADA} (DELETE ", "To change it anyway, update the rules with update_immutable_tags first.", "A rule of the repository makes the tag immutable", "immutable tags cannot be deleted", {"repository": "acme/billing-api", "tag": "v1.4.0"}, faults=(says(403, "", "/immutabletags/verify", method="POST"),)),
    "last owner": Case("owner", "remove_org_member", "ada is the last owner of acme; nothing was sent.", "Make another member an owner first.", "An organization needs an owner.", None, {"username": "ada"}),
    "members unseen in a change": Case("owner", "remove_org_member", "The Hub does not let ada (signed in with a password) do this (GET /v2/orgs/acme/members).", "Ask an owner, or use an organization access token with scope-member-read.", "ada is probably not an owner of the organization.", None, {"username": "ada"}, faults=(says(403, "", "/members?", method="GET"),)),
    "people invited": Case("owner", "update_org_member", "acme has no member 'alan@example.net'; nothing was sent.", "See list_org_members; invited people are not members yet.", "", None, {"username": "alan@example.net"}),
    "redirect elsewhere": Case("owner", "get_tag", f"localhost redirected {TAG} to https://evil.example; this was not followed.", ADDRESS, "the bearer token is sent to no other host", faults=(Fault(location="https://evil.example/x?y", **AT_REDIS),)),
    "redirect of a change": Case("owner", "update_repository", "localhost redirected PATCH /v2/namespaces/acme/repositories/storefront to http://localhost; this was not followed.", ADDRESS, "Writes are never redirected", faults=(Fault(match="/storefront", method="PATCH", location="/v2/x/"),)),
    "redirect in a circle": Case("owner", "get_tag", f"localhost redirected {TAG} more than 3 times.", ADDRESS.replace(" (DOCKERHUB_API_URL)", ""), faults=(Fault(location="/v2/redis", **AT_REDIS),)),
    # connection failures
    "trouble of the Hub": Case("owner", "get_tag", f'localhost answered {TAG} with 503 and a web page ("Bad Gateway") instead of the Hub API\'s JSON.', LATER, "the Hub's API did not answer", faults=(says(503, HTML, content_type="text/html", **AT_REDIS),)),
    "trouble in a change": Case("owner", "update_repository", "The Hub failed with a server error (500 on PATCH ", LOOK, faults=(says(500, "", "/storefront", method="PATCH"),)),
    "trouble at the sign-in": Case("owner", "get_current_user", 'The sign-in as ada failed: localhost answered with a page ("Bad Gateway"), status 500', "Signing in is possible again in 5 s.", "A proxy, a firewall or a challenge page probably answered", None, faults=(says(500, HTML, "/v2/auth", content_type="text/html"),)),
    "no answer in time": Case("owner", "get_tag", f"localhost did not answer within 1 s ({TAG}).", "Try again later, request less at once, or raise the timeout.", faults=(Fault(latency=9, **AT_REDIS),)),
    "no answer to a change": Case("owner", "update_repository", "localhost did not answer within 1 s (PATCH ", LOOK, faults=(Fault(latency=9, match="/storefront", method="PATCH"),)),
    "connection that breaks": Case("owner", "get_tag", "localhost could not be reached (tried 4 times): ", "Check the network, the proxy (HTTPS_PROXY) and the Hub's address (DOCKERHUB_API_URL).", faults=(Fault(drop=True, **AT_REDIS),)),
    "connection that breaks in a change": Case("owner", "update_repository", "localhost could not be reached (tried once): ", f"{LOOK} Check the network, the proxy (HTTPS_PROXY) and the Hub's address (DOCKERHUB_API_URL).", faults=(Fault(drop=True, match="/storefront", method="PATCH"),)),
    "page of another": Case("owner", "get_tag", f'localhost answered {TAG} with 200 and a web page ("Bad Gateway") instead of the Hub API\'s JSON.', ADDRESS_OR_PROXY, "A proxy, a sign-in page or another server answered.", faults=(says(200, HTML, content_type="text/html", **AT_REDIS),)),
    "half an answer": Case("owner", "get_tag", f"localhost answered {TAG} with 200, but the answer is not JSON.", "Check the Hub's address (DOCKERHUB_API_URL).", faults=(Fault(truncate=True, **AT_REDIS),)),
    "no entitlement": Case("owner", "list_hardened_images", "Docker Scout did not return the hardened images.", "Try again later.", "", 'broken: "(a URL)"', faults=(says(200, {"errors": [{"message": f'broken: "{INTERNAL}"'}]}, "/v1/graphql"),)),
}  # fmt: skip
OTHERS = {"wrong-name": ("ada", "dckr_oat_sandbox_acme"), "wrong-password": ("ada", "no such password")}


async def told(case: Case, sandbox: Sandbox, make_hub: MakeHub) -> ToolResult:
    sandbox.faults.rules[:] = [
        Fault(**{name: getattr(fault, name) for name in fault.__dataclass_fields__}) for fault in case.faults
    ]
    options: dict[str, Any] = {"timeout": 1, "scim_token": StaticSecret(sandbox.scim_token)}
    if case.who in OTHERS:
        hub = make_hub(credentials=Credentials.from_strings(*OTHERS[case.who]), **options)
    else:
        hub = make_hub(case.who, **options)
    arguments = arguments_of(sandbox).get(case.tool, {}) | case.arguments
    return await call_unconfirmed(hub, case.tool, arguments)


async def call_unconfirmed(hub: Hub, tool: str, arguments: dict[str, Any]) -> ToolResult:
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER, pagination_timeout=3)
    return await call(context, tool, **arguments)


@pytest.mark.parametrize("name", CASES)
async def test_an_error_says_what_happened_why_and_what_to_do(
    sandbox: Sandbox, make_hub: MakeHub, name: str
) -> None:
    case = CASES[name]
    outcome = await told(case, sandbox, make_hub)
    text = outcome.text
    assert outcome.is_error
    assert outcome.structured_content is None
    assert text.startswith(case.what), text
    assert case.why in text, text
    # The remedy comes last.
    assert text.endswith(case.remedy), text
    assert text.count(case.remedy) == 1
    assert text.endswith(f". {case.remedy}"), text
    # The Hub's message is quoted once.
    if case.said is None:
        assert "The Hub said" not in text, text
    else:
        assert text.count("The Hub said: ") == 1, text
        said, _ = json.JSONDecoder().raw_decode(text.partition("The Hub said: ")[2])
        assert said == case.said or (case.said.startswith("{") and said.startswith(case.said)), text
    assert "\n" not in text
    assert to_single_line(text, 5000) == text
    assert len(text) < 900
    for words in NEVER_LEAKED:
        assert words not in text


def test_the_cases_cover_identities_and_statuses() -> None:
    assert len(CASES) > 70
    assert {case.who for case in CASES.values()} >= {
        None,
        "owner",
        "owner-pat",
        "org-token",
        "member",
        "outsider",
        "two-factor",
    }
    statuses = {fault.status for case in CASES.values() for fault in case.faults}
    assert statuses >= {200, 400, 401, 403, 405, 409, 429, 500, 503}


@pytest.mark.parametrize("who", ["owner-pat", "reader-pat", "org-token", "owner", None])
@pytest.mark.parametrize("status", [401, 403])
async def test_no_cause_is_given_that_does_not_apply_to_the_account(
    sandbox: Sandbox, make_hub: MakeHub, who: str | None, status: int
) -> None:
    sandbox.faults.rules[:] = [says(status, {"message": "no"}, match="/redis")]
    text = (await call_unconfirmed(make_hub(who), "get_tag", {"repository": "redis:8.2"})).text
    kinds = {"personal access token", "organization access token", "password"}
    mine = {
        "owner-pat": "personal access token",
        "reader-pat": "personal access token",
        "org-token": "organization access token",
        "owner": "password",
    }
    if who is not None:
        why = text.partition('The Hub said: "no". ')[2]
        assert not any(kind in why for kind in kinds - {mine[who]}), text
        if who == "owner":
            assert PAGE not in text


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_an_error_is_never_reported_as_absence(
    sandbox: Sandbox, make_hub: MakeHub, status: int
) -> None:
    sandbox.faults.rules[:] = [says(status, "", match="/redis", headers={"Retry-After": "900"})]
    for tool in ("check_repository", "check_tag", "get_tag", "get_repository", "list_tags"):
        arguments = {
            "repository": "redis",
            **({"tag": "8.2"} if "_tag" in tool and "tags" not in tool else {}),
        }
        outcome = await call_unconfirmed(make_hub("owner"), tool, arguments)
        assert outcome.is_error
        assert not any(
            words in outcome.text.lower()
            for words in ("no repository", "no tag", "missing", "exist", "official")
        )


async def test_the_time_of_a_retry_is_given_in_seconds(sandbox: Sandbox, make_hub: MakeHub) -> None:
    for name, value in (
        ("Retry-After", "90"),
        ("X-Retry-After", str(int(time.time() + 90))),
        ("X-Retry-After", "90"),
    ):
        sandbox.faults.rules[:] = [says(429, "", match="/redis", headers={name: value})]
        text = (
            await call_unconfirmed(make_hub("owner", timeout=1), "get_tag", {"repository": "redis:8.2"})
        ).text
        assert any(f"Try again in {seconds} s" in text for seconds in (88, 89, 90, 91)), text


@pytest.mark.parametrize("who", ["wrong-name", "wrong-password"])
async def test_a_missing_private_object_says_why_the_request_was_anonymous(
    make_hub: MakeHub, who: str
) -> None:
    hub = make_hub(credentials=Credentials.from_strings(*OTHERS[who]))
    text = (await call_unconfirmed(hub, "get_repository", STOREFRONT)).text
    assert text.startswith("No repository acme/storefront is visible to an anonymous caller.")
    assert " The request was anonymous. Docker Hub refused to sign in ada with this " in text
    remedy = "check the token in its settings." if who == "wrong-name" else f"created at {PAGE}."
    assert text.endswith(remedy)


async def test_a_next_page_on_another_host_is_never_requested(sandbox: Sandbox, make_hub: MakeHub) -> None:
    sandbox.faults.rules[:] = [Fault(match="/tags", next_origin="https://evil.example")]
    outcome = await call_unconfirmed(
        make_hub("owner"), "list_tags", {"repository": "redis", "max_items": 150, "fields": ["name"]}
    )
    assert len((outcome.structured_content or {})["results"]) == 150
    assert "evil" not in outcome.text


async def test_the_next_page_is_kept_when_pagination_is_stopped(make_hub: MakeHub) -> None:
    arguments = {"namespace": "bigcorp", "max_items": 200, "fields": ["name"]}
    outcome = await call_unconfirmed(make_hub(), "list_repositories", arguments)
    assert not outcome.is_error
    assert len((outcome.structured_content or {})["results"]) == 100
    partial = outcome.text.split("\n")[1]
    assert partial.startswith("PARTIAL, the list is cut short: Anonymous callers may not page this far")
    assert partial.endswith(NARROW)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("size", [0, 299, 300, 301, 5_000, 70_000, 2_000_000])
async def test_long_words_are_truncated(sandbox: Sandbox, make_hub: MakeHub, status: int, size: int) -> None:
    sandbox.faults.rules[:] = [
        says(status, {"message": "w" * size}, match="/redis", headers={"Retry-After": "900"})
    ]
    outcome = await call_unconfirmed(make_hub("owner"), "get_tag", {"repository": "redis:8.2"})
    assert outcome.is_error
    assert len(outcome.text) < 1000


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://accounts-api.internal/v1", "(a URL)"),
        ("http://10.0.0.7:8080/x", "(a URL)"),
        ("grpc://db.svc:443", "(a URL)"),
        ("https://docs.docker.com.evil.example/x", "(a URL)"),
        ("https://hub.docker.com@evil.example/x", "(a URL)"),
        ("http://hub.docker.com/x", "(a URL)"),
        ("https://docs.docker.com/docker-hub/", "https://docs.docker.com/docker-hub/"),
        ("https://www.docker.com/pricing?x=1", "https://www.docker.com/pricing?x=1"),
        ("https://hub.docker.com", "https://hub.docker.com"),
    ],
)
async def test_only_public_urls_are_shown(
    sandbox: Sandbox, make_hub: MakeHub, address: str, shown: str
) -> None:
    sandbox.faults.rules[:] = [says(400, {"message": f"See {address}"}, match="/redis")]
    text = (await call_unconfirmed(make_hub("owner"), "get_tag", {"repository": "redis:8.2"})).text
    assert f'The Hub said: "See {shown}".' in text
