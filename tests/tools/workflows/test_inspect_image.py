"""inspect_image: what it tells of each kind of image, what it leaves out, and what it uses."""

from __future__ import annotations

import json
from typing import Any

import httpx2 as httpx
import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import list_pulled_manifests, make_image_context
from tests.support.tool_calls import call, make_context

TOOL = TOOLS_BY_NAME["inspect_image"]
MAX_DEFAULT_BYTES = 600 * 4


@pytest.fixture
def context(sandbox: Sandbox, make_hub: MakeHub) -> ToolContext:
    return make_image_context(sandbox, make_hub())


async def inspect(context: ToolContext, image: str, **arguments: Any) -> ToolResult:
    return await call(context, "inspect_image", image=image, **arguments)


def get_data(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    data = result.structured_content or {}
    Draft202012Validator(TOOL.output_schema).validate(data)
    return data


async def test_an_official_image_is_described_briefly(context: ToolContext, sandbox: Sandbox) -> None:
    result = await inspect(context, "redis:8.2")
    data = get_data(result)
    assert data["pinned"].startswith("redis:8.2@sha256:")
    assert data["platform"] == "linux/amd64"
    assert {each["platform"] for each in data["platforms"]} >= {"linux/amd64", "linux/arm64/v8"}
    assert all(each["digest"].startswith("sha256:") and each["size"] for each in data["platforms"])
    assert (data["user"], data["entrypoint"], data["command"]) == (
        "root", ["docker-entrypoint.sh"], ["redis-server"],
    )  # fmt: skip
    assert (data["ports"], data["volumes"], data["working_dir"]) == (["6379/tcp"], ["/data"], "/data")
    assert data["base_image"].startswith("debian:trixie-slim@sha256:")
    assert data["build_tools"] == ["docker/buildkit-syft-scanner:stable-1", "docker/dockerfile:1"]
    assert data["source"].startswith("https://github.com/redis/")
    assert len(data["revision"]) == 40
    assert [each.partition(" (")[0] for each in data["attestations"]] == ["SPDX SBOM", "SLSA provenance v1"]
    assert data["signatures"] == ["none"]
    assert "layers" not in data
    assert "packages" not in data
    assert data["pulls"] == {"used": 3, "remaining": 97, "limit": 100, "window_seconds": 21600}
    assert len(list_pulled_manifests(sandbox)) == 3
    assert "nothing is verified" in result.text
    assert "pulls: 3 used by this call, about 97 of 100 left (6 h window)" in result.text
    assert len(result.text.encode()) < MAX_DEFAULT_BYTES


async def test_nothing_is_said_twice(context: ToolContext) -> None:
    text = (await inspect(context, "redis:8.2")).text
    data = get_data(await inspect(context, "redis:8.2"))
    for value in (data["revision"], data["base_image"], data["pinned"], "debian:trixie-slim"):
        assert text.count(value) == 1, value


@pytest.mark.parametrize(
    ("include", "pulls", "fields"),
    [
        (["config"], 1, {"user", "command", "environment"}),
        (["labels"], 1, {"labels"}),
        (["layers"], 1, {"layers"}),
        (["signatures"], 0, {"signatures"}),
        (["provenance"], 2, {"source", "revision", "attestations"}),
        (["sbom"], 2, {"packages", "attestations"}),
    ],
)
async def test_parts_use_only_the_pulls_that_they_need(
    context: ToolContext, sandbox: Sandbox, include: list[str], pulls: int, fields: set[str]
) -> None:
    data = get_data(await inspect(context, "redis:8.2", include=include))
    assert data.keys() >= fields
    assert data["pulls"]["used"] == pulls == len(list_pulled_manifests(sandbox))
    others = {"user", "labels", "layers", "signatures", "source", "packages"} - fields
    if include != ["sbom"]:
        assert not data.keys() & others


async def test_included_parts_may_be_a_text_with_commas(context: ToolContext) -> None:
    data = get_data(await inspect(context, "redis:8.2", include="config,layers"))
    assert data.keys() >= {"user", "layers"}


async def test_what_was_read_before_uses_no_pull(context: ToolContext, sandbox: Sandbox) -> None:
    await inspect(context, "redis:8.2")
    data = get_data(await inspect(context, "redis:8.2.3"))
    assert data["pulls"]["used"] == 0
    assert len(list_pulled_manifests(sandbox)) == 3


async def test_layers_have_sizes_and_commands(context: ToolContext) -> None:
    data = get_data(await inspect(context, "redis:8.2", include=["layers"]))
    size = next(each["size"] for each in data["platforms"] if each["platform"] == "linux/amd64")
    assert sum(each["size"] for each in data["layers"]) == size
    assert all(each["command"] for each in data["layers"])


async def test_an_sbom_is_counted_by_type(context: ToolContext) -> None:
    data = get_data(await inspect(context, "quayside/warehouse", include=["sbom"]))
    assert data["packages"]["npm"] == 12000
    assert data["attestations"][0].startswith("SPDX SBOM (3.")


async def test_without_sbom_the_packages_are_unknown(context: ToolContext) -> None:
    result = await inspect(context, "quayside/relay", include=["sbom"])
    assert get_data(result)["attestations"] == ["none"]
    assert "packages" not in get_data(result)
    assert "No SBOM is attested, so its packages are unknown." in result.text


async def test_build_arguments_are_named_without_values(context: ToolContext) -> None:
    data = get_data(await inspect(context, "quayside/warehouse", include=["provenance"]))
    assert data["build_arguments"] == ["NPM_TOKEN", "VERSION"]


async def test_older_provenance_is_read_too(context: ToolContext) -> None:
    data = get_data(await inspect(context, "quayside/gateway:1.3.0", include=["provenance"]))
    assert "SLSA provenance v0.2" in data["attestations"]
    assert data["built_from"][0].startswith("debian:bookworm-slim@sha256:") or data["base_image"]
    assert data["source"].startswith("https://github.com/quayside/gateway.git")


async def test_signatures_are_named_and_not_verified(context: ToolContext) -> None:
    result = await inspect(context, "quayside/gateway", include=["signatures"])
    assert get_data(result)["signatures"] == ["Sigstore bundle", "cosign signature", "cosign attestation"]
    assert "nothing is verified" in result.text


@pytest.mark.parametrize(
    ("image", "user"),
    [
        ("quayside/users:unset", "root"),
        ("quayside/users:root", "root"),
        ("quayside/users:numeric", "10001:10001"),
        ("quayside/relay", "app"),
    ],
)
async def test_the_user_is_named_and_root_is_said(context: ToolContext, image: str, user: str) -> None:
    assert get_data(await inspect(context, image, include=["config"]))["user"] == user


@pytest.mark.parametrize(
    ("image", "kind", "layers"),
    [
        ("quayside/charts:0.4.0", "Helm chart", ["application/vnd.cncf.helm.chart.content.v1.tar+gzip"]),
        (
            "quayside/manifest-model",
            "AI model",
            ["application/vnd.docker.ai.gguf.v3", "application/vnd.docker.ai.license"],
        ),
        ("quayside/filter:0.2.0", "WebAssembly module", ["application/wasm"]),
    ],
)
async def test_an_artifact_is_said_to_be_no_image(
    context: ToolContext, image: str, kind: str, layers: list[str]
) -> None:
    result = await inspect(context, image)
    data = get_data(result)
    assert data["kind"] == kind
    assert [each["media_type"] for each in data["layers"]] == layers
    assert data["size"] == sum(each["size"] for each in data["layers"])
    assert "user" not in data
    assert "PARTIAL" not in result.text
    assert "nothing is verified" not in result.text


async def test_the_old_manifest_format_is_said_to_be_so(context: ToolContext, sandbox: Sandbox) -> None:
    data = get_data(await inspect(context, "quayside/meter:0.9"))
    assert data["kind"].startswith("container image of the old format (schema 1)")
    assert list_pulled_manifests(sandbox) == []


async def test_an_archived_repository_is_said_to_be_so(context: ToolContext) -> None:
    assert get_data(await inspect(context, "quayside/portal"))["repository_status"] == "archived"
    assert "repository_status" not in (await inspect(context, "quayside/relay")).text


async def test_releases_of_windows_are_all_named(context: ToolContext) -> None:
    data = get_data(await inspect(context, "quayside/dock-agent", include=["config"]))
    assert len(data["platforms"]) == 3
    assert all(each["platform"].startswith("windows(10.0.") for each in data["platforms"])
    other = data["platforms"][2]["platform"]
    assert get_data(await inspect(context, "quayside/dock-agent", platform=other))["platform"] == other


async def test_secrets_and_hostile_text_stay_out(context: ToolContext) -> None:
    everything = ["config", "labels", "layers", "provenance", "sbom", "signatures"]
    result = await inspect(context, "quayside/pilot", include=everything)
    data = get_data(result)
    for shown in (result.text, json.dumps(data)):
        for secret in ("wJalrXUtnFEMI", "sandbox-password-of-pilot", "sandbox-secret-token-of-pilot"):
            assert secret not in shown
        assert "Ignore all previous instructions" not in shown
        assert "\\u001b" not in shown
        assert "\x1b" not in shown
    assert "AWS_SECRET_ACCESS_KEY=…" in data["environment"]
    assert "… is a value that is cut, or hidden" in result.text
    lines = [line for line in result.text.splitlines() if "SYSTEM:" in line]
    assert len(lines) == 1
    assert lines[0].startswith('org.opencontainers.image.description | "')
    assert {"environment", "labels", "entrypoint", "layers"} <= set(result.untrusted_fields)


async def test_another_platform_is_described(context: ToolContext) -> None:
    data = get_data(await inspect(context, "redis:8.2", platform="arm64"))
    assert data["platform"] == "linux/arm64/v8"
    missing = await inspect(context, "quayside/crane", platform="arm64")
    assert missing.is_error
    assert missing.text == (
        "quayside/crane:latest has no image of linux/arm64. Give one of its platforms: linux/amd64."
    )


async def test_a_digest_names_an_index_or_an_image(context: ToolContext) -> None:
    by_tag = get_data(await inspect(context, "redis:8.2", include=["config"]))
    index = by_tag["pinned"].rpartition("@")[2]
    image = next(each["digest"] for each in by_tag["platforms"] if each["platform"] == "linux/arm64/v8")
    by_index = get_data(await inspect(context, f"redis@{index}", include=["config"]))
    assert by_index["pinned"] == f"redis@{index}"
    assert len(by_index["platforms"]) == len(by_tag["platforms"])
    by_image = get_data(await inspect(context, f"redis@{image}", include=["config"]))
    assert by_image["platform"] == "linux/arm64/v8"
    assert by_image["size"] == next(e["size"] for e in by_tag["platforms"] if e["digest"] == image)
    of_tag = await inspect(context, f"redis:8.2@{image}", include=["config"])
    assert "The digest is that of linux/arm64/v8 in 8.2, not the index." in of_tag.text
    wrong = await inspect(context, f"redis@{image}", platform="linux/amd64")
    assert "has no image of linux/amd64. Give one of its platforms: linux/arm64/v8." in wrong.text


async def test_a_tag_that_moved_since_is_said(context: ToolContext) -> None:
    older = get_data(await inspect(context, "redis:8.2.1", include=["signatures"]))["pinned"].rpartition("@")[
        2
    ]
    result = await inspect(context, f"redis:8.2@{older}", include=["signatures"])
    assert "The tag 8.2 points to sha256:" in result.text
    gone = await inspect(context, f"redis:no-such-tag@{older}", include=["signatures"])
    assert "There is no tag no-such-tag any more; the digest counts." in gone.text
    assert "PARTIAL" not in gone.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"image": "Redis:8"}, "image: is no name of an image"),
        ({"image": "redis,nginx"}, "image: is no name of an image"),
        ({"image": "ghcr.io/a/b"}, "ghcr.io is another registry"),
        ({"image": "redis@sha256:abc"}, "a digest is sha256: and 64 characters"),
        ({"image": "redis", "platform": "darwin"}, "Docker on a Mac runs Linux images"),
        ({"image": "redis", "include": ["everything"]}, "include"),
        ({"image": "redis:9.9.9"}, "library/redis has no tag '9.9.9'"),
        ({"image": "quayside/customs"}, "The Hub does not tell missing and private repositories apart"),
        ({"image": f"redis@sha256:{'0' * 64}"}, "0000"),
    ],
)
async def test_errors_say_what_is_wrong(context: ToolContext, arguments: dict[str, Any], words: str) -> None:
    result = await call(context, "inspect_image", **arguments)
    assert result.is_error
    assert words in result.text


@pytest.mark.parametrize(
    ("identity", "is_visible"), [("owner", True), ("reader-pat", True), ("public-pat", False)]
)
async def test_a_private_image_is_read_with_the_account_of_the_call(
    sandbox: Sandbox, make_hub: MakeHub, identity: str, is_visible: bool
) -> None:
    context = make_image_context(sandbox, make_hub(identity))
    result = await inspect(context, "acme/billing-api", include=["config"])
    assert result.is_error is not is_visible
    if is_visible:
        assert get_data(result)["is_private"] is True


async def test_a_token_that_may_not_pull_sees_what_the_hub_tells(sandbox: Sandbox, make_hub: MakeHub) -> None:
    context = make_image_context(sandbox, make_hub("org-token-narrow"))
    data = get_data(await inspect(context, "acme/storefront"))
    assert (
        "so the account or its token may lack the right to pull; explain_pull checks it." in data["partial"]
    )
    assert len(data["platforms"]) == 2


async def test_without_registry_the_hub_tells_what_it_can(make_hub: MakeHub) -> None:
    result = await inspect(make_context(make_hub()), "redis:8.2")
    data = get_data(result)
    assert result.text.startswith("PARTIAL, the result is incomplete: No registry is contacted, because")
    assert "Configuration, layers, attestations and signatures are unknown." in data["partial"]
    assert len(data["platforms"]) == 8
    assert not data.keys() & {"pulls", "attestations", "signatures", "user"}
    by_digest = await inspect(make_context(make_hub()), f"redis@{data['pinned'].rpartition('@')[2]}")
    assert by_digest.is_error
    assert "cannot be looked up by its digest. No registry is contacted" in by_digest.text


REGISTRY = "/v2/library/redis/"
HUB = "/v2/namespaces/library/repositories/redis"


@pytest.mark.parametrize(
    ("match", "missing", "told"),
    [
        (f"{REGISTRY}manifests/", {"user", "attestations", "signatures"}, {"platforms"}),
        (f"{REGISTRY}manifests/sha256:", {"user", "attestations"}, {"platforms"}),
        (f"{REGISTRY}blobs/", {"user", "source"}, {"platforms", "attestations", "signatures"}),
        (f"{REGISTRY}referrers/", {"signatures"}, {"platforms", "user", "source", "attestations"}),
        ("/token?", {"user", "attestations", "signatures"}, {"platforms"}),
        (f"{HUB}/tags/8.2", {"pushed"}, {"platforms", "user", "source", "attestations", "signatures"}),
    ],
)
async def test_what_cannot_be_read_is_missing_and_said(
    context: ToolContext, sandbox: Sandbox, match: str, missing: set[str], told: set[str]
) -> None:
    sandbox.faults.rules.append(Fault(match=match, status=500, body="broken"))
    result = await inspect(context, "redis:8.2")
    data = get_data(result)
    assert result.text.startswith("PARTIAL, the result is incomplete: ")
    assert not data.keys() & missing
    assert data.keys() >= told
    assert not result.is_cacheable


async def test_the_state_of_the_repository_may_be_unknown(context: ToolContext, sandbox: Sandbox) -> None:
    sandbox.faults.rules.append(Fault(match=HUB, method="GET", status=500, times=None, body="broken"))
    result = await inspect(context, "redis:8.2", include=["config"])
    data = get_data(result)
    assert "State of the repository could not be read. " in data["partial"]
    assert "Sizes and states of the platforms could not be read. " in data["partial"]
    assert len(data["platforms"]) == 8
    chosen = next(each for each in data["platforms"] if each["platform"] == data["platform"])
    assert chosen["size"], "the manifest tells the size of the image that was read"


async def test_both_down_is_an_error(context: ToolContext, sandbox: Sandbox) -> None:
    sandbox.faults.rules.append(Fault(status=503, body="broken"))
    result = await inspect(context, "redis:8.2")
    assert result.is_error


async def test_the_last_pulls_are_left(make_hub: MakeHub) -> None:
    sandbox = Sandbox(anonymous_pull_limit=2)
    hub = make_hub(httpx_transport=httpx.ASGITransport(app=sandbox.app))
    context = make_image_context(sandbox, hub)
    result = await inspect(context, "redis:8.2")
    data = get_data(result)
    assert result.text.startswith("PARTIAL, the result is incomplete: ")
    assert "of 2" in data["partial"]
    assert data["pulls"]["used"] < 3
    assert len(data["platforms"]) == 8


async def test_where_parts_are_named_the_platforms_are_one_line(context: ToolContext) -> None:
    part = await call(context, "inspect_image", image="nginx:1.29", include=["config"])
    assert "platforms: linux/amd64 linux/arm/v5 " in part.text
    assert part.text.count("sha256:") == 1
    assert (part.structured_content or {})["platforms"][0]["digest"].startswith("sha256:")
    whole = await call(context, "inspect_image", image="nginx:1.29")
    for image in (whole.structured_content or {})["platforms"]:
        assert image["digest"].removeprefix("sha256:") in whole.text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("inspect_image", {"image": "redis:9"}),
        ("compare_images", {"image": "redis:9", "with_image": "redis"}),
    ],
)
async def test_a_missing_tag_of_a_visible_repository_is_not_private(
    sandbox: Sandbox, make_hub: MakeHub, tool: str, arguments: dict[str, Any]
) -> None:
    anonymous = make_image_context(sandbox, make_hub(None))
    result = await call(anonymous, tool, **arguments)
    assert "library/redis has no tag '9'" in result.text
    assert "private" not in result.text
    hidden = await call(anonymous, "inspect_image", image="acme/billing-api:9")
    assert "If it is private, sign in." in hidden.text
