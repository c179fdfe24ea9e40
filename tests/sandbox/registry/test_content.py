"""The content of images, and its consistency with what the Hub shows of them."""

from functools import partial
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.tag_content import build_content, summarize_content
from dockerhub_mcp.sandbox.media_types import DOCKER_SCHEMA_1
from tests.support.sandbox_registry import RegistryUser, digest_of
from tests.support.sandbox_requests import START, RequestAs


def tag_path(repository: str, tag: str) -> str:
    namespace, name = repository.split("/")
    return f"/v2/namespaces/{namespace}/repositories/{name}/tags/{tag}"


@pytest.mark.parametrize(
    ("repository", "tag"),
    [
        ("library/redis", "latest"),
        ("library/redis", "6.0.5"),
        ("library/redis", "8.2.3-alpine3.22"),
        ("library/golang", "1.25.3"),
        ("library/hello-world", "nanoserver1709"),
        ("library/alpine", "3.22"),
        ("acme/cli", "latest"),
        ("fernhill/states", "mixed-images"),
        ("quayside/gateway", "latest"),
        ("quayside/dock-agent", "latest"),
    ],
)
async def test_the_hub_shows_the_digests_and_sizes_of_the_registry(
    anonymous: RegistryUser, request_as: RequestAs, repository: str, tag: str
) -> None:
    shown = (await request_as("owner", "GET", tag_path(repository, tag))).json()
    response = await anonymous.get(repository, f"manifests/{tag}")
    assert shown["digest"] == response.headers["Docker-Content-Digest"] == digest_of(response.content)
    assert shown["media_type"] == response.headers["Content-Type"]
    described = response.json().get("manifests") or [{"digest": shown["digest"], "size": None}]
    assert [image["digest"] for image in shown["images"]] == [each["digest"] for each in described]
    for image, descriptor in zip(shown["images"], described, strict=True):
        found = await anonymous.get(repository, f"manifests/{image['digest']}")
        assert digest_of(found.content) == image["digest"]
        assert descriptor["size"] in {None, len(found.content)}
        assert sum(layer["size"] for layer in found.json()["layers"]) == image["size"]
        if "platform" in descriptor:
            assert descriptor["platform"]["architecture"] == image["architecture"]
            assert descriptor["platform"].get("variant") == image["variant"]
    path = f"/v2/repositories/{repository}/tags/{tag}/images"
    listed = (await request_as(None, "GET", path)).json()
    first = (await anonymous.get(repository, f"manifests/{listed[0]['digest']}")).json()
    stored = [(layer["digest"], layer["size"]) for layer in first["layers"]]
    assert [(layer["digest"], layer["size"]) for layer in listed[0]["layers"] if layer["size"]] == stored


@pytest.mark.parametrize("namespace", ["acme", "ada", "fernhill", "quayside", "ratelimitpreview"])
def test_every_digest_is_of_its_content(sandbox: Sandbox, namespace: str) -> None:
    seen = 0
    for (owner, _), repository in sandbox.state.repositories.items():
        if owner != namespace:
            continue
        for tag in repository.tags:
            build = describe_build(repository, tag)
            content, summary = build_content(build), summarize_content(build)
            assert content.digest == summary.digest
            assert {*content.manifests, *content.blobs} == summary.digests
            for digest, stored in (*content.manifests.items(), *content.blobs.items()):
                if stored.media_type != DOCKER_SCHEMA_1:
                    assert digest == digest_of(stored.data), (repository.name, tag.name)
            assert all(layer.size >= 0 for layers in content.list_layers() for layer in layers)
            seen += 1
    assert seen


def test_no_layer_of_a_large_repository_has_a_negative_size(sandbox: Sandbox) -> None:
    for name in ("busybox", "hello-world", "memcached", "nginx", "traefik", "debian"):
        repository = sandbox.state.get_repository("library", name)
        for tag in repository.tags[::7]:
            content = build_content(describe_build(repository, tag))
            assert all(layer.size >= 0 for layers in content.list_layers() for layer in layers), tag.name


def test_digests_do_not_depend_on_the_clock() -> None:
    digests = []
    for start in (START, START + 12_345_678.9):
        sandbox = Sandbox(now=partial(float, start))
        digests.append(
            [
                summarize_content(describe_build(repository, tag)).digest
                for path in (("library", "python"), ("acme", "storefront"), ("quayside", "gateway"))
                for repository in (sandbox.state.get_repository(*path),)
                for tag in repository.tags
            ]
        )
    assert digests[0] == digests[1]


def test_images_are_built_before_they_are_pushed(sandbox: Sandbox) -> None:
    for path, repository in sandbox.state.repositories.items():
        for tag in repository.tags:
            assert tag.created_at < tag.pushed_at, (path, tag.name)


async def test_layers_pair_with_the_history(anonymous: RegistryUser) -> None:
    for repository, tag in [("library/redis", "8.2"), ("library/nginx", "alpine"), ("acme/cli", "latest")]:
        image = await anonymous.get_image(repository, tag)
        config = (await anonymous.get_blob(repository, image["config"])).json()
        steps = [entry for entry in config["history"] if not entry.get("empty_layer")]
        assert len(steps) == len(image["layers"]) == len(config["rootfs"]["diff_ids"])
        assert all(entry["created_by"] for entry in config["history"])


def layer_digests(image: Any) -> list[str]:
    return [layer["digest"] for layer in image["layers"]]


async def test_versions_share_the_layers_of_their_base(anonymous: RegistryUser) -> None:
    new, old, alpine = [
        layer_digests(await anonymous.get_image("library/redis", tag))
        for tag in ("8.2.3", "8.2.2", "8.2.3-alpine")
    ]
    assert new[:2] == old[:2]
    assert not set(new[2:]) & set(old[2:])
    assert not set(new) & set(alpine)
    arm = layer_digests(await anonymous.get_image("library/redis", "8.2.3", "arm64"))
    assert not set(new) & set(arm)


@pytest.mark.parametrize(
    ("repository", "tag", "expected"),
    [
        (
            "redis",
            "8.2.3",
            {"ExposedPorts": {"6379/tcp": {}}, "Volumes": {"/data": {}}, "Cmd": ["redis-server"]},
        ),
        ("postgres", "latest", {"ExposedPorts": {"5432/tcp": {}}, "StopSignal": "SIGINT"}),
        ("nginx", "latest", {"ExposedPorts": {"80/tcp": {}}, "Entrypoint": ["/docker-entrypoint.sh"]}),
        ("memcached", "latest", {"User": "memcache"}),
    ],
)
async def test_the_configuration_of_official_images(
    anonymous: RegistryUser, repository: str, tag: str, expected: dict[str, Any]
) -> None:
    config = (await anonymous.get_config(f"library/{repository}", tag))["config"]
    assert {key: config.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("repository", "tag", "architecture", "base"),
    [
        ("redis", "latest", "amd64", "docker.io/library/debian:trixie-slim"),
        ("redis", "8.2.3-alpine3.21", "arm64", "docker.io/library/alpine:3.21"),
        ("mysql", "latest", "amd64", "docker.io/library/oraclelinux:9-slim"),
        ("mariadb", "12.0-ubi", "amd64", "docker.io/redhat/ubi9-minimal:latest"),
        ("golang", "1.25-nanoserver-ltsc2022", "amd64", "mcr.microsoft.com/windows/nanoserver"),
        ("debian", "latest", "amd64", None),
    ],
)
async def test_the_label_of_the_base_image(
    anonymous: RegistryUser, repository: str, tag: str, architecture: str, base: str | None
) -> None:
    config = (await anonymous.get_config(f"library/{repository}", tag, architecture))["config"]
    assert config["Labels"].get("org.opencontainers.image.base.name") == base


async def test_the_environment_follows_the_version(anonymous: RegistryUser) -> None:
    redis = (await anonymous.get_config("library/redis", "8.2.3"))["config"]
    assert any("8.2.3" in variable for variable in redis["Env"])
    assert redis["Labels"]["org.opencontainers.image.version"] == "8.2.3"
    for tag in ("3.14.0", "3.13.9"):
        python = (await anonymous.get_config("library/python", tag))["config"]
        assert f"PYTHON_VERSION={tag}" in python["Env"]


async def test_every_official_image_has_a_recipe(sandbox: Sandbox, anonymous: RegistryUser) -> None:
    for (namespace, name), repository in sandbox.state.repositories.items():
        if namespace == "library":
            newest = max(repository.tags, key=lambda tag: tag.pushed_at)
            config = (await anonymous.get_config(f"library/{name}", newest.name))["config"]
            # The recipe of other images.
            assert config.get("Cmd") != ["serve"], name
