"""compare_images: what differs between two images, and what cannot be told."""

from __future__ import annotations

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

TOOL = TOOLS_BY_NAME["compare_images"]


@pytest.fixture
def context(sandbox: Sandbox, make_hub: MakeHub) -> ToolContext:
    return make_image_context(sandbox, make_hub())


async def compare(context: ToolContext, image: str, with_image: str, **arguments: Any) -> ToolResult:
    return await call(context, "compare_images", image=image, with_image=with_image, **arguments)


def get_data(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    data = result.structured_content or {}
    Draft202012Validator(TOOL.output_schema).validate(data)
    return data


def get_changes(data: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {each["setting"]: (each.get("image"), each.get("with_image")) for each in data.get("changes", [])}


async def test_two_versions_of_an_image(context: ToolContext, sandbox: Sandbox) -> None:
    result = await compare(context, "redis:8.2.1", "redis:8.2.3")
    data = get_data(result)
    assert data["image"].startswith("redis:8.2.1@sha256:")
    assert data["with_image"].startswith("redis:8.2.3@sha256:")
    assert data["same"] == "no"
    assert data["version"] == {"newer": "with_image", "distance": "patch"}
    assert "version: with_image is newer (patch version)" in result.text
    layers = data["layers"]
    sizes = {each["platform"]: each for each in data["sizes"]}
    chosen = sizes[data["platform"]]
    assert layers["shared"] > 0
    assert layers["shared_size"] + layers["removed_size"] == chosen["image"]
    assert layers["shared_size"] + layers["added_size"] == chosen["with_image"]
    assert get_changes(data)["label:org.opencontainers.image.version"] == ("8.2.1", "8.2.3")
    assert {"package": "generic/redis", "image": "8.2.1", "with_image": "8.2.3"} in data["package_changes"]
    assert data["packages"]["changed"] == len(data["package_changes"])
    assert data["pulls"]["used"] == len(list_pulled_manifests(sandbox)) == 6
    assert len(result.text.encode()) < 600 * 4
    assert "SBOMs are claims of the publishers; nothing is verified." in result.text
    assert "… is a value that is cut, or hidden" in result.text
    assert {"changes.setting", "changes.with_image", "package_changes.package"} <= set(
        result.untrusted_fields
    )


async def test_the_order_of_the_images_counts(context: ToolContext) -> None:
    there = get_data(await compare(context, "redis:8.2.1", "redis:8.2.3"))
    back = get_data(await compare(context, "redis:8.2.3", "redis:8.2.1"))
    assert back["version"]["newer"] == "image"
    assert back["layers"]["added_size"] == there["layers"]["removed_size"]
    assert back["layers"]["shared"] == there["layers"]["shared"]


async def test_names_of_one_digest_take_no_pull(context: ToolContext, sandbox: Sandbox) -> None:
    result = await compare(context, "redis:8.2", "redis:8.2.3")
    data = get_data(result)
    assert data["same"] == "index"
    assert "Both references stand for the same digest, so nothing differs." in result.text
    assert data.keys() == {"image", "with_image", "same", "pulls"}
    assert list_pulled_manifests(sandbox) == []


async def test_an_image_and_its_index_share_the_image(context: ToolContext) -> None:
    inspected = (
        await call(context, "inspect_image", image="redis:8.2", include=["config"])
    ).structured_content
    assert inspected is not None
    image = next(each["digest"] for each in inspected["platforms"] if each["platform"] == "linux/arm64/v8")
    result = await compare(context, f"redis@{image}", "redis:8.2")
    data = get_data(result)
    assert data["same"] == "image"
    assert data["platform"] == "linux/arm64/v8"
    assert "The image of linux/arm64/v8 is the same; only the index around it differs." in result.text
    assert "layers" not in data


async def test_a_change_of_the_base_image(context: ToolContext) -> None:
    result = await compare(context, "redis:8.2", "redis:8.2-alpine")
    data = get_data(result)
    assert get_changes(data)["base_image"] == ("debian:trixie-slim", "alpine:3.22")
    assert "version" not in data
    assert "because they are of different kinds: N.N and N.N-alpine" in result.text
    assert (data["platforms_gained"], data["platforms_lost"]) == (["linux/arm/v6"], ["linux/arm/v5"])
    counts = data["packages"]
    assert counts["added"] > 8
    assert counts["removed"] > 8
    assert len(data["package_changes"]) == 16
    assert "16 of 82 package changes are shown." in result.text
    rows = result.text[result.text.index("package | image | with_image") :]
    assert "deb/debian/apt | 3.0.3 | none" in rows


async def test_a_missing_sbom_is_said_and_is_no_empty_difference(context: ToolContext) -> None:
    result = await compare(context, "quayside/relay:2.0.0", "quayside/gateway:1.5.0")
    data = get_data(result)
    assert "image has no SBOM, so packages are not compared." in result.text
    assert not data.keys() & {"packages", "package_changes", "version"}
    assert get_changes(data)["user"] == ("app", "gateway")
    assert get_changes(data)["ports"] == ("8080/tcp", "8080/tcp 8443/tcp")
    assert "healthcheck | none | " in result.text


async def test_images_without_common_platform(context: ToolContext) -> None:
    result = await compare(context, "quayside/dock-agent", "redis")
    data = get_data(result)
    assert "They have no platform in common: windows(10.0.26100)/amd64" in result.text.replace('"', "")
    assert "platform" not in data
    assert "linux/amd64" in data["platforms_gained"]
    missing = await compare(context, "quayside/dock-agent", "redis", platform="linux/amd64")
    assert missing.is_error
    assert missing.text.startswith("image: quayside/dock-agent:latest has no image of linux/amd64.")


async def test_the_platform_may_be_chosen(context: ToolContext) -> None:
    data = get_data(await compare(context, "redis:8.2.1", "redis:8.2.3", platform="s390x"))
    assert data["platform"] == "linux/s390x"
    size = next(each["with_image"] for each in data["sizes"] if each["platform"] == "linux/s390x")
    assert data["layers"]["shared_size"] + data["layers"]["added_size"] == size


async def test_artifacts_are_compared_as_far_as_they_can_be(context: ToolContext) -> None:
    result = await compare(context, "quayside/charts:0.4.0", "quayside/filter:0.2.0")
    data = get_data(result)
    assert "Kind of image: Helm chart." in result.text
    assert "Kind of with_image: WebAssembly module." in result.text
    assert data["same"] == "no"
    assert (data["layers"]["added"], data["layers"]["removed"]) == (1, 1)
    old = await compare(context, "quayside/meter:0.9", "quayside/meter:1.0")
    assert get_data(old)["same"] == "unknown"
    assert "old format (schema 1)" in old.text


@pytest.mark.parametrize(
    ("image", "with_image", "words"),
    [
        ("redis:9.9.9", "redis:8.2", "image: library/redis has no tag '9.9.9'"),
        ("redis:8.2", "redis:9.9.9", "with_image: library/redis has no tag '9.9.9'"),
        ("redis:8.2", "acme/billing-api", "with_image: No repository acme/billing-api is visible"),
        ("redis", "quay.io/a/b", "with_image: quay.io is another registry"),
    ],
)
async def test_an_error_names_the_image(
    context: ToolContext, image: str, with_image: str, words: str
) -> None:
    result = await compare(context, image, with_image)
    assert result.is_error
    assert words in result.text


async def test_a_private_image_is_read_with_the_account_of_the_call(
    sandbox: Sandbox, make_hub: MakeHub
) -> None:
    context = make_image_context(sandbox, make_hub("owner"))
    data = get_data(await compare(context, "acme/billing-api", "acme/storefront"))
    assert data["same"] == "no"
    assert "label:org.opencontainers.image.title" in get_changes(data)


async def test_hidden_values_stay_hidden(context: ToolContext) -> None:
    result = await compare(context, "quayside/relay", "quayside/pilot")
    changes = get_changes(get_data(result))
    assert changes["env:AWS_SECRET_ACCESS_KEY"] == (None, "…")
    for secret in ("wJalrXUtnFEMI", "sandbox-password-of-pilot", "sandbox-secret-token-of-pilot", "\x1b"):
        assert secret not in result.text


async def test_without_registry_sizes_and_platforms_are_compared(make_hub: MakeHub) -> None:
    result = await compare(make_context(make_hub()), "redis:8.2.1", "redis:8.2.3")
    data = get_data(result)
    assert result.text.startswith("PARTIAL, the result is incomplete: No registry is contacted, because")
    assert data["partial"].count("No registry is contacted") == 1
    assert data["version"]["newer"] == "with_image"
    assert len(data["sizes"]) == 8
    assert data["same"] == "no"
    assert not data.keys() & {"pulls", "layers", "changes", "packages"}


@pytest.mark.parametrize(
    ("match", "missing", "told", "named"),
    [
        ("/v2/library/redis/manifests/sha256:", {"layers", "changes", "packages"}, {"sizes"}, "Content"),
        ("/v2/library/redis/blobs/", {"packages"}, {"sizes", "layers"}, "Content"),
        ("/v2/library/redis/manifests/8.2.1", {"layers", "packages"}, {"sizes"}, "image: Configuration"),
    ],
)
async def test_what_cannot_be_read_is_missing_and_said(
    context: ToolContext, sandbox: Sandbox, match: str, missing: set[str], told: set[str], named: str
) -> None:
    sandbox.faults.rules.append(Fault(match=match, status=500, body="broken"))
    result = await compare(context, "redis:8.2.1", "redis:8.2.3")
    data = get_data(result)
    assert result.text.startswith("PARTIAL, the result is incomplete: ")
    assert named in data["partial"]
    assert not data.keys() & missing
    assert data.keys() >= told
    assert not result.is_cacheable
    assert "no SBOM" not in result.text


async def test_the_last_pulls_are_left(make_hub: MakeHub) -> None:
    sandbox = Sandbox(anonymous_pull_limit=3)
    hub = make_hub(httpx_transport=httpx.ASGITransport(app=sandbox.app))
    result = await compare(make_image_context(sandbox, hub), "redis:8.2.1", "redis:8.2.3")
    data = get_data(result)
    assert result.text.startswith("PARTIAL, the result is incomplete: ")
    assert data["pulls"]["used"] <= 3
    assert "sizes" in data
    assert "no SBOM" not in result.text
