"""The explanation of a failed pull on the sandbox: for several accounts, and with requests that fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.data.identities import IDENTITIES
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.registry_contexts import MakeContext, connect_registry
from tests.support.tool_calls import add_org_token, call, make_context


async def explain(hub: Hub, image: str, platform: str | None = None, **context: Any) -> dict[str, Any]:
    found = await call(make_context(hub, **context), "explain_pull", image=image, platform=platform)
    assert not found.is_error, found.text
    assert found.structured_content is not None
    return found.structured_content


def by_name(data: dict[str, Any]) -> dict[str, str]:
    return {check["check"]: check["result"] for check in data["checks"]}


@pytest.mark.parametrize(
    ("identity", "image", "platform", "check", "words"),
    [
        (None, "Redis:8.2", None, "name", "upper-case"),
        ("expired-pat", "redis:8.2", None, "account", "refused to sign in ada"),
        ("two-factor", "acme/storefront", None, "account", "two-factor authentication"),
        (None, "reddis", None, "repository", "no official image reddis"),
        (None, "acme/billing-api", None, "repository", "missing, or private"),
        ("outsider", "acme/billing-api", None, "repository", "visible to mallory"),
        ("public-pat", "acme/billing-api", None, "repository", "visible to ada"),
        ("org-token-narrow", "acme/billing-api", None, "repository", "visible to acme"),
        ("member", "acme/billing-api:v9", None, "tag", "acme/billing-api has no tag v9"),
        (None, "quayside/meter:0.9", None, "content", "schema 1"),
        (None, "quayside/charts:0.4.0", None, "content", "Helm chart"),
        (None, "quayside/manifest-model", None, "content", "AI model"),
        (None, "redis:8.2", "windows/amd64", "platform", "no image for windows/amd64"),
        (None, "quayside/crane:5.0.0", "arm64", "platform", "no image for linux/arm64"),
    ],
)
async def test_the_first_problem_is_the_verdict(
    make_hub: MakeHub, identity: str | None, image: str, platform: str | None, check: str, words: str
) -> None:
    data = await explain(make_hub(identity), image, platform)
    first = next(each for each in data["checks"] if each["result"] == "problem")
    assert (first["check"], words in data["verdict"]) == (check, True), data
    assert (first["finding"], first["remedy"]) == (data["verdict"], data["fix"])


@pytest.mark.parametrize(
    ("identity", "image", "words"),
    [
        (None, "reddis", "Did you mean redis?"),
        ("member", "billing-api", "Did you mean acme/billing-api?"),
        ("org-token", "billing-api", "Did you mean acme/billing-api?"),
        ("member", "acme/biling-api", "Did you mean acme/billing-api?"),
        ("member", "acme/billing-api:1.4.0", "v1.4.0"),
        (None, "redis:8.2.99", "8.2.3"),
        (None, "redis:LATEST", "Near to it: latest"),
        ("member", "acme/billing-api:nonsense", "The newest are latest"),
        ("public-pat", "acme/billing-api", "create one with repo:read"),
        (None, "billing-api", "of other publishers: bigcorp/billing-api"),
    ],
)
async def test_the_fix_names_what_was_probably_meant(
    make_hub: MakeHub, identity: str | None, image: str, words: str
) -> None:
    assert words in (await explain(make_hub(identity), image))["fix"]


@pytest.mark.parametrize(
    ("identity", "image", "is_certain"),
    [
        ("owner", "acme/nonsense", True),
        ("owner-pat", "acme/nonsense", True),
        ("owner", "ada/nonsense", True),
        ("public-pat", "acme/nonsense", False),
        ("member", "acme/nonsense", False),
        ("org-token", "acme/nonsense", False),
        (None, "acme/nonsense", False),
    ],
)
async def test_only_an_owner_knows_that_a_repository_is_missing(
    make_hub: MakeHub, identity: str | None, image: str, is_certain: bool
) -> None:
    data = await explain(make_hub(identity), image)
    assert data["verdict"].startswith("There is no repository") is is_certain
    assert ("If it is private" in data["fix"]) is not is_certain


async def test_a_private_name_is_not_disclosed_to_an_account_that_does_not_see_it(make_hub: MakeHub) -> None:
    for identity in (None, "outsider", "public-pat"):
        data = await explain(make_hub(identity), "acme/biling-api")
        assert "acme/billing-api" not in str(data)


async def test_a_password_that_needs_a_code_does_not_keep_public_images_away(make_hub: MakeHub) -> None:
    data = await explain(make_hub("two-factor"), "redis:8.2")
    assert by_name(data)["account"] == "unknown"
    assert data["verdict"].startswith("No cause was found")


async def test_nothing_wrong_is_not_called_certain_while_checks_are_open(make_hub: MakeHub) -> None:
    data = await explain(make_hub("member"), "acme/billing-api")
    assert data["verdict"] == "No cause was found, and these checks are open: permission, pull limit."
    assert "fix" not in data
    assert "docker login" in data["not_checked"]


async def test_without_a_registry_the_result_is_partial(make_hub: MakeHub) -> None:
    data = await explain(make_hub(), "redis:8.2")
    assert data["partial"] == NO_REGISTRY_REASON
    assert by_name(data)["pull limit"] == "unknown"


async def test_another_registry_is_left_alone(make_hub: MakeHub, sandbox: Sandbox) -> None:
    data = await explain(make_hub("owner"), "ghcr.io/acme/app")
    assert data["verdict"] == "ghcr.io is another registry; only Docker Hub is supported."
    assert sandbox.requests == []


async def test_an_archived_repository_can_be_pulled(make_hub: MakeHub) -> None:
    data = await explain(make_hub(), "quayside/portal")
    assert by_name(data)["status"] == "ok"
    assert data["verdict"].startswith("No cause was found")


async def test_the_text_says_the_verdict_once(make_hub: MakeHub) -> None:
    found = await call(make_hub("member"), "explain_pull", image="acme/billing-api:v9")
    assert found.text.count("has no tag v9") == 1
    assert "tag | problem | see the verdict" in found.text
    assert '"' not in found.text


@pytest.mark.parametrize(
    ("match", "check"),
    [("/repositories/redis/tags/8.2", "tag"), ("/v2/auth/token", "account")],
)
async def test_a_request_that_fails_leaves_its_check_unknown(
    make_hub: MakeHub, sandbox: Sandbox, match: str, check: str
) -> None:
    sandbox.faults.rules.append(Fault(match=match, status=503))
    assert by_name(await explain(make_hub("owner"), "redis:8.2"))[check] == "unknown"


async def test_suggestions_that_fail_are_left_out(make_hub: MakeHub, sandbox: Sandbox) -> None:
    for match in ("/v2/user/orgs", "/api/search", "page_size=100"):
        sandbox.faults.rules.append(Fault(match=match, status=500))
    data = await explain(make_hub("member"), "billing-apy")
    assert data["fix"].startswith("Check the spelling")
    data = await explain(make_hub("member"), "acme/billing-api:v9")
    assert data["fix"] == "List its tags to see which exist."


async def test_a_hub_that_is_down_is_an_error_and_not_a_verdict(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.rules.append(Fault(status=503))
    found: ToolResult = await call(make_hub(), "explain_pull", image="redis:8.2")
    assert found.is_error
    assert "failed with a server error" in found.text


async def test_each_call_looks_again(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub, cache = make_hub("member"), ResultCache(300)
    for _ in range(2):
        await explain(hub, "acme/billing-api:v9", cache=cache)
    reads = [request for request in sandbox.requests if request.path.endswith("/billing-api/tags/v9")]
    assert len(reads) == 2


@pytest.mark.parametrize("name", [None, *IDENTITIES])
async def test_no_secret_is_in_any_result(make_hub: MakeHub, name: str | None) -> None:
    data = await explain(make_hub(name), "acme/storefront")
    assert [identity.secret for identity in IDENTITIES.values() if identity.secret in str(data)] == []
    assert "eyJ" not in str(data)


@pytest.fixture
async def connected(sandbox: Sandbox) -> AsyncIterator[MakeContext]:
    """Return a factory of contexts with the sandbox's registry."""
    async with connect_registry(sandbox) as make:
        yield make


async def explain_with(context: ToolContext, image: str, platform: str | None = None) -> dict[str, Any]:
    found = await call(context, "explain_pull", image=image, platform=platform)
    assert not found.is_error, found.text
    return found.structured_content or {}


@pytest.mark.parametrize(
    ("identity", "image", "check", "fix"),
    [
        (
            "org-token-narrow",
            "acme/storefront",
            "permission",
            "An owner of acme can give the token scope-image",
        ),
        ("public-pat", "acme/billing-api", "repository", "create one with repo:read"),
        ("member", "acme/billing-api:v9", "tag", "The newest are"),
        (None, f"redis@sha256:{'0a' * 32}", "tag", "It was deleted"),
        (None, "quayside/meter:0.9", "content", "Pull a newer tag"),
    ],
)
async def test_what_the_registry_refuses_is_the_verdict(
    make_hub: MakeHub, connected: MakeContext, identity: str | None, image: str, check: str, fix: str
) -> None:
    data = await explain_with(connected(make_hub(identity)), image)
    first = next(each for each in data["checks"] if each["result"] == "problem")
    assert (first["check"], fix in data["fix"]) == (check, True), data
    assert "partial" not in data


@pytest.mark.parametrize(
    ("identity", "image"),
    [
        (None, "redis:8.2"),
        ("member", "acme/billing-api"),
        ("org-token", "acme/billing-api"),
        (None, "quayside/portal"),
    ],
)
async def test_a_pull_that_the_registry_allows_has_no_cause_to_fail(
    make_hub: MakeHub, connected: MakeContext, identity: str | None, image: str
) -> None:
    data = await explain_with(connected(make_hub(identity)), image)
    assert data["verdict"] == "Nothing was found that keeps this account from pulling it."
    assert set(by_name(data).values()) == {"ok"}
    assert "partial" not in data


async def test_a_token_that_may_only_pull_is_not_said_to_lack_access(
    sandbox: Sandbox, make_hub: MakeHub, connected: MakeContext
) -> None:
    hub = make_hub(credentials=add_org_token(sandbox, "scope-image-pull"))
    checks = by_name(await explain_with(connected(hub), "acme/billing-api"))
    assert (checks["repository"], checks["tag"]) == ("ok", "ok")
    assert "problem" not in checks.values()


async def test_no_check_is_a_pull(make_hub: MakeHub, connected: MakeContext, sandbox: Sandbox) -> None:
    context = connected(make_hub())
    for image in ("redis:8.2", "redis:nonsense", "acme/billing-api", "quayside/portal"):
        await explain_with(context, image)
    assert not [each for each in sandbox.requests if "/manifests/" in each.path and each.method == "GET"]
    assert (await explain_with(context, "redis:8.2"))["checks"][-1]["finding"].startswith(
        "about 100 of 100 left"
    )


async def test_a_used_up_pull_limit_is_the_verdict(
    make_hub: MakeHub, sandbox: Sandbox, connected: MakeContext
) -> None:
    sandbox.faults.rules.append(Fault(match="/manifests/", headers={"ratelimit-remaining": "0;w=21600"}))
    data = await explain_with(connected(make_hub()), "redis:8.2")
    assert data["verdict"].startswith("All 100 pulls are used, counted for the IP address of this server")
    assert "docker login" in data["fix"]


@pytest.mark.parametrize("match", ["/manifests/", "service=registry"])
async def test_a_registry_that_is_down_leaves_its_checks_unknown(
    make_hub: MakeHub, sandbox: Sandbox, connected: MakeContext, match: str
) -> None:
    sandbox.faults.rules.append(Fault(match=match, status=503))
    data = await explain_with(connected(make_hub("member")), "acme/billing-api")
    assert data["partial"]
    assert {name for name, result in by_name(data).items() if result == "unknown"} == {
        "permission",
        "pull limit",
    }


async def test_an_account_that_is_refused_is_explained_once(
    make_hub: MakeHub, connected: MakeContext
) -> None:
    found = await call(connected(make_hub("expired-pat")), "explain_pull", image="redis")
    assert found.text.count("refused to sign in ada") == 1
    assert (
        "PARTIAL, the result is incomplete: The registry was not asked, because the sign-in failed."
        in found.text
    )


@pytest.mark.parametrize(
    ("image", "result", "finding"),
    [
        ("redis:nonsense", "unknown", "this registry reports the limit only with the images that are read"),
        ("redis:8.2", "ok", "no limit reported"),
    ],
)
async def test_another_registry_has_the_limit_that_it_reports(
    make_hub: MakeHub, sandbox: Sandbox, image: str, result: str, finding: str
) -> None:
    async with connect_registry(sandbox, has_limit_preview=False) as connected:
        data = await explain_with(connected(make_hub("member")), image)
    check = data["checks"][-1]
    assert (check["check"], check["result"], check["finding"]) == ("pull limit", result, finding)


async def test_what_a_mirror_lacks_is_no_damaged_tag(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.rules.append(
        Fault(match="/manifests/", status=404, body='{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
    )
    async with connect_registry(sandbox, has_limit_preview=False) as connected:
        data = await explain_with(connected(make_hub("owner")), "acme/storefront:4.2.6")
    assert by_name(data)["tag"] == "unknown"
    assert data["verdict"].startswith("No cause was found, and these checks are open: ")


async def test_the_verdict_on_another_registry_is_said_once(make_hub: MakeHub) -> None:
    found = await call(make_context(make_hub()), "explain_pull", image="ghcr.io/acme/app:1")
    assert found.text.count("is another registry") == found.text.count("Look there") == 1
