"""The first check: whether the text is an image reference that Docker takes, and one of Docker Hub."""

from __future__ import annotations

import re
from dataclasses import replace

from dockerhub_mcp.hub.api.image_reference import parse_reference
from dockerhub_mcp.hub.api.pasted_text import extract_reference
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.images.spelling import RESERVED_NAME, RESERVED_REASON
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.pull_report.result import PullCheck, ok, problem, unknown

NAME = "name"
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WEB_ADDRESS = re.compile(r"^https?://|^hub\.docker\.com/", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"^(docker|oci)://", re.IGNORECASE)


def check_name(text: str) -> tuple[ImageTarget | None, PullCheck]:
    """Return the image that a text names, with the spelling corrected, and the check of the name.

    There is no image where the text names none of Docker Hub.
    """
    reference = extract_reference(text)
    try:
        target = ImageTarget.parse(text)
        has_tag = parse_reference(reference).tag is not None
    except ValueError as error:
        if tag := _find_invalid_tag(reference):
            finding = f"{quote_name(tag)} cannot be a tag: tags have letters, digits, '.', '_' and '-'."
            return None, problem(NAME, finding, "Correct the tag; find_tags lists those of the repository.")
        return None, _explain_unreadable(str(error))
    corrected = replace(
        target,
        namespace=target.namespace.lower(),
        repository=target.repository.lower(),
        digest=target.digest.lower(),
    )
    fault = _find_fault(reference, target, corrected)
    parts = [*corrected.namespace.split("/"), *corrected.repository.split("/")]
    if not all(map(_COMPONENT.fullmatch, parts)):
        finding = f"{quote_name(corrected.full_name)} cannot be the name of a repository."
        remedy = "Names have lower-case letters and digits, with single separators between them."
        return None, problem(NAME, finding, remedy)
    if corrected.full_name == RESERVED_NAME:
        return None, problem(NAME, f"{RESERVED_REASON}.", "Use it in a Dockerfile only: FROM scratch.")
    if corrected.digest and not _DIGEST.fullmatch(corrected.digest):
        finding = f"{quote_name(corrected.digest)} is not a whole digest: sha256: and 64 hexadecimal digits."
        return None, problem(NAME, finding, "Copy the whole digest, or pull by tag.")
    if fault:
        return corrected, problem(NAME, fault, f"docker pull {corrected}")
    assumed = "" if has_tag or corrected.digest else "; without a tag it is latest"
    return corrected, ok(NAME, f"{corrected.full_name} on Docker Hub{assumed}")


def _find_fault(reference: str, target: ImageTarget, corrected: ImageTarget) -> str:
    """Return why Docker refuses the text although the image is clear; empty where it takes it."""
    if _WEB_ADDRESS.match(reference):
        return "This is an address of the website, which docker pull does not take."
    if _OTHER_SCHEME.match(reference):
        return "docker pull takes no scheme such as docker:// in front of the name."
    if reference.endswith(":"):
        return "The reference ends with a colon and no tag."
    if corrected != target:
        return "Docker refuses upper-case letters in the names of repositories."
    return ""


def _find_invalid_tag(reference: str) -> str:
    """Return the part behind a name that is in order, if it has characters that a tag cannot have."""
    name, colon, tag = reference.partition("@")[0].rpartition(":")
    is_name = all(map(_COMPONENT.fullmatch, name.split("/")))
    return tag if colon and is_name and tag and "/" not in tag and not _TAG.fullmatch(tag) else ""


def _explain_unreadable(reason: str) -> PullCheck:
    sentence = f"{reason.partition('; write')[0]}."
    if "another registry" in reason:
        return unknown(NAME, sentence, "Look there, with docker login for that registry if it is private.")
    return problem(NAME, sentence, "Write name:tag or namespace/name:tag.")
