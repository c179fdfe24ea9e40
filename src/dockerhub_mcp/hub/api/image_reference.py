"""Parse image references and Hub URLs that users paste where a repository name is expected."""

from __future__ import annotations

import re
from typing import NamedTuple

from dockerhub_mcp.hub.quoting import quote_name

_DOCKER_HUB_HOSTS = frozenset(
    {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"}
)
_DIGEST = re.compile(r"@[a-z0-9+._-]+:[0-9a-fA-F]+$")
_TAG = re.compile(r":([\w][\w.-]{0,127})$", re.ASCII)


class ImageReference(NamedTuple):
    """The parts of a reference; None for a part that it omits, an empty tag for a colon without one."""

    namespace: str | None
    repository: str
    tag: str | None
    digest: str | None


def parse_reference(text: str) -> ImageReference:
    """Parse an image reference, or a URL of the Hub's website.

    It accepts `redis`, `bitnami/redis:7`, `docker.io/library/redis:8@sha256:…`,
    `https://hub.docker.com/_/redis` and `hub.docker.com/r/bitnami/redis/tags`.

    Raises:
        ValueError: The reference names another registry, or has too many parts.
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
    elif rest.endswith(":"):
        tag, rest = "", rest[:-1]
    parts = [part for part in rest.split("/") if part]
    host = parts[0].lower() if len(parts) > 1 else ""
    if host in _DOCKER_HUB_HOSTS:
        parts = parts[1:]
        if host == "hub.docker.com":
            parts, tag = _parse_web_path(parts, tag)
    elif "." in host or ":" in host or host == "localhost":
        msg = f"{quote_name(host)} is another registry; only Docker Hub is supported"
        raise ValueError(msg)
    match parts:
        case [repository] if not re.search(r"[\s:]", rest):
            return ImageReference(None, repository, tag, digest)
        case [namespace, repository] if not re.search(r"[\s:]", rest):
            return ImageReference(namespace, repository, tag, digest)
        case _:
            msg = f"{text!r} is not a repository of Docker Hub; write namespace/repository"
            raise ValueError(msg)


def _parse_web_path(parts: list[str], tag: str | None) -> tuple[list[str], str | None]:
    """Parse the path of a page on the Hub's website, such as /_/redis or /r/bitnami/redis/tags."""
    match parts:
        case ["_", repository, *rest]:
            return ["library", repository], _parse_tag_segment(rest) or tag
        case ["r" | "layers", namespace, repository, *rest]:
            return [namespace, repository], _parse_tag_segment(rest) or tag
        case ["repository", "docker", namespace, repository, *rest]:
            return [namespace, repository], _parse_tag_segment(rest) or tag
        case ["u", namespace, *_]:
            msg = f"hub.docker.com/u/{namespace} is a namespace, not a repository; list its repositories"
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
