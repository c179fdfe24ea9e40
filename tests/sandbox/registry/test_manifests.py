import pytest

from tests.support.sandbox_registry import (
    ALL_MANIFESTS,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    RegistryUser,
    digest_of,
)

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
REDIS = "library/redis"


async def test_get_returns_the_bytes_that_the_digest_names(anonymous: RegistryUser) -> None:
    response = await anonymous.get(REDIS, "manifests/8.2")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == response.json()["mediaType"] == OCI_INDEX
    digest = digest_of(response.content)
    assert response.headers["Docker-Content-Digest"] == digest
    assert response.headers["Etag"] == f'"{digest}"'
    assert response.headers["Content-Length"] == str(len(response.content))
    assert response.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    by_digest = await anonymous.get(REDIS, f"manifests/{digest}")
    assert by_digest.content == response.content


async def test_head_has_the_same_headers_and_no_body(anonymous: RegistryUser) -> None:
    got = await anonymous.get(REDIS, "manifests/8.2")
    headed = await anonymous.send("HEAD", REDIS, "manifests/8.2")
    assert (headed.status_code, headed.content) == (200, b"")
    names = ["Content-Type", "Content-Length", "Docker-Content-Digest", "Etag"]
    assert [headed.headers[name] for name in names] == [got.headers[name] for name in names]


@pytest.mark.parametrize("accept", ["*/*", OCI_MANIFEST, f"{OCI_MANIFEST}, {DOCKER_MANIFEST};q=0.5"])
async def test_without_the_types_of_indexes_one_platform_is_returned(
    anonymous: RegistryUser, accept: str
) -> None:
    index = await anonymous.get_manifest(REDIS, "8.2")
    response = await anonymous.get(REDIS, "manifests/8.2", accept=accept)
    assert response.headers["Content-Type"] == OCI_MANIFEST
    assert response.headers["Docker-Content-Digest"] == digest_of(response.content)
    assert index["manifests"][0]["digest"] == digest_of(response.content)
    assert index["manifests"][0]["platform"] == {"architecture": "amd64", "os": "linux"}


async def test_a_digest_is_returned_as_it_is(anonymous: RegistryUser) -> None:
    digest = (await anonymous.get(REDIS, "manifests/8.2")).headers["Docker-Content-Digest"]
    response = await anonymous.get(REDIS, f"manifests/{digest}", accept=OCI_MANIFEST)
    assert response.headers["Content-Type"] == OCI_INDEX


@pytest.mark.parametrize("reference", ["nope", f"sha256:{'0' * 64}", "sha256:short"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_unknown_references(anonymous: RegistryUser, method: str, reference: str) -> None:
    response = await anonymous.send(method, REDIS, f"manifests/{reference}")
    assert response.status_code == 404
    if method == "GET":
        assert response.json()["errors"][0]["code"] == "MANIFEST_UNKNOWN"
    else:
        assert response.content == b""


async def test_a_digest_belongs_to_its_repository(anonymous: RegistryUser) -> None:
    digest = (await anonymous.get(REDIS, "manifests/8.2")).headers["Docker-Content-Digest"]
    assert (await anonymous.get("library/nginx", f"manifests/{digest}")).status_code == 404


async def test_older_builds_have_the_types_of_docker(anonymous: RegistryUser) -> None:
    index = await anonymous.get_manifest(REDIS, "6.0.5")
    assert index["mediaType"] == DOCKER_LIST
    image = await anonymous.get_image(REDIS, "6.0.5")
    assert image["mediaType"] == DOCKER_MANIFEST
    assert image["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json"
    assert {layer["mediaType"] for layer in image["layers"]} == {
        "application/vnd.docker.image.rootfs.diff.tar.gzip"
    }


async def test_schema_1_is_signed_and_its_digest_is_of_the_payload(anonymous: RegistryUser) -> None:
    response = await anonymous.get("quayside/meter", "manifests/0.9", accept=ALL_MANIFESTS)
    assert response.headers["Content-Type"] == SCHEMA_1
    manifest = response.json()
    assert (manifest["schemaVersion"], manifest["architecture"]) == (1, "amd64")
    assert len(manifest["fsLayers"]) == len(manifest["history"])
    assert response.headers["Docker-Content-Digest"] != digest_of(response.content)
    payload = response.content.partition(b',\n   "signatures"')[0] + b"\n}"
    assert response.headers["Docker-Content-Digest"] == digest_of(payload)


async def test_windows_images_differ_in_their_release(anonymous: RegistryUser) -> None:
    index = await anonymous.get_manifest("quayside/dock-agent", "latest")
    platforms = [each["platform"] for each in index["manifests"]]
    assert {(each["os"], each["architecture"]) for each in platforms} == {("windows", "amd64")}
    assert len({each["os.version"] for each in platforms}) == 3
    # No image fits a client that does not take indexes.
    response = await anonymous.get("quayside/dock-agent", "manifests/latest", accept=OCI_MANIFEST)
    assert response.status_code == 404
