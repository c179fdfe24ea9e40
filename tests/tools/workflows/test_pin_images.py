"""Pin images: on the sandbox, with each request failing in turn."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.property_testing import examples
from tests.support.registry_contexts import MakeContext, connect_registry
from tests.support.tool_calls import add_org_token, call, make_context

ONES = "sha256:" + "1" * 64
DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG VERSION=1.6
FROM memcached:${VERSION}-alpine AS cache
FROM acme/billing-api:v1.3.1
COPY --from=cache /a /b
COPY --from=ghcr.io/x/y:1 /a /b
FROM scratch
FROM memcached:1.6-alpine
FROM nginx:$NGINX
"""


def data_of(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    assert result.structured_content is not None
    return result.structured_content


async def digest_of(hub: Hub, repository: str, tag: str) -> str:
    result = await call(hub, "get_tag", repository=repository, tag=tag, fields=["digest"])
    return str(data_of(result)["digest"])


def find_tag(sandbox: Sandbox, namespace: str, repository: str, name: str) -> TagRecord:
    return next(tag for tag in sandbox.state.repositories[namespace, repository].tags if tag.name == name)


def reasons(result: ToolResult) -> dict[str, str]:
    return {each["image"]: each["status"] for each in data_of(result).get("not_pinned", [])}


def remarks(result: ToolResult) -> list[str]:
    return [each.get("remarks", "") for each in data_of(result)["images"]]


async def pin(hub: Hub, *images: str) -> ToolResult:
    return await call(hub, "pin_images", images=list(images))


async def test_a_dockerfile(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    result = await call(hub, "pin_images", text=DOCKERFILE)
    data = data_of(result)
    assert data["kind"] == "Dockerfile"
    cache, api = data["images"]
    assert cache["lines"] == [3, 8]
    assert cache["place"] == "stage cache; stage 3"
    assert cache["written"] == "memcached:${VERSION}-alpine"
    assert cache["pinned"] == f"memcached:1.6-alpine@{await digest_of(hub, 'memcached', '1.6-alpine')}"
    assert "linux/arm64/v8" in cache["platforms"]
    assert not any(platform.startswith("unknown") for platform in cache["platforms"])
    assert api["pinned"] == f"acme/billing-api:v1.3.1@{await digest_of(hub, 'acme/billing-api', 'v1.3.1')}"
    assert (api["newer_patch"], api["newer_minor"], api["newer_major"]) == ("v1.3.2", "v1.4.0", "v1.4.0")
    assert [(each["lines"], each["image"], each["status"]) for each in data["not_pinned"]] == [
        ([1], "docker/dockerfile:1", "missing_or_private"),
        ([5], "cache", "stage"),
        ([6], "ghcr.io/x/y:1", "other_registry"),
        ([7], "scratch", "scratch"),
        ([9], "nginx:$NGINX", "unresolved"),
    ]
    assert "partial" not in data
    assert cache["pinned"] in result.text


async def test_the_columns_of_distances_are_in_order(make_hub: MakeHub) -> None:
    result = await pin(make_hub("owner"), "postgres:16", "acme/billing-api:v1.3.1", "acme/billing-api:latest")
    header = next(line for line in result.text.splitlines() if line.startswith("pinned | "))
    assert header == "pinned | platforms (linux/) | newer_patch | newer_minor | newer_major | remarks"
    assert "| - | - | 18\n" in result.text
    assert data_of(result)["images"][0].keys() == {"pinned", "platforms", "newer_major"}


async def test_text_and_images_together(make_hub: MakeHub) -> None:
    result = await call(
        make_hub(),
        "pin_images",
        images=["memcached:1.6-alpine"],
        text="- php:8.4-cli\n- memcached:1.6-alpine\n",
    )
    assert [each["pinned"].partition("@")[0] for each in data_of(result)["images"]] == [
        "memcached:1.6-alpine",
        "php:8.4-cli",
    ]
    assert data_of(result)["images"][0]["lines"] == [2]


async def test_each_repository_and_tag_is_read_once(make_hub: MakeHub, sandbox: Sandbox) -> None:
    await pin(
        make_hub(),
        "acme/base-images",
        "acme/base-images:latest",
        "docker.io/acme/base-images",
        "acme/base-images:latest",
    )
    await pin(make_hub(), "php:8.4-cli", "nginx:1.26-alpine", "library/php:8.4-cli")
    counts = Counter(f"{request.path}?{request.query}" for request in sandbox.requests)
    assert set(counts.values()) == {1}


async def test_tags_are_filtered_by_the_flavour_that_all_have(make_hub: MakeHub, sandbox: Sandbox) -> None:
    await pin(make_hub("owner"), "redis:8.2-alpine", "redis:7.2-alpine")
    listed = [request.query for request in sandbox.requests if request.path.endswith("/redis/tags")]
    assert listed
    assert all("name=alpine" in query for query in listed)


async def test_pulls_are_not_used(make_hub: MakeHub, sandbox: Sandbox) -> None:
    await pin(make_hub("owner"), "memcached:1.6-alpine", "acme/billing-api:v1.3.1")
    assert not [
        request for request in sandbox.requests if request.method == "GET" and "/manifests/" in request.path
    ]


@pytest.mark.parametrize("identity", ["outsider", None, "org-token-narrow", "public-pat"])
async def test_a_private_repository_looks_like_a_missing_one(make_hub: MakeHub, identity: str | None) -> None:
    result = await pin(
        make_hub(identity),
        "acme/billing-api:v1.3.1",
        "acme/no-such-thing",
        "memcached:no-such-tag",
        "no-such-image",
    )
    assert reasons(result) == {
        "acme/billing-api:v1.3.1": "missing_or_private",
        "acme/no-such-thing": "missing_or_private",
        "memcached:no-such-tag": "tag_missing",
        "no-such-image": "missing_or_private",
    }
    assert "partial" not in data_of(result), "the answer would be the same again"
    assert "local images are not on the Hub" in result.text


async def test_a_missing_version_is_answered_with_newer_ones(make_hub: MakeHub) -> None:
    result = await pin(make_hub("owner"), "acme/billing-api:v1.3.0", "acme/billing-api:v9")
    known, unknown = data_of(result)["not_pinned"]
    assert known["reason"] == "acme/billing-api has no tag 'v1.3.0'. Newer in its family: v1.3.2, v1.4.0."
    assert unknown["reason"] == "acme/billing-api has no tag 'v9'."


async def test_a_token_that_may_not_read_the_repository(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub(credentials=add_org_token(sandbox, "scope-audit-log-read"))
    result = await pin(hub, "acme/storefront", "memcached:1.6-alpine")
    assert reasons(result)["acme/storefront"] in {"not_permitted", "missing_or_private"}


async def test_a_refusal_is_not_permitted(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/storefront", status=403, body='{"message": "forbidden"}')
    result = await pin(make_hub("owner"), "acme/storefront", "acme/billing-api:v1.4.0")
    assert reasons(result) == {"acme/storefront": "not_permitted"}
    assert len(data_of(result)["images"]) == 1


async def test_digests_in_references_are_compared(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    digest = await digest_of(hub, "memcached", "1.6")
    tag = await call(hub, "get_tag", repository="memcached", tag="1.6", detail="full")
    image = next(each for each in data_of(tag)["images"] if each["architecture"] == "amd64")
    result = await pin(
        hub, f"memcached:1.6@{digest}", f"memcached:1.6@{ONES}", f"memcached:1.6@{image['digest']}"
    )
    assert [each["pinned"] for each in data_of(result)["images"]] == [f"memcached:1.6@{digest}"] * 3
    current, moved, platform = remarks(result)
    assert "digest is current" in current
    assert "moved since: was sha256:111111111111" in moved
    assert "was pinned to linux/amd64 alone" in platform


async def test_a_digest_alone_needs_a_registry(make_hub: MakeHub) -> None:
    result = await pin(make_hub(), f"memcached@{ONES}")
    assert reasons(result) == {f"memcached@{ONES}": "no_digest"}
    assert "The Hub finds no image by digest alone; add the tag. No registry is contacted" in result.text


@pytest.mark.parametrize("field", ["null", "missing"])
async def test_a_tag_without_digest(make_hub: MakeHub, sandbox: Sandbox, field: Any) -> None:
    find_tag(sandbox, "acme", "billing-api", "v1.3.1").digest_field = field
    result = await pin(make_hub("owner"), "acme/billing-api:v1.3.1")
    assert reasons(result) == {"acme/billing-api:v1.3.1": "no_digest"}


async def test_what_is_unusual_is_said(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.state.repositories["acme", "attic"].status = 6
    find_tag(
        sandbox, "acme", "billing-api", "v1.3.1"
    ).media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    result = await pin(
        make_hub("owner"),
        "acme/attic",
        "acme/charts:0.9.0",
        "acme/billing-api:v1.3.1",
        "acme/billing-api:v1.4.0",
    )
    archived, chart, old, newest = remarks(result)
    assert archived == "archived repository; the tag is no version"
    assert chart == "content type helm"
    assert "schema 1, which current engines cannot pull" in old
    assert newest == "nothing newer"


async def test_a_failing_image_does_not_spoil_the_others(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/storefront", status=500)
    result = await pin(make_hub("owner"), "acme/storefront", "acme/billing-api:v1.3.1")
    assert result.text.startswith("PARTIAL, the result is incomplete: 1 image was not looked up: ")
    assert not result.is_cacheable
    assert reasons(result) == {"acme/storefront": "failed"}
    assert len(data_of(result)["images"]) == 1


async def test_tags_that_cannot_be_listed_leave_the_pin(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/billing-api/tags?", status=500)
    result = await pin(make_hub("owner"), "acme/billing-api:v1.3.1", "acme/billing-api:latest")
    data = data_of(result)
    assert data["images"][0]["pinned"].startswith("acme/billing-api:v1.3.1@sha256:")
    assert remarks(result) == ["newer tags unknown", "the tag is no version"]
    assert data["partial"].startswith("acme/billing-api: newer tags are unknown: ")


async def test_the_error_of_all_images_is_that_of_the_call(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/", status=503)
    result = await pin(make_hub(), "memcached:1.6", "nginx")
    assert result.is_error
    assert "503" in result.text


async def test_refused_credentials_are_said(make_hub: MakeHub) -> None:
    hub = make_hub(credentials=Credentials.from_strings("ada", "wrong"))
    result = await pin(hub, "memcached:1.6-alpine", "acme/billing-api")
    assert reasons(result) == {"acme/billing-api": "missing_or_private"}
    assert "Note: Answered as for an anonymous caller. Docker Hub refused to sign in ada" in result.text


async def test_a_tenth_of_the_rate_limit_is_kept(make_hub: MakeHub) -> None:
    sandbox = Sandbox(anonymous_limit=20)
    hub = make_hub(httpx_transport=httpx.ASGITransport(app=sandbox.app))
    result = await pin(
        hub,
        *(
            f"{name}:latest"
            for name in (
                "redis",
                "nginx",
                "alpine",
                "python",
                "node",
                "postgres",
                "golang",
                "ubuntu",
                "debian",
                "busybox",
                "mysql",
                "httpd",
                "mongo",
            )
        ),
    )
    assert "requests are left in this minute" in data_of(result)["partial"]
    assert data_of(result)["images"]
    assert len(sandbox.requests) <= 18
    assert "failed" in reasons(result).values()


async def test_more_than_fifty_images_are_named(make_hub: MakeHub) -> None:
    result = await call(make_hub(), "pin_images", text="".join(f"no-such-image-{i}\n" for i in range(52)))
    statuses = Counter(reasons(result).values())
    assert statuses == {"missing_or_private": 50, "too_many": 2}
    assert "2 references exceed the limit of 50 images" in data_of(result)["partial"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Give images (a list of references), text"),
        ({"images": [], "text": " \n"}, "Give images"),
        ({"images": ["a"] * 51}, "images: "),
        ({"text": "x" * 300_000}, "text: must be at most 262144 characters"),
        ({"text": "é" * 140_000}, "at most 262,144 are read"),
        ({"text": "Please pin this.\n./Dockerfile\n"}, "none of its lines is a reference, such as line 1"),
        ({"text": "services:\n\ta: 1"}, "text could not be read: line 2: YAML allows no tab here"),
    ],
)
async def test_unreadable_arguments(make_hub: MakeHub, arguments: dict[str, Any], words: str) -> None:
    result = await call(make_hub(), "pin_images", **arguments)
    assert result.is_error
    assert words in result.text


async def test_the_lines_of_a_text_that_begins_with_space(make_hub: MakeHub) -> None:
    result = await call(make_hub(), "pin_images", text="\n\n  FROM memcached:1.6-alpine\n")
    assert data_of(result)["images"][0]["lines"] == [3]


async def test_a_text_without_images(make_hub: MakeHub) -> None:
    result = await call(make_hub(), "pin_images", text="a: b")
    assert "No image reference was found." in result.text


async def test_a_long_text_and_secrets_in_it(make_hub: MakeHub) -> None:
    text = "services:\n" + "".join(
        f"  s{i}:\n    environment: {{PASSWORD: hunter2-{i}}}\n    image: memcached:1.6-alpine\n"
        for i in range(2000)
    )
    result = await call(make_hub(), "pin_images", text=text)
    assert "hunter2" not in result.text
    assert len(data_of(result)["images"]) == 1
    (image,) = data_of(result)["images"]
    assert image["lines"] == [3 * number + 1 for number in range(1, 21)]
    assert image["place"] == "service s0; service s1; service s2; service s3; service s4; 2000 lines in all"


async def test_untrusted_names_of_tags_are_marked(make_hub: MakeHub) -> None:
    result = await pin(make_hub("owner"), "acme/billing-api:v1.3.1")
    assert {"images.newer_patch", "images.newer_minor", "images.newer_major"} <= set(result.untrusted_fields)


async def test_progress_counts_images(make_hub: MakeHub) -> None:
    seen: list[tuple[int, int | None]] = []

    async def on_progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    context = make_context(make_hub("owner"), on_progress=on_progress)
    await call(context, "pin_images", images=["acme/billing-api:v1.3.1", "acme/storefront", "no-such-image"])
    assert seen[-1] == (3, 3)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


async def test_a_fault_with_each_request(make_hub: MakeHub, sandbox: Sandbox) -> None:
    arguments = {"images": ["acme/billing-api:v1.3.1", f"acme/base-images@{ONES}"]}
    await call(make_hub("owner"), "pin_images", **arguments)
    targets = {request.path for request in sandbox.requests if request.path.startswith("/v2/namespaces/")}
    assert len(targets) == 4
    for target in targets:
        for status, body in ((500, ""), (403, "{}"), (404, "{}"), (200, "<html>"), (200, "{}")):
            sandbox.faults.clear()
            sandbox.faults.rules.append(Fault(match=target, status=status, body=body))
            result = await call(make_hub("owner"), "pin_images", **arguments)
            assert isinstance(result, ToolResult)
            text = result.text
            assert result.is_error or "PARTIAL" in text or "not_pinned" in text, (target, status, body)


@pytest.fixture
async def add_registry(sandbox: Sandbox) -> AsyncIterator[MakeContext]:
    """Return a function that makes the context of a call with the sandbox's registry."""
    async with connect_registry(sandbox) as make:
        yield make


async def test_the_registry_lists_names_and_no_pull_is_used(
    make_hub: MakeHub, sandbox: Sandbox, add_registry: MakeContext
) -> None:
    result = await call(add_registry(make_hub("owner")), "pin_images", images=["redis:7.2", "redis:8.0"])
    assert [each["newer_major"] for each in data_of(result)["images"]] == ["8.2", "8.2"]
    paths = [f"{request.method} {request.path}" for request in sandbox.requests]
    assert paths.count("GET /v2/namespaces/library/repositories/redis/tags") == 1
    assert paths.count("GET /v2/library/redis/tags/list") in range(1, 5)
    assert not [path for path in paths if path.startswith("GET") and "/manifests/" in path]


async def test_an_anonymous_caller_compares_all_tags(make_hub: MakeHub, add_registry: MakeContext) -> None:
    result = await call(add_registry(make_hub()), "pin_images", images=["redis:7.2"])
    assert "only the tags that were read" not in result.text
    assert data_of(result)["images"][0]["newer_major"] == "8.2"


@pytest.mark.parametrize("field", ["null", "missing"])
async def test_the_registry_has_the_digest_that_the_hub_lacks(
    make_hub: MakeHub, sandbox: Sandbox, add_registry: MakeContext, field: Any
) -> None:
    hub = make_hub("owner")
    digest = await digest_of(hub, "acme/billing-api", "v1.3.1")
    find_tag(sandbox, "acme", "billing-api", "v1.3.1").digest_field = field
    result = await call(add_registry(hub), "pin_images", images=["acme/billing-api:v1.3.1"])
    assert data_of(result)["images"][0]["pinned"] == f"acme/billing-api:v1.3.1@{digest}"


async def test_digests_are_looked_up_in_the_registry(make_hub: MakeHub, add_registry: MakeContext) -> None:
    hub = make_hub("owner")
    digest = await digest_of(hub, "acme/billing-api", "v1.3.1")
    names = [
        f"acme/billing-api@{digest}",
        f"acme/billing-api@{ONES}",
        f"acme/billing-api:gone@{digest}",
        f"acme/billing-api:v1.4.0@{digest}",
        f"acme/billing-api:v1.4.0@{ONES}",
    ]
    result = await call(add_registry(hub), "pin_images", images=names)
    pinned = [each["pinned"] for each in data_of(result)["images"]]
    newest = await digest_of(hub, "acme/billing-api", "v1.4.0")
    assert pinned == [
        f"acme/billing-api@{digest}",
        f"acme/billing-api:gone@{digest}",
        f"acme/billing-api:v1.4.0@{newest}",
        f"acme/billing-api:v1.4.0@{newest}",
    ]
    assert reasons(result) == {f"acme/billing-api@{ONES}": "digest_missing"}
    alone, gone, moved, lost = remarks(result)
    assert "the digest exists" in alone
    assert "the tag gone is gone" in gone
    assert "which is gone" not in moved
    assert "moved since: was sha256:111111111111, which is gone" in lost


async def test_a_failed_sign_in_to_the_hub_says_nothing_about_the_registry(
    make_hub: MakeHub, sandbox: Sandbox, add_registry: MakeContext
) -> None:
    digest = await digest_of(make_hub("owner"), "acme/billing-api", "v1.3.1")
    sandbox.faults.add(match="/v2/auth/token", status=503)
    separately = "The Hub's API answered as for an anonymous caller; the registry signs in separately. "
    for image, pinned, note in (
        ("acme/billing-api:v1.3.1", f"acme/billing-api:v1.3.1@{digest}", separately),
        ("memcached:1.6-alpine", "memcached:1.6-alpine@sha256:", "Answered as for an anonymous caller. "),
    ):
        result = await call(add_registry(make_hub("owner")), "pin_images", images=[image])
        assert pinned in result.text
        assert f"\nNote: {note}" in f"\n{result.text}"


async def test_a_token_for_pulls_only(make_hub: MakeHub, sandbox: Sandbox, add_registry: MakeContext) -> None:
    digest = await digest_of(make_hub("owner"), "acme/billing-api", "v1.3.1")
    sandbox.faults.add(match="/v2/namespaces/acme/repositories/billing-api", status=403, body="{}")
    names = ["acme/billing-api:v1.3.1", f"acme/billing-api:v1.3.1@{ONES}"]
    result = await call(add_registry(make_hub("owner")), "pin_images", images=names)
    data = data_of(result)
    pinned = f"acme/billing-api:v1.3.1@{digest}"
    assert data["images"] == [
        {"pinned": pinned, "remarks": "digest from the registry"},
        {"pinned": pinned, "remarks": "digest from the registry; differs from sha256:111111111111"},
    ]
    assert data["partial"].startswith("acme/billing-api: platforms and newer tags are unknown: ")


async def test_a_registry_that_fails_is_asked_once(
    make_hub: MakeHub, sandbox: Sandbox, add_registry: MakeContext
) -> None:
    sandbox.faults.add(match="/v2/acme/", status=500)
    names = [f"acme/billing-api@{ONES}", f"acme/storefront@{ONES}", "acme/billing-api:v1.3.1"]
    result = await call(add_registry(make_hub("owner")), "pin_images", images=names)
    assert set(reasons(result).values()) == {"failed"}
    assert data_of(result)["images"][0]["newer_patch"] == "v1.3.2"
    assert "partial" in data_of(result)
    assert result.text.count("Note: The registry could not be asked") == 1


IMAGES = st.one_of(st.text(max_size=30), st.from_regex(r"[a-z./:@-]{1,30}", fullmatch=True))


@given(images=st.lists(IMAGES, min_size=1, max_size=20), text=st.text(max_size=60))
@examples(30)
def test_any_references_are_answered(images: list[str], text: str) -> None:
    async def pin_all() -> ToolResult:
        transport = httpx.ASGITransport(app=Sandbox().app)
        async with Hub(base_url="http://localhost", httpx_transport=transport) as hub:
            return await call(hub, "pin_images", images=images, text=text)

    result = asyncio.run(pin_all())
    assert isinstance(result, ToolResult)
    assert result.text


async def test_capital_letters_are_remarked(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "pin_images", images=["Redis:8", "nginx:1.29"])
    remarks = {row["pinned"].partition(":")[0]: row.get("remarks", "") for row in data_of(result)["images"]}
    assert "Docker refuses the capital letters" in remarks["redis"]
    assert "capital" not in remarks["nginx"]


PLATFORM_TEXTS = {
    "Dockerfile": "ARG P=linux/arm64\nFROM --platform={platform} quayside/crane:5.0.0 AS a\n",
    "compose": 'services:\n  a:\n    image: quayside/crane:5.0.0\n    platform: "{platform}"\n',
}


@pytest.mark.parametrize("text", PLATFORM_TEXTS.values(), ids=PLATFORM_TEXTS)
@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux/arm64", "no image for linux/arm64"),
        ("windows/amd64", "no image for windows/amd64"),
        ("linux/amd64", ""),
        ("linux//amd64", ""),
    ],
)
async def test_a_platform_that_the_image_lacks_is_mentioned(
    make_hub: MakeHub, text: str, platform: str, expected: str
) -> None:
    result = await call(make_hub("owner"), "pin_images", text=text.format(platform=platform))
    assert ("no image for" in remarks(result)[0]) is bool(expected)
    assert expected in remarks(result)[0]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("$P", "no image for linux/arm64"), ("$BUILDPLATFORM", ""), ("${X:-linux/s390x}", "s390x")],
)
async def test_variables_in_platforms(make_hub: MakeHub, platform: str, expected: str) -> None:
    text = PLATFORM_TEXTS["Dockerfile"].format(platform=platform)
    found = remarks(await call(make_hub("owner"), "pin_images", text=text))[0]
    assert ("no image for" in found) is bool(expected)
    assert expected in found
