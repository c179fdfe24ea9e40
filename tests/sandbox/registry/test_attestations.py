from typing import Any

import pytest

from tests.support.sandbox_registry import RegistryUser

REDIS = "library/redis"
EMPTY_DIGEST = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
SPDX = "https://spdx.dev/Document"
PROVENANCE_V1, PROVENANCE_V02 = "https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"


async def get_attestation(user: RegistryUser, repository: str, tag: str) -> tuple[str, Any]:
    """Return the digest of the first image of a tag, and the manifest of its attestation."""
    index = await user.get_manifest(repository, tag)
    image, attestation = index["manifests"][:2]
    assert attestation["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert attestation["annotations"] == {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image["digest"],
    }
    return image["digest"], await user.get_manifest(repository, attestation["digest"])


async def get_statements(user: RegistryUser, repository: str, tag: str) -> dict[str, Any]:
    """Return the statements of the first image of a tag by predicate type."""
    digest, manifest = await get_attestation(user, repository, tag)
    statements = {}
    for layer in manifest["layers"]:
        assert layer["mediaType"] == "application/vnd.in-toto+json"
        statement = (await user.get_blob(repository, layer)).json()
        assert statement["predicateType"] == layer["annotations"]["in-toto.io/predicate-type"]
        assert statement["subject"][0]["digest"] == {"sha256": digest.removeprefix("sha256:")}
        statements[statement["predicateType"]] = statement
    return statements


async def test_both_forms_of_attestations(anonymous: RegistryUser) -> None:
    digest, new = await get_attestation(anonymous, REDIS, "latest")
    assert new["artifactType"] == "application/vnd.docker.attestation.manifest.v1+json"
    assert (new["config"]["digest"], new["config"]["size"]) == (EMPTY_DIGEST, 2)
    assert new["subject"]["digest"] == digest
    assert (await anonymous.get_blob(REDIS, new["config"])).content == b"{}"
    _, old = await get_attestation(anonymous, REDIS, "8.2.0")
    assert not {"artifactType", "subject"} & old.keys()
    config = (await anonymous.get_blob(REDIS, old["config"])).json()
    assert (config["architecture"], config["os"]) == ("unknown", "unknown")
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in old["layers"]]


async def test_a_provenance_of_each_version(anonymous: RegistryUser) -> None:
    new = (await get_statements(anonymous, REDIS, "latest"))[PROVENANCE_V1]["predicate"]
    uris = [each["uri"] for each in new["buildDefinition"]["resolvedDependencies"]]
    assert uris[0] == "pkg:docker/debian@trixie-slim?platform=linux%2Famd64"
    base = await anonymous.get("library/debian", "manifests/trixie-slim")
    digest = new["buildDefinition"]["resolvedDependencies"][0]["digest"]["sha256"]
    assert base.headers["Docker-Content-Digest"] == f"sha256:{digest}"
    assert any(uri.startswith("pkg:docker/docker/buildkit-syft-scanner@") for uri in uris)
    source = new["buildDefinition"]["externalParameters"]["configSource"]
    assert source["uri"] == "https://github.com/redis/docker-library-redis.git#refs/heads/main"
    vcs = new["runDetails"]["metadata"]["buildkit_metadata"]["vcs"]
    assert vcs["revision"] == source["digest"]["sha1"]
    old = (await get_statements(anonymous, REDIS, "7.2.5-bookworm"))[PROVENANCE_V02]["predicate"]
    assert old["materials"][0]["uri"] == "pkg:docker/debian@bookworm-slim?platform=linux%2Famd64"
    assert old["invocation"]["configSource"]["entryPoint"] == "Dockerfile"
    times = [old["metadata"][name] for name in ("buildStartedOn", "buildFinishedOn")]
    assert times == sorted(times)


def list_packages(statement: Any) -> dict[str, str]:
    packages = statement["predicate"]["packages"]
    return {each["name"]: each["versionInfo"] for each in packages if "externalRefs" in each}


async def test_two_versions_differ_in_few_packages(anonymous: RegistryUser) -> None:
    new, old = [
        list_packages((await get_statements(anonymous, REDIS, tag))[SPDX]) for tag in ("8.2.3", "8.2.0")
    ]
    assert new.keys() == old.keys()
    changed = {name for name in new if new[name] != old[name]}
    assert {"redis", "libc6"} <= changed
    assert len(changed) < len(new) / 4
    assert (new["redis"], old["redis"]) == ("8.2.3", "8.2.0")


@pytest.mark.parametrize(
    ("tag", "purl"),
    [
        ("8.2.3", "pkg:deb/debian/openssl@3.5.1-1%2Bdeb13u"),
        ("8.2.3-alpine", "pkg:apk/alpine/musl@"),
    ],
)
async def test_packages_have_purls(anonymous: RegistryUser, tag: str, purl: str) -> None:
    predicate = (await get_statements(anonymous, REDIS, tag))[SPDX]["predicate"]
    purls = [
        each["externalRefs"][0]["referenceLocator"]
        for each in predicate["packages"]
        if "externalRefs" in each
    ]
    assert any(text.startswith(purl) for text in purls)
    assert len(purls) == len(set(purls)) == len(predicate["packages"]) - 1


async def test_build_arguments(anonymous: RegistryUser) -> None:
    statements = await get_statements(anonymous, "quayside/warehouse", "7.0.0")
    request = statements[PROVENANCE_V1]["predicate"]["buildDefinition"]["externalParameters"]["request"]
    assert request["args"].keys() == {"build-arg:NPM_TOKEN", "build-arg:VERSION"}
    assert len(list_packages(statements[SPDX])) > 12_000
