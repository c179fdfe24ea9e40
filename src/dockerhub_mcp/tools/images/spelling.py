"""Image references as they are written in files, and the same with a digest."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.api.pasted_text import extract_reference
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.images.target import ImageTarget

_MAX_SHOWN_CHARS = 120
_MAX_NAME_CHARS = 255
_PATH = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*(?::\d+)?", re.IGNORECASE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HUB_DOMAINS = (".docker.io", ".docker.com")


RESERVED_NAME = "library/scratch"
RESERVED_REASON = "scratch is a reserved name: the empty base of builds, which cannot be pulled or pinned"


class ForeignRegistryError(ValueError):
    """A reference of another registry than Docker Hub."""


def parse_image(text: str) -> ImageTarget:
    """Return the image of Docker Hub that a reference names, in lower case; `latest` without a tag.

    Raises:
        ForeignRegistryError: It is on another registry; the message names it.
        ValueError: It is no reference; the message says why.
    """
    host = find_registry(text)
    if host and not f".{host.partition(':')[0]}".endswith(_HUB_DOMAINS):
        msg = f"{quote_name(host, _MAX_SHOWN_CHARS)} is another registry"
        raise ForeignRegistryError(msg)
    msg = "no image of Docker Hub; write name:tag or namespace/name:tag"
    try:
        target = ImageTarget.parse(text)
    except ValueError:
        raise ValueError(msg) from None
    if target.full_name.lower() == RESERVED_NAME:
        raise ValueError(RESERVED_REASON)
    names = (target.namespace, target.repository)
    is_plain = all(_NAME.fullmatch(name) and len(name) <= _MAX_NAME_CHARS for name in names)
    if not is_plain or text.rstrip("\"'` ").endswith((":", "@")):
        raise ValueError(msg)
    if target.digest and not _DIGEST.fullmatch(target.digest):
        msg = "the digest is incomplete; it is sha256: and 64 hexadecimal digits"
        raise ValueError(msg)
    return ImageTarget(target.namespace.lower(), target.repository.lower(), target.tag, target.digest)


def has_capital_letters(text: str) -> bool:
    """Tell whether the name in a reference has capital letters, which Docker refuses."""
    path, slash, last = extract_reference(text).partition("@")[0].rpartition("/")
    name = f"{path}{slash}{last.partition(':')[0]}"
    return name != name.lower()


def find_registry(text: str) -> str:
    """Return the host of a reference with one, in lower case; an empty string without."""
    reference = re.sub(r"^(?:https?|docker)://", "", extract_reference(text))
    host, slash, _ = reference.partition("/")
    if not slash or not _HOST.fullmatch(host):
        return ""
    return host.lower() if "." in host or ":" in host or host.lower() == "localhost" else ""


def pin_as_written(text: str, target: ImageTarget, digest: str) -> str:
    """Return a reference with a digest, its name spelled as in the source unless Docker refuses that."""
    name = extract_reference(text).partition("@")[0]
    path, slash, last = name.rpartition("/")
    name = f"{path}{slash}{last.partition(':')[0]}"
    if not _PATH.fullmatch(name) or name != name.lower() or name.startswith("hub.docker.com/"):
        return target.pin(digest)
    tag = f":{target.tag}" if target.tag else ""
    return f"{name}{tag}@{digest}"
