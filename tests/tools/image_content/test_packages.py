"""Packages of SBOMs, and their differences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockerhub_mcp.registry.parsing.json_values import decode_object
from dockerhub_mcp.tools.image_content.packages import (
    SBOM_REDUCERS,
    PackageDifference,
    compare_packages,
    count_by_type,
    read_packages,
    read_packages_and_release,
)


def make_spdx(*purls: str, **more: Any) -> dict[str, Any]:
    packages: list[dict[str, Any]] = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "name": "package",
            "versionInfo": "0",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}],
        }
        for number, purl in enumerate(purls)
    ]
    return {"predicate": {"packages": packages, **more}}


@pytest.mark.parametrize(
    ("purl", "kind", "name", "version"),
    [
        ("pkg:deb/debian/openssl@3.0.15-1?arch=amd64&distro=debian-12", "deb", "debian/openssl", "3.0.15-1"),
        ("pkg:npm/%40babel/core@7.1.0", "npm", "@babel/core", "7.1.0"),
        ("pkg:npm/@babel/core@7.1.0", "npm", "@babel/core", "7.1.0"),
        ("pkg:golang/github.com/a/b@v1.2.3#sub/path", "golang", "github.com/a/b", "v1.2.3"),
        ("pkg:deb/debian/libstdc%2B%2B6@12%3A1", "deb", "debian/libstdc++6", "12:1"),
        ("pkg:pypi/pip", "pypi", "pip", "0"),
        ("", "other", "package", "0"),
        ("nonsense", "other", "package", "0"),
    ],
)
def test_the_package_url_identifies_a_package(purl: str, kind: str, name: str, version: str) -> None:
    assert read_packages([make_spdx(purl)]) == {(kind, name): frozenset({version})}


def test_the_image_itself_is_no_package_of_it() -> None:
    describes = {"relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-1"}
    statement = make_spdx("pkg:deb/debian/a@1", "pkg:oci/redis@8", relationships=[describes])
    assert count_by_type(read_packages([statement])) == {"deb": 1}


def test_a_large_document_is_reduced_to_the_same_packages() -> None:
    purls = [f"pkg:deb/debian/package{n}@{n}" for n in range(2000)]
    describes = {"relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-1"}
    others = [{"relationshipType": "CONTAINS", "relatedSpdxElement": f"SPDXRef-{n}"} for n in range(2000)]
    components = [{"name": "a", "version": "1", "purl": "pkg:apk/alpine/a@1"}, None, {"name": 1}, "text"]
    files = [{"fileName": f"/{n}"} for n in range(5000)]
    statement = make_spdx(*purls, relationships=[*others, describes, 7], components=components, files=files)
    statement["predicate"]["packages"] += [None, [], {"SPDXID": 1, "name": None}]
    content = json.dumps(statement).encode()
    reduced = decode_object(content, SBOM_REDUCERS)
    assert reduced["predicate"]["files"] == []
    assert read_packages_and_release([reduced]) == read_packages([statement])
    assert reduced["predicate"]["packages"] == []


def test_several_documents_count_each_package_once() -> None:
    stages = [make_spdx("pkg:deb/debian/a@1", "pkg:npm/b@1"), make_spdx("pkg:deb/debian/a@1", "pkg:npm/b@2")]
    assert count_by_type(read_packages(stages)) == {"npm": 2, "deb": 1}


def test_cyclonedx_is_read_too() -> None:
    components = [{"name": "a", "version": "1", "purl": "pkg:apk/alpine/a@1"}, {"name": "b", "version": "2"}]
    packages = read_packages([{"predicate": {"components": components}}])
    assert packages == {("apk", "alpine/a"): frozenset({"1"}), ("other", "b"): frozenset({"2"})}


@pytest.mark.parametrize(
    "predicate",
    [None, [], {"packages": None}, {"packages": [None, 1, {"externalRefs": [1]}]}, {"components": {}}],
)
def test_other_data_than_expected_is_skipped(predicate: Any) -> None:
    assert set(read_packages([{"predicate": predicate}])) <= {("other", "")}


def test_differences_are_changed_then_added_then_removed_ones() -> None:
    first = read_packages([make_spdx("pkg:deb/d/a@1", "pkg:deb/d/b@1", "pkg:deb/d/gone@1")])
    second = read_packages([make_spdx("pkg:deb/d/a@1", "pkg:deb/d/b@2", "pkg:deb/d/new@1")])
    assert compare_packages(first, second) == [
        PackageDifference("deb", "d/b", "1", "2"),
        PackageDifference("deb", "d/new", "", "1"),
        PackageDifference("deb", "d/gone", "1", ""),
    ]
    assert compare_packages(first, first) == []


def test_many_versions_of_a_package_are_cut() -> None:
    first = read_packages([make_spdx(*(f"pkg:npm/a@{number}" for number in range(9)))])
    (difference,) = compare_packages(first, {})
    assert difference.before == "0 1 2 3 and 5 more"
