import re

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_registry import OCI_INDEX, RegistryUser
from tests.support.sandbox_requests import RequestAs

GATEWAY = "quayside/gateway"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.mark.parametrize(
    ("repository", "tag", "config_type", "layer_type"),
    [
        (
            "quayside/charts",
            "0.4.0",
            "application/vnd.cncf.helm.config.v1+json",
            "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        ),
        (
            "acme/charts",
            "0.9.1",
            "application/vnd.cncf.helm.config.v1+json",
            "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        ),
        (
            "quayside/manifest-model",
            "latest",
            "application/vnd.docker.ai.model.config.v0.1+json",
            "application/vnd.docker.ai.gguf.v3",
        ),
        ("quayside/filter", "0.2.0", "application/vnd.wasm.config.v0+json", "application/wasm"),
        (
            "acme/volume-driver",
            "latest",
            "application/vnd.docker.plugin.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
    ],
)
async def test_artifacts_that_are_no_images(
    anonymous: RegistryUser, repository: str, tag: str, config_type: str, layer_type: str
) -> None:
    manifest = await anonymous.get_manifest(repository, tag)
    assert manifest["config"]["mediaType"] == config_type
    assert manifest["layers"][0]["mediaType"] == layer_type
    assert (await anonymous.get_blob(repository, manifest["config"])).json()


async def test_the_hub_shows_a_plugin_as_one(request_as: RequestAs, anonymous: RegistryUser) -> None:
    tag = (await request_as(None, "GET", "/v2/namespaces/acme/repositories/volume-driver/tags/v1.4.0")).json()
    manifest = await anonymous.get("acme/volume-driver", "manifests/v1.4.0")
    assert (tag["content_type"], tag["media_type"]) == ("plugin", manifest.headers["Content-Type"])
    assert tag["digest"] == manifest.headers["Docker-Content-Digest"]
    assert [image["architecture"] for image in tag["images"]] == ["amd64"]


async def test_a_signed_image_has_the_fallback_tag_of_referrers(anonymous: RegistryUser) -> None:
    digest = (await anonymous.get(GATEWAY, "manifests/1.5.0")).headers["Docker-Content-Digest"]
    index = await anonymous.get_manifest(GATEWAY, digest.replace(":", "-"))
    assert index["mediaType"] == OCI_INDEX
    descriptor = index["manifests"][0]
    assert descriptor["artifactType"] == BUNDLE
    signature = await anonymous.get_manifest(GATEWAY, descriptor["digest"])
    assert (signature["artifactType"], signature["subject"]["digest"]) == (BUNDLE, digest)
    bundle = (await anonymous.get_blob(GATEWAY, signature["layers"][0])).json()
    assert bundle["mediaType"] == BUNDLE


async def test_a_signed_image_has_the_older_tags_of_cosign(anonymous: RegistryUser) -> None:
    digest = (await anonymous.get(GATEWAY, "manifests/1.5.0")).headers["Docker-Content-Digest"]
    prefix = digest.replace(":", "-")
    names = (await anonymous.get(GATEWAY, "tags/list")).json()["tags"]
    assert [name for name in names if name.startswith("sha256-")] == [
        prefix,
        f"{prefix}.att",
        f"{prefix}.sig",
    ]
    signature = await anonymous.get_manifest(GATEWAY, f"{prefix}.sig")
    assert "dev.cosignproject.cosign/signature" in signature["layers"][0]["annotations"]
    payload = (await anonymous.get_blob(GATEWAY, signature["layers"][0])).json()
    assert payload["critical"]["image"]["docker-manifest-digest"] == digest


async def test_an_unsigned_image_has_no_such_tags(anonymous: RegistryUser) -> None:
    names = (await anonymous.get("quayside/relay", "tags/list")).json()["tags"]
    assert names == ["2.0.0", "2.1.0", "latest"]


async def test_users(anonymous: RegistryUser) -> None:
    configs = [
        (await anonymous.get_config("quayside/users", tag))["config"] for tag in ("root", "numeric", "unset")
    ]
    assert [config.get("User") for config in configs] == ["root", "10001:10001", None]


async def test_secrets_and_hostile_text(anonymous: RegistryUser) -> None:
    config = await anonymous.get_config("quayside/pilot", "latest")
    assert any(text.startswith("AWS_SECRET_ACCESS_KEY=") for text in config["config"]["Env"])
    labels = config["config"]["Labels"]
    assert re.search(r"[\x1b\u202e]", "".join(labels.values()))
    assert max(map(len, labels.values())) >= 3_000
    assert any("Bearer sandbox-secret" in entry["created_by"] for entry in config["history"])


async def test_an_image_for_one_architecture(anonymous: RegistryUser) -> None:
    index = await anonymous.get_manifest("quayside/crane", "latest")
    assert [each["platform"]["architecture"] for each in index["manifests"]] == ["amd64"]
    single = await anonymous.get_manifest("quayside/crane", "4.9.0")
    assert single["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"


async def test_an_archived_repository_can_be_pulled(sandbox: Sandbox, anonymous: RegistryUser) -> None:
    assert sandbox.state.get_repository("quayside", "portal").status == 6
    assert (await anonymous.get("quayside/portal", "manifests/latest")).status_code == 200


async def test_a_tag_without_images(anonymous: RegistryUser) -> None:
    assert (await anonymous.get_manifest("fernhill/states", "no-images"))["manifests"] == []
