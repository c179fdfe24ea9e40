"""The arguments that name a repository or a tag, which users paste in many forms."""

from __future__ import annotations

import re
from typing import Any

from dockerhub_mcp.hub.api.image_reference import ImageReference, parse_reference
from dockerhub_mcp.hub.api.name_filters import is_digest
from dockerhub_mcp.hub.api.pasted_text import extract_reference, strip_quotes

_DIGEST_SUFFIX = re.compile(r"^([^@]*)@([a-z0-9+._-]+:[0-9a-fA-F]+)$")


def expand_reference(
    arguments: dict[str, Any], notes: list[str], *, accepts_tag: bool, is_mutation: bool = False
) -> dict[str, Any]:
    """Split references in `repository` and `tag` into `namespace`, `repository` and `tag`.

    Args:
        arguments: The arguments of a call.
        notes: Receives a note for each part of a reference that is ignored.
        accepts_tag: Whether the method has a tag argument.
        is_mutation: Whether the method changes something; it then rejects parts that it cannot honour.

    Raises:
        ValueError: A reference is not one of Docker Hub, or contradicts another argument.
    """
    arguments = _clean(arguments, is_mutation=is_mutation)
    if accepts_tag:
        arguments = _expand_tag(arguments, notes, is_mutation=is_mutation)
    text = arguments.get("repository")
    if not isinstance(text, str) or not re.search(r"[/:@]", text):
        return arguments
    reference = parse_reference(text)
    _check_parts(reference, accepts_tag=accepts_tag, is_mutation=is_mutation)
    expanded = _merge_namespace("repository", reference, arguments) | {"repository": reference.repository}
    if reference.digest and accepts_tag and not (reference.tag or arguments.get("tag")):
        msg = f"repository names the digest {reference.digest}, but no tag; list the tags to find its name"
        raise ValueError(msg)
    if reference.digest:
        notes.append(f"The digest {reference.digest} in repository was ignored.")
    if reference.tag and accepts_tag:
        if arguments.get("tag", reference.tag) != reference.tag:
            msg = f"repository says tag {reference.tag!r}, but tag is {arguments['tag']!r}; give one"
            raise ValueError(msg)
        expanded["tag"] = reference.tag
    elif reference.tag:
        notes.append(f"The tag {reference.tag!r} in repository was ignored.")
    return expanded


def parse_repository_argument(arguments: dict[str, Any]) -> ImageReference | None:
    """Return the reference in `repository`; None without one that can be read, which validation reports."""
    text = arguments.get("repository")
    if not isinstance(text, str):
        return None
    try:
        return parse_reference(extract_reference(text))
    except ValueError:
        return None


def _clean(arguments: dict[str, Any], *, is_mutation: bool) -> dict[str, Any]:
    """Return the arguments without marks around names, and without a tag that is null or empty.

    A mutation keeps an empty tag, so that it is refused: its meaning must not be guessed.
    """
    cleaned = dict(arguments)
    for name, clean in (
        ("namespace", strip_quotes),
        ("repository", extract_reference),
        ("tag", extract_reference),
    ):
        if isinstance(value := cleaned.get(name), str):
            cleaned[name] = clean(value)
    if cleaned.get("namespace") == "_":  # as in the address hub.docker.com/_/redis
        cleaned["namespace"] = "library"
    if "tag" in cleaned and (cleaned["tag"] is None or (cleaned["tag"] == "" and not is_mutation)):
        del cleaned["tag"]
    return cleaned


def _check_parts(reference: ImageReference, *, accepts_tag: bool, is_mutation: bool) -> None:
    """Refuse the parts of the repository's reference that a mutation cannot honour.

    Raises:
        ValueError: There is such a part.
    """
    if not is_mutation:
        return
    if reference.tag == "":
        msg = "repository ends with a colon and an empty tag; name the tag, or leave out the colon"
        raise ValueError(msg)
    if reference.digest or (reference.tag and not accepts_tag):
        part = f"digest {reference.digest}" if reference.digest else f"tag {reference.tag!r}"
        msg = (
            f"repository names the {part}, but this call cannot be limited to it; leave it out if that is "
            "intended"
        )
        raise ValueError(msg)


def _expand_tag(arguments: dict[str, Any], notes: list[str], *, is_mutation: bool) -> dict[str, Any]:
    """Return the arguments with the tag of a reference, such as `redis:8.2`, that was given as `tag`."""
    text = arguments.get("tag")
    if not isinstance(text, str) or is_digest(text) or not re.search(r"[/:@]", text):
        return arguments
    if found := _DIGEST_SUFFIX.match(text):
        text, digest = found[1], found[2]
        if is_mutation:
            msg = f"tag names the digest {digest}, but this call cannot be limited to it; give the tag alone"
            raise ValueError(msg)
        notes.append(f"The digest {digest} in tag was ignored.")
    text = text.removeprefix(":")
    if not re.search(r"[/:]", text):
        return arguments | {"tag": text}
    reference = parse_reference(text)
    if not reference.tag:
        msg = f"tag is {arguments['tag']!r}, which names a repository but no tag"
        raise ValueError(msg)
    expanded = _merge_namespace("tag", reference, arguments) | {"tag": reference.tag}
    repository = arguments.get("repository")
    if not isinstance(repository, str) or not repository:
        return expanded if is_mutation else expanded | {"repository": reference.repository}
    named = parse_reference(repository)
    if named.repository.lower() != reference.repository.lower():
        msg = f"tag says repository {reference.repository!r}, but repository is {repository!r}; give one"
        raise ValueError(msg)
    return expanded


def _merge_namespace(name: str, reference: ImageReference, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the namespace of a reference, if it has one.

    Raises:
        ValueError: It contradicts the argument `namespace`.
    """
    if not reference.namespace:
        return arguments
    namespace = arguments.get("namespace")
    if namespace and str(namespace).strip().lower() != reference.namespace.lower():
        msg = f"{name} says namespace {reference.namespace!r}, but namespace is {namespace!r}; give one"
        raise ValueError(msg)
    return arguments | {"namespace": reference.namespace}
