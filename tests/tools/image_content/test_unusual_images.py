"""Images that no sample of the sandbox shows: foreign attestations, odd indexes, configurations without end."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.registry import RegistryClient
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fake_registry import MANIFEST, STATEMENT, FakeRegistry, FakeRepository
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call, make_context

OTHER = f"sha256:{'5' * 64}"
PREDICATE = "in-toto.io/predicate-type"
PROVENANCE = "https://slsa.dev/provenance/v1"


@pytest.fixture
def fake() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def repository(fake: FakeRegistry) -> FakeRepository:
    return fake.add_repository("library/redis")


@pytest.fixture
def context(fake: FakeRegistry, make_hub: MakeHub) -> ToolContext:
    hub = make_hub()
    client = RegistryClient(fake.server, hub.account)
    return make_context(hub, registry_for=lambda _: client)


async def inspect(context: ToolContext, **arguments: Any) -> ToolResult:
    result = await call(context, "inspect_image", image="redis:8.2", **arguments)
    assert not result.is_error, result.text
    return result


def get_data(result: ToolResult) -> dict[str, Any]:
    return result.structured_content or {}


def make_statement(digest: str, source: str = "https://github.com/o/r") -> dict[str, Any]:
    return {
        "subject": [{"digest": {"sha256": digest.partition(":")[2]}}],
        "predicateType": PROVENANCE,
        "predicate": {"buildDefinition": {"externalParameters": {"configSource": {"uri": source}}}},
    }


def add_attestation(
    repository: FakeRepository, image: dict[str, Any], about: str, *, subject: str = ""
) -> dict[str, Any]:
    """Add an attestation that the index says is of an image, and return its descriptor."""
    statement = make_statement(about)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": repository.add_blob({}, "application/vnd.oci.empty.v1+json"),
        "layers": [repository.add_blob(statement, STATEMENT, annotations={PREDICATE: PROVENANCE})],
    }
    if subject:
        manifest["subject"] = {"mediaType": MANIFEST, "digest": subject, "size": 1}
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image["digest"],
    }
    platform = {"os": "unknown", "architecture": "unknown"}
    return repository.add_manifest(manifest, platform=platform, annotations=annotations)


async def test_what_the_statement_says_of_the_image_is_told(
    context: ToolContext, repository: FakeRepository
) -> None:
    image = repository.add_image()
    repository.add_index(image, add_attestation(repository, image, image["digest"]), tag="8.2")
    result = await inspect(context)
    assert get_data(result)["source"] == "https://github.com/o/r"
    assert "The Hub still shows the former digest of the tag." in result.text
    assert "Ignored" not in result.text


@pytest.mark.parametrize("subject", ["", OTHER], ids=["statement", "attestation"])
async def test_claims_about_another_image_are_ignored_and_counted(
    context: ToolContext, repository: FakeRepository, subject: str
) -> None:
    image = repository.add_image()
    attestation = add_attestation(repository, image, OTHER, subject=subject)
    repository.add_index(image, attestation, tag="8.2")
    result = await inspect(context)
    assert "source" not in get_data(result)
    assert "Ignored 1 attestation(s) or statement(s), because they name another image." in result.text


async def test_entries_of_other_types_are_no_attestations(
    context: ToolContext, repository: FakeRepository
) -> None:
    image = repository.add_image()
    other = repository.add_manifest(
        {"schemaVersion": 2}, platform={"os": "unknown", "architecture": "unknown"}
    )
    repository.add_index(image, other, tag="8.2")
    data = get_data(await inspect(context))
    assert data["attestations"] == ["none"]
    assert [each["platform"] for each in data["platforms"]] == ["linux/amd64"]


async def test_attestations_of_hardened_images_are_kept_elsewhere(
    context: ToolContext, repository: FakeRepository
) -> None:
    config = {"Labels": {"com.docker.dhi.version": "3.13-debian13"}}
    repository.add_index(repository.add_image(config=config), tag="8.2")
    result = await inspect(context)
    assert "are kept in registry.scout.docker.com, which is not read here." in result.text
    assert "attestations" not in get_data(result)


async def test_commands_are_not_guessed(context: ToolContext, repository: FakeRepository) -> None:
    repository.add_image(tag="8.2", layers=3)
    result = await inspect(context, include=["layers"])
    assert [each.keys() for each in get_data(result)["layers"]] == [{"size"}] * 3
    assert "The history has commands for 0 layers and the image has 3" in result.text


async def test_a_configuration_without_end_is_cut(context: ToolContext, repository: FakeRepository) -> None:
    config = {
        "Env": [f"NAME_{number}=value" for number in range(500)],
        "Labels": {f"label.{number:03}": "x" * 1000 for number in range(200)},
        "ExposedPorts": {f"{number}/tcp": {} for number in range(1, 200)},
    }
    repository.add_image(tag="8.2", config=config)
    result = await inspect(context)
    data = get_data(result)
    assert data["environment"][-1] == "and 440 more"
    assert len(data["labels"]) == 30
    assert "170 more labels are left out." in result.text
    assert len(result.text) < 10_000


async def test_an_index_within_an_index_is_said_to_be_one(
    context: ToolContext, repository: FakeRepository
) -> None:
    inner = repository.add_index(repository.add_image())
    repository.add_index({**inner, "platform": {"os": "linux", "architecture": "amd64"}}, tag="8.2")
    data = get_data(await inspect(context))
    assert data["kind"].startswith("index within an index")
    assert "user" not in data


async def test_an_index_without_images_has_no_platform(
    context: ToolContext, repository: FakeRepository
) -> None:
    repository.add_index(tag="8.2")
    result = await inspect(context)
    assert not get_data(result).keys() & {"platform", "platforms", "user"}
    assert "The index names no image that can be run." in result.text


async def test_a_configuration_that_is_none_is_said(context: ToolContext, repository: FakeRepository) -> None:
    image = repository.add_image()
    repository.add_index(image, tag="8.2")
    for digest, content in repository.blobs.items():
        if content.startswith(b"{"):
            repository.blobs[digest] = b"[]" + content[2:]
    result = await inspect(context)
    assert result.text.startswith(
        "PARTIAL, the result is incomplete: Content of the image could not be read. "
    )
    assert "user" not in get_data(result)
