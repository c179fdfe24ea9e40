"""Image references and Hub addresses, as people paste them where a repository is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_DOCKER_HUB_HOSTS = frozenset(
    {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"}
)
_DIGEST = re.compile(r"@[a-z0-9+._-]+:[0-9a-fA-F]+$")
_TAG = re.compile(r":([\w][\w.-]{0,127})$", re.ASCII)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """The parts of a reference; what it leaves open is None."""

    namespace: str | None
    repository: str
    tag: str | None
    digest: str | None


def parse_reference(text: str) -> ImageReference:
    """Take a reference or an address on the Hub's website apart.

    `redis`, `bitnami/redis:7`, `docker.io/library/redis:8@sha256:…`, `https://hub.docker.com/_/redis` and
    `hub.docker.com/r/bitnami/redis/tags` are all understood.

    Raises:
        ValueError: It belongs to another registry, or has too many parts.
    """
    rest = re.sub(r"^(https?|docker)://", "", text.strip()).split("?", 1)[0].rstrip("/")
    digest = None
    if found := _DIGEST.search(rest):
        digest = found[0][1:]
        rest = rest[: found.start()]
    tag = None
    if found := _TAG.search(rest):
        tag = found[1]
        rest = rest[: found.start()]
    parts = [part for part in rest.split("/") if part]
    host = parts[0].lower() if len(parts) > 1 else ""
    if host in _DOCKER_HUB_HOSTS:
        parts = parts[1:]
        if host == "hub.docker.com":
            parts, tag = _parse_web_path(parts, tag)
    elif "." in host or ":" in host or host == "localhost":
        msg = f"{host} is another registry; this is about Docker Hub only"
        raise ValueError(msg)
    match parts:
        case [repository]:
            return ImageReference(None, repository, tag, digest)
        case [namespace, repository]:
            return ImageReference(namespace, repository, tag, digest)
        case _:
            msg = f"{text!r} is no repository of Docker Hub; write namespace/repository"
            raise ValueError(msg)


def _parse_web_path(parts: list[str], tag: str | None) -> tuple[list[str], str | None]:
    """Read the paths of the Hub's pages, such as /_/redis and /r/bitnami/redis/tags."""
    match parts:
        case ["_", repository, *rest]:
            return ["library", repository], _parse_tag_segment(rest) or tag
        case ["r" | "layers", namespace, repository, *rest]:
            return [namespace, repository], _parse_tag_segment(rest) or tag
        case ["repository", "docker", namespace, repository, *rest]:
            return [namespace, repository], _parse_tag_segment(rest) or tag
        case ["u", namespace, *_]:
            msg = f"hub.docker.com/u/{namespace} is a namespace and no repository; list its repositories"
            raise ValueError(msg)
        case ["v2", "namespaces", namespace, "repositories", repository, *rest]:
            return [namespace, repository], _parse_tag_segment(rest) or tag
        case _:
            return parts, tag


def _parse_tag_segment(segments: list[str]) -> str | None:
    match segments:
        case ["tags" | "general" | "images", tag, *_]:
            return tag
        case [tag] | [tag, "images", *_] if tag not in {"tags", "general"}:
            return tag
        case _:
            return None


def expand_reference(
    arguments: dict[str, Any], notes: list[str], *, accepts_tag: bool, is_mutation: bool = False
) -> dict[str, Any]:
    """Spread a reference in `repository` over `namespace`, `repository` and `tag`.

    Raises:
        ValueError: The reference is none of Docker Hub's, or contradicts an argument beside it.
    """
    text = arguments.get("repository")
    if not isinstance(text, str) or not re.search(r"[/:@]", text):
        return arguments
    reference = parse_reference(text)
    meant = arguments | {"repository": reference.repository}
    given = arguments.get("namespace")
    if reference.namespace:
        if given and given != reference.namespace:
            msg = f"repository says namespace {reference.namespace!r}, but namespace is {given!r}; give one"
            raise ValueError(msg)
        meant["namespace"] = reference.namespace
    if is_mutation and (reference.digest or (reference.tag and not accepts_tag)):
        part = f"digest {reference.digest}" if reference.digest else f"tag {reference.tag!r}"
        msg = f"repository names the {part}, and this cannot be limited to it; leave it out if that is meant"
        raise ValueError(msg)
    if reference.digest and accepts_tag and not (reference.tag or arguments.get("tag")):
        msg = f"repository names the digest {reference.digest}, but no tag; list the tags to find its name"
        raise ValueError(msg)
    if reference.digest:
        notes.append(f"The digest {reference.digest} in repository was left aside.")
    if reference.tag and accepts_tag:
        if arguments.get("tag", reference.tag) != reference.tag:
            msg = f"repository says tag {reference.tag!r}, but tag is {arguments['tag']!r}; give one"
            raise ValueError(msg)
        meant["tag"] = reference.tag
    elif reference.tag:
        notes.append(f"The tag {reference.tag!r} in repository was left aside.")
    return meant
