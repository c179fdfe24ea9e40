"""The packages of an image, as its SBOMs list them, and the differences between two images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dockerhub_mcp.registry.models import JSONObject
from dockerhub_mcp.registry.parsing.large_json import ItemReducer
from dockerhub_mcp.tools.image_content.statements import get_object, get_objects, get_text
from dockerhub_mcp.tools.results.sanitize import sanitize_line

OTHER_TYPE = "other"
"""The type of packages without a package URL."""

_PURL = "purl"  # of a package that was reduced
_RELEASED_AT_ONCE = 1000  # items
_MAX_NAME_CHARS = 100
_MAX_VERSION_CHARS = 64
_MAX_VERSIONS = 4
"""Versions of one package that are shown; an image may have many."""

PackageVersions = Mapping[tuple[str, str], frozenset[str]]
"""The versions of each package by type and name."""


@dataclass(frozen=True, slots=True)
class PackageDifference:
    """A package that only one of two images has, or both in other versions.

    Attributes:
        type: The type of the package URL, such as `deb` or `npm`; `other` without one.
        name: The name, with its namespace.
        before: The versions in the first image; empty where it has none.
        after: The versions in the second image; empty where it has none.
    """

    type: str
    name: str
    before: str
    after: str


def read_packages(statements: Iterable[JSONObject]) -> PackageVersions:
    """Return the packages of SBOMs in the form of SPDX or CycloneDX; each package is counted once."""
    found: dict[tuple[str, str], set[str]] = {}
    for statement in statements:
        for key, version in _read_spdx(statement):
            found.setdefault(key, set()).add(version)
        for key, version in _read_cyclonedx(statement):
            found.setdefault(key, set()).add(version)
    return {key: frozenset(versions) for key, versions in found.items()}


def _read_spdx(statement: JSONObject) -> Iterable[tuple[tuple[str, str], str]]:
    roots = {
        get_text(relation, "relatedSpdxElement")
        for relation in get_objects(statement, "predicate", "relationships")
        if get_text(relation, "relationshipType") == "DESCRIBES"
    }
    for package in get_objects(statement, "predicate", "packages"):
        if get_text(package, "SPDXID") in roots:
            continue  # the image itself, not a package of it
        yield _identify(_find_purl(package), get_text(package, "name"), get_text(package, "versionInfo"))


def _find_purl(package: JSONObject) -> str:
    if _PURL in package:
        return get_text(package, _PURL)
    references = get_objects(package, "externalRefs")
    purls = (each for each in references if get_text(each, "referenceType") == "purl")
    return next((get_text(each, "referenceLocator") for each in purls), "")


def _reduce_package(item: Any) -> JSONObject | None:
    """Return what is read of a package of SPDX."""
    if not isinstance(item, dict):
        return None
    kept = {name: item[name] for name in ("SPDXID", "name", "versionInfo") if isinstance(item.get(name), str)}
    return {**kept, _PURL: _find_purl(item)}


def _reduce_component(item: Any) -> JSONObject | None:
    """Return what is read of a component of CycloneDX."""
    names = ("purl", "name", "version")
    return {name: get_text(item, name) for name in names} if isinstance(item, dict) else None


def _reduce_relationship(item: Any) -> JSONObject | None:
    """Return a relationship of SPDX that tells what the document is about."""
    is_root = get_text(item, "relationshipType") == "DESCRIBES"
    return (
        {name: get_text(item, name) for name in ("relationshipType", "relatedSpdxElement")}
        if is_root
        else None
    )


def _drop(_item: Any) -> None:
    """Return None, for items that are not read."""


SBOM_REDUCERS: Mapping[str, ItemReducer] = {
    "packages": _reduce_package,
    "components": _reduce_component,
    "relationships": _reduce_relationship,
    "files": _drop,
}
"""What is kept of the items of a large SBOM: most of one are files and relationships."""


def read_packages_and_release(statements: list[JSONObject]) -> PackageVersions:
    """Return the packages of SBOMs, and empty these step by step: to free all at once holds everything up."""
    packages = read_packages(statements)
    for statement in statements:
        predicate = get_object(statement, "predicate")
        for name in ("packages", "components"):
            items = predicate.get(name)
            while isinstance(items, list) and items:
                del items[-_RELEASED_AT_ONCE:]
    return packages


def _read_cyclonedx(statement: JSONObject) -> Iterable[tuple[tuple[str, str], str]]:
    for component in get_objects(statement, "predicate", "components"):
        yield _identify(
            get_text(component, "purl"), get_text(component, "name"), get_text(component, "version")
        )


def _identify(purl: str, name: str, version: str) -> tuple[tuple[str, str], str]:
    """Return type and name, and the version, of a package; the package URL decides where there is one."""
    if not purl.startswith("pkg:"):
        return (OTHER_TYPE, _clean(name, _MAX_NAME_CHARS)), _clean(version, _MAX_VERSION_CHARS)
    path = purl[len("pkg:") :].partition("?")[0].partition("#")[0].lstrip("/")
    kind, _, rest = path.partition("/")
    # The name of a scoped npm package begins with an encoded or a plain `@`, so the last one counts.
    full_name, separator, purl_version = rest.rpartition("@")
    if not separator or not full_name:
        full_name, purl_version = rest, version
    return (
        (kind.lower()[:_MAX_NAME_CHARS], _clean(unquote(full_name), _MAX_NAME_CHARS)),
        _clean(unquote(purl_version) or version, _MAX_VERSION_CHARS),
    )


def _clean(text: str, max_chars: int) -> str:
    """Return a text on one line, cut; fast for plain ones, of which an SBOM may have a hundred thousand."""
    if len(text) <= max_chars and text.isascii() and text.isprintable():
        return text
    return sanitize_line(text, max_chars)


def count_by_type(packages: PackageVersions) -> dict[str, int]:
    """Return the number of packages of each type, the most frequent first; versions count separately."""
    counts: Counter[str] = Counter()
    for (kind, _), versions in packages.items():
        counts[kind] += len(versions)
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def compare_packages(first: PackageVersions, second: PackageVersions) -> list[PackageDifference]:
    """Return the differences: packages in other versions, then added ones, then removed ones, by name."""
    changed = [key for key in first.keys() & second.keys() if first[key] != second[key]]
    added = second.keys() - first.keys()
    removed = first.keys() - second.keys()
    return [
        PackageDifference(
            key[0], key[1], _join(first.get(key, frozenset())), _join(second.get(key, frozenset()))
        )
        for keys in (changed, added, removed)
        for key in sorted(keys)
    ]


def _join(versions: frozenset[str]) -> str:
    names = sorted(version or "unknown" for version in versions)
    more = f" and {len(names) - _MAX_VERSIONS} more" if len(names) > _MAX_VERSIONS else ""
    return " ".join(names[:_MAX_VERSIONS]) + more
